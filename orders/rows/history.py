"""The history of an order: what made each of its versions, append-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.orders import OrderState, RailStatus, Reason
from kernel.storage.sealed import Sealer
from orders.machine import OrderEvent
from orders.tables import order_events


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """`at` is protocol time, `reported_at` the instant that an upstream gave, by its own clock. `evidence` is what was received or seen, as it came."""

    version: int
    event: OrderEvent
    from_state: OrderState | None  # None: of the first
    to_state: OrderState
    rail_status: RailStatus
    reason: Reason | None
    at: datetime
    cause: str
    reported_at: datetime | None = None
    evidence: bytes = b""


async def insert_events(
    connection: AsyncConnection, sealer: Sealer, brand: str, order_id: str, recorded: Sequence[Recorded]
) -> None:
    rows = [
        {
            "brand": brand,
            "order_id": order_id,
            "version": each.version,
            "event": each.event.value,
            "from_state": None if each.from_state is None else each.from_state.value,
            "to_state": each.to_state.value,
            "rail_status": each.rail_status.value,
            "reason": None if each.reason is None else each.reason.value,
            "at": each.at,
            "cause": each.cause,
            "reported_at": each.reported_at,
            "evidence": sealer.seal(each.evidence, *_place(brand, order_id, each.version)) if each.evidence else None,
        }
        for each in recorded
    ]
    await connection.execute(order_events.insert(), rows)


async def load_events(connection: AsyncConnection, sealer: Sealer, brand: str, order_id: str) -> tuple[Recorded, ...]:
    """Oldest first."""
    mine = sa.select(order_events).where(order_events.c.brand == brand, order_events.c.order_id == order_id)
    rows = await connection.execute(mine.order_by(order_events.c.version))
    return tuple(
        Recorded(
            version=row.version,
            event=OrderEvent(row.event),
            from_state=None if row.from_state is None else OrderState(row.from_state),
            to_state=OrderState(row.to_state),
            rail_status=RailStatus(row.rail_status),
            reason=None if row.reason is None else Reason(row.reason),
            at=row.at,
            cause=row.cause,
            reported_at=row.reported_at,
            evidence=b"" if row.evidence is None else sealer.open(row.evidence, *_place(brand, order_id, row.version)),
        )
        for row in rows
    )


def _place(brand: str, order_id: str, version: int) -> tuple[str, ...]:
    return ("order_events", "evidence", brand, order_id, str(version))
