"""The consent context for tests of another that shares its database: its command runner, and what commands left in its records."""

from dataclasses import dataclass

import sqlalchemy as sa

from consent.store import tables
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.storage.database import Database
from kernel.storage.journal import Journal


def open_commands(database: Database, clock: Clock) -> Commands:
    """Without a hot state: no worker has anything cached."""
    return Commands(
        database=database,
        clock=clock,
        journal=Journal(tables.journal, tables.outbox),
        locks=tables.locks,
        idempotency_keys=tables.idempotency_keys,
    )


@dataclass(frozen=True)
class Records:
    """`journal` and `outbox` hold kinds of facts with the ids of their aggregates; `keys` counts idempotency keys."""

    journal: list[tuple[str, str]]
    outbox: list[tuple[str, str, int]]
    keys: int


async def load_records(database: Database) -> Records:
    journal, outbox = tables.journal.c, tables.outbox.c
    written = sa.select(journal.kind, journal.aggregate_id).order_by(journal.id)
    published = sa.select(outbox.kind, outbox.aggregate_id, outbox.aggregate_version)
    in_order = published.order_by(outbox.aggregate_id, outbox.aggregate_version)
    async with database.read() as connection:
        return Records(
            journal=[tuple(row) for row in await connection.execute(written)],
            outbox=[tuple(row) for row in await connection.execute(in_order)],
            keys=(await connection.execute(sa.select(sa.func.count()).select_from(tables.idempotency_keys))).scalar_one(),
        )
