"""Place an order: use its consent, write the order down, and hold the amount where the ledger shares the database, all in one transaction.

An order whose amount is held then, and that a worker of this process carries on, is submitted by the same transaction: no network is
touched in between, and the submission stands written down before it is.

The use of an idempotency key comes before (kernel/commands/runner.py: run_once): a repeat finds the first order, and is judged by nothing
else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kernel.access import Caller
from kernel.banking.consents import Consent, ConsentState, due_of
from kernel.banking.orders import OrderRequest, OrderState, PaymentOrder, RailStatus
from kernel.banking.signers import missing_of
from kernel.brand import Brand
from kernel.commands.idempotency import Outcome
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import BodyTooLarge, ConsentMismatch, CutOffPassed
from openapi.rulebook import rules_of
from orders.agreed import check_agreed, settle_cross_border, settle_terms
from orders.changes import Step, write_new
from orders.commands.advance import Advanced, begin
from orders.limits.check import check_limits
from orders.machine import OrderEvent
from orders.ports import Reserved
from orders.room import Room
from orders.rows.attempts import insert_attempt
from orders.tracked import FIRST_FENCE, Attempt, Tracked

DOCUMENT_BYTES_MAX = 65_536  # of an order as it was lodged


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """`until` is how long the worker that places it has the order for its first attempt, in protocol time; None: it leaves it to others."""

    name = "place_order"
    locks = ()  # the consent's, which its store takes
    room: Room
    brand: Brand
    caller: Caller
    request: OrderRequest
    check_agreed: Callable[[Consent], None]
    until: datetime | None = None

    async def handle(self, unit: UnitOfWork) -> Outcome:
        if len(self.request.document) > DOCUMENT_BYTES_MAX:
            raise BodyTooLarge(f"document of {len(self.request.document)} bytes")
        consent = await self.room.consents.use(unit, self.brand, self.caller, self.request.consent_id)
        if consent.kind != self.request.kind:
            raise ConsentMismatch(f"an order of kind {self.request.kind} under a consent of kind {consent.kind}")
        self.check_agreed(consent)
        if self.request.opens_at is not None and self.room.clock.now() < self.request.opens_at:
            raise CutOffPassed("ordered after the cut-off")
        await check_limits(unit.connection, self.brand, self.request, consent, self.room.clock.now())
        order = self._receive(consent)
        steps = await self._first_steps(unit, order)
        last = steps[-1].event if steps else None
        begun = begin(0, self.room.clock.wall(), self.room.pace_of(order)) if last is OrderEvent.SUBMIT else None
        tracked, uses_up = self._tracked(order, last, begun), consent.state is ConsentState.CONSUMED
        placed = await write_new(unit, self.room, order, steps, tracked, actor=self.caller.actor, uses_up=uses_up)
        if begun is not None:
            await insert_attempt(unit.connection, order, begun)
        return Outcome(resource_id=order.id, outcome=placed.order.state, made=Advanced(tracked=placed, begun=begun))

    def _receive(self, consent: Consent) -> PaymentOrder:
        request, now = self.request, self.room.clock.now()
        payer = check_agreed(request, consent)
        order_id = self.room.ids.uuid()
        return PaymentOrder(
            id=order_id,
            brand=self.brand.name,
            version=1,
            state=OrderState.RECEIVED,
            rail_status=RailStatus.RECEIVED,
            instruction_id=self.room.ids.uuid(),
            execution=1,
            kind=consent.kind,
            consent_id=consent.id,
            client_id=consent.client_id,
            organisation_id=consent.organisation_id,
            psu_id=consent.psu_id,
            terms=settle_terms(request, consent),
            cross_border=settle_cross_border(request, consent),
            payer=payer,
            uetr=self.room.ids.uuid(),
            created_at=now,
            updated_at=now,
            execute_at=due_of(consent.terms, self.brand.zone) or request.execute_at,
            settles_at=request.settles_at,
            refund_account=request.refund_account,
            signing_rules=consent.signing_rules,
            signatures=consent.signatures,
            lodged_as=request.lodged_as,
            document=request.document,
        )

    async def _first_steps(self, unit: UnitOfWork, order: PaymentOrder) -> tuple[Step, ...]:
        if missing_of(order.signing_rules, order.signatures):
            return (Step(event=OrderEvent.AWAIT_SIGNATURES),)
        if is_early(order, self.room.clock.now()):
            return (Step(event=OrderEvent.SCHEDULE),)
        if self.room.reserve is None:
            return ()
        reserved = await self.room.reserve.reserve_within(unit, self.brand, order.transfer)
        if not isinstance(reserved, Reserved):
            return (Step(event=OrderEvent.REJECT, reason=reserved.reason),)
        is_begun = self.until is not None and self.room.reviews is None
        return (Step(event=OrderEvent.RESERVE, rail=reserved.rail), *((Step(event=OrderEvent.SUBMIT),) if is_begun else ()))

    def _tracked(self, order: PaymentOrder, last: OrderEvent | None, begun: Attempt | None) -> Tracked:
        """When it is due: at once, by business time, or never, as its last step says."""
        now = self.room.clock.wall()
        turns_at = {
            OrderEvent.AWAIT_SIGNATURES: order.created_at + rules_of(order.lodged_as).half_signed_wait,
            OrderEvent.SCHEDULE: order.execute_at,
        }
        is_open = last in (None, OrderEvent.RESERVE, OrderEvent.SUBMIT)
        return Tracked(
            order=order,
            fence=FIRST_FENCE,
            tries=0,
            submissions=0 if begun is None else begun.number,
            since=now,
            due_at=(self.until or now) if is_open else None,
            turns_at=None if last is None else turns_at.get(last),
        )


def is_early(order: PaymentOrder, now: datetime) -> bool:
    """True before the moment, in business time, from which it may be carried out."""
    return order.execute_at is not None and now < order.execute_at
