"""A decision of the bank's own people on an order: stop it before it is handed on, or settle an end that no one else can name.

An end that only the bank could name is named by two people, with the evidence that they saw (a statement of the rail, a letter of its
operator). The same decision again is a repeat: it changes nothing.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from kernel.banking.orders import OrderState, PaymentOrder, RailStatus, Reason
from kernel.brand import Brand
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import FieldMissing, OrderStateForbids, OrderUnknown
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry
from orders.changes import Step, change_order
from orders.commands.review import waits_until
from orders.decisions import STAFF
from orders.locks import ORDER
from orders.machine import OrderEvent
from orders.room import Room
from orders.rows.attempts import end_attempt
from orders.rows.history import load_events
from orders.rows.orders import open_order
from orders.tracked import Tracked

_STOPPED = frozenset({OrderEvent.REJECT, OrderEvent.CANCEL})

DECISIONS: Mapping[OrderState, frozenset[OrderEvent]] = MappingProxyType(
    {
        OrderState.RECEIVED: _STOPPED,
        OrderState.AWAITING_AUTHORISATION: _STOPPED,
        OrderState.SCHEDULED: _STOPPED,
        OrderState.ACCEPTED: _STOPPED | {OrderEvent.HOLD_FOR_REVIEW},
        OrderState.HELD_FOR_REVIEW: _STOPPED | {OrderEvent.PASS_REVIEW, OrderEvent.SETTLE},
        OrderState.UNKNOWN: frozenset({OrderEvent.SETTLE, OrderEvent.REJECT}),
    }
)
NOTHING_RESERVED = frozenset({OrderState.AWAITING_AUTHORISATION, OrderState.SCHEDULED})
PEOPLE_MIN_FOR_END = 2  # who name the end of an order in place of the bank
DECIDED = "decided"  # the end of an attempt whose end people named
CAUSE_CHARACTERS_MAX = 160  # of who decided, all together


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideOrder:
    """`people` are the names under which the bank knows who decided, `credential` that of who had it recorded; `among`: the states in which
    this decision may be made. Raises OrderUnknown, OrderStateForbids, or FieldMissing without the people or the evidence that it takes."""

    name = "decide_order"
    room: Room
    brand: Brand
    order_id: str
    event: OrderEvent
    people: tuple[str, ...]
    evidence: bytes
    reason: Reason | None = None
    credential: str = ""
    among: frozenset[OrderState] = frozenset(DECISIONS)

    @property
    def actor(self) -> str:
        return f"{STAFF}{','.join(sorted(set(self.people)))}"[:CAUSE_CHARACTERS_MAX]

    @property
    def locks(self) -> Sequence[Lock]:
        return (ORDER.of(self.brand.name, self.order_id),)

    async def handle(self, unit: UnitOfWork) -> PaymentOrder:
        before = self.open(unit)
        state = before.order.state
        if not self.may_decide(before):
            if await self._is_repeat(unit):
                return before.order
            raise OrderStateForbids(f"no decision to {self.event} from {state}")
        self._check_people(state)
        reported = RailStatus.SETTLED if self.event is OrderEvent.SETTLE else None
        step = Step(event=self.event, reported=reported, reason=self.reason, evidence=self.evidence)
        has_more = self.event is not OrderEvent.HOLD_FOR_REVIEW and state not in NOTHING_RESERVED
        due_at = self.room.clock.wall() if has_more else None
        turns_at = waits_until(self.brand, before, self.event)
        after = await change_order(unit, self.room, before, (step,), actor=self.actor, due_at=due_at, turns_at=turns_at)
        unit.record(self.entry(after.order))
        if before.submissions:
            await end_attempt(unit.connection, after.order, before.submissions, DECIDED, self.room.clock.wall())
        return after.order

    def open(self, unit: UnitOfWork) -> Tracked:
        """The order, under its lock. Raises OrderUnknown."""
        row = unit.locked(*self.locks)
        if row is None:
            raise OrderUnknown(self.order_id)
        return open_order(self.room.sealer, row)

    def may_decide(self, tracked: Tracked) -> bool:
        """An order that was never submitted has been settled by no one."""
        state = tracked.order.state
        is_possible = self.event is not OrderEvent.SETTLE or tracked.submissions > 0
        return is_possible and state in self.among and self.event in DECISIONS.get(state, frozenset())

    async def _is_repeat(self, unit: UnitOfWork) -> bool:
        recorded = await load_events(unit.connection, self.room.sealer, self.brand.name, self.order_id)
        mine = (self.event, self.actor, self.evidence)
        return any((each.event, each.cause, each.evidence) == mine and self.reason in (None, each.reason) for each in recorded)

    def entry(self, order: PaymentOrder, kind: str = "order.decided") -> Entry:
        """Evidence may name people: the journal has its digest."""
        return Entry(
            brand=order.brand,
            kind=kind,
            aggregate_id=order.id,
            at=self.room.clock.wall(),
            actor=self.actor,
            interaction_id=interaction_id.get(),
            facts={
                "decision": self.event.value,
                "people": sorted(set(self.people)),
                "version": order.version,
                "evidence_sha256": hashlib.sha256(self.evidence).hexdigest() if self.evidence else None,
                "credential": self.credential or None,
            },
        )

    def _check_people(self, state: OrderState) -> None:
        is_end = names_an_end(state, self.event)
        needed = PEOPLE_MIN_FOR_END if is_end else 1
        if len(set(self.people)) < needed:
            raise FieldMissing(f"{len(set(self.people))} of {needed} who must decide")
        if is_end and not self.evidence:
            raise FieldMissing("such an end is decided by evidence alone")


def names_an_end(state: OrderState, event: OrderEvent) -> bool:
    """True of a decision that says in place of the bank what has become of a payment."""
    return state is OrderState.UNKNOWN or event is OrderEvent.SETTLE
