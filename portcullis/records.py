"""Queued journal entries, written a group at a time: data accesses, and tokens that store nothing else."""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.ports import Access
from kernel.database import Database
from kernel.journal import Entry, Journal


def entry_writer(database: Database, journal: Journal) -> Callable[[Sequence[Entry]], Awaitable[None]]:
    async def write(entries: Sequence[Entry]) -> None:
        async def work(connection: AsyncConnection) -> None:
            await journal.record(connection, *entries)

        await database.write(work)

    return write


def access_writer(database: Database, journal: Journal) -> Callable[[Sequence[Access]], Awaitable[None]]:
    write_entries = entry_writer(database, journal)

    async def write(accesses: Sequence[Access]) -> None:
        await write_entries([_entry(access) for access in accesses])

    return write


def _entry(access: Access) -> Entry:
    return Entry(
        brand=access.brand,
        kind="data.accessed",
        aggregate_id=access.consent_id or access.client_id,
        at=access.at,
        actor=f"client:{access.client_id}",
        interaction_id=access.interaction_id,
        facts={
            "operation": access.operation,
            "dialect": access.dialect,
            "accounts": list(access.account_ids),
            "psu_present": int(access.psu_present),
            "status": access.status,
            "outcome": access.outcome,
        },
    )
