"""The bank's teller: money that appears while the bank is open, under one id from announcement to booking, and what is refused."""

import asyncio
import json
import re
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from gateway.ports import Position, TransactionFilter
from kernel.brand import Brand
from kernel.clock import ManualClock
from kernel.commands.runner import Commands
from kernel.http.message import Request
from kernel.ids import RandomIds
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger.statements.statements import StatementRun
from plugins.ledger.verify import find_discrepancies
from plugins.psu_identity.built_in import BuiltInIdentity
from plugins.upstreams.built_in import BuiltInBank
from sandbox.bank.authenticators import FixedCodeSender
from sandbox.bank.file.reader import import_bank
from sandbox.control.surface import BODY_BYTES_MAX
from sandbox.control.teller import Teller
from tests.harness.databases import KINDS, Databases, migrate

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
BRAND = Brand("main", "Main", "https://main.test", "https://mtls.main.test", ZoneInfo("Europe/London"), (), "x")
SEALER = Sealer({1: b"k" * 32})
CLOCK = ManualClock(NOW)
GUIDE = Path(__file__).parents[4] / "docs" / "sandbox-data.md"
GWEN = {"persona": "gwen", "account": "Current Account"}


async def import_the_guide(url):
    """The bank of the guide: gwen, with 2,500 pounds on one account."""
    await migrate(url)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bank.jsonl"
        file.write_text(re.search(r"```json lines\n(.*?)```", GUIDE.read_text(), re.DOTALL)[1])
        async with Database.open(url) as database:
            await import_bank(database, SEALER, CLOCK, file, BRAND, lambda *_: None)


@pytest.fixture(params=KINDS)
def guide_url(request, databases: Databases, tmp_path):
    with databases.database(request.param, tmp_path, import_the_guide) as url:
        yield url


@pytest.fixture
async def database(guide_url):
    async with Database.open(guide_url) as database:
        yield database


@pytest.fixture
def bank(database):
    return BuiltInBank(database, SEALER, CLOCK)


@pytest.fixture
def call(database, bank):
    identity = BuiltInIdentity(database, SEALER, CLOCK, RandomIds(), codes=FixedCodeSender())
    teller = Teller(
        token="",
        clock=CLOCK,
        ids=RandomIds(),
        commands=Commands(database=database, clock=CLOCK),
        sealer=SEALER,
        identity=identity,
        customer_accounts=bank,
    )

    async def call(path, document=None, *, method="POST", body=None, peer="127.0.0.1"):
        path = f"/sandbox/transactions{path}"
        assert teller.owns(path)
        body = json.dumps(document).encode() if body is None else body
        request = Request(method, path, (), CIMultiDictProxy(CIMultiDict()), body, "localhost:8443", peer, "public")
        response = await teller.handle(BRAND, request)
        return response.status, json.loads(response.body)

    return call


async def rows(bank, **where):
    return (await bank.transactions(BRAND, ("a1",), TransactionFilter(**where))).transactions


async def test_books_money_at_once(call, bank, database):
    status, answer = await call("", GWEN | {"amount": "-12.5", "information": "Kiosk", "reference": "R1"})
    assert (status, answer["status"]) == (200, "booked")
    newest = (await rows(bank))[0]
    assert (newest.id, newest.amount.minor, newest.information, newest.reference) == (
        answer["transaction_id"],
        -1_250,
        "Kiosk",
        "R1",
    )
    assert (newest.booked_at, newest.balance_after.minor) == (NOW, 248_750)
    _, earlier = await call("", GWEN | {"amount": "3", "information": "Found", "booked_at": "2026-02-01T00:00:00Z"})
    assert (await rows(bank))[-1].id == earlier["transaction_id"]
    async with database.read() as connection:
        assert await find_discrepancies(connection, BRAND.name) == []


async def test_an_issued_statement_stays_true(call, bank, database):
    """Its file lists what was booked in its period: an entry from behind would contradict its sums."""
    assert await StatementRun(database, SEALER, CLOCK, BRAND).issue() > 0
    before = await rows(bank)
    late = GWEN | {"amount": "1", "information": "Late", "booked_at": "2026-06-30T22:59:59Z"}
    status, refusal = await call("", late)
    assert (status, refusal["path"]) == (400, "booked_at")
    assert await rows(bank) == before
    assert (await call("", late | {"booked_at": "2026-07-01T00:00:00+01:00"}))[0] == 200


async def test_what_is_announced_is_booked_under_its_id_or_released(call, bank):
    announced = GWEN | {"amount": "-7.00", "information": "Diner", "pending": True}
    (_, first), (_, second) = await call("", announced), await call("", announced)
    assert {row.id: row.status for row in await rows(bank)}[first["transaction_id"]] == "pending"
    assert await call(f"/{first['transaction_id']}/book", GWEN | {"amount": "-7.70"}) == (200, first | {"status": "booked"})
    assert (await call(f"/{second['transaction_id']}/release", GWEN))[1]["status"] == "released"
    found = {row.id: (row.status, row.amount.minor, row.information) for row in await rows(bank)}
    assert found[first["transaction_id"]] == ("booked", -770, "Diner")
    assert second["transaction_id"] not in found
    for verb in ("book", "release"):
        status, refusal = await call(f"/{first['transaction_id']}/{verb}", GWEN)
        assert (status, refusal["error"]) == (400, "pending_unknown")


async def test_a_reader_who_turns_pages_is_not_misled_by_what_is_booked_meanwhile(call, bank):
    for number in range(6):
        await call("", GWEN | {"amount": "1", "information": f"Row {number}"})
    known = [row.id for row in await rows(bank)]
    where, found = TransactionFilter(limit=2), []
    while True:
        page, *_ = await asyncio.gather(
            bank.transactions(BRAND, ("a1",), where),
            *(call("", GWEN | {"amount": "-1", "information": "Between"}) for _ in range(3)),
        )
        known = (
            known
            if found
            else [row.id for row in (await bank.transactions(BRAND, ("a1",), TransactionFilter(as_of=page.as_of))).transactions]
        )
        found += [row.id for row in page.transactions]
        if not page.more:
            break
        last = page.transactions[-1]
        where = replace(where, as_of=page.as_of, after=Position(last.booked_at, last.id, last.account_id))
    assert found == known


@pytest.mark.parametrize(
    ("path", "change", "status"),
    [
        ("", {"amount": "12.345"}, 400),
        ("", {"amount": "0"}, 400),
        ("", {"amount": "--1"}, 400),
        ("", {"amount": "many"}, 400),
        ("", {"information": ""}, 400),
        ("", {"information": "a\x00b"}, 400),
        ("", {"information": "Kiosk\u202e"}, 400),
        ("", {"information": " "}, 400),
        ("", {"reference": ""}, 400),
        ("", {"reference": "r" * 141}, 400),
        ("", {"amount": "12345678901.00"}, 400),
        ("", {"amount": "99999999999999"}, 400),
        ("", {"booked_at": "2026-06-01T00:00:00"}, 400),
        ("", {"booked_at": "0001-01-01T00:00:00+14:00"}, 400),
        ("", {"booked_at": "9999-12-31T23:59:59-12:00"}, 400),
        ("", {"booked_at": "1000-01-01T00:00:00Z"}, 400),
        ("", {"booked_at": "2027-06-01T00:00:00Z"}, 400),
        ("", {"booked_at": "9999-12-31T23:59:59Z", "pending": True}, 400),
        ("", {"account": "Savings"}, 400),
        ("", {"persona": "stranger"}, 400),
        ("", {"more": 1}, 400),
        ("/unknown/book", {}, 400),
    ],
)
async def test_what_cannot_be_booked_is_refused_and_changes_nothing(call, bank, path, change, status):
    before = await rows(bank)
    assert (await call(path, GWEN | {"amount": "1", "information": "x"} | change))[0] == status
    assert await rows(bank) == before


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"peer": "192.0.2.1"}, 403),
        ({"method": "GET"}, 405),
        ({"body": b"{" * 9}, 400),
        ({"body": b" " * (BODY_BYTES_MAX + 1)}, 413),
    ],
)
async def test_the_teller_serves_no_other_caller(call, facts, status):
    assert (await call("", GWEN, **facts))[0] == status
