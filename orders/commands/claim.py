"""Take the orders that are due: each for as long as a lease lasts, under a fence of its own. What others take is not waited for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from kernel.banking.orders import OrderState, Reason
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from orders.changes import Step, change_order
from orders.commands.advance import ACTOR
from orders.machine import OrderEvent, TransitionRefused
from orders.room import Room
from orders.rows.orders import open_order
from orders.rows.ripe import Place, Turned, turn_rows, turning
from orders.tables import orders
from orders.tracked import Claim

# The step of an order that has waited long enough; of one in another state, which should not wait, the machine refuses it.
TURNS: Mapping[OrderState, Step] = MappingProxyType(
    {
        OrderState.AWAITING_AUTHORISATION: Step(event=OrderEvent.REJECT, reason=Reason.SIGNATURES_LATE),
        OrderState.SCHEDULED: Step(event=OrderEvent.FALL_DUE),
        OrderState.HELD_FOR_REVIEW: Step(
            event=OrderEvent.REJECT, reason=Reason.UNSPECIFIED_BY_AGENT
        ),  # customers are given no other
    }
)


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
    """Let the next `most` orders `after` a place turn, of those that only wait by business time: a scheduled one falls due, one that lacks
    signatures, or that people have not decided on, is rejected. One that cannot be read or turned is passed over: it holds up no other."""

    name = "turn_waiting"
    locks = ()  # likewise
    room: Room
    brand: Brand
    most: int
    after: Place | None = None

    async def handle(self, unit: UnitOfWork) -> Turned:
        ripe = turning(orders, self.brand, self.room.clock.now())
        return await turn_rows(unit.connection, orders, ripe, partial(self._turn, unit), most=self.most, after=self.after)

    async def _turn(self, unit: UnitOfWork, row: sa.Row[Any]) -> str | None:
        """The fault of a row that nothing can be done with, in one word: it is not as we wrote it, or its key is not here."""
        try:
            tracked = open_order(self.room.sealer, row)
        except Exception as fault:
            return type(fault).__name__
        step = TURNS.get(tracked.order.state, Step(event=OrderEvent.FALL_DUE))
        due_at = None if tracked.order.state is OrderState.AWAITING_AUTHORISATION else self.room.clock.wall()
        try:
            await change_order(unit, self.room, tracked, (step,), actor=ACTOR, due_at=due_at)
        except TransitionRefused as fault:  # before anything is written
            return type(fault).__name__
        return None


def due(brand: Brand, now: datetime) -> sa.Select[tuple[str]]:
    """The ids of the orders that a worker may take at `now` (protocol time), those that are longest due first."""
    return sa.select(orders.c.id).where(orders.c.brand == brand.name, orders.c.due_at <= now).order_by(orders.c.due_at)
