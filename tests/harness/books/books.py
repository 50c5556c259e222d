"""A server's database, read from outside over a connection that cannot write: what a refusal must not have changed, and what tests
ask about rows, by context. Tests read tables through it alone; what they spoil on purpose stands in `tests/harness/damage`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa

from consent.store.tables import consents as c
from consent.store.tables import journal, metadata, outbox
from consent.store.tables import oauth as o
from sandbox.decisions.tables import STORED_DECISIONS
from tests.harness.books.bank import BankBooks
from tests.harness.books.connections import read_only
from tests.harness.books.consents import ConsentBooks
from tests.harness.books.identities import IdentityBooks
from tests.harness.books.oauth import OAuthBooks
from tests.harness.books.pages import PageBooks
from tests.harness.books.payments import PaymentBooks
from tests.harness.books.reader import Read, Reader
from tests.harness.books.records import RecordBooks
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
)
DELIVERY = {"planned_at", "delivered_at"}  # of an event: its delivery goes on meanwhile

Rows = dict[str, set[tuple[Any, ...]]]


class Books:
    """`Books.of(server)` opens those of a running server, `Books(database.read)` those of a database."""

    def __init__(self, read: Read) -> None:
        self._read = read
        reader = Reader(read)
        self.records = RecordBooks(reader)
        self.consents = ConsentBooks(reader)
        self.pages = PageBooks(reader)
        self.oauth = OAuthBooks(reader)
        self.bank = BankBooks(reader)
        self.payments = PaymentBooks(reader)
        self.identities = IdentityBooks(reader)

    @classmethod
    @asynccontextmanager
    async def of(cls, server: Server) -> AsyncIterator["Books"]:
        engine = read_only(server.database_url)
        try:
            yield cls(engine.connect)
        finally:
            await engine.dispose()

    async def text(self) -> str:
        """All that a reader of the consent server's tables could learn."""
        return await Reader(self._read).everything(metadata)

    async def watched(self) -> Rows:
        """Every row that a refused call must neither add nor change."""
        async with self._read() as connection:
            found = {
                table.name: {tuple(row) for row in await connection.execute(sa.text(f"SELECT * FROM {table.name}"))}
                for table in WATCHED
            }
            changes = sa.select(journal.c.id).where(journal.c.kind.not_in(RECORDS_OF_ACCESS))
            found["journal"] = {tuple(row) for row in await connection.execute(changes)}
            events = sa.select(*(column for column in outbox.c if column.name not in DELIVERY))
            found["outbox"] = {tuple(row) for row in await connection.execute(events)}
        return found

    async def check_nothing_written(self, before: Rows) -> Rows:
        """The rows as they are now. Those that the sweeper removes meanwhile do not matter."""
        after = await self.watched()
        written = {name: rows - before[name] for name, rows in after.items() if rows - before[name]}
        assert not written, f"a refused call wrote {written}"
        return after

    async def check_whole(self) -> None:
        """Nothing is half-done. Raises AssertionError with all that is wrong."""
        async with self._read() as connection:
            wrong = await find_halves(connection, BRAND)
        assert not wrong, "\n".join(wrong)
