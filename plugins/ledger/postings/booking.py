"""Book entries on the connection of the caller's transaction: lock, compute, write.

The brand's booking numbers are locked first, then the accounts in the order of their ids, then the holds. Each takes one statement,
however many entries there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import TransactionStatus
from kernel.clock import Clock
from kernel.errors import Problem
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.accounts.internal import PREFIX, open_internal
from plugins.ledger.holds.locked import lock_holds
from plugins.ledger.postings.batch import Batch
from plugins.ledger.postings.bulk import among, stored_instant
from plugins.ledger.postings.entries import LedgerEntry
from plugins.ledger.postings.row_writer import write_rows
from plugins.ledger.postings.standing import Standing, lock_accounts
from plugins.ledger.sequences import take_sequences


@dataclass(frozen=True, slots=True)
class Booked:
    """`outcomes`: by the id of each entry the booking number of its last posting, or its refusal; `last` is the number of the last
    posting of all."""

    outcomes: dict[str, int | Problem]
    entries: int
    postings: int
    last: int


async def book_entries(
    connection: AsyncConnection, sealer: Sealer, clock: Clock, brand: str, entries: Sequence[LedgerEntry], *, zone: tzinfo
) -> Booked:
    """Book all but those that are refused. No two have the same id. Without a date of its own an entry is of the day that it is in `zone`. Raises IntegrityError for an entry that is there already, and for what the database's
    rules refuse."""
    now, asked = clock.now(), sum(len(entry.legs) for entry in entries)
    first = await take_sequences(connection, brand, asked)
    accounts = await _lock_accounts(connection, brand, entries, clock)
    ending = set[str]().union(*(entry.ending() for entry in entries))
    batch = Batch(
        brand=brand,
        sealer=sealer,
        recorded_at=stored_instant(now),
        today=now.astimezone(zone).date(),
        accounts=accounts,
        holds=await lock_holds(connection, brand, ending),
        pending=await _load_pending(connection, brand, ending),
        next_sequence=first,
    )
    batch.take(entries)
    if batch.next_sequence < first + asked:
        await take_sequences(connection, brand, batch.next_sequence - first - asked)
    await write_rows(connection, batch.rows)
    rows = batch.rows
    return Booked(batch.outcomes, len(rows.entries), len(rows.postings), batch.next_sequence - 1)


async def _lock_accounts(
    connection: AsyncConnection, brand: str, entries: Sequence[LedgerEntry], clock: Clock
) -> dict[str, Standing]:
    """The accounts of all legs. Those of the bank's own that are named for the first time are opened."""
    named = {leg.account_id for entry in entries for leg in entry.legs}
    accounts = await lock_accounts(connection, brand, named)
    unknown = {account_id for account_id in named - accounts.keys() if account_id.startswith(PREFIX)}
    if unknown:
        await open_internal(connection, brand, unknown, clock.now())
        accounts |= await lock_accounts(connection, brand, unknown)
    return accounts


async def _load_pending(connection: AsyncConnection, brand: str, ids: set[str]) -> dict[str, str]:
    """The account of each pending transaction of these ids. Who writes one holds the lock of the booking numbers."""
    if not ids:
        return {}
    rows = tables.transactions.c
    pending = (rows.brand == brand, among(connection, rows.id, ids), rows.ended_by.is_(None))
    statement = sa.select(rows.id, rows.account_id).where(*pending, rows.status == TransactionStatus.PENDING)
    return {row.id: row.account_id for row in await connection.execute(statement)}
