"""An operator's command: carried out by the running server, so that no server goes on with what it changed; or directly, if none runs.

A command that changes money or consents is signed with the operator's own key, any other with the sealing keys. Without an answer on the
operations port this process opens what a server opens, under the same lock (portcullis/serving/exclusive.py), and judges the signature as
a server does. Where servers share a hot state, it joins them for a moment; a server that runs alone holds the lock, and the command is refused.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kernel.clock import SystemClock
from kernel.config import ConfigurationRefused
from kernel.errors import Problem
from kernel.ids import RandomIds
from kernel.jose.jwt import JwtKey
from kernel.storage.sealed import Sealer
from portcullis.cli.configuration.production_settings import production_settings
from portcullis.cli.control_client import ServerAbsent, ServerRefused, load_ready, post_command
from portcullis.cli.requests import Who
from portcullis.compose.composition import Composition, Parts, compose
from portcullis.compose.keys.key_store import open_keys
from portcullis.compose.keys.operator_keys import load_operator_key
from portcullis.compose.keys.sealing_keys import load_sealer
from portcullis.serving.exclusive import REFUSAL
from portcullis.serving.ops.commands import operator_commands, run_command, sign_command, target_of
from portcullis.serving.ops.credentials import sign_request
from portcullis.serving.production import open_parts
from portcullis.settings import sources
from portcullis.settings.checks import check_production
from portcullis.settings.schema import Settings

Asked = Mapping[str, str]  # the members of a command apart from the brand
NOTHING: Asked = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """An operator at the keyboard."""

    name: str
    key: JwtKey

    def sign(self, audience: str, target: str, document: bytes) -> str:
        at, nonce = SystemClock().wall(), RandomIds().uuid()
        return sign_request(self.key, self.name, audience=audience, target=target, body=document, at=at, nonce=nonce)


def command(path: str, config: Path | None, brand: str, asked: Asked = NOTHING) -> dict[str, Any]:
    """A command that shows, or turns keys: to the server of `config`, or without one to the running sandbox. Raises as these."""
    if config is None:
        return asyncio.run(command_sandbox(sources.load(None), path, brand, asked))
    return asyncio.run(command_server(production_settings(config), path, brand, asked))


def act(path: str, config: Path | None, brand: str, asked: Asked, *, who: Who, document: bytes = b"") -> dict[str, Any]:
    """A command of an operator. Raises as `command`."""
    settings = sources.load(config)
    if config is None:
        file = who.key or settings.state_dir / "operators" / f"{who.operator}.key"
        signer = Signer(name=who.operator, key=load_operator_key(file))
        return asyncio.run(act_in_sandbox(settings, path, brand, asked, signer=signer, document=document))
    if who.key is None:
        raise ServerRefused("key: name the file of your private key with --key; `portcullis operators key` makes one")
    signer = Signer(name=who.operator, key=load_operator_key(who.key))
    return asyncio.run(act_on_server(settings, path, brand, asked, signer=signer, document=document))


async def command_sandbox(settings: Settings, path: str, brand: str, asked: Asked = NOTHING) -> dict[str, Any]:
    """Through the sandbox that runs on the state directory. Raises ServerRefused if there is none."""
    ready = load_ready(settings.state_dir)
    sealer = await asyncio.to_thread(load_sealer, settings.state_dir / "keys" / "sealing.keys")
    return await _send(ready["ops"], sealer, target_of(path, brand, asked))


async def act_in_sandbox(
    settings: Settings, path: str, brand: str, asked: Asked, *, signer: Signer, document: bytes = b""
) -> dict[str, Any]:
    """As `command_sandbox`, of an operator."""
    ready, target = load_ready(settings.state_dir), target_of(path, brand, asked)
    return await asyncio.to_thread(post_command, ready["ops"] + target, signer.sign(ready["issuer"], target, document), document)


async def command_server(settings: Settings, path: str, brand: str, asked: Asked = NOTHING) -> dict[str, Any]:
    """Through the server that runs on this machine, or without one. Raises ServerRefused, ConfigurationRefused or KeyStoreFailed."""
    try:
        async with open_keys(settings) as keys:
            return await _send(_ops_of(settings), keys.sealer, target_of(path, brand, asked))
    except ServerAbsent:
        async with _composed_here(settings) as (_parts, composition):
            return await run_command(composition, path, brand, asked)


async def act_on_server(
    settings: Settings, path: str, brand: str, asked: Asked, *, signer: Signer, document: bytes = b""
) -> dict[str, Any]:
    """As `command_server`, of an operator, who needs no key but their own while the server runs."""
    target = target_of(path, brand, asked)
    authorization = signer.sign(settings.resolved_brands()[0].issuer, target, document)
    try:
        return await asyncio.to_thread(post_command, _ops_of(settings) + target, authorization, document)
    except ServerAbsent:
        check_production(settings)
        async with _composed_here(settings) as (parts, composition):
            commands = operator_commands(parts, composition)
            signed = commands.check_act(path, brand, asked, authorization)
            return await commands.act(path, brand, asked, signed, document)


async def _send(ops: str, sealer: Sealer, target: str) -> dict[str, Any]:
    authorization = sign_command(sealer, target, SystemClock().wall(), RandomIds().uuid())
    return await asyncio.to_thread(post_command, ops + target, authorization)


def _ops_of(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.ops_port}"


@asynccontextmanager
async def _composed_here(settings: Settings) -> AsyncIterator[tuple[Parts, Composition]]:
    """The parts of a server and the server that they make, for one command. A problem within is raised as ServerRefused, as a server would answer it."""
    async with AsyncExitStack() as stack:
        try:
            parts = await open_parts(stack, settings)
        except ConfigurationRefused as refused:
            if str(refused) != REFUSAL:
                raise
            raise ServerRefused(
                f"a server runs on this database, but not on this machine, or not with ops_port {settings.ops_port}: run the command where it runs"
            ) from None
        composition = await stack.enter_async_context(compose(parts))
        try:
            yield parts, composition
        except Problem as problem:
            raise ServerRefused(problem.public) from None
