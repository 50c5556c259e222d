"""Recalls as they are stored."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.storage.database import insert_into
from kernel.storage.sealed import SealBroken, Sealer
from orders.recalls.recall import Direction, Recall, RecallState
from orders.recalls.tables import recall_events, recalls
from orders.settlement.ports import SettlementAccount

LISTED_MAX = 500  # recalls of one listing


async def load_recall(connection: AsyncConnection, sealer: Sealer, brand: str, recall_id: str) -> Recall | None:
    mine = sa.select(recalls).where(recalls.c.brand == brand, recalls.c.id == recall_id)
    row = (await connection.execute(mine)).one_or_none()
    return None if row is None else open_recall(sealer, row)


async def load_recalls(
    connection: AsyncConnection, sealer: Sealer, brand: str, account: SettlementAccount, states: Collection[RecallState]
) -> tuple[Recall, ...]:
    """Of one account, those that have been in their state longest first; a bounded number."""
    rows = recalls.c
    mine = (rows.brand == brand, rows.rail == account.rail, rows.currency == account.currency)
    wanted = sa.select(recalls).where(*mine, rows.state.in_(sorted(states))).order_by(rows.since, rows.id).limit(LISTED_MAX)
    return tuple(open_recall(sealer, row) for row in await connection.execute(wanted))


async def find_recalls(
    connection: AsyncConnection, brand: str, account: SettlementAccount, states: Collection[RecallState], *, after: str
) -> tuple[str, ...]:
    """The ids of those of one account that follow an id, in their order; a bounded number. Nothing of them is opened."""
    rows = recalls.c
    mine = (rows.brand == brand, rows.rail == account.rail, rows.currency == account.currency, rows.id > after)
    wanted = sa.select(rows.id).where(*mine, rows.state.in_(sorted(states))).order_by(rows.id).limit(LISTED_MAX)
    return tuple(await connection.scalars(wanted))


async def load_of_entry(connection: AsyncConnection, sealer: Sealer, brand: str, entry: str) -> tuple[Recall, ...]:
    """Those that were agreed to, of one payment that was received."""
    states = [RecallState.AGREED.value, RecallState.RETURNED.value]
    mine = sa.select(recalls).where(recalls.c.brand == brand, recalls.c.entry == entry, recalls.c.state.in_(states))
    return tuple(open_recall(sealer, row) for row in await connection.execute(mine))


async def find_asked(connection: AsyncConnection, brand: str, uetr: str) -> str | None:
    """The id of the recall that we asked for."""
    rows = recalls.c
    mine = (rows.brand == brand, rows.uetr == uetr, rows.direction == Direction.SENT.value)
    found: str | None = await connection.scalar(sa.select(rows.id).where(*mine))
    return found


async def write_recall_row(
    connection: AsyncConnection, sealer: Sealer, brand: str, recall: Recall, *, event: str, by: str, at: datetime
) -> None:
    """The version that `event` made, and its record. Who calls holds the lock."""
    document, key = msgspec.json.encode(recall), {"brand": brand, "id": recall.id}
    values = {
        "direction": recall.direction.value,
        "rail": recall.rail,
        "currency": recall.request.amount.currency,
        "uetr": recall.request.uetr,
        "state": recall.state.value,
        "version": recall.version,
        "since": recall.since,
        "entry": recall.entry,
        "document": sealer.seal(document, "recalls", "document", brand, recall.id),
    }
    insert = insert_into(connection, recalls).values(**key, **values)
    await connection.execute(insert.on_conflict_do_update(index_elements=[*key], set_=values))
    recorded = {"brand": brand, "recall_id": recall.id, "version": recall.version, "event": event, "by": by, "at": at}
    sealed = sealer.seal(document, "recall_events", "document", brand, recall.id, str(recall.version))
    await connection.execute(recall_events.insert().values(**recorded, document=sealed))


async def load_history(connection: AsyncConnection, brand: str, recall_id: str) -> list[tuple[str, str, datetime]]:
    """Its events, by whom, and when; the first of them first."""
    rows = recall_events.c
    mine = sa.select(rows.event, rows.by, rows.at).where(rows.brand == brand, rows.recall_id == recall_id)
    return [(row.event, row.by, row.at) for row in await connection.execute(mine.order_by(rows.version))]


def open_recall(sealer: Sealer, row: sa.Row[Any]) -> Recall:
    """From a row of the table. Raises SealBroken where what is written in clear is not what was sealed."""
    recall = msgspec.json.decode(sealer.open(row.document, "recalls", "document", row.brand, row.id), type=Recall)
    clear = (row.direction, row.rail, row.uetr, row.state, row.version, row.entry)
    if clear != (recall.direction, recall.rail, recall.request.uetr, recall.state, recall.version, recall.entry):
        raise SealBroken(f"recall {row.id} is not as it was written")
    return recall
