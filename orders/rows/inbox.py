"""Messages that others sent of their own accord: each is kept once, sealed, with what it did."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.storage.database import insert_into
from kernel.storage.sealed import Sealer
from orders.tables import inbox

MESSAGES_KEPT = timedelta(days=90)  # a sender that repeats itself does so sooner
UNMATCHED = "unmatched"


async def take_message(
    connection: AsyncConnection, sealer: Sealer, *, brand: str, source: str, message_id: str, message: bytes, now: datetime
) -> bool:
    """False if it was received before. `now` is protocol time."""
    sealed = sealer.seal(message, "inbox", "message", brand, source, message_id)
    values = {"brand": brand, "source": source, "message_id": message_id}
    kept = {"message": sealed, "received_at": now, "expires_at": now + MESSAGES_KEPT, "effect": UNMATCHED}
    insert = insert_into(connection, inbox).values(**values, **kept)
    taken = insert.on_conflict_do_nothing(index_elements=[*values]).returning(inbox.c.message_id)
    return (await connection.execute(taken)).first() is not None


async def record_effect(
    connection: AsyncConnection, *, brand: str, source: str, message_id: str, order_id: str, effect: str
) -> None:
    rows = inbox.c
    mine = (rows.brand == brand, rows.source == source, rows.message_id == message_id)
    await connection.execute(inbox.update().where(*mine).values(order_id=order_id, effect=effect))
