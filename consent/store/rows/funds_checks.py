"""Checks of funds as they are stored: amount, answer and reference sealed, found by their consent, the newest first."""

from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.rows.formats import check_format
from consent.store.tables.consents import funds_checks
from kernel import json
from kernel.banking.funds_checks import FundsCheck
from kernel.banking.money import Money
from kernel.storage.sealed import Sealer

FORMAT = 1


class _Details(msgspec.Struct, frozen=True):
    reference: str
    amount: Money
    is_available: bool


async def insert_check(
    connection: AsyncConnection, sealer: Sealer, brand: str, check: FundsCheck, *, client_id: str, expires_at: datetime
) -> None:
    """`expires_at` is protocol time."""
    details = json.encode(_Details(check.reference, check.amount, check.is_available))
    await connection.execute(
        funds_checks.insert().values(
            brand=brand,
            id=check.id,
            consent_id=check.consent_id,
            client_id=client_id,
            format=FORMAT,
            details=sealer.seal(details, *_place(brand, check.id)),
            at=check.at,
            expires_at=expires_at,
        )
    )


async def load_checks(
    connection: AsyncConnection, sealer: Sealer, brand: str, consent_id: str, *, skip: int, at_most: int
) -> tuple[FundsCheck, ...]:
    """Of one consent, the newest first."""
    table = funds_checks.c
    query = sa.select(funds_checks).where(table.brand == brand, table.consent_id == consent_id)
    rows = await connection.execute(query.order_by(table.at.desc(), table.id.desc()).offset(skip).limit(at_most))
    return tuple(_read(sealer, row) for row in rows)


def _read(sealer: Sealer, row: sa.Row[tuple[object, ...]]) -> FundsCheck:
    check_format(f"check of funds {row.id}", row.format, present=FORMAT)
    details = msgspec.json.decode(sealer.open(row.details, *_place(row.brand, row.id)), type=_Details)
    return FundsCheck(
        id=row.id,
        consent_id=row.consent_id,
        reference=details.reference,
        amount=details.amount,
        is_available=details.is_available,
        at=row.at,
    )


def _place(brand: str, check_id: str) -> tuple[str, str, str]:
    return "funds_checks", "details", f"{brand}/{check_id}"
