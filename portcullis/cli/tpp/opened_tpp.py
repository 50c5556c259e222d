"""A TPP of a running sandbox, opened by the files of its own folder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from portcullis.cli.control_client import ServerRefused, absent, load_ready, stranger
from portcullis.serving.command_name import command_name
from portcullis.settings.schema import Settings
from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.tpp import Tpp

ACCOUNTS = "accounts"


async def client_credentials_token(state_dir: Path, name: str, scope: str) -> str:
    """A token of one of the sandbox's TPPs. Raises ServerRefused."""
    async with open_tpp(state_dir, name) as tpp:
        return await tpp.client_credentials_token(scope)


def check_may_ask(name: str, tpp: Tpp, state_dir: Path) -> None:
    """Raises ServerRefused for a TPP whose roles do not let it see accounts."""
    if ACCOUNTS not in tpp.folder.scope.split():
        raise ServerRefused(
            f"{name} has not the role AISP, and may not ask for accounts: `{_called(state_dir)} tpp set {name} --roles AISP` gives it to it, "
            "in place of those it has"
        )


def _called(state_dir: Path) -> str:
    return command_name(state_dir, Settings().state_dir)


@asynccontextmanager
async def open_tpp(state_dir: Path, name: str) -> AsyncIterator[Tpp]:
    """Open a TPP by its folder. Every failure becomes a ServerRefused whose message says what to do."""
    issuer = load_ready(state_dir)["issuer"]
    try:
        tpp = await asyncio.to_thread(Tpp.from_folder, state_dir / "tpps" / name)
    except (FileNotFoundError, NotADirectoryError):
        raise ServerRefused(
            f"there is no TPP called {name} in {state_dir}/tpps: `{_called(state_dir)} tpp new {name}` makes one"
        ) from None
    try:
        async with tpp:
            yield tpp
    except aiohttp.ClientConnectorCertificateError:
        raise stranger(issuer, state_dir) from None
    except (aiohttp.ClientError, TimeoutError):
        raise absent(f"no sandbox answers at {issuer}") from None
    except Refused as refused:
        raise ServerRefused(f"the server refused: {refused}") from None
