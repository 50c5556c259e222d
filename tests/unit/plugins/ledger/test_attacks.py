"""Attacks on the books by somebody who has the application's own access to the database: each statement is refused, and nothing moves.

On PostgreSQL by a role that owns nothing, as `portcullis db upgrade` leaves it with `migration_url`, and by the owner, whom triggers hold; on
SQLite, which has no roles, by triggers alone."""

import asyncio
import os
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from kernel.banking.money import Money
from kernel.clock import ManualClock
from kernel.storage.database import Database
from plugins.ledger import tables
from plugins.ledger.documents import Narrative
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line
from plugins.ledger.postings.patterns import compose
from plugins.ledger.postings.poster import Poster
from plugins.ledger.refusals import EntryRefused
from plugins.ledger.verify import find_discrepancies
from portcullis.compose.contexts import upgrade_all
from tests.harness.apart import run_apart
from tests.harness.databases import POSTGRESQL, SQLITE, migrate
from tests.unit.plugins.ledger.scene import NOW, SEALER, WORLD, Scene, opening, paying_out, transfer

CLEARING = "internal:rail:faster_payments:clearing:GBP"
APPLICATION = f"app_{os.getpid()}"
ENTRY = "INSERT INTO ledger_entries (brand, id, kind, legs, value_date, recorded_at, cause) VALUES ('main', '{id}', 'transfer', {legs}, '2026-07-01', 1, 'x')"
POSTING = "('main', '{entry}', {leg}, '{account}', {version}, 99, {amount}, {after})"
POSTINGS = "INSERT INTO ledger_postings (brand, entry_id, leg, account_id, version, sequence, amount_minor, after_minor) VALUES "
OPEN = "INSERT INTO ledger_accounts (brand, id, internal, currency, status, status_changed_at, opened_at, product, eligible, credit_line_minor) VALUES ('main', '{id}', {internal}, 'GBP', 'enabled', 1, 1, '{product}', FALSE, {line})"
HOLD = "INSERT INTO ledger_holds (brand, id, account_id, currency, amount_minor, state, placed_at) VALUES ('main', '{id}', '{account}', '{currency}', {amount}, '{state}', 1)"


def entry(entry_id, *legs, says=None):
    """The statements of an entry: each leg is (account, version, amount, after), or (leg number, account, ...)."""
    numbered = [leg if len(leg) == 5 else (number, *leg) for number, leg in enumerate(legs, 1)]
    rows = [POSTING.format(entry=entry_id, leg=n, account=a, version=v, amount=m, after=f) for n, a, v, m, f in numbered]
    return [ENTRY.format(id=entry_id, legs=says or len(legs)), POSTINGS + ", ".join(rows)]


def hold(hold_id="h", account="a", amount=100, state="open", currency="GBP"):
    return HOLD.format(id=hold_id, account=account, amount=amount, state=state, currency=currency)


# Accounts a, b and euro have 5,000 each, a holds 2,000 of it in an open hold `o`; one posting each, the bank's own account has two.
ATTACKS = {
    "one leg": entry("x", ("a", 2, 100, 5_100)),
    "unbalanced": entry("x", ("a", 2, -100, 4_900), ("b", 2, 90, 5_090)),
    "two currencies that sum to zero together": entry("x", ("a", 2, -100, 4_900), ("euro", 2, 100, 5_100)),
    "no entry": entry("x", ("a", 2, -100, 4_900), ("b", 2, 100, 5_100))[1:],
    "a late balanced pair on an old entry": entry("funds-a", (3, "a", 2, -100, 4_900), (4, "b", 2, 100, 5_100))[1:],
    "the leg numbers of an old entry": entry("funds-a", ("a", 2, -100, 4_900), ("b", 2, 100, 5_100))[1:],
    "two legs of one number": entry("x", (1, "a", 2, -100, 4_900), (1, "b", 2, 100, 5_100)),
    "a leg less than it says": entry("x", ("a", 2, -100, 4_900), ("b", 2, 100, 5_100), says=3),
    "a gap of versions": entry("x", ("a", 3, -100, 4_900), ("b", 2, 100, 5_100)),
    "a version that is taken": entry("x", ("a", 1, -100, 4_900), ("b", 2, 100, 5_100)),
    "a wrong running balance": entry("x", ("a", 2, -100, 5_900), ("b", 2, 100, 5_100)),
    "below the floor": entry("x", ("b", 2, -5_001, -1), ("a", 2, 5_001, 10_001)),
    "money that is held": entry("x", ("a", 2, -3_001, 1_999), ("b", 2, 3_001, 8_001)),
    "an account that is not there": entry("x", ("ghost", 1, -100, -100), ("b", 2, 100, 5_100)),
    "nothing on a leg": entry("x", ("a", 2, 0, 5_000), ("b", 2, 0, 5_000)),
    "a reversal of nothing": ["INSERT INTO ledger_entries (brand, id, kind, legs, value_date, recorded_at, cause, reverses) VALUES ('main', 'x', 'reversal', 2, '2026-07-01', 1, 'x', 'ghost')"],
    "an edited posting": ["UPDATE ledger_postings SET amount_minor = amount_minor + 1"],
    "a deleted posting": ["DELETE FROM ledger_postings"],
    "an edited entry": ["UPDATE ledger_entries SET kind = 'x'"],
    "an edit of what was null": ["UPDATE ledger_entries SET reverses = 'x'"],
    "a deleted entry": ["DELETE FROM ledger_entries"],
    "a balance by hand": ["UPDATE ledger_accounts SET booked = booked + 1000000 WHERE id = 'a'"],
    "a version by hand": ["UPDATE ledger_accounts SET version = 0 WHERE id = 'a'"],
    "held by hand": ["UPDATE ledger_accounts SET held = 0 WHERE id = 'a'"],
    "a little less held by hand": ["UPDATE ledger_accounts SET held = held - 1 WHERE id = 'a'"],
    "another currency": ["UPDATE ledger_accounts SET currency = 'JPY' WHERE id = 'a'"],
    "an account made the bank's own": ["UPDATE ledger_accounts SET internal = TRUE WHERE id = 'a'"],
    "a deleted account": ["DELETE FROM ledger_accounts WHERE id = 'a'"],
    "an account that opens rich": [
        "INSERT INTO ledger_accounts (brand, id, internal, currency, status, status_changed_at, opened_at, product, eligible, booked) VALUES ('main', 'x', TRUE, 'GBP', 'enabled', 1, 1, 'x', FALSE, 100)"
    ],
    "a hold beyond the funds": [hold(amount=3_001)],
    "a hold on an account that is not there": [hold(account="ghost")],
    "a hold in another currency": [hold(currency="EUR")],
    "a hold of nothing": [hold(amount=0)],
    "a negative hold": [hold(amount=-100)],
    "a hold that begins released": [hold(state="released")],
    "a hold twice": [hold("o")],
    "a smaller hold by hand": ["UPDATE ledger_holds SET amount_minor = 1 WHERE id = 'o'"],
    "a hold moved to another account": ["UPDATE ledger_holds SET account_id = 'b', state = 'released', ended_at = 1 WHERE id = 'o'"],
    "a capture above the hold": ["UPDATE ledger_holds SET state = 'captured', captured_minor = 2001, entry_id = 'funds-a', ended_at = 1 WHERE id = 'o'"],
    "a capture of nothing": ["UPDATE ledger_holds SET state = 'captured', captured_minor = 0, entry_id = 'funds-a', ended_at = 1 WHERE id = 'o'"],
    "a capture without an entry": ["UPDATE ledger_holds SET state = 'captured', captured_minor = 2000, ended_at = 1 WHERE id = 'o'"],
    "an expiry of what does not expire": ["UPDATE ledger_holds SET state = 'expired', ended_at = 1 WHERE id = 'o'"],
    "a hold that ends twice": ["UPDATE ledger_holds SET state = 'released', ended_at = 1 WHERE id = 'o'", "UPDATE ledger_holds SET state = 'expired', expires_at = 1 WHERE id = 'o'"],
    "a hold that opens again": ["UPDATE ledger_holds SET state = 'released', ended_at = 1 WHERE id = 'o'", "UPDATE ledger_holds SET state = 'open', ended_at = NULL WHERE id = 'o'"],
    "a deleted hold": ["DELETE FROM ledger_holds"],
    "lines rewritten, their sum kept": ["UPDATE ledger_transactions SET amount_minor = 0"],
    "lines dated otherwise": ["UPDATE ledger_transactions SET booked_at = booked_at - 1000"],
    "a line ended again": ["UPDATE ledger_transactions SET ended_by = 90 WHERE account_id = 'a'", "UPDATE ledger_transactions SET ended_by = 91 WHERE account_id = 'a'"],
    "a deleted line": ["DELETE FROM ledger_transactions"],
}  # fmt: skip


def replacing(table, columns, **changed):
    """A row that takes the place of the first one: a copy of it, with these columns changed."""
    names = [*columns.split(), *(name for name in changed if name not in columns.split())]
    values = ", ".join(changed.get(name, name) for name in names)
    return [f"INSERT OR REPLACE INTO ledger_{table} ({', '.join(names)}) SELECT {values} FROM ledger_{table} LIMIT 1"]


def taking_a_place(table):
    """A row that takes the place of the last one by its number."""
    last, first = (f"(SELECT {which}(rowid) FROM ledger_{table})" for which in ("max", "min"))
    return [f"UPDATE OR REPLACE ledger_{table} SET rowid = {last} WHERE rowid = {first}"]


OF_ENTRIES = "brand id kind legs value_date recorded_at cause"
OF_POSTINGS = "brand entry_id leg account_id version sequence amount_minor after_minor"
OF_HOLDS = "brand id account_id currency amount_minor state placed_at"
OF_ACCOUNTS = "brand id internal currency status status_changed_at opened_at product eligible"
OF_LINES = "brand sequence id account_id status booked_at currency amount_minor narrative"
OF_SQLITE = {
    "an entry replaced": replacing("entries", OF_ENTRIES, cause="'nothing to see'"),
    "an entry replaced by its number": replacing("entries", OF_ENTRIES, id="'x'", rowid="rowid"),
    "a posting replaced": replacing("postings", OF_POSTINGS),
    "a posting replaced by its place in the chain": replacing("postings", OF_POSTINGS, entry_id="'x'"),
    "a hold replaced": replacing("holds", OF_HOLDS, amount_minor="1"),
    "a hold replaced by its number": replacing("holds", OF_HOLDS, id="'x'", rowid="rowid"),
    "an account replaced": replacing("accounts", OF_ACCOUNTS),
    "an account replaced by its number": replacing("accounts", OF_ACCOUNTS, id="'x'", rowid="rowid"),
    "a line replaced": replacing("transactions", OF_LINES, amount_minor="1"),
    "a line replaced by its number": replacing("transactions", OF_LINES, sequence="77", id="'x'", rowid="rowid"),
    "a line replaced by its transaction": replacing("transactions", OF_LINES, sequence="77"),
    "an account in the place of another": taking_a_place("accounts"),
    "a line in the place of another": taking_a_place("transactions"),
    "a hold in the place of another": [
        hold("mine", "b", 1),
        "UPDATE OR REPLACE ledger_holds SET state = 'released', ended_at = 1, rowid = (SELECT rowid FROM ledger_holds WHERE id = 'o') WHERE id = 'mine'",
    ],
}  # fmt: skip
OF_POSTGRESQL = {
    "TRUNCATE of postings": ["TRUNCATE ledger_postings"],
    "TRUNCATE of holds": ["TRUNCATE ledger_holds"],
    "TRUNCATE of all": ["TRUNCATE ledger_entries, ledger_postings, ledger_holds, ledger_accounts"],
    "a pair in two statements": [ENTRY.format(id="x", legs=2), POSTINGS + POSTING.format(entry="x", leg=1, account="a", version=2, amount=-100, after=4_900)],
}  # fmt: skip
OF_THE_ROLE = {
    "rules switched off": ["ALTER TABLE ledger_accounts DISABLE TRIGGER USER"],
    "a rule replaced": ["CREATE OR REPLACE FUNCTION ledger_append() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"],
    "replication, which fires no triggers": ["SET session_replication_role = replica"],
    "a forced entry": [ENTRY.format(id="x", legs=2).replace("cause)", "cause, forced)").replace("'x')", "'x', TRUE)")],
    "a forced hold": [hold(amount=3_001).replace("placed_at)", "placed_at, forced)").replace(", 1)", ", 1, TRUE)")],
    "money from an account of the bank's own": entry("x", ("internal:world:GBP", 3, -100, -10_100), ("a", 2, 100, 5_100)),
    "an account of the bank's own of no known name": [OPEN.format(id="internal:mint:GBP", internal="TRUE", product="mint", line="NULL")],
    "an account of the bank's own by another id": [OPEN.format(id="x", internal="TRUE", product="suspense:in", line="NULL")],
    "an account of the bank's own with a credit line": [OPEN.format(id="internal:suspense:in:GBP", internal="TRUE", product="suspense:in", line="1")],
    "an account with a credit line": [OPEN.format(id="x", internal="FALSE", product="x", line="1000000")],
    "the journal edited": ["UPDATE ledger_journal SET actor = 'x'"],
    "the journal emptied": ["DELETE FROM ledger_journal"],
    "the consents' journal edited": ["UPDATE journal SET actor = 'x'"],
    "the consents' journal emptied": ["DELETE FROM journal"],
    "versions of consents edited": ["UPDATE consent_versions SET state = 'authorised'"],
    "events of orders edited": ["UPDATE order_events SET cause = 'psu:frank'"],
    "events of orders deleted": ["DELETE FROM order_events"],
    "orders deleted": ["DELETE FROM orders"],
    "a consent that may be used again": ["UPDATE orders SET single_use_of = NULL"],
    "an order given to another TPP": ["UPDATE orders SET client_id = 'x'"],
    "versions of consents deleted": ["DELETE FROM consent_versions"],
    "a larger credit line": ["UPDATE ledger_accounts SET credit_line_minor = 1000000 WHERE id = 'a'"],
    "held from within a trigger of one's own": [
        "CREATE TEMPORARY TABLE mine (x int)",
        "CREATE FUNCTION pg_temp.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN UPDATE ledger_accounts SET held = 0; RETURN NULL; END'",
        "CREATE TRIGGER t AFTER INSERT ON mine FOR EACH STATEMENT EXECUTE FUNCTION pg_temp.f()",
        "INSERT INTO mine VALUES (1)",
    ],
    "tables of one's own in place of the ledger's": [
        "CREATE TEMPORARY TABLE ledger_accounts (brand text, id text, currency text, status text, floor bigint, booked bigint, held bigint, version bigint)",
        "INSERT INTO pg_temp.ledger_accounts VALUES ('main', 'a', 'GBP', 'enabled', NULL, 5000, 0, 1), ('main', 'b', 'GBP', 'enabled', NULL, 5000, 0, 1)",
        *entry("x", ("a", 2, -5_000, 0), ("b", 2, 5_000, 10_000)),
    ],
}  # fmt: skip


async def prepare(url):
    """The ledger's ground: see ATTACKS."""
    await migrate(url)
    async with Database.open(url) as database, Poster.lifetime(database, SEALER, ManualClock(NOW)) as poster:
        scene = Scene(database, poster, ManualClock(NOW))
        await scene.open(opening("a"), opening("b"), opening("euro", "EUR"), funds=5_000)
        await scene.hold("o", 2_000)


@contextmanager
def application_role(databases, url):
    """The URL of the application's role, to which `portcullis db upgrade` has given its rights."""
    databases._execute(f"CREATE ROLE {APPLICATION} LOGIN")
    try:
        as_role = sa.make_url(url).set(username=APPLICATION).render_as_string(hide_password=False)
        run_apart(lambda: asyncio.run(upgrade_all(as_role, sandbox=True, migration_url=url)))
        yield as_role
    finally:
        run_apart(lambda: asyncio.run(_drop_role(url)))


async def _drop_role(url):
    async with Database.open(url) as database:

        async def work(connection):
            await connection.exec_driver_sql(f"DROP OWNED BY {APPLICATION}")
            await connection.exec_driver_sql(f"DROP ROLE {APPLICATION}")

        await database.write(work)


@pytest.fixture(params=["sqlite", "owner", "application"])
def attacker(request, databases, tmp_path):
    """The attacker, and the URL of the database for them."""
    kind = SQLITE if request.param == "sqlite" else POSTGRESQL
    with databases.database(kind, tmp_path, prepare) as url:
        if request.param != "application":
            yield request.param, url
            return
        with application_role(databases, url) as as_role:
            yield request.param, as_role


async def books(database):
    async with database.read() as connection:
        watched = (tables.accounts, tables.entries, tables.postings, tables.holds, tables.transactions)
        return [sorted(map(str, (await connection.execute(sa.select(table))).all())) for table in watched]


async def test_every_attack_is_refused_and_nothing_moves(attacker):
    who, url = attacker
    attacks = ATTACKS | (OF_SQLITE if who == "sqlite" else OF_POSTGRESQL) | (OF_THE_ROLE if who == "application" else {})
    async with Database.open(url) as database:
        before = await books(database)
        succeeded = []
        for name, statements in attacks.items():
            try:
                await database.write(lambda connection, statements=statements: _run(connection, _ordered(connection, statements)))
            except DBAPIError:
                continue
            succeeded.append(name)
        assert succeeded == []
        assert await books(database) == before
        async with database.snapshot() as connection:
            assert await find_discrepancies(connection, "main") == []


def _ordered(connection, statements):
    """SQLite seals last: an entry comes after its postings."""
    is_entry = len(statements) == 2 and statements[0].startswith("INSERT INTO ledger_entries")
    return statements[::-1] if is_entry and connection.dialect.name == "sqlite" else statements


async def _run(connection, statements):
    for statement in statements:
        await connection.exec_driver_sql(statement)


async def test_the_same_statements_pass_when_they_are_right(attacker):
    """The attacks fail for what is wrong in them, not for how they are written."""
    right = [*entry("x", ("a", 2, -100, 4_900), ("b", 2, 100, 5_100))]
    captured = "UPDATE ledger_holds SET state = 'captured', captured_minor = 2000, entry_id = 'x', ended_at = 1 WHERE id = 'o'"
    async with Database.open(attacker[1]) as database:
        for statements in (right, [hold(amount=2_900)], [captured]):
            await database.write(lambda connection, statements=statements: _run(connection, _ordered(connection, statements)))


async def test_the_application_does_its_work_with_the_rights_that_it_has(attacker):
    async with Database.open(attacker[1]) as database, Poster.lifetime(database, SEALER, ManualClock(NOW)) as poster:
        scene = Scene(database, poster, ManualClock(NOW))
        await scene.open(opening("c"))
        await scene.post(transfer("t", 100), paying_out("o", 1_500))
        await scene.hold("p", 400)
        assert await scene.release("p")
        assert await scene.standing() == (3_400, 0, 3)
        assert (await scene.standing(WORLD))[2] == 2
        await scene.check_whole()


async def test_a_payment_comes_back_to_its_payer_with_no_more_than_it_paid(attacker):
    who, url = attacker

    def moving(entry_id, kind, minor, cause="x"):
        line = Line(id=entry_id, booked_at=NOW, narrative=Narrative("Rent"))
        legs = (Leg("a", Money("GBP", minor), line), Leg(CLEARING, Money("GBP", -minor)))
        return LedgerEntry(entry_id, legs, kind, cause=cause)

    async with Database.open(url) as database, Poster.lifetime(database, SEALER, ManualClock(NOW)) as poster:
        await poster.post("main", moving("x", "payment", -100))
        for back in (moving("r1", "return_received", 60), moving("r2", "return_received", 40)):
            await poster.post("main", back)
        accounts = {"clearing": CLEARING, "nostro": "internal:nostro:boe:GBP"}
        await poster.post("main", compose("cycle_paid", "settled", accounts, {"amount": Money("GBP", 5)}, {}))
        accounts = {"position": "internal:fx:position:GBP", "result": "internal:fx:result:GBP"}
        await poster.post("main", compose("position_gained", "revalued", accounts, {"amount": Money("GBP", 5)}, {}))
        if who != "application":
            return
        for wrong in (moving("r3", "return_received", 1), moving("r4", "return_received", 1, "o"), moving("r5", "payment", 1)):
            with pytest.raises(EntryRefused):
                await poster.post("main", wrong)


EVENT = "INSERT INTO order_events (brand, order_id, version, event, to_state, rail_status, at, cause) VALUES ('main', '{id}', 1, 'x', '{state}', 'RCVD', {at}, 'x')"
NOW_MICROSECONDS = "extract(epoch FROM clock_timestamp())::bigint * 1000000"


async def test_the_application_has_events_of_orders_removed_once_the_law_asks_for_them_no_more(attacker):
    who, url = attacker
    if who != "application":
        return
    asked = [
        EVENT.format(id="old", state="settled", at=1),
        EVENT.format(id="open", state="submitted", at=1),
        EVENT.format(id="new", state="settled", at=NOW_MICROSECONDS),
        "SELECT orders_forget('main', ARRAY['old', 'open', 'new'])",
    ]
    async with Database.open(url) as database:
        await database.write(lambda connection: _run(connection, asked))
        async with database.read() as connection:
            assert list(await connection.scalars(sa.text("SELECT order_id FROM order_events ORDER BY 1"))) == ["new", "open"]
