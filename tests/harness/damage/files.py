"""Writes to the rows of files of payments that no command makes."""

from collections.abc import Sequence
from datetime import timedelta

from consent.store.rows.files import insert_payments
from consent.store.tables.files import file_pages
from kernel.banking.payments import PaymentTerms
from kernel.clock import Clock
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from tests.harness.damage.rows import run


async def write_pages(
    database: Database, sealer: Sealer, clock: Clock, brand: str, consent_id: str, *, payments: Sequence[PaymentTerms]
) -> None:
    """The payments of a file that was never uploaded."""
    until = clock.wall() + timedelta(days=400)
    await database.write(lambda connection: insert_payments(connection, sealer, brand, consent_id, payments, expires_at=until))


async def give_pages(database: Database, *, of: str, to: str) -> None:
    """The rows of one consent in place of another's."""
    rows = file_pages.c
    await run(
        database,
        file_pages.delete().where(rows.consent_id == to),
        file_pages.update().where(rows.consent_id == of).values(consent_id=to),
    )


async def drop_pages(database: Database) -> None:
    await run(database, file_pages.delete())
