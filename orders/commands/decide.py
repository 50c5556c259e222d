"""A decision of the bank's own people on an order: stop it before it is handed on, or settle an end that no one else can name.

An unknown end is decided by two people, with the evidence that they saw (a statement of the rail, a letter of its operator).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from kernel.banking.orders import OrderState, PaymentOrder, RailStatus, Reason
from kernel.brand import Brand
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import FieldMissing, OrderStateForbids, OrderUnknown
from orders.changes import Step, change_order
from orders.locks import ORDER
from orders.machine import OrderEvent
from orders.room import Room
from orders.rows.attempts import end_attempt
from orders.rows.orders import open_order

_STOPPED = frozenset({OrderEvent.REJECT, OrderEvent.CANCEL})

DECISIONS: Mapping[OrderState, frozenset[OrderEvent]] = MappingProxyType(
    {
        OrderState.RECEIVED: _STOPPED,
        OrderState.AWAITING_AUTHORISATION: _STOPPED,
        OrderState.SCHEDULED: _STOPPED,
        OrderState.ACCEPTED: _STOPPED | {OrderEvent.HOLD_FOR_REVIEW},
        OrderState.HELD_FOR_REVIEW: _STOPPED | {OrderEvent.PASS_REVIEW},
        OrderState.UNKNOWN: frozenset({OrderEvent.SETTLE, OrderEvent.REJECT}),
    }
)
NOTHING_RESERVED = frozenset({OrderState.AWAITING_AUTHORISATION, OrderState.SCHEDULED})
PEOPLE_MIN_FOR_UNKNOWN = 2  # who decide an unknown end
DECIDED = "decided"  # the end of an attempt whose end people named
CAUSE_CHARACTERS_MAX = 160  # of who decided, all together


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideOrder:
    """`people` are the names under which the bank knows who decided. Raises OrderUnknown, OrderStateForbids, or FieldMissing without the
    people or the evidence that it takes."""

    name = "decide_order"
    room: Room
    brand: Brand
    order_id: str
    event: OrderEvent
    people: tuple[str, ...]
    evidence: bytes
    reason: Reason | None = None

    @property
    def locks(self) -> Sequence[Lock]:
        return (ORDER.of(self.brand.name, self.order_id),)

    async def handle(self, unit: UnitOfWork) -> PaymentOrder:
        row = unit.locked(*self.locks)
        if row is None:
            raise OrderUnknown(self.order_id)
        before = open_order(self.room.sealer, row)
        state = before.order.state
        if self.event not in DECISIONS.get(state, frozenset()):
            raise OrderStateForbids(f"no decision to {self.event} from {state}")
        self._check_people(state)
        reported = RailStatus.SETTLED if self.event is OrderEvent.SETTLE else None
        step = Step(event=self.event, reported=reported, reason=self.reason, evidence=self.evidence)
        actor = f"staff:{','.join(sorted(self.people))}"[:CAUSE_CHARACTERS_MAX]
        has_more = self.event not in (OrderEvent.SETTLE, OrderEvent.HOLD_FOR_REVIEW) and state not in NOTHING_RESERVED
        due_at = self.room.clock.wall() if has_more else None
        after = await change_order(unit, self.room, before, (step,), actor=actor, due_at=due_at)
        if before.submissions:
            await end_attempt(unit.connection, after.order, before.submissions, DECIDED, self.room.clock.wall())
        return after.order

    def _check_people(self, state: OrderState) -> None:
        needed = PEOPLE_MIN_FOR_UNKNOWN if state is OrderState.UNKNOWN else 1
        if len(set(self.people)) < needed:
            raise FieldMissing(f"{len(set(self.people))} of {needed} who must decide")
        if state is OrderState.UNKNOWN and not self.evidence:
            raise FieldMissing("an unknown end is decided by evidence alone")
