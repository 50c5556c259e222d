"""Commands on the operations port that show, or turn keys: signed for one target, one minute and one use, by a holder of the sealing keys."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from kernel import json
from kernel.clock import ManualClock
from kernel.errors import Overloaded
from kernel.http.message import Request
from kernel.observability.telemetry import Telemetry
from kernel.storage.key_store import KeyStoreFailed
from kernel.storage.sealed import Sealer
from portcullis.serving.ops import commands
from portcullis.serving.ops.callers import OpsCallers
from portcullis.serving.ops.commands import COMMANDS, CommandGuard, CommandRefused, OperatorCommands, sign_command, target_of
from portcullis.serving.ops.credentials import Credentials
from portcullis.serving.ops.surface import Ops

START = datetime(2026, 7, 1, 9, tzinfo=UTC)
SEALER = Sealer({1: b"k" * 32})
TARGET = target_of("/keys/rotate", "", {})


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def guard(clock: ManualClock) -> CommandGuard:
    return CommandGuard(Sealer({1: b"k" * 32, 2: b"newer" + bytes(27)}), clock)


def test_a_command_is_taken_once(guard: CommandGuard):
    signed = sign_command(SEALER, TARGET, START, "nonce")
    assert guard.check(TARGET, signed) == "nonce"
    with pytest.raises(CommandRefused, match="before"):
        guard.check(TARGET, signed)
    guard.check(TARGET, sign_command(SEALER, TARGET, START, "another"))


@pytest.mark.parametrize("seconds", [-61, 61])
def test_a_command_is_of_this_minute(guard: CommandGuard, seconds: int):
    """A listener on the port while the server was down may have kept one."""
    with pytest.raises(CommandRefused, match="minute"):
        guard.check(TARGET, sign_command(SEALER, TARGET, START + timedelta(seconds=seconds), "nonce"))


def test_a_command_cannot_be_replayed_once_its_use_is_forgotten(guard: CommandGuard, clock: ManualClock):
    signed = sign_command(SEALER, TARGET, START + timedelta(seconds=59), "nonce")
    guard.check(TARGET, signed)
    for _ in range(25):
        clock.advance(timedelta(seconds=5))
        guard.check(TARGET, sign_command(SEALER, TARGET, clock.wall(), f"at {clock.wall()}".replace(".", "")))
        with pytest.raises(CommandRefused):
            guard.check(TARGET, signed)
    assert len(guard.used) <= 14


@pytest.mark.parametrize(
    "altered",
    [
        sign_command(Sealer({1: b"x" * 32}), TARGET, START, "nonce"),
        sign_command(SEALER, target_of("/keys/rotate", "other", {}), START, "nonce"),
        sign_command(SEALER, target_of("/keys/publish", "", {}), START, "nonce"),
        sign_command(SEALER, target_of("/keys/rotate", "", {"sink": "one"}), START, "nonce"),
        sign_command(SEALER, TARGET, START, "nonce").replace(".nonce.", ".another."),
        sign_command(SEALER, TARGET, START, "nonce")[:-1],
        sign_command(SEALER, TARGET, START, "nonce").replace("Portcullis-Command", "Bearer"),
        sign_command(SEALER, TARGET, START, "n" * 65),
        sign_command(SEALER, TARGET, START, ""),
        "Portcullis-Command ",
        "Portcullis-Command ..",
        "Portcullis-Command \udcff.\u00e9.\u00e9",
        "",
    ],
)  # fmt: skip
def test_nothing_else_is_taken(guard: CommandGuard, altered: str):
    with pytest.raises(CommandRefused):
        guard.check(TARGET, altered)
    assert guard.used == {}


def test_what_is_remembered_is_bounded(guard: CommandGuard, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(commands, "NONCES_MAX", 3)
    for number in range(3):
        guard.check(TARGET, sign_command(SEALER, TARGET, START, str(number)))
    with pytest.raises(Overloaded):
        guard.check(TARGET, sign_command(SEALER, TARGET, START, "one more"))


class Keys:
    """Takes commands in place of the services, and may fail."""

    def __init__(self) -> None:
        self.rotated: list[str] = []
        self.failure: Exception | None = None

    async def rotate(self, _services: object, brand: str, _asked: object) -> int:
        if self.failure is not None:
            raise self.failure
        self.rotated.append(brand)
        return 7


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Keys:
    made = Keys()
    monkeypatch.setitem(COMMANDS, "/keys/rotate", made.rotate)
    return made


@pytest.fixture
def ops(guard: CommandGuard, keys: Keys) -> Ops:
    composition = SimpleNamespace(brands={"main": None, "other": None})
    credentials = Credentials.of((), "https://bank.example", guard.clock)
    return Ops(OpsCallers.of(8445), Telemetry(), {}, OperatorCommands(composition, guard, credentials))


async def call(ops: Ops, method: str = "POST", *, brand: str | None = "", signed: str | None = None):
    query = () if brand is None else (("brand", brand),)
    headers = {
        "Authorization": sign_command(SEALER, target_of("/keys/rotate", brand or "", {}), START, "n")
        if signed is None
        else signed
    }
    request = Request(
        method, "/keys/rotate", query, CIMultiDictProxy(CIMultiDict(headers)), b"", "127.0.0.1:8445", "127.0.0.1", "public"
    )
    response = await ops.handle(request)
    return response.status, json.decode(response.body, dict) if response.body else None


@pytest.mark.parametrize(
    ("brand", "rotated"), [("", {"main": 7, "other": 7}), ("other", {"other": 7}), (None, {"main": 7, "other": 7})]
)
async def test_the_named_brand_is_commanded_or_every_one(ops: Ops, keys: Keys, brand: str | None, rotated: dict[str, int]):
    assert await call(ops, brand=brand) == (200, rotated)
    assert keys.rotated == list(rotated)


async def test_an_unknown_brand_is_said_to_be_none(ops: Ops, keys: Keys):
    status, said = await call(ops, brand="stranger")
    assert (status, said["message"], keys.rotated) == (400, "There is no such brand; there are main, other.", [])


async def test_an_unsigned_command_is_refused_and_nothing_is_done(ops: Ops, keys: Keys):
    assert (await call(ops, signed=""))[0] == 403
    assert keys.rotated == []


async def test_a_command_is_posted(ops: Ops, keys: Keys):
    assert await call(ops, "GET") == (405, None)
    assert keys.rotated == []


@pytest.mark.parametrize(
    ("failure", "status", "message"),
    [
        (KeyStoreFailed("vault_transit: sealed"), 503, "vault_transit: sealed"),
        (Overloaded("too much"), 503, Overloaded.public),
        (RuntimeError("a secret of ours"), 500, "The server failed; its log says why."),
    ],
)
async def test_a_failure_is_reported_without_what_is_inside(ops: Ops, keys: Keys, failure: Exception, status: int, message: str):
    keys.failure = failure
    answered, said = await call(ops)
    assert (answered, said["message"]) == (status, message)
