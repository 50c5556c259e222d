"""Take in a report that an upstream sent of its own accord: a late answer, a doubled one, one that overtook another.

The message is kept once by its sender and id, and acts in the same transaction, so it may be acknowledged after the commit. It is matched
by the UETR that we sent, not by what its sender calls it.
"""

from dataclasses import dataclass

from kernel.banking.money import Money
from kernel.banking.orders import PaymentOrder
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from orders.changes import Step, change_order
from orders.commands.advance import end_last, read_situation
from orders.decisions import on_report
from orders.locks import ORDER
from orders.machine import OrderEvent
from orders.ports import Progress
from orders.room import Room
from orders.rows.inbox import Effect, id_of_other, is_kept, record_effect, take_message
from orders.rows.orders import find_order, open_order


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One message. `source` is the upstream's name, `message_id` its own id of it, `message` what it sent, as it came. `order_id` and
    `amount`, where the sender names them, must be those of the order that has the UETR."""

    source: str
    message_id: str
    uetr: str
    progress: Progress
    message: bytes
    order_id: str | None = None
    amount: Money | None = None

    def fits(self, order: PaymentOrder) -> bool:
        return self.order_id in (None, order.id) and self.amount in (None, order.debit)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveReport:
    """Returns its effect in one word: the event that it made, or an Effect."""

    name = "receive_report"
    locks = ()  # the message is taken first, then the order that it is found to be about
    room: Room
    brand: Brand
    report: Report

    async def handle(self, unit: UnitOfWork) -> str:
        room, brand, report = self.room, self.brand.name, self.report
        message = {"brand": brand, "source": report.source, "message_id": report.message_id}
        now = room.clock.wall()
        act = self._apply
        if not await take_message(unit.connection, room.sealer, **message, message=report.message, now=now):
            if await is_kept(unit.connection, room.sealer, **message, message=report.message):
                return Effect.REPEATED
            message["message_id"], act = id_of_other(report.message_id, report.message), self._note
            if not await take_message(unit.connection, room.sealer, **message, message=report.message, now=now):
                return Effect.REPEATED
        order_id = await find_order(unit.connection, brand, report.uetr)
        if order_id is None:
            return Effect.UNMATCHED
        effect = await act(unit, order_id)
        await record_effect(unit.connection, **message, order_id=order_id, effect=effect)
        return effect

    async def _note(self, unit: UnitOfWork, order_id: str) -> str:
        """Another message under an id that is taken moves nothing: people find out which of the two its sender meant."""
        row = await unit.lock(ORDER.of(self.brand.name, order_id))
        if row is None:
            return Effect.UNMATCHED
        before = open_order(self.room.sealer, row)
        step = Step(event=OrderEvent.NOTE, evidence=self.report.message, reported_at=self.report.progress.at)
        actor, due_at, turns_at = f"upstream:{self.report.source}", before.due_at, before.turns_at
        await change_order(unit, self.room, before, (step,), actor=actor, due_at=due_at, turns_at=turns_at)
        return Effect.REUSED

    async def _apply(self, unit: UnitOfWork, order_id: str) -> str:
        row = await unit.lock(ORDER.of(self.brand.name, order_id))
        if row is None:
            return Effect.UNMATCHED
        before = open_order(self.room.sealer, row)
        if not self.report.fits(before.order):
            return Effect.MISMATCHED
        situation = await read_situation(unit, self.room, before)
        decision = on_report(situation, self.report.progress, self.report.message)
        if decision is None or not decision.steps:
            return Effect.NONE
        actor = f"upstream:{self.report.source}"
        due_at = decision.due_at
        turns_at = (
            before.turns_at if decision.steps[-1].event is OrderEvent.NOTE else None
        )  # one that has ended waits for nothing
        await change_order(unit, self.room, before, decision.steps, actor=actor, due_at=due_at, turns_at=turns_at)
        await end_last(unit, situation, decision)
        return decision.steps[-1].event.value
