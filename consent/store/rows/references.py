"""Account references: the opaque, immutable id by which one TPP organisation knows an account in all its consents.

The bank's own id is sealed; it is found by a keyed digest. Two organisations never share an id, so they cannot join their data.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.tables.consents import account_references
from kernel.banking.consents import AccountReference
from kernel.ids import Ids
from kernel.storage.database import insert_into
from kernel.storage.sealed import Sealer


async def take_references(
    connection: AsyncConnection,
    sealer: Sealer,
    ids: Ids,
    *,
    brand: str,
    organisation_id: str,
    upstream_ids: tuple[str, ...],
    at: datetime,
) -> tuple[AccountReference, ...]:
    """The references of `upstream_ids`, in their order; those that the organisation never had are made now."""
    blinds = {blind_upstream_id(sealer, brand, organisation_id, upstream_id): upstream_id for upstream_id in upstream_ids}
    known = await _known(connection, brand, organisation_id, tuple(blinds))
    missing = sorted(blind for blind in blinds if blind not in known)  # every approval writes them in one order
    if missing:
        rows = [
            {
                "brand": brand,
                "organisation_id": organisation_id,
                "upstream_blind": blind,
                "account_id": (account_id := ids.uuid()),
                "upstream_id": sealer.seal(blinds[blind].encode(), *_place(brand, account_id)),
                "created_at": at,
            }
            for blind in missing
        ]
        await connection.execute(_insert_unless_known(connection), rows)
        known = await _known(connection, brand, organisation_id, tuple(blinds))  # a concurrent journey may have been first
    return tuple(AccountReference(known[blind], upstream_id) for blind, upstream_id in blinds.items())


async def load_reference(
    connection: AsyncConnection, sealer: Sealer, *, brand: str, organisation_id: str, account_id: str
) -> AccountReference | None:
    row = (
        await connection.execute(
            sa.select(account_references.c.upstream_id).where(
                account_references.c.brand == brand,
                account_references.c.account_id == account_id,
                account_references.c.organisation_id == organisation_id,
            )
        )
    ).one_or_none()
    if row is None:
        return None
    return AccountReference(account_id, sealer.open(row.upstream_id, *_place(brand, account_id)).decode())


async def _known(connection: AsyncConnection, brand: str, organisation_id: str, blinds: tuple[str, ...]) -> dict[str, str]:
    rows = await connection.execute(
        sa.select(account_references.c.upstream_blind, account_references.c.account_id).where(
            account_references.c.brand == brand,
            account_references.c.organisation_id == organisation_id,
            account_references.c.upstream_blind.in_(blinds),
        )
    )
    return {row.upstream_blind: row.account_id for row in rows}


def _insert_unless_known(connection: AsyncConnection) -> Any:
    insert = insert_into(connection, account_references)
    return insert.on_conflict_do_nothing(index_elements=["brand", "organisation_id", "upstream_blind"])


def blind_upstream_id(sealer: Sealer, brand: str, organisation_id: str, upstream_id: str) -> str:
    """By which the account is found among one organisation's references."""
    return sealer.blind(upstream_id, "account_references", "upstream_blind", brand, organisation_id)


def _place(brand: str, account_id: str) -> tuple[str, ...]:
    return ("account_references", "upstream_id", brand, account_id)
