"""The writes into a server's database, read from outside: a digest of every table that callers can change, and PostgreSQL's own
count of rows that were written."""

import hashlib
from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.harness.books.connections import read_only
from tests.harness.server import Server

OWN = {
    "lease",
    "hot_state_epoch",
    "clock_offsets",
    "consent_last_used",
    "alembic_version",
}  # the server's, with callers or without
RECORDED = ("data.accessed",)  # of the honest TPP's reads
ROWS_MAX = 20_000  # the sandbox's bank, which no caller changes, has more


@dataclass(frozen=True, slots=True)
class Written:
    digests: dict[str, str]
    rows: Counter[str]  # by table, on PostgreSQL alone

    def since(self, before: "Written") -> list[str]:
        """The differences, as a person reads them."""
        changed = [f"{name} changed" for name, digest in self.digests.items() if before.digests.get(name) != digest]
        counted = [f"{name}: {count} rows written" for name, count in (self.rows - before.rows).items()]
        return sorted({*changed, *counted})


async def read_written(server: Server) -> Written:
    engine = read_only(server.database_url)
    try:
        async with engine.connect() as connection:
            digests: dict[str, str] = {}
            for name in await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names()):
                if not _is_own(name):
                    digests[name] = await _digest(connection, name)
            rows = await _rows(connection) if engine.dialect.name == "postgresql" else Counter[str]()
            return Written(digests, rows)
    finally:
        await engine.dispose()


def _is_own(name: str) -> bool:
    return name in OWN or name.startswith(("ledger", "bank_", "alembic"))


async def _digest(connection: AsyncConnection, name: str) -> str:
    table = sa.table(name, sa.column("kind")) if name == "journal" else sa.table(name)
    query = sa.select(sa.text("*")).select_from(table).limit(ROWS_MAX)
    if name == "journal":
        query = query.where(table.c.kind.not_in(RECORDED))
    rows = sorted(repr(tuple(row)) for row in await connection.execute(query))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


async def _rows(connection: AsyncConnection) -> Counter[str]:
    await connection.execute(sa.text("SELECT pg_stat_clear_snapshot()"))
    found = await connection.execute(sa.text("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_user_tables"))
    return Counter({name: count for name, count in found if not _is_own(name) and name != "journal"})
