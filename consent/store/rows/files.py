"""Files of payments as they are stored, all of it sealed: the bytes in blocks, the payments in pages, of which a reader opens those it needs."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.tables.files import file_blocks, file_pages
from kernel import json
from kernel.banking.payments import PaymentTerms
from kernel.storage.sealed import Sealer

BLOCK_BYTES = 262_144  # of a file, sealed as one
PAGE_PAYMENTS_MAX = 100  # sealed as one: what an execution opens to find its payment

_PAYMENTS = msgspec.json.Decoder(tuple[PaymentTerms, ...])


async def insert_file(
    connection: AsyncConnection, sealer: Sealer, brand: str, consent_id: str, data: bytes, *, expires_at: datetime
) -> None:
    """`expires_at` is protocol time."""
    rows = [
        {
            "brand": brand,
            "consent_id": consent_id,
            "number": number,
            "block": sealer.seal(data[start : start + BLOCK_BYTES], *_place("file_blocks", brand, consent_id, number)),
            "expires_at": expires_at,
        }
        for number, start in enumerate(range(0, len(data), BLOCK_BYTES))
    ]
    await connection.execute(file_blocks.insert(), rows)


async def insert_payments(
    connection: AsyncConnection,
    sealer: Sealer,
    brand: str,
    consent_id: str,
    payments: Sequence[PaymentTerms],
    *,
    expires_at: datetime,
) -> None:
    """In the order in which they are made."""
    rows = [
        {
            "brand": brand,
            "consent_id": consent_id,
            "number": number,
            "payments": sealer.seal(
                json.encode(payments[start : start + PAGE_PAYMENTS_MAX]), *_place("file_pages", brand, consent_id, number)
            ),
            "expires_at": expires_at,
        }
        for number, start in enumerate(range(0, len(payments), PAGE_PAYMENTS_MAX))
    ]
    await connection.execute(file_pages.insert(), rows)


async def load_file(connection: AsyncConnection, sealer: Sealer, brand: str, consent_id: str) -> bytes:
    """Empty where there is none (any more)."""
    rows = file_blocks.c
    mine = sa.select(rows.number, rows.block).where(rows.brand == brand, rows.consent_id == consent_id)
    found = await connection.execute(mine.order_by(rows.number))
    return b"".join([sealer.open(row.block, *_place("file_blocks", brand, consent_id, row.number)) for row in found])


async def load_payments(
    connection: AsyncConnection, sealer: Sealer, brand: str, consent_id: str, *, first: int, most: int
) -> tuple[PaymentTerms, ...]:
    """At most `most`, from the one whose number is `first` (counted from 1); fewer, where the file ends or is not kept any more."""
    start = first - 1
    low, high = start // PAGE_PAYMENTS_MAX, (start + most - 1) // PAGE_PAYMENTS_MAX
    rows = file_pages.c
    mine = sa.select(rows.number, rows.payments).where(rows.brand == brand, rows.consent_id == consent_id)
    found = await connection.execute(mine.where(rows.number.between(low, high)).order_by(rows.number))
    opened = [
        payment
        for row in found
        for payment in _PAYMENTS.decode(sealer.open(row.payments, *_place("file_pages", brand, consent_id, row.number)))
    ]
    skipped = start - low * PAGE_PAYMENTS_MAX
    return tuple(opened[skipped : skipped + most])


def _place(table: str, brand: str, consent_id: str, number: int) -> tuple[str, ...]:
    return (table, brand, consent_id, str(number))
