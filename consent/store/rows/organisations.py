"""Organisations that call by their certificate alone, as they are stored: one row each, written once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.tables.oauth import organisations
from kernel.storage.database import insert_into


@dataclass(frozen=True, slots=True)
class Organisation:
    """`id` is its organizationIdentifier, `authority_id` the competent authority that knows it (`GB-FCA`)."""

    brand: str
    id: str
    name: str  # what a PSU is shown
    authority_id: str
    created_at: datetime  # protocol time


async def insert_organisation(connection: AsyncConnection, organisation: Organisation) -> bool:
    """False: it was there, and stays as it is."""
    insert = insert_into(connection, organisations).values(
        brand=organisation.brand,
        id=organisation.id,
        name=organisation.name,
        authority_id=organisation.authority_id,
        created_at=organisation.created_at,
    )
    written = await connection.execute(insert.on_conflict_do_nothing().returning(organisations.c.id))
    return written.one_or_none() is not None


async def load_organisation_names(connection: AsyncConnection, brand: str, organisation_ids: Sequence[str]) -> dict[str, str]:
    """The names of the organisations that are registered, by id."""
    if not organisation_ids:
        return {}
    query = sa.select(organisations.c.id, organisations.c.name)
    rows = await connection.execute(query.where(organisations.c.brand == brand, organisations.c.id.in_(organisation_ids)))
    return {row.id: row.name for row in rows}
