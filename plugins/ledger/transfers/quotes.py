"""Quotes that the bank is bound to: each is used by one order, before it expires. On the connection of the caller's transaction.

Locks: the transfer of an order, then its quote, then the account.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.abroad.exchange import Quote
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.documents import open_document, seal_document

KEPT_UNUSED = timedelta(days=1)  # after its end: who asks about a refusal can still see it
SWEPT_MAX = 50  # unused quotes that one new one removes
_PLACE = ("ledger_quotes", "document")


@dataclass(frozen=True, slots=True)
class Quotes:
    sealer: Sealer

    async def keep(self, connection: AsyncConnection, brand: str, quote: Quote, now: datetime) -> None:
        """Write a binding quote down, and sweep unused ones that ended long ago."""
        quotes = tables.quotes.c
        over = (
            sa.select(quotes.id)
            .where(quotes.brand == brand, quotes.expires_at < now - KEPT_UNUSED, quotes.order_id.is_(None))
            .order_by(quotes.expires_at)
            .limit(SWEPT_MAX)
        )
        await connection.execute(tables.quotes.delete().where(quotes.brand == brand, quotes.id.in_(over)))
        document = seal_document(self.sealer, quote, *_PLACE, brand, quote.id)
        row = {"brand": brand, "id": quote.id, "expires_at": quote.expires_at, "document": document}
        await connection.execute(tables.quotes.insert().values(row))

    async def use(self, connection: AsyncConnection, brand: str, quote: Quote, order_id: str, now: datetime) -> bool:
        """Use a quote for an order, exactly as it was given; a repeat changes nothing. False: it is another, was used, or has expired."""
        quotes = tables.quotes.c
        mine = (quotes.brand == brand, quotes.id == quote.id)
        row = (await connection.execute(sa.select(tables.quotes).where(*mine).with_for_update())).one_or_none()
        if row is None or open_document(self.sealer, row.document, Quote, *_PLACE, brand, quote.id) != quote:
            return False
        if row.order_id is not None:
            return bool(row.order_id == order_id)
        if quote.expires_at is None or now >= quote.expires_at:
            return False
        await connection.execute(tables.quotes.update().where(*mine).values(order_id=order_id))
        return True
