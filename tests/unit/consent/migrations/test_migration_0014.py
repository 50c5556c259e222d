"""From the release before: authorisations keep their consent, and one that waits for a second factor goes on by its new name."""

from kernel.storage.database import Database
from tests.unit.consent.migrations.test_migration_0004 import rows, up_to


async def test_authorisations_are_of_consents(database_url: str):
    import sqlalchemy as sa

    async with Database.open(database_url) as database:
        await database.write(lambda connection: connection.run_sync(up_to, "0013"))

        async def write(connection):
            for status in ("started", "authenticated", "succeeded", "failed"):
                await connection.execute(
                    sa.text(
                        "INSERT INTO authorisations (brand, id, consent_id, psu_id, approach, status, format, started_at)"
                        " VALUES ('main', :id, 'c', 'p', 'redirect', :id, 1, 0)"
                    ),
                    {"id": status},
                )

        await database.write(write)
        await database.write(lambda connection: connection.run_sync(up_to, "0014"))
        assert await rows(
            database, "SELECT id, subject_kind, subject_id, psu_id, status, failures, sent FROM authorisations ORDER BY id"
        ) == [
            ("authenticated", "consent", "c", "p", "authenticated", 0, 0),
            ("failed", "consent", "c", "p", "failed", 0, 0),
            ("started", "consent", "c", "p", "psu_authenticated", 0, 0),
            ("succeeded", "consent", "c", "p", "succeeded", 0, 0),
        ]
