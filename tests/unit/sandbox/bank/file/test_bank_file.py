"""The bank as a file: what goes in comes out, byte for byte, and what is wrong is refused with its line, whole."""

import hashlib
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.ports import Page, StatementFilter, TransactionFilter
from kernel.banking.money import Money
from kernel.brand import Brand
from kernel.clock import ManualClock
from kernel.config import ConfigurationRefused
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger.documents import Narrative
from plugins.ledger.ledger import Ledger
from plugins.ledger.postings.entries import AppliedRate, LedgerEntry, Leg, Line
from plugins.ledger.postings.reversal import mirror_entry
from plugins.ledger.statements.statements import StatementRun
from plugins.ledger.verify import find_discrepancies
from plugins.upstreams.built_in import BuiltInBank
from sandbox.bank.file import reader
from sandbox.bank.file.reader import import_bank
from sandbox.bank.file.writer import export_bank
from sandbox.bank.personas import load_personas
from sandbox.bank.seed import USUAL_SEED, seed_bank, settle_seed
from sandbox.bank.source import Source
from tests.harness.books.books import Books
from tests.harness.databases import SQLITE, Databases, migrate

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
BRAND = Brand(
    "main", "Main", "https://main.test", "https://mtls.main.test", ZoneInfo("Europe/London"), (), "https://mtls.main.test"
)
SEALER = Sealer({1: b"k" * 32})
CLOCK = ManualClock(NOW)
FEW = 2_200  # three a day, so that the stall pays for its pitch
OTHER_SEALER = Sealer({3: b"q" * 32})  # the file does not know with which keys its bank was sealed
GUIDE = Path(__file__).parents[5] / "docs" / "sandbox-data.md"


@pytest.fixture
async def database(migrated_url):
    async with Database.open(migrated_url) as database:
        yield database


async def exported(database, sealer=SEALER) -> bytes:
    return b"".join([line async for line in export_bank(database, sealer, BRAND)])


async def imported(database, content: bytes | str, tmp_path: Path, name="bank.jsonl", sealer=SEALER) -> None:
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    await import_bank(database, sealer, CLOCK, file, BRAND, lambda *_: None)


async def migrate_and_seed(url: str) -> None:
    await migrate(url)
    async with Database.open(url) as database:
        await seed_bank(database, OTHER_SEALER, CLOCK, "1", BRAND, heavy_transactions=FEW)


@pytest.fixture
def seeded_url(databases: Databases, tmp_path: Path):
    with databases.database(SQLITE, tmp_path, migrate_and_seed) as url:
        yield url


@pytest.fixture
async def seeded(seeded_url):
    """A bank of the seed "1" under the other keys, made once."""
    async with Database.open(seeded_url) as database:
        yield database


def by_hand() -> str:
    return re.search(r"```json lines\n(.*?)```", GUIDE.read_text(), re.DOTALL)[1]


async def test_what_was_exported_is_imported_and_exported_again_to_the_byte(seeded, database, tmp_path):
    content = await exported(seeded, OTHER_SEALER)
    await imported(database, content, tmp_path)
    assert await exported(database) == content
    assert await load_personas(database, SEALER, BRAND) == await load_personas(seeded, OTHER_SEALER, BRAND)
    async with database.read() as connection:
        assert await find_discrepancies(connection, BRAND.name) == []
    kinds = {json.loads(line)["type"] for line in content.splitlines()}
    assert kinds == {
        *("bank", "product", "customer", "party", "account", "beneficiary", "direct_debit", "standing_order"),
        *("scheduled_payment", "statement", "offer", "entry", "pending"),
    }


async def test_the_same_seed_gives_the_same_bytes_at_every_hour_of_a_day_on_every_database(seeded, database):
    await seed_bank(database, SEALER, ManualClock(NOW.replace(hour=23)), "1", BRAND, heavy_transactions=FEW)
    assert digest(await exported(database)) == digest(await exported(seeded, OTHER_SEALER))


async def test_another_seed_gives_other_bytes(seeded, migrated_sqlite_url):
    async with Database.open(migrated_sqlite_url) as database:
        await seed_bank(database, SEALER, CLOCK, "2", BRAND, heavy_transactions=FEW)
        assert digest(await exported(database)) != digest(await exported(seeded, OTHER_SEALER))


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()  # megabytes make no readable difference


async def test_the_bank_of_the_guide_can_be_read(database, tmp_path):
    await imported(database, by_hand(), tmp_path)
    (gwen,) = await load_personas(database, SEALER, BRAND)
    assert (gwen["username"], gwen["password"], gwen["otp"]) == ("gwen", "gwen-pw", "123456")
    assert [account["number"] for account in gwen["accounts"]] == ["00997112345678"]
    bank = BuiltInBank(database, SEALER, CLOCK)
    (row,) = (await bank.transactions(BRAND, ("a1",), TransactionFilter())).transactions
    assert (row.id, row.information, row.balance_after.minor) == ("t1", "Salary", 250_000)
    assert (await bank.party_of(BRAND, "c1")).name == "Ms Gwen Gale"
    assert await StatementRun(database, SEALER, CLOCK, BRAND).issue() == 1
    (statement,) = (await bank.statements(BRAND, ("a1",), StatementFilter())).rows
    assert statement.reference == "2026-06"
    assert (await bank.beneficiaries(BRAND, ("a1",), Page())).rows == ()


async def test_a_payment_that_is_booked_during_an_export_is_in_it_as_it_was_when_it_began(database, tmp_path):
    """Read statement by statement it would be neither among the entries, which were read before, nor among what is pending."""
    announced = '{"type":"pending","record":{"id":"t2","account_id":"a1","amount":{"currency":"GBP","minor":-500},"booked_at":"2026-06-30T00:00:00Z","narrative":{"information":"Kiosk"}}}'  # fmt: skip
    await imported(database, by_hand() + announced, tmp_path)
    before = await exported(database)
    line = Line(id="t2", booked_at=NOW, narrative=Narrative("Kiosk"), settles=True)
    legs = (Leg("a1", Money("GBP", -500), line), Leg("internal:world:GBP", Money("GBP", 500)))
    lines = []
    async for written in export_bank(database, SEALER, BRAND):
        if b'"type":"entry"' in written:
            booking = [LedgerEntry("e2", legs)]
            await database.write(lambda connection, booking=booking: Ledger(SEALER, CLOCK).post(connection, "main", booking))
        lines.append(written)
    assert b"".join(lines) == before
    assert b'"type":"pending"' not in await exported(database)


async def test_an_import_is_done_once_and_never_on_top_of_another_bank(database, tmp_path):
    await imported(database, by_hand(), tmp_path)
    before = await exported(database)
    await imported(database, by_hand(), tmp_path, "the-same-again.jsonl")
    await Source(seed=1).make(database, SEALER, CLOCK, BRAND)
    assert await settle_seed(database, BRAND.name, None) == USUAL_SEED
    with pytest.raises(ConfigurationRefused, match=r"^--seed 1: .* was imported"):
        await settle_seed(database, BRAND.name, 1)
    with pytest.raises(ConfigurationRefused, match="there is a bank already"):
        await imported(database, by_hand().replace("Salary", "Wages"), tmp_path)
    assert await exported(database) == before


async def test_an_entry_keeps_its_value_date_cause_rate_and_what_it_reverses(database, migrated_sqlite_url, tmp_path):
    """And an entry that says none of them is of value on the day of its booking."""
    bought = LedgerEntry(
        "e2",
        (
            Leg("a1", Money("GBP", -860), Line(id="t2", booked_at=NOW, narrative=Narrative("Euro notes"))),
            Leg("internal:world:GBP", Money("GBP", 860)),
            Leg("internal:world:EUR", Money("EUR", -1000)),
            Leg("internal:cash:EUR", Money("EUR", 1000)),
        ),
        cause="order-7",
        value_date=date(2026, 7, 3),
        applied_rate=AppliedRate(rate=Decimal("0.8600"), source="market", quote_id="q-1"),
    )
    undone = Line(id="t3", booked_at=NOW, narrative=Narrative("Euro notes, returned"))
    await imported(database, by_hand(), tmp_path)
    ledger = Ledger(SEALER, CLOCK)

    async def book(connection):
        for name, currency in (("world", "EUR"), ("cash", "EUR")):
            await ledger.open_internal(connection, "main", name, currency)
        await ledger.post(connection, "main", [bought])
        await ledger.post(connection, "main", [await mirror_entry(connection, "main", "e2", "e3", {1: undone})])

    await database.write(book)
    content = await exported(database)
    salary, exchange, reversal = (
        json.loads(line)["record"] for line in content.splitlines() if json.loads(line)["type"] == "entry"
    )
    assert (salary["value_date"], "cause" in salary) == ("2026-06-25", False)
    assert (exchange["value_date"], exchange["cause"]) == ("2026-07-03", "order-7")
    assert exchange["applied_rate"] == {"rate": "0.8600", "source": "market", "quote_id": "q-1"}
    assert (reversal["reverses"], reversal["cause"], reversal["value_date"]) == ("e2", "e2", "2026-07-01")
    async with Database.open(migrated_sqlite_url) as other:
        await imported(other, content, tmp_path, "whole.jsonl")
        assert await exported(other) == content


KEPT_BY_SQLITE_ALONE = "it holds a value that the database cannot keep"


def changed(line: int, old: str, new: str) -> str:
    lines = by_hand().splitlines()
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new)
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "the file is empty"),
        ("{}", "line 1: "),
        (changed(1, '"format":1', '"format":2'), "line 1: not a bank of format 1"),
        ("\n".join(by_hand().splitlines()[1:]), "line 1: not a bank of format 1"),
        (by_hand() + by_hand(), "line 6: a second bank"),
        (changed(3, '"customer_id"', '"customer"'), "line 3: "),
        (changed(4, '"type":"current"', '"type":"crypto"'), "line 4: "),
        (changed(4, '"party_id":"p1"', '"party_id":"p9"'), "there is no party p9"),
        (changed(5, '"minor":-250000', '"minor":-249999'), "does not sum to zero"),
        (changed(5, '"account_id":"a1"', '"account_id":"a2"'), "account a2 is unknown"),
        (by_hand() + by_hand().splitlines()[4], "occurs twice"),
        (changed(5, '"id":"t1"', '"id":"t\\u00001"'), "line 5: id: not of its form"),
        (changed(5, '"id":"t1"', f'"id":"{"t" * 41}"'), "line 5: an id is not 1 to 40 visible ASCII characters"),
        (changed(5, '"2026-06-25T02:00:00Z"', '"2026-06-25T02:00:00"'), "line 5: booked_at: an instant"),
        (changed(1, '"2026-07-01T00:00:00Z"', '"9999-12-31T00:00:00Z"'), "line 1: anchor: an instant"),
        (changed(5, '"minor":250000', '"minor":1000000000000000000000'), "line 5: minor: beyond 63 bits"),
        (changed(2, '"username":"gwen"', f'"username":"{"g" * 300}"'), "line 2: user names"),
        (changed(2, '"customer_id":"c1"', '"customer_id":""'), "line 2: user names"),
        (changed(5, '"Salary"', f'"{"y" * 2001}"'), "line 5: information: longer than 2000 characters"),
        (changed(4, '"product":"Current Account"', f'"product":"{"y" * 1999}\\u0000"'), KEPT_BY_SQLITE_ALONE),
        (by_hand() + "{broken", "line 6: "),
        (by_hand() + '{"type":"offer\xff"}', "line 6: "),
    ],
)
async def test_a_wrong_file_is_refused_and_nothing_is_kept_of_it(database, tmp_path, content, reason):
    if reason == KEPT_BY_SQLITE_ALONE and database.is_sqlite:
        return
    with pytest.raises(ConfigurationRefused, match=re.escape(reason)):
        await imported(database, content, tmp_path)
    books = Books(database.read).bank
    assert set((await books.count()).values()) == {0}
    assert await books.count_anchors() == 0
    await imported(database, by_hand(), tmp_path)


async def test_a_line_without_end_is_refused(migrated_sqlite_url, tmp_path, monkeypatch):
    monkeypatch.setattr(reader, "LINE_BYTES_MAX", 100)
    async with Database.open(migrated_sqlite_url) as database:
        with pytest.raises(ConfigurationRefused, match="line 2: longer than 100 bytes"):
            await imported(database, by_hand(), tmp_path)
        with pytest.raises(ConfigurationRefused, match="there is no bank to export"):
            await exported(database)
        with pytest.raises(ConfigurationRefused, match=r"absent: cannot be read \(No such file or directory\)$"):
            await import_bank(database, SEALER, CLOCK, tmp_path / "absent", BRAND, lambda *_: None)
