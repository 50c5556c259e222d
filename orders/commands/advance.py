"""Move an order on by what its worker has learned, under the order's lock and the worker's fence."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kernel.brand import Brand
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.storage.lease import LeaseLost
from orders.changes import change_order
from orders.commands.review import waits_until
from orders.decisions import Decide, Decision, Situation
from orders.locks import ORDER
from orders.pace import Pace
from orders.room import Room
from orders.rows.attempts import end_attempt, insert_attempt, load_attempt
from orders.rows.orders import open_order, update_order
from orders.tracked import Attempt, Claim, Tracked

ACTOR = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """An order that its worker goes on with. `begun` is the attempt that now has to be sent."""

    tracked: Tracked
    begun: Attempt | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceOrder:
    """None: its worker is done with it. Raises LeaseLost if another has taken the order since."""

    name = "advance_order"
    room: Room
    brand: Brand
    claim: Claim
    decide: Decide

    @property
    def locks(self) -> Sequence[Lock]:
        return (ORDER.of(self.brand.name, self.claim.order_id),)

    async def handle(self, unit: UnitOfWork) -> Advanced | None:
        row = unit.locked(*self.locks)
        if row is None or row.fence != self.claim.fence:
            raise LeaseLost(f"order {self.claim.order_id}")
        before = open_order(self.room.sealer, row)
        situation = await read_situation(unit, self.room, before)
        decision = self.decide(situation)
        if decision is None:
            return None
        if not decision.steps:
            postponed = replace(before, due_at=decision.due_at, tries=before.tries + 1)
            await update_order(unit.connection, self.room.sealer, before, postponed)
            return None
        return await self._carry_out(unit, situation, decision)

    async def _carry_out(self, unit: UnitOfWork, situation: Situation, decision: Decision) -> Advanced | None:
        before = situation.tracked
        begun = begin(before.submissions, situation.now, situation.pace) if decision.begins else None
        due_at = before.due_at if decision.continues else decision.due_at
        numbered = None if begun is None else begun.number
        turns_at = waits_until(self.brand, before, decision.steps[-1].event)
        after = await change_order(
            unit, self.room, before, decision.steps, actor=ACTOR, due_at=due_at, turns_at=turns_at, submissions=numbered
        )
        await end_last(unit, situation, decision)
        if begun is not None:
            await insert_attempt(unit.connection, after.order, begun)
        return Advanced(tracked=after, begun=begun) if decision.continues else None


async def read_situation(unit: UnitOfWork, room: Room, tracked: Tracked) -> Situation:
    attempt = await load_attempt(unit.connection, tracked.order, tracked.submissions) if tracked.submissions else None
    return Situation(tracked, attempt, room.clock.wall(), room.pace_of(tracked.order))


async def end_last(unit: UnitOfWork, situation: Situation, decision: Decision) -> None:
    if decision.ends and situation.attempt is not None:
        at: datetime = situation.now
        await end_attempt(unit.connection, situation.tracked.order, situation.attempt.number, decision.ends, at)


def begin(submissions: int, now: datetime, pace: Pace) -> Attempt:
    """The submission after so many."""
    return Attempt(number=submissions + 1, began_at=now, arrives_until=now + pace.arrival_max)
