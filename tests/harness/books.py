"""A server's database, read from outside over a connection that cannot write: what a refusal must not have changed, and what tests
ask about rows. No other module of the tests names tables of a package that it does not test."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from consent.store.tables import consents as c
from consent.store.tables import journal, outbox
from consent.store.tables import oauth as o
from kernel.storage.journal import Journal
from plugins.ledger import tables as ledger
from sandbox.bank import tables as bank
from sandbox.decisions.tables import STORED_DECISIONS
from tests.harness.server import Server
from tests.harness.wholeness import find_halves

BRAND = "main"
RECORDS_OF_ACCESS = ("data.accessed", "access.refused", "token.issued")  # written about refused calls too
WATCHED = (
    c.consents,
    c.authorisations,
    c.account_references,
    c.journeys,
    STORED_DECISIONS,
    o.clients,
    o.pushed_requests,
    o.token_families,
    o.codes,
    o.refresh_tokens,
    o.denied_tokens,
    outbox,
)

LEDGER_RECORDS = {"ledger_outbox", "ledger_journal"}

Rows = dict[str, set[tuple[Any, ...]]]
Read = Callable[[], AbstractAsyncContextManager[AsyncConnection]]


class Books:
    """`Books.of(server)` opens those of a running server, `Books(database.read)` those of a database."""

    def __init__(self, read: Read) -> None:
        self._read = read

    @classmethod
    @asynccontextmanager
    async def of(cls, server: Server) -> AsyncIterator["Books"]:
        engine = read_only(server.database_url)
        try:
            yield cls(engine.connect)
        finally:
            await engine.dispose()

    async def watched(self) -> Rows:
        """Every row that a refused call must neither add nor change."""
        async with self._read() as connection:
            found = {
                table.name: {tuple(row) for row in await connection.execute(sa.text(f"SELECT * FROM {table.name}"))}
                for table in WATCHED
            }
            changes = sa.select(journal.c.id).where(journal.c.kind.not_in(RECORDS_OF_ACCESS))
            found["journal"] = {tuple(row) for row in await connection.execute(changes)}
        return found

    async def check_nothing_written(self, before: Rows) -> None:
        """Rows that the sweeper removes meanwhile do not matter."""
        after = await self.watched()
        written = {name: rows - before[name] for name, rows in after.items() if rows - before[name]}
        assert not written, f"a refused call wrote {written}"

    async def check_whole(self) -> None:
        """Nothing is half-done. Raises AssertionError with all that is wrong."""
        async with self._read() as connection:
            wrong = await find_halves(connection, BRAND)
        assert not wrong, "\n".join(wrong)

    async def state_of(self, consent_id: str) -> str:
        """As it is recorded, also where time has ended it."""
        return (await self._column(sa.select(c.consents.c.state).where(c.consents.c.id == consent_id)))[0]

    async def count_consents(self) -> int:
        return (await self._column(sa.select(sa.func.count()).select_from(c.consents)))[0]

    async def last_payment_consent(self) -> str:
        """The id of the one that was lodged last."""
        payments = sa.select(c.consents.c.id).where(c.consents.c.kind == "payment")
        return (await self._column(payments.order_by(c.consents.c.created_at.desc()).limit(1)))[0]

    async def entries(self, **where: Any) -> list[sa.Row[Any]]:
        """Of the journal, in order; `where` names columns."""
        asked = sa.select(journal).where(*(journal.c[name] == value for name, value in where.items()))
        async with self._read() as connection:
            return list(await connection.execute(asked.order_by(journal.c.id)))

    async def facts(self, **where: Any) -> list[dict[str, Any]]:
        """Those of `entries`."""
        return [json.loads(entry.facts) for entry in await self.entries(**where)]

    async def transactions_of_the_same_account(self, transaction_id: str) -> set[str]:
        """The ids of all transactions that stand on the same account of the built-in bank."""
        t = ledger.transactions.c
        account = sa.select(t.account_id).where(t.id == transaction_id).limit(1).scalar_subquery()
        return set(await self._column(sa.select(t.id).where(t.account_id == account, t.ended_by.is_(None))))

    async def accounts_at_the_bank(self, brand: str = BRAND) -> tuple[str, ...]:
        return tuple(sorted(await self._column(sa.select(ledger.accounts.c.id).where(ledger.accounts.c.brand == brand))))

    async def count_at_the_bank(self) -> dict[str, int]:
        """Rows of each table of the built-in bank, without what it records of them."""
        counted = [table for table in ledger.metadata.sorted_tables if table.name not in LEDGER_RECORDS]
        return {table.name: (await self._column(sa.select(sa.func.count()).select_from(table)))[0] for table in counted}

    async def households(self, brand: str = BRAND) -> set[str]:
        """The names of those that the synthetic bank has made."""
        return set(await self._column(sa.select(bank.households.c.name).where(bank.households.c.brand == brand)))

    async def _column(self, statement: sa.Select[Any]) -> list[Any]:
        async with self._read() as connection:
            return list(await connection.scalars(statement))


def open_journal() -> Journal:
    """That of the consent server, for a test of what writes to it."""
    return Journal(journal, outbox)


def read_only(url: str) -> AsyncEngine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return create_async_engine(
            f"sqlite+aiosqlite:///file:{parsed.database}?mode=ro&uri=true", pool_size=1, poolclass=AsyncAdaptedQueuePool
        )
    settings = {"server_settings": {"default_transaction_read_only": "on"}}
    return create_async_engine(
        parsed.set(drivername="postgresql+asyncpg"), connect_args=settings, pool_size=1, poolclass=AsyncAdaptedQueuePool
    )
