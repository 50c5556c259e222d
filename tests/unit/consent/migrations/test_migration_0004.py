"""From the release before: journeys under way go on, and live consents are found by the accounts they cover."""

import json
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from kernel.storage.database import Database
from kernel.storage.migrate import upgrade
from tests.world.brands import START

PACKAGE, VERSION_TABLE = "consent.migrations", "alembic_version_consent"


def up_to(connection: sa.Connection, revision: str) -> None:
    script = ScriptDirectory(str(Path(str(files(PACKAGE)))))
    steps = lambda current, _context: script._upgrade_revs(revision, current)  # noqa: E731
    with EnvironmentContext(Config(), script, fn=steps, as_sql=False) as environment:
        environment.configure(connection=connection, version_table=VERSION_TABLE)
        environment.run_migrations()


@pytest.fixture
async def before(database_url: str) -> AsyncIterator[Database]:
    """A database as release 0003 left it."""
    async with Database.open(database_url) as database:
        await database.write(lambda connection: connection.run_sync(up_to, "0003"))
        yield database


async def rows(database: Database, statement: str) -> list[tuple]:
    async with database.read() as connection:
        return [tuple(row) for row in await connection.execute(sa.text(statement))]


async def test_live_consents_are_found_by_their_accounts_as_the_journal_names_them(before):
    at = int(START.timestamp())
    entries = [
        ("authorised", "live", [("consent.lodged", []), ("consent.authorised", ["a1", "a2"]), ("data.accessed", ["a9"])]),
        ("authorised", "renewed", [("consent.authorised", ["a1", "a2"]), ("consent.authorised", ["a2"])]),
        ("suspended", "paused", [("consent.authorised", ["a3"]), ("consent.suspended", ["a3"])]),
        ("revoked_by_psu", "ended", [("consent.authorised", ["a1"]), ("consent.revoked", ["a1"])]),
        ("awaiting", "new", [("consent.lodged", [])]),
    ]

    async def write(connection):
        for state, consent_id, journal in entries:
            await connection.execute(
                sa.text(
                    "INSERT INTO consents (brand, id, version, kind, state, client_id, organisation_id, lodged_as, created_at, state_changed_at)"
                    " VALUES ('main', :id, 1, 'accounts', :state, 'c', 'o', 'x', :at, :at)"
                ),
                {"id": consent_id, "state": state, "at": at},
            )
            for kind, accounts in journal:
                await connection.execute(
                    sa.text(
                        "INSERT INTO journal (brand, kind, aggregate_id, at, actor, interaction_id, facts)"
                        " VALUES ('main', :kind, :id, :at, 'system', '', :facts)"
                    ),
                    {"kind": kind, "id": consent_id, "at": at, "facts": json.dumps({"accounts": accounts}).encode()},
                )

    await before.write(write)
    await upgrade(before, PACKAGE, VERSION_TABLE)
    indexed = await rows(before, "SELECT consent_id, account_id FROM consent_accounts ORDER BY 1, 2")
    assert indexed == [("live", "a1"), ("live", "a2"), ("paused", "a3"), ("renewed", "a2")]


async def test_a_journey_under_way_goes_on(before):
    insert = sa.text(
        "INSERT INTO journeys (brand, id, secret_hash, pushed_id, client_id, consent_id, stage, notice, password_failures, code_failures,"
        " codes_sent, created_at, seen_at, expires_at) VALUES ('main', 'j', 'h', 'p', 'c', 'k', 'password', '', 0, 0, 0, 1, 1, 1)"
    )
    await before.write(lambda connection: connection.execute(insert))
    await upgrade(before, PACKAGE, VERSION_TABLE)
    assert await rows(before, "SELECT id, purpose, pushed_id FROM journeys") == [("j", "consent", "p")]
