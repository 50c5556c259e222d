"""Take in a report that an upstream sent of its own accord: a late answer, a doubled one, one that overtook another.

The message is kept once by its sender and id, and acts in the same transaction, so it may be acknowledged after the commit. It is matched
by what we sent (the UETR, or the order's id), not by what its sender calls it.
"""

from dataclasses import dataclass

from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from orders.changes import change_order
from orders.commands.advance import end_last, read_situation
from orders.decisions import on_report
from orders.locks import ORDER
from orders.ports import Progress
from orders.room import Room
from orders.rows.inbox import UNMATCHED, record_effect, take_message
from orders.rows.orders import find_order, open_order

REPEATED, NO_EFFECT = "repeated", "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One message. `source` is the upstream's name, `message_id` its own id of it, `message` what it sent, as it came."""

    source: str
    message_id: str
    uetr: str
    progress: Progress
    message: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveReport:
    """Returns its effect in one word: the event that it made, or that it was repeated, unmatched, or without effect."""

    name = "receive_report"
    locks = ()  # the message is taken first, then the order that it is found to be about
    room: Room
    brand: Brand
    report: Report

    async def handle(self, unit: UnitOfWork) -> str:
        room, brand, report = self.room, self.brand.name, self.report
        message = {"brand": brand, "source": report.source, "message_id": report.message_id}
        now = room.clock.wall()
        if not await take_message(unit.connection, room.sealer, **message, message=report.message, now=now):
            return REPEATED
        order_id = await find_order(unit.connection, brand, report.uetr)
        if order_id is None:
            return UNMATCHED
        effect = await self._apply(unit, order_id)
        await record_effect(unit.connection, **message, order_id=order_id, effect=effect)
        return effect

    async def _apply(self, unit: UnitOfWork, order_id: str) -> str:
        row = await unit.lock(ORDER.of(self.brand.name, order_id))
        if row is None:
            return UNMATCHED
        before = open_order(self.room.sealer, row)
        situation = await read_situation(unit, self.room, before)
        decision = on_report(situation, self.report.progress, self.report.message)
        if decision is None or not decision.steps:
            return NO_EFFECT
        actor = f"upstream:{self.report.source}"
        due_at, turns_at = decision.due_at, before.turns_at
        await change_order(unit, self.room, before, decision.steps, actor=actor, due_at=due_at, turns_at=turns_at)
        await end_last(unit, situation, decision)
        return decision.steps[-1].event.value
