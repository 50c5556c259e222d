"""Messages that others sent of their own accord: each is kept once, sealed, with what it did."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.storage.database import insert_into
from kernel.storage.sealed import Sealer
from orders.tables import inbox

MESSAGES_KEPT = timedelta(days=6 * 366)  # as long as orders: they are records of payments too
DIGEST_CHARACTERS_MAX = 32  # of a message's SHA-256, in the id under which one is kept whose own id is taken
ID_CHARACTERS_MAX = 128  # of the column


class Effect(StrEnum):
    """The effect of a message that made no event; of one that did, the event is the word."""

    NONE = "none"  # it said nothing new
    REPEATED = "repeated"  # it was received before; nothing is kept of the repeat
    UNMATCHED = "unmatched"  # no order is known by what it names
    MISMATCHED = "mismatched"  # it names another order or amount than was sent
    REUSED = "reused"  # another message under the id of one that was received before


ODD_EFFECTS = frozenset({Effect.UNMATCHED, Effect.MISMATCHED, Effect.REUSED})  # a person must ask the sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message about an order, and its effect in one word. `received_at` is protocol time."""

    source: str
    message_id: str
    received_at: datetime
    effect: str


async def take_message(
    connection: AsyncConnection, sealer: Sealer, *, brand: str, source: str, message_id: str, message: bytes, now: datetime
) -> bool:
    """False if it was received before. `now` is protocol time."""
    sealed = sealer.seal(message, "inbox", "message", brand, source, message_id)
    values = {"brand": brand, "source": source, "message_id": message_id}
    kept = {"message": sealed, "received_at": now, "expires_at": now + MESSAGES_KEPT, "effect": Effect.UNMATCHED.value}
    insert = insert_into(connection, inbox).values(**values, **kept)
    taken = insert.on_conflict_do_nothing(index_elements=[*values]).returning(inbox.c.message_id)
    return (await connection.execute(taken)).first() is not None


async def is_kept(
    connection: AsyncConnection, sealer: Sealer, *, brand: str, source: str, message_id: str, message: bytes
) -> bool:
    """True if what was received under the id is this very message."""
    rows = inbox.c
    mine = sa.select(rows.message).where(rows.brand == brand, rows.source == source, rows.message_id == message_id)
    kept = (await connection.execute(mine)).scalar_one()
    return sealer.open(kept, "inbox", "message", brand, source, message_id) == message


def id_of_other(message_id: str, message: bytes) -> str:
    """The id under which a message is kept whose own id another one has."""
    digest = hashlib.sha256(message).hexdigest()[:DIGEST_CHARACTERS_MAX]
    return f"{message_id[: ID_CHARACTERS_MAX - DIGEST_CHARACTERS_MAX - 1]}#{digest}"


async def record_effect(
    connection: AsyncConnection, *, brand: str, source: str, message_id: str, order_id: str, effect: str
) -> None:
    rows = inbox.c
    mine = (rows.brand == brand, rows.source == source, rows.message_id == message_id)
    await connection.execute(inbox.update().where(*mine).values(order_id=order_id, effect=effect))


async def load_messages(connection: AsyncConnection, brand: str, order_id: str) -> tuple[Message, ...]:
    """The messages about an order, oldest first."""
    rows = inbox.c
    columns = (rows.source, rows.message_id, rows.received_at, rows.effect)
    mine = sa.select(*columns).where(rows.brand == brand, rows.order_id == order_id)
    found = await connection.execute(mine.order_by(rows.received_at, rows.source, rows.message_id))
    return tuple(Message(**row) for row in found.mappings())
