"""Attacks on the books by somebody who has the application's own access to the database: each statement is refused, and nothing moves.

On PostgreSQL by a role that owns nothing, as `portcullis db upgrade` leaves it with `migration_url`, and by the owner, whom triggers hold; on
SQLite, which has no roles, by triggers alone."""

import asyncio
import os
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from kernel.clock import ManualClock
from kernel.storage.database import Database
from plugins.ledger import tables
from plugins.ledger.postings.poster import Poster
from plugins.ledger.verify import find_discrepancies
from portcullis.compose.contexts import upgrade_all
from tests.harness.apart import run_apart
from tests.harness.databases import POSTGRESQL, SQLITE, migrate
from tests.unit.plugins.ledger.scene import NOW, SEALER, WORLD, Scene, opening, paying_out, transfer

APPLICATION = f"app_{os.getpid()}"
ENTRY = "INSERT INTO ledger_entries (brand, id, kind, legs, value_date, recorded_at, cause) VALUES ('main', '{id}', 'transfer', {legs}, '2026-07-01', 1, 'x')"
POSTING = "('main', '{entry}', {leg}, '{account}', {version}, 99, {amount}, {after})"
POSTINGS = "INSERT INTO ledger_postings (brand, entry_id, leg, account_id, version, sequence, amount_minor, after_minor) VALUES "
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
        watched = (tables.accounts, tables.entries, tables.postings, tables.holds)
        return [sorted(map(str, (await connection.execute(sa.select(table))).all())) for table in watched]


async def test_every_attack_is_refused_and_nothing_moves(attacker):
    who, url = attacker
    attacks = ATTACKS | ({} if who == "sqlite" else OF_POSTGRESQL) | (OF_THE_ROLE if who == "application" else {})
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
