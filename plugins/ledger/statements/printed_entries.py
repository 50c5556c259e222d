"""The entries that a statement's file prints, loaded in parts: other calls have their turn between one part and the next.

Only what is printed is read, as the database holds it: a statement may have tens of thousands of entries, and each costs the event loop.
"""

import asyncio

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import TransactionStatus
from kernel.banking.records.statements import Statement
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.documents import open_narrative
from plugins.ledger.statements.printed import PrintedEntry

ROWS_PER_PART = 200  # opened in about 2 ms

_ROWS = tables.transactions.c
_PRINTED = (
    _ROWS.id,
    sa.type_coerce(_ROWS.booked_at, sa.BigInteger),
    _ROWS.currency,
    _ROWS.amount_minor,
    _ROWS.balance_after_minor,
    _ROWS.narrative,
)


async def count_booked(connection: AsyncConnection, brand: str, statement: Statement, most: int) -> int:
    """The number of entries that the statement lists; counts to `most`."""
    listed = sa.select(sa.literal(1)).where(*_listed(brand, statement)).limit(most).subquery()
    return int(await connection.scalar(sa.select(sa.func.count()).select_from(listed)) or 0)


async def load_printed_entries(
    connection: AsyncConnection, sealer: Sealer, brand: str, statement: Statement
) -> tuple[PrintedEntry, ...]:
    """The entries that a statement lists, oldest first."""
    booked = sa.select(*_PRINTED).where(*_listed(brand, statement)).order_by(_ROWS.booked_at, _ROWS.id)
    entries: list[PrintedEntry] = []
    async with connection.stream(booked) as found:
        async for part in found.partitions(ROWS_PER_PART):
            for transaction_id, booked_at, currency, amount, after, sealed in part:
                narrative = open_narrative(sealer, sealed, brand, transaction_id)
                entries.append(
                    PrintedEntry(
                        booked_at, currency, amount, after, narrative.information, narrative.reference, narrative.exchange
                    )
                )
            await asyncio.sleep(0)
    return tuple(entries)


def _listed(brand: str, statement: Statement) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _ROWS.brand == brand,
        _ROWS.account_id == statement.account_id,
        _ROWS.booked_at >= statement.starts_at,
        _ROWS.booked_at <= statement.ends_at,
        _ROWS.status == TransactionStatus.BOOKED,
    )
