"""TPPs for clients that we did not write, enrolled once on each server as a developer would."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.harness.judged import JudgedTpp

KINDS: dict[str, dict[str, str]] = {
    "proving": {"sender_constraint": "dpop", "alg": "ES256"},
    "signing": {"profile": "fapi2-message-signing", "response_mode": "jwt"},
    "hybrid": {"profile": "fapi1-advanced"},
    "certified": {"auth": "tls_client_auth"},
    "asking": {"profile": "fapi1-advanced", "ciba": "poll"},
}

FolderOf = Callable[[str], Awaitable[Path]]


@pytest.fixture
def folder_of(acme: JudgedTpp) -> FolderOf:
    """The folder of a TPP of a kind, or of one of the TPPs that stand ready."""

    async def enrol(kind: str) -> Path:
        if kind not in KINDS:
            return acme.server.state_dir / "tpps" / kind
        folder = acme.server.state_dir / "tpps" / f"foreign-{kind}"
        if not folder.exists():
            made = await acme.control("/tpps", {"name": folder.name, **KINDS[kind]})
            assert made.status == 200, made.body
        return folder

    return enrol
