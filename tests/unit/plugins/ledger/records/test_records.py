"""Records of accounts: later ones are always later, what is not there cannot change, and nothing of a customer can be read in the
database."""

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from gateway.ports import Page
from kernel.banking.accounts import AccountCategory, AccountIdentifier, AccountStatus, AccountType, Counterparty, Scheme
from kernel.banking.money import Money
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.offers import Offer, OfferKind
from kernel.banking.records.parties import Party
from kernel.banking.records.statements import FeeKind, InterestKind, StatementDay, StatementFigure
from kernel.brand import Brand
from kernel.clock import ManualClock
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.accounts.openings import AccountOpening, Holder, Right, StatusChange
from plugins.ledger.accounts.parties import add_party
from plugins.ledger.documents import Identity, Narrative
from plugins.ledger.ledger import Ledger
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line
from plugins.ledger.records.catalogue import add_offers
from plugins.ledger.records.records import BENEFICIARIES, STATEMENTS, RecordUnknown
from plugins.ledger.refusals import EntryMismatched
from plugins.ledger.statements.statement_facts import StatedAccount, Turnover, summarise_period
from plugins.ledger.statements.statements import StatementRun

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
BRAND = Brand("main", "Main", "https://main.test", "https://mtls.main.test", ZoneInfo("Europe/London"), (), "x")
SEALER = Sealer({1: b"k" * 32})
SECRETS = ("Fernhill", "00991770442218", "FLAT 4", "Ann Other", "ann@example.com", "A better card")
PAYEE = Counterparty("Fernhill", AccountIdentifier(Scheme.SORT_CODE, "00991770442218", "Fernhill"))
ONE = Beneficiary(id="b1", account_id="a", created_at=NOW, payee=PAYEE, reference="FLAT 4")


@pytest.fixture
async def database(migrated_url):
    async with Database.open(migrated_url) as database:
        yield database


@pytest.fixture
def clock():
    return ManualClock(NOW)


async def record(database, clock, beneficiary):
    return await database.write(lambda connection: BENEFICIARIES.record(connection, SEALER, clock, BRAND.name, beneficiary))


async def test_a_later_record_has_a_later_instant_at_any_clock(database, clock):
    stored = []
    for number, step in enumerate((0, 0, -3600, 5)):
        clock.advance(timedelta(seconds=step))
        stored.append(await record(database, clock, replace(ONE, id=f"b{number}")))
    instants = [each.created_at for each in stored]
    assert instants == sorted(set(instants))
    assert instants[0] == NOW


async def test_records_that_arrive_together_have_instants_of_their_own(database, clock):
    stored = await asyncio.gather(*(record(database, clock, replace(ONE, id=f"b{number}")) for number in range(8)))
    assert len({each.created_at for each in stored}) == 8


async def test_what_is_not_there_neither_changes_nor_goes(database, clock):
    stored = await record(database, clock, ONE)
    for wrong in (replace(stored, id="b2"), replace(stored, account_id="b"), replace(stored, created_at=NOW + timedelta(1))):
        with pytest.raises(RecordUnknown):
            await database.write(lambda connection, each=wrong: BENEFICIARIES.change(connection, SEALER, clock, BRAND.name, each))
    for wrong in (replace(stored, id="b2"), replace(stored, account_id="b")):
        with pytest.raises(RecordUnknown):
            await database.write(lambda connection, each=wrong: BENEFICIARIES.remove(connection, clock, BRAND.name, each))
    async with database.read() as connection:
        page = await BENEFICIARIES.load_page(connection, SEALER, BRAND.name, ("a",), where=Page(None, 9))
        kinds = list(await connection.scalars(sa.select(tables.journal.c.kind)))
    assert page.rows == (stored,)
    assert kinds == ["beneficiary.recorded"]


async def test_names_numbers_and_words_are_not_readable_in_the_database(database, clock):
    async def work(connection):
        party = Party(id="p1", name="Ann Other", email="ann@example.com")
        await add_party(connection, SEALER, BRAND.name, party, customer_id="c1")
        offer = Offer(id="o1", account_id="a", kind=OfferKind.OTHER, description="A better card")
        await add_offers(connection, SEALER, BRAND.name, [offer])

    await record(database, clock, ONE)
    await database.write(work)
    async with database.read() as connection:
        for table in tables.metadata.sorted_tables:
            text = str((await connection.execute(sa.select(table))).all())
            assert not [secret for secret in SECRETS if secret in text], table.name


async def open_account(database, clock, opened_at):
    ledger = Ledger(SEALER, clock)
    opening = AccountOpening(
        id="a",
        currency="GBP",
        type=AccountType.CURRENT,
        category=AccountCategory.PERSONAL,
        product="Current account",
        opened_at=opened_at,
        identity=Identity(),
        holders=(Holder("c1", Right.APPROVE),),
    )

    async def work(connection):
        await ledger.open_internal(connection, BRAND.name, "world", "GBP")
        await ledger.open_account(connection, BRAND.name, opening)

    await database.write(work)
    return ledger


async def test_two_runs_at_once_issue_each_statement_once(database, clock):
    await open_account(database, clock, NOW - timedelta(days=200))
    runs = [StatementRun(database, SEALER, clock, BRAND) for _ in range(3)]
    issued = await asyncio.gather(*(run.issue() for run in runs))
    assert sum(issued) == 7
    async with database.read() as connection:
        page = await STATEMENTS.load_page(connection, SEALER, BRAND.name, ("a",), where=Page(None, 99))
    assert len({row.id for row in page.rows}) == len(page.rows) == 7
    assert [await run.issue() for run in runs] == [0, 0, 0]


async def periods_of(database):
    async with database.read() as connection:
        page = await STATEMENTS.load_page(connection, SEALER, BRAND.name, ("a",), where=Page(None, 99))
    assert len({row.id for row in page.rows}) == len(page.rows)
    stated = sorted((row.starts_at, row.ends_at + timedelta(microseconds=1), row.reference) for row in page.rows)
    return [(f"{starts_at:%m-%dT%H}", f"{ends_at:%m-%dT%H}", reference) for starts_at, ends_at, reference in stated]


async def test_a_month_is_one_of_the_brands_zone(database):
    """Opened on 1 March in London, when it was still February in New York; the clocks change in March and October."""
    clock = ManualClock(datetime(2026, 12, 1, 0, 30, tzinfo=UTC))
    await open_account(database, clock, datetime(2026, 3, 1, 0, 30, tzinfo=UTC))
    london = dataclasses.replace(BRAND, zone=ZoneInfo("Europe/London"))
    assert await StatementRun(database, SEALER, clock, london).issue() == 9
    periods = await periods_of(database)
    assert periods[0] == ("03-01T00", "03-31T23", "2026-03")
    assert periods[1] == ("03-31T23", "04-30T23", "2026-04")
    assert periods[7] == ("09-30T23", "11-01T00", "2026-10")
    assert periods[8] == ("11-01T00", "12-01T00", "2026-11")
    new_york = dataclasses.replace(BRAND, zone=ZoneInfo("America/New_York"))
    assert await StatementRun(database, SEALER, clock, new_york).issue() == 0


@pytest.mark.parametrize(
    ("zone", "ends"), [("Europe/London", "07-31T23"), ("America/New_York", "08-01T04"), ("Pacific/Auckland", "07-31T12")]
)
async def test_what_was_issued_in_another_zone_stays_and_the_next_period_follows_it(database, zone, ends):
    clock = ManualClock(datetime(2026, 7, 1, 12, tzinfo=UTC))
    await open_account(database, clock, datetime(2026, 6, 10, tzinfo=UTC))
    await StatementRun(database, SEALER, clock, dataclasses.replace(BRAND, zone=ZoneInfo("UTC"))).issue()
    moved = dataclasses.replace(BRAND, zone=ZoneInfo(zone))
    assert await StatementRun(database, SEALER, clock, moved).issue() == 0
    clock.advance(timedelta(days=31))
    assert await StatementRun(database, SEALER, clock, moved).issue() == 1
    assert await periods_of(database) == [("06-01T00", "07-01T00", "2026-06"), ("07-01T00", ends, "2026-07")]


async def test_a_closed_account_takes_no_more_entries(database, clock):
    ledger = await open_account(database, clock, NOW)
    change = StatusChange(status=AccountStatus.DELETED, at=NOW, eligible=False)
    await database.write(lambda connection: ledger.change_status(connection, BRAND.name, "a", change))
    line = Line(id="t1", booked_at=NOW, narrative=Narrative("Late"))
    entry = LedgerEntry("e1", (Leg("a", Money("GBP", 5), line), Leg("internal:world:GBP", Money("GBP", -5))))
    with pytest.raises(EntryMismatched, match="closed"):
        await database.write(lambda connection: ledger.post(connection, BRAND.name, [entry]))
    for account_id in ("unknown", "internal:world:GBP"):
        with pytest.raises(EntryMismatched):
            await database.write(lambda connection, each=account_id: ledger.change_status(connection, BRAND.name, each, change))


CARD = StatedAccount("a", AccountType.CARD, "GBP", NOW, None, 350_000, None)


def test_a_cards_statement_says_what_is_due():
    turnover = [
        Turnover("PMNT.CCRD.POSD", -60_000, 9),
        Turnover("PMNT.CCRD.RIMB", 5_000, 1),
        Turnover("PMNT.CCRD.CWDL", -2_000, 1),
        Turnover("PMNT.CCRD.FEES", -150, 2),
        Turnover("ACMT.MDOP.INTR", -40, 1),
    ]
    facts = summarise_period(CARD, -1_000, turnover, NOW)
    assert {each.figure: each.amount.minor for each in facts["amounts"]} == {
        StatementFigure.OPENING_BALANCE: -1_000,
        StatementFigure.CLOSING_BALANCE: -58_190,
        StatementFigure.TOTAL_CREDITS: 5_000,
        StatementFigure.TOTAL_DEBITS: -62_190,
        StatementFigure.TOTAL_CHARGES: -150,
        StatementFigure.CREDIT_LIMIT: 350_000,
        StatementFigure.MINIMUM_PAYMENT_DUE: -1_163,
        StatementFigure.TOTAL_PURCHASES: -55_000,
        StatementFigure.TOTAL_CASH_ADVANCES: -2_000,
    }
    assert [(fee.kind, fee.amount.minor) for fee in facts["fees"]] == [(FeeKind.FOREIGN_TRANSACTION, -150)]
    assert [(each.kind, each.amount.minor) for each in facts["interest"]] == [(InterestKind.TOTAL, -40)]
    assert [each.day for each in facts["dates"]] == [StatementDay.NEXT_STATEMENT, StatementDay.PAYMENT_DUE]
    assert facts["descriptions"] == ("14 transactions",)


def test_a_card_that_owes_nothing_has_nothing_due():
    facts = summarise_period(CARD, 0, [], NOW)
    assert {each.figure: each.amount.minor for each in facts["amounts"]}[StatementFigure.MINIMUM_PAYMENT_DUE] == 0
    assert [each.day for each in facts["dates"]] == [StatementDay.NEXT_STATEMENT]
    assert facts["descriptions"] == ("No transactions",)
