"""Double entry: what is appended balances, what does not is refused whole, what was written is never changed."""

import itertools
from datetime import UTC, datetime

import msgspec
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.banking.accounts import AccountCategory, AccountStatus, AccountType
from kernel.banking.money import Money
from kernel.clock import ManualClock
from kernel.storage.database import Database
from kernel.storage.migrate import upgrade
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.accounts.openings import AccountOpening, Holder, Right
from plugins.ledger.documents import Identity, Narrative
from plugins.ledger.ledger import Ledger
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line, PendingPayment
from plugins.ledger.refusals import EntryMismatched, EntryRefused, EntryTooLarge, EntryUnbalanced, PendingUnknown
from plugins.ledger.verify import find_discrepancies

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
WORLD = "internal:world:GBP"
_runs = itertools.count()


@pytest.fixture
async def database(migrated_url):
    async with Database.open(migrated_url) as database:
        yield database


@pytest.fixture
def ledger():
    return Ledger(Sealer({1: b"k" * 32}), ManualClock(NOW))


def opening(account_id, currency="GBP", status=AccountStatus.ENABLED):
    return AccountOpening(
        id=account_id,
        currency=currency,
        type=AccountType.CURRENT,
        category=AccountCategory.PERSONAL,
        product="Current account",
        opened_at=NOW,
        identity=Identity(),
        holders=(Holder("customer", Right.APPROVE),),
        status=status,
    )


async def open_books(database, ledger, brand="main"):
    async def work(connection):
        await ledger.open_internal(connection, brand, "world", "GBP")
        await ledger.open_internal(connection, brand, "world", "EUR")
        for account in (opening("a"), opening("b"), opening("euro", "EUR"), opening("closed", status=AccountStatus.DELETED)):
            await ledger.open_account(connection, brand, account)

    await database.write(work)


def line(transaction_id, *, settles=False):
    return Line(id=transaction_id, booked_at=NOW, narrative=Narrative("Payment"), settles=settles)


def pounds(minor):
    return Money("GBP", minor)


def transfer(name, minor, source="a", target="b"):
    return LedgerEntry(name, (Leg(source, pounds(-minor), line(f"{name}-out")), Leg(target, pounds(minor), line(f"{name}-in"))))


async def post(database, ledger, *entries, brand="main"):
    """Forced: these accounts begin empty."""
    forced = [msgspec.structs.replace(entry, forced=True) for entry in entries]
    return await database.write(lambda connection: ledger.post(connection, brand, forced))


async def announce(database, ledger, transaction_id, minor=-900):
    narrative = Narrative("Card payment")
    pending = PendingPayment(id=transaction_id, account_id="a", amount=pounds(minor), booked_at=NOW, narrative=narrative)
    await database.write(lambda connection: ledger.announce(connection, "main", pending))


async def rows_of(database, table):
    async with database.read() as connection:
        return (await connection.execute(sa.select(table))).all()


@pytest.mark.parametrize(
    ("legs", "refusal"),
    [
        ((Leg("a", pounds(-5), line("t")), Leg(WORLD, pounds(4))), EntryUnbalanced),
        ((Leg("a", pounds(5), line("t")),), EntryUnbalanced),
        ((), EntryUnbalanced),
        ((Leg("a", pounds(0), line("t")), Leg(WORLD, pounds(0))), EntryUnbalanced),
        ((Leg("a", pounds(-5), line("t")), Leg("internal:world:EUR", Money("EUR", 5))), EntryUnbalanced),
        ((Leg("euro", pounds(-5), line("t")), Leg(WORLD, pounds(5))), EntryMismatched),
        ((Leg("unknown", pounds(-5), line("t")), Leg(WORLD, pounds(5))), EntryMismatched),
        ((Leg("closed", pounds(-5), line("t")), Leg(WORLD, pounds(5))), EntryMismatched),
        ((Leg("a", pounds(-5)), Leg(WORLD, pounds(5))), EntryMismatched),
        ((Leg("a", pounds(-5), line("t")), Leg(WORLD, pounds(5), line("u"))), EntryMismatched),
        ((Leg("a", pounds(-5), line("t", settles=True)), Leg(WORLD, pounds(5))), PendingUnknown),
    ],
    ids=["off by one", "one leg", "no leg", "nothing moved", "two currencies", "wrong currency", "unknown", "closed", "no line", "line of the bank's", "settles nothing"],
)  # fmt: skip
async def test_refuses_an_entry_that_does_not_stand_and_writes_nothing_of_the_batch(database, ledger, legs, refusal):
    await open_books(database, ledger)
    with pytest.raises(refusal):
        await post(database, ledger, transfer("good", 100), LedgerEntry("bad", legs))
    for table in (tables.entries, tables.postings, tables.transactions, tables.sequences):
        assert await rows_of(database, table) == []


MOST = 10**15 - 1  # minor units: thirteen digits of pounds


async def test_no_sum_leaves_what_can_be_stored_and_written(database, ledger):
    """A single amount, a balance that many lead to, and what is held: refused before they are, and nothing of them is kept."""
    await open_books(database, ledger)
    await post(database, ledger, transfer("most", MOST))
    for entry in (transfer("one more", 1), transfer("beyond", MOST + 1, "b", "a"), transfer("64 bits", 2**63, "b", "a")):
        with pytest.raises(EntryTooLarge):
            await post(database, ledger, entry)
    await announce(database, ledger, "held", -MOST)
    with pytest.raises(EntryTooLarge):
        await announce(database, ledger, "held too", -1)
    await post(database, ledger, transfer("back", MOST, "b", "a"))
    async with database.read() as connection:
        assert await find_discrepancies(connection, "main") == []


@given(st.sampled_from(["GBP", "JPY", "KWD", "CLF"]), st.integers(-(10**20), 10**20))
def test_what_is_sayable_fits_its_column_and_reads_back(currency, minor):
    amount = Money(currency, minor)
    if amount.is_sayable():
        assert -(2**63) <= minor < 2**63
        assert Money.parse(amount.decimal(), currency) == Money(currency, abs(minor))
    else:
        with pytest.raises(ValueError, match="not a decimal amount"):
            Money.parse(amount.decimal(), currency)


async def test_an_entry_in_two_currencies_balances_in_each(database, ledger):
    await open_books(database, ledger)
    legs = (
        Leg("a", pounds(-100), line("t1")),
        Leg(WORLD, pounds(100)),
        Leg("internal:world:EUR", Money("EUR", -116)),
        Leg("euro", Money("EUR", 116), line("t2")),
    )
    assert await post(database, ledger, LedgerEntry("e", legs)) == 4
    async with database.read() as connection:
        assert await find_discrepancies(connection, "main") == []


async def test_refuses_the_same_entry_twice(database, ledger):
    await open_books(database, ledger)
    await post(database, ledger, transfer("once", 100))
    with pytest.raises(EntryRefused):
        await post(database, ledger, transfer("once", 100))
    assert len(await rows_of(database, tables.postings)) == 2


async def test_one_transaction_stands_once(database, ledger):
    await open_books(database, ledger)
    await post(database, ledger, transfer("once", 100))
    again = LedgerEntry("again", (Leg("a", pounds(-5), line("once-out")), Leg(WORLD, pounds(5))))
    with pytest.raises(EntryRefused):
        await post(database, ledger, again)


async def test_a_pending_payment_is_settled_once(database, ledger):
    await open_books(database, ledger)
    await announce(database, ledger, "card")
    settlement = (Leg("a", pounds(-900), line("card", settles=True)), Leg(WORLD, pounds(900)))
    await post(database, ledger, LedgerEntry("settled", settlement))
    with pytest.raises(PendingUnknown):
        await post(database, ledger, LedgerEntry("settled again", settlement))
    with pytest.raises(PendingUnknown):
        await database.write(lambda connection: ledger.release(connection, "main", "a", "card"))


async def test_every_change_is_journalled_without_account_data(database, ledger):
    await open_books(database, ledger)
    await post(database, ledger, transfer("t", 100))
    journal = await rows_of(database, tables.journal)
    assert [row.kind for row in journal][-2:] == ["account.opened", "ledger.posted"]
    assert b"Payment" not in b"".join(row.facts for row in journal)


async def test_nothing_that_was_posted_is_ever_changed(database, ledger):
    """What the ledger wrote stays as it was: no statement touches a posting but to insert one."""
    await open_books(database, ledger)
    await post(database, ledger, transfer("first", 100))
    before = await rows_of(database, tables.postings)
    statements: list[str] = []
    for engine in {database._readers, database._writers}:
        sa.event.listen(engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    await announce(database, ledger, "released")
    await database.write(lambda connection: ledger.release(connection, "main", "a", "released"))
    await announce(database, ledger, "card")
    await post(database, ledger, LedgerEntry("e", (Leg("a", pounds(-900), line("card", settles=True)), Leg(WORLD, pounds(900)))))
    after = await rows_of(database, tables.postings)
    assert set(before) < set(after)
    touching = [text.split()[0] for text in statements if "ledger_postings" in text or "ledger_entries" in text]
    assert set(touching) <= {"INSERT", "SELECT"}


ENTRIES = st.lists(
    st.tuples(st.sampled_from(["a", "b", WORLD]), st.sampled_from(["a", "b", WORLD]), st.integers(1, 10**9)).filter(
        lambda move: move[0] != move[1]
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(ENTRIES, min_size=1, max_size=4))
async def test_any_sequence_of_postings_sums_to_zero_and_every_balance_is_the_sum_of_its_own(database, ledger, batches):
    brand = f"brand-{next(_runs)}"
    await open_books(database, ledger, brand)
    expected = {"a": 0, "b": 0, WORLD: 0}
    for number, moves in enumerate(batches):
        entries = []
        for index, (source, target, minor) in enumerate(moves):
            name = f"{number}-{index}"
            sides = ((source, -minor), (target, minor))
            legs = tuple(
                Leg(account, pounds(amount), None if account == WORLD else line(f"{name}-{account}")) for account, amount in sides
            )
            entries.append(LedgerEntry(name, legs))
            expected[source] -= minor
            expected[target] += minor
        await post(database, ledger, *entries, brand=brand)
    rows = sorted((row for row in await rows_of(database, tables.postings) if row.brand == brand), key=lambda row: row.sequence)
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    assert sum(row.amount_minor for row in rows) == 0
    running = dict.fromkeys(expected, 0)
    for row in rows:
        running[row.account_id] += row.amount_minor
        assert row.after_minor == running[row.account_id]
    assert running == expected
    async with database.read() as connection:
        assert await find_discrepancies(connection, brand) == []


async def test_many_postings_at_once_leave_no_gap_and_no_wrong_balance(database, ledger):
    import asyncio

    await open_books(database, ledger)
    await asyncio.gather(*(post(database, ledger, transfer(f"t{number}", 7)) for number in range(25)))
    rows = await rows_of(database, tables.postings)
    assert sorted(row.sequence for row in rows) == list(range(1, 51))
    async with database.read() as connection:
        assert await find_discrepancies(connection, "main") == []


async def test_migrations_and_tables_agree(database_url):
    def compare(connection):
        context = MigrationContext.configure(connection, opts={"version_table": "alembic_version_ledger"})
        return compare_metadata(context, tables.metadata)

    async with Database.open(database_url) as database:
        await upgrade(database, "plugins.ledger.migrations", "alembic_version_ledger")
        async with database.read() as connection:
            differences = await connection.run_sync(compare)
    # the one foreign key is SQLite's alone: its only check of a whole transaction
    assert [each[0] for each in differences] == (["remove_fk"] if database.is_sqlite else [])
