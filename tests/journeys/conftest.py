"""The fixtures of the journeys: the server's books, a browser, a grant that stands ready."""

import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.harness.books.books import Books
from tests.harness.forged import Forge
from tests.harness.forms import Browser
from tests.harness.judged import Grant, JudgedTpp
from tests.harness.recorded.calls import aside
from tests.harness.server import Server
from tests.journeys.scene import Scene

KINDS = {
    "signing": {"profile": "fapi2-message-signing", "response_mode": "jwt"},
    "proving": {"profile": "fapi2-message-signing", "response_mode": "jwt", "sender_constraint": "dpop"},
    "hybrid": {"profile": "fapi1-advanced"},
    "advanced": {"profile": "fapi1-advanced", "response_mode": "jwt", "alg": "ES256"},
    "another": {"profile": "fapi1-advanced", "response_mode": "jwt"},
}
GRANT_SECONDS_MAX = 200.0  # an access token lives for 300


@pytest.fixture
async def books(server: Server) -> AsyncIterator[Books]:
    async with Books.of(server) as opened:
        yield opened


@pytest.fixture
async def browser(acme: JudgedTpp) -> AsyncIterator[Browser]:
    async with Browser(acme.folder.ca) as opened:
        yield opened


@pytest.fixture(scope="session")
def standing(server: Server) -> dict[str, tuple[float, Grant]]:
    """Grants that stand on this server, by name."""
    return {}


@pytest.fixture
async def grant(acme: JudgedTpp, standing: dict[str, tuple[float, Grant]]) -> Grant:
    """Alice's consent for all her accounts, with tokens that still live. For reading only: no test may end it."""
    return await still(standing, "alice", acme.granted)


async def still(standing: dict[str, tuple[float, Grant]], name: str, make: Callable) -> Grant:
    """The grant of this name, made again when its token grows old."""
    made_at, known = standing.get(name, (0.0, None))
    if known is None or time.monotonic() - made_at > GRANT_SECONDS_MAX:
        with aside(name):
            standing[name] = (time.monotonic(), await make())
    return standing[name][1]


def steady(standing: dict[str, tuple[float, Grant]]) -> Callable[[str, Callable], Awaitable]:
    """`still` for one test: what it was given once stays, however slow the machine. Made again while rows are watched, a grant would
    look as if a refused call had written it."""
    given: dict[str, Grant] = {}

    async def remembered(name: str, make: Callable) -> Grant:
        if name not in given:
            given[name] = await still(standing, name, make)
        return given[name]

    return remembered


@pytest.fixture
async def scene(acme: JudgedTpp, borough: JudgedTpp, books: Books, standing: dict, server: Server, tmp_path: Path) -> Scene:
    scene = Scene(acme, borough, books, Forge(tmp_path, server), steady(standing))
    for prepare in (scene.alices, scene.narrow, scene.boroughs, scene.own_token, scene.account, scene.boroughs_account):
        await prepare()
    return scene


@pytest.fixture(scope="session")
def names(server: Server) -> dict[str, str]:
    """The TPPs of this server that sign, by kind: made when first asked for."""
    return {}


@pytest.fixture
async def tpp_of(acme: JudgedTpp, names: dict[str, str]) -> AsyncIterator[Callable[[str], Awaitable[JudgedTpp]]]:
    opened = []

    async def make(kind: str) -> JudgedTpp:
        if kind not in names:
            name = f"{kind}-{secrets.token_hex(4)}"
            with aside(f"TPP {kind}"):
                made = await acme.control("/tpps", {"name": name, **KINDS[kind]})
            assert made.status == 200, made.body
            names[kind] = name
        opened.append(JudgedTpp.of(acme.server, names[kind]))
        return opened[-1]

    yield make
    for tpp in opened:
        await tpp.wire.close()
