"""From the release before, whose consent server kept decisions in a table of its own: a sandbox takes them over, production drops it."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from portcullis.compose.contexts import CONTEXTS, upgrade_contexts
from sandbox.decisions.stored import StoredDecisions
from sandbox.decisions.tables import METADATA
from tests.world.brands import BRAND, START
from tests.world.clients import CLIENT
from tests.world.pages import page_world

SANDBOX, CONSENT = ("sandbox.migrations", "0001"), ("consent.migrations", "0012")
INSERT = (
    "INSERT INTO decisions (brand, id, consent_id, client_id, format, decision, created_at, expires_at, taken_at)"
    " VALUES (:brand, :id, NULL, :client_id, 1, :decision, :created_at, :expires_at, NULL)"
)


async def make_before(database: Database, *contexts: tuple[str, str]) -> None:
    """The tables of contexts, each up to a revision."""

    def run(connection: sa.Connection, package: str, revision: str) -> None:
        script = ScriptDirectory(package.replace(".", "/"))
        steps = lambda current, _context: script._upgrade_revs(revision, current)  # noqa: E731
        with EnvironmentContext(Config(), script, fn=steps, as_sql=False) as environment:
            environment.configure(connection=connection, version_table=dict(CONTEXTS)[package])
            environment.run_migrations()

    for package, revision in contexts:
        await database.write_patiently(lambda connection, p=package, r=revision: connection.run_sync(run, p, r))


async def tables(database: Database) -> set[str]:
    async with database.read() as connection:
        return set(await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()))


@pytest.mark.parametrize("before", [[], [CONSENT]], ids=["empty", "of the release before"])
async def test_a_production_database_has_no_table_of_decisions(database_url, before):
    async with Database.open(database_url) as database:
        await make_before(database, *before)
        assert ("decisions" in await tables(database)) is bool(before)
        await upgrade_contexts(database, sandbox=False)
        assert [name for name in await tables(database) if "decision" in name] == []


async def test_a_sandboxs_waiting_decision_is_used_after_the_upgrade(database_url):
    """Sealed by the release before, under the name that the table had."""
    document, decision_id = b'{"approve":false,"psu_id":"psu-alice"}', "d1"
    at = int(START.timestamp()) * 1_000_000
    row = {
        "brand": BRAND.name,
        "id": decision_id,
        "client_id": CLIENT.id,
        "decision": Sealer({1: b"k" * 32}).seal(document, "decisions", "decision", BRAND.name, decision_id),
        "created_at": at,
        "expires_at": at + 15 * 60 * 1_000_000,
    }
    async with Database.open(database_url) as database:
        await make_before(database, CONSENT, SANDBOX)
        await database.write(lambda connection: connection.execute(sa.text(INSERT), row))
        await upgrade_contexts(database, sandbox=True)
        assert [name for name in await tables(database) if "decision" in name] == ["stored_decisions"]
    async with page_world(database_url, prior_answers=StoredDecisions()) as world:
        consent = await world.lodge(lodged_as="default")
        browser = await world.browser().begin(await world.push(consent))
        assert browser.answer["error"] == "access_denied"


async def test_migrations_and_tables_agree(migrated_url):
    def compare(connection: sa.Connection):
        ours = lambda _object, name, kind, *_: kind != "table" or name in METADATA.tables  # noqa: E731
        return compare_metadata(MigrationContext.configure(connection, opts={"include_object": ours}), METADATA)

    async with Database.open(migrated_url) as database, database.read() as connection:
        assert await connection.run_sync(compare) == []
