"""Take the orders that are due: each for as long as a lease lasts, under a fence of its own. What others take is not waited for."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from kernel.banking.orders import OrderState, Reason
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from orders.changes import Step, change_order
from orders.commands.advance import ACTOR
from orders.machine import OrderEvent
from orders.room import Room
from orders.rows.orders import open_order
from orders.tables import orders
from orders.tracked import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDue:
    """At most `most` orders, those that are longest due."""

    name = "claim_due"
    locks = ()  # what another transaction holds has its turn later
    room: Room
    brand: Brand
    most: int

    async def handle(self, unit: UnitOfWork) -> tuple[Claim, ...]:
        now = self.room.clock.wall()
        until = now + self.room.pace.lease
        found = await unit.connection.execute(due(self.brand, now).limit(self.most).with_for_update(skip_locked=True))
        ids = [row.id for row in found]
        if not ids:
            return ()
        taken = (
            orders.update()
            .where(orders.c.brand == self.brand.name, orders.c.id.in_(ids))
            .values(fence=orders.c.fence + 1, due_at=until)
            .returning(orders.c.id, orders.c.fence)
        )
        return tuple(Claim(order_id=row.id, fence=row.fence, until=until) for row in await unit.connection.execute(taken))


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnWaiting:
    """Let at most `most` orders that only wait by business time turn: a scheduled one falls due, one that lacks signatures is rejected.
    How many."""

    name = "turn_waiting"
    locks = ()  # likewise
    room: Room
    brand: Brand
    most: int

    async def handle(self, unit: UnitOfWork) -> int:
        ripe = sa.select(orders).where(*turning(self.brand, self.room.clock.now())).order_by(orders.c.turns_at)
        rows = (await unit.connection.execute(ripe.limit(self.most).with_for_update(skip_locked=True))).all()
        for row in rows:
            tracked = open_order(self.room.sealer, row)
            step, due_at = Step(event=OrderEvent.REJECT, reason=Reason.SIGNATURES_LATE), None
            if tracked.order.state is OrderState.SCHEDULED:
                step, due_at = Step(event=OrderEvent.FALL_DUE), self.room.clock.wall()
            await change_order(unit, self.room, tracked, (step,), actor=ACTOR, due_at=due_at)
        return len(rows)


def due(brand: Brand, now: datetime) -> sa.Select[tuple[str]]:
    """The ids of the orders that a worker may take at `now` (protocol time), those that are longest due first."""
    return sa.select(orders.c.id).where(orders.c.brand == brand.name, orders.c.due_at <= now).order_by(orders.c.due_at)


def turning(brand: Brand, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Of the orders that have waited long enough at `now` (business time)."""
    return (orders.c.brand == brand.name, orders.c.turns_at <= now)
