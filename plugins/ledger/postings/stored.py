"""Entries as they were booked: what a repeated entry is compared with, and what a reversal mirrors."""

from collections.abc import Collection

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.money import Money
from plugins.ledger import tables
from plugins.ledger.postings.bulk import among
from plugins.ledger.postings.entries import LedgerEntry


class StoredEntry(msgspec.Struct, frozen=True):
    """`legs`: account and amount of each, in their order; `sequence` is the booking number of the last posting."""

    id: str
    kind: str
    legs: tuple[tuple[str, Money], ...]
    reverses: str | None
    sequence: int

    def is_of(self, entry: LedgerEntry) -> bool:
        """The same fact: lines are words, and an instant in them may differ the second time."""
        legs = tuple((leg.account_id, leg.amount) for leg in entry.legs)
        return (self.id, self.kind, self.legs, self.reverses) == (entry.id, entry.kind, legs, entry.reverses)


async def load_entries(connection: AsyncConnection, brand: str, entry_ids: Collection[str]) -> dict[str, StoredEntry]:
    entries, postings, accounts = tables.entries, tables.postings, tables.accounts
    statement = (
        sa.select(entries.c.id, entries.c.kind, entries.c.reverses, postings, accounts.c.currency)
        .join(postings, sa.and_(postings.c.brand == entries.c.brand, postings.c.entry_id == entries.c.id))
        .join(accounts, sa.and_(accounts.c.brand == postings.c.brand, accounts.c.id == postings.c.account_id))
        .where(entries.c.brand == brand, among(connection, entries.c.id, entry_ids))
        .order_by(postings.c.entry_id, postings.c.leg)
    )
    found: dict[str, StoredEntry] = {}
    for row in await connection.execute(statement):
        legs = (*(found[row.id].legs if row.id in found else ()), (row.account_id, Money(row.currency, row.amount_minor)))
        found[row.id] = StoredEntry(row.id, row.kind, legs, row.reverses, row.sequence)
    return found
