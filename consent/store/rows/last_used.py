"""When data was last returned under each consent: written together with the grouped access records, so that no read pays for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.tables.consents import consent_last_used
from kernel.storage.database import insert_into


@dataclass(frozen=True, slots=True)
class Use:
    """A return of data under a consent, `attended` if its PSU was present. `at` is business time."""

    brand: str
    consent_id: str
    at: datetime
    attended: bool


@dataclass(frozen=True, slots=True)
class LastUsed:
    at: datetime
    unattended_at: datetime | None


async def record_uses(connection: AsyncConnection, uses: Iterable[Use]) -> None:
    """One statement for all of them. A use that is older than what is known changes nothing."""
    newest: dict[tuple[str, str], LastUsed] = {}
    for use in uses:
        key = (use.brand, use.consent_id)
        newest[key] = _later(newest.get(key), use)
    if not newest:
        return
    rows = [
        {"brand": brand, "consent_id": consent_id, "at": last.at, "unattended_at": last.unattended_at}
        for (brand, consent_id), last in sorted(newest.items(), key=lambda item: item[0])  # all writers lock in one order
    ]
    await connection.execute(_upsert(connection), rows)


async def load_last_used(connection: AsyncConnection, brand: str, consent_ids: Sequence[str]) -> dict[str, LastUsed]:
    """Of those that were ever used."""
    rows = await connection.execute(
        sa.select(consent_last_used).where(consent_last_used.c.brand == brand, consent_last_used.c.consent_id.in_(consent_ids))
    )
    return {row.consent_id: LastUsed(row.at, row.unattended_at) for row in rows}


def _later(known: LastUsed | None, use: Use) -> LastUsed:
    at = use.at if known is None else max(known.at, use.at)
    unattended_at = None if known is None else known.unattended_at
    if not use.attended:
        unattended_at = use.at if unattended_at is None else max(unattended_at, use.at)
    return LastUsed(at, unattended_at)


def _upsert(connection: AsyncConnection) -> Any:
    insert = insert_into(connection, consent_last_used)
    known, new = consent_last_used.c, insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["brand", "consent_id"],
        set_={
            "at": sa.case((new.at > known.at, new.at), else_=known.at),
            "unattended_at": sa.case(
                (known.unattended_at.is_(None), new.unattended_at),
                (new.unattended_at > known.unattended_at, new.unattended_at),
                else_=known.unattended_at,
            ),
        },
    )
