"""An end that one operator proposes and another approves, where people name it in place of the bank.

The proposal is an event of the order: it is void once anything else has happened to the order, and what is approved is the version that the
approver names, so that no one approves what was put in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from kernel.banking.orders import PaymentOrder, Reason
from kernel.brand import Brand
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import FieldMissing, OrderStateForbids
from orders.changes import Step, change_order
from orders.commands.decide import DecideOrder
from orders.decisions import STAFF
from orders.locks import ORDER
from orders.machine import TRANSITIONS, OrderEvent
from orders.operators.operator import Operator
from orders.room import Room
from orders.rows.history import Recorded, load_events


class ProposedEnd(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence of an event of kind `propose`. `key` is the thumbprint of the proposer's key."""

    decision: OrderEvent
    reason: Reason | None
    seen: str
    by: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeEnd:
    """`decision` is that which the proposer would make. Raises as DecideOrder."""

    name = "propose_end"
    decision: DecideOrder
    by: Operator

    @property
    def locks(self) -> Sequence[Lock]:
        return self.decision.locks

    async def handle(self, unit: UnitOfWork) -> PaymentOrder:
        decision, room = self.decision, self.decision.room
        before = decision.open(unit)
        history = await load_events(unit.connection, room.sealer, decision.brand.name, decision.order_id)
        if not decision.may_decide(before) or (before.order.state, OrderEvent.PROPOSE) not in TRANSITIONS:
            if any(self._is_mine(each) for each in history):
                return before.order
            raise OrderStateForbids(f"no decision to {decision.event} from {before.order.state}")
        if not decision.evidence:
            raise FieldMissing("such an end is decided by evidence alone")
        evidence = self._encoded()
        if (history[-1].event, history[-1].evidence) == (OrderEvent.PROPOSE, evidence):
            return before.order
        step = Step(event=OrderEvent.PROPOSE, evidence=evidence)
        proposed = await change_order(
            unit, room, before, (step,), actor=f"{STAFF}{self.by.name}", due_at=before.due_at, turns_at=before.turns_at
        )
        unit.record(decision.entry(proposed.order, "order.proposed"))
        return proposed.order

    def _is_mine(self, recorded: Recorded) -> bool:
        """True of the end itself, once it was approved: the same proposal again changes nothing."""
        mine = (self.decision.event, self.decision.evidence, self.decision.reason)
        people = recorded.cause.removeprefix(STAFF).split(",")
        return (recorded.event, recorded.evidence, self.decision.reason and recorded.reason) == mine and self.by.name in people

    def _encoded(self) -> bytes:
        decision = self.decision
        proposed = ProposedEnd(
            decision=decision.event, reason=decision.reason, seen=decision.evidence.decode(), by=self.by.name, key=self.by.key
        )
        return msgspec.json.encode(proposed)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveEnd:
    """Carry out what was proposed as `version` of the order. Raises OrderUnknown, or OrderStateForbids where that is not the last that
    happened to the order, or was proposed by the same operator. The same approval again changes nothing."""

    name = "approve_end"
    room: Room
    brand: Brand
    order_id: str
    version: int
    by: Operator

    @property
    def locks(self) -> Sequence[Lock]:
        return (ORDER.of(self.brand.name, self.order_id),)

    async def handle(self, unit: UnitOfWork) -> PaymentOrder:
        decision = DecideOrder(
            room=self.room,
            brand=self.brand,
            order_id=self.order_id,
            event=OrderEvent.SETTLE,
            people=(self.by.name,),
            evidence=b"",
        )
        order = decision.open(unit).order
        history = await load_events(unit.connection, self.room.sealer, self.brand.name, self.order_id)
        found = next((each for each in history if each.version == self.version and each.event is OrderEvent.PROPOSE), None)
        if found is None:
            raise OrderStateForbids(f"nothing was proposed as version {self.version}")
        proposed = msgspec.json.decode(found.evidence, type=ProposedEnd)
        if self.by.is_same(proposed.by, proposed.key):
            raise OrderStateForbids("another operator than the one who proposed it must approve")
        decision = replace(
            decision,
            event=proposed.decision,
            people=(proposed.by, self.by.name),
            evidence=proposed.seen.encode(),
            reason=proposed.reason,
            credential=self.by.credential,
        )
        if order.version != self.version and not any(
            each.cause == decision.actor for each in history if each.version > self.version
        ):
            raise OrderStateForbids(f"it is version {order.version} by now: the bank or another person was faster")
        return await decision.handle(unit)
