"""Migration 0004: the books of before are carried over, agree, and go on."""

from importlib.resources import files
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from kernel.clock import ManualClock
from kernel.storage.database import Database
from kernel.storage.migrate import upgrade
from plugins.ledger import tables
from plugins.ledger.postings.poster import Poster
from tests.unit.plugins.ledger.scene import NOW, SEALER, Scene, transfer

PACKAGE, VERSION_TABLE = "plugins.ledger.migrations", "alembic_version_ledger"
ACCOUNT = "INSERT INTO ledger_accounts (brand, id, internal, currency, status, status_changed_at, opened_at, product, eligible, credit_line_minor) VALUES ('main', '{}', {}, 'GBP', 'enabled', 1, 1, 'x', FALSE, {})"
ENTRY = "INSERT INTO ledger_entries (brand, id, kind, recorded_at) VALUES ('main', '{}', 'transfer', 1751371200000000)"
POSTING = "INSERT INTO ledger_postings (brand, account_id, sequence, entry_id, amount_minor, balance_after_minor) VALUES ('main', '{}', {}, '{}', {}, {})"
LINE = "INSERT INTO ledger_transactions (brand, sequence, id, account_id, status, booked_at, currency, amount_minor, balance_after_minor, narrative) VALUES ('main', {}, '{}', 'a', 'booked', 1, 'GBP', {}, {}, '')"
HOLD = "INSERT INTO ledger_holds (brand, account_id, id, amount_minor, placed_at, ended_by) VALUES ('main', 'a', '{}', {}, 1, {})"
WRITTEN_BEFORE = [
    ACCOUNT.format("a", "FALSE", 20_000),
    ACCOUNT.format("b", "FALSE", "NULL"),
    ACCOUNT.format("internal:world:GBP", "TRUE", "NULL"),
    *(ENTRY.format(each) for each in ("e1", "e2")),
    *(POSTING.format("a", 1, "e1", 10_000, 10_000), POSTING.format("internal:world:GBP", 2, "e1", -10_000, -10_000)),
    *(POSTING.format("a", 5, "e2", -2_500, 7_500), POSTING.format("internal:world:GBP", 6, "e2", 2_500, -7_500)),
    *(LINE.format(1, "t1", 10_000, 10_000), LINE.format(5, "card", -2_500, 7_500)),
    *(HOLD.format("open", 3_000, "NULL"), HOLD.format("released", 900, 4), HOLD.format("card", 2_600, 5)),
    "INSERT INTO ledger_sequences (brand, last) VALUES ('main', 6)",
]


def up_to(connection, revision):
    script = ScriptDirectory(str(Path(str(files(PACKAGE)))))
    steps = lambda current, _context: script._upgrade_revs(revision, current)  # noqa: E731
    with EnvironmentContext(Config(), script, fn=steps, as_sql=False) as environment:
        environment.configure(connection=connection, version_table=VERSION_TABLE)
        environment.run_migrations()


@pytest.fixture
async def carried(database_url):
    async with Database.open(database_url) as database:
        await database.write(lambda connection: connection.run_sync(up_to, "0003"))

        async def write(connection):
            for statement in WRITTEN_BEFORE:
                await connection.exec_driver_sql(statement)

        await database.write(write)
        await upgrade(database, PACKAGE, VERSION_TABLE)
        async with Poster.lifetime(database, SEALER, ManualClock(NOW)) as poster:
            yield Scene(database, poster, ManualClock(NOW))


async def test_the_books_of_before_are_carried_over_and_agree(carried):
    assert await carried.standing("a") == (7_500, 3_000, 2)
    assert await carried.standing("internal:world:GBP") == (-7_500, 0, 2)
    floors = {row.id: row.floor for row in await carried.rows(tables.accounts)}
    assert floors == {"a": -20_000, "b": 0, "internal:world:GBP": None}
    holds = {row.id: (row.state, row.captured_minor, row.entry_id) for row in await carried.rows(tables.holds)}
    assert holds == {"open": ("open", None, None), "released": ("released", None, None), "card": ("captured", 2_500, "e2")}
    assert sorted((row.id, row.legs, str(row.value_date)) for row in await carried.rows(tables.entries)) == [
        ("e1", 2, "2025-07-01"),
        ("e2", 2, "2025-07-01"),
    ]
    await carried.check_whole()


async def test_the_chain_goes_on_and_its_rules_hold(carried):
    assert await carried.post(transfer("next", 500)) == [8]
    assert await carried.standing("a") == (7_000, 3_000, 3)
    await carried.hold("new", 24_000)
    with pytest.raises(sa.exc.IntegrityError):
        await carried.database.write(
            lambda connection: connection.exec_driver_sql("UPDATE ledger_accounts SET held = 0 WHERE id = 'a'")
        )
    await carried.check_whole()
