"""Place an order: use its consent up, write the order down, and hold the amount where the ledger shares the database, all in one transaction.

The use of an idempotency key comes before (kernel/commands/runner.py: run_once): a repeat finds the first order, and is judged by nothing
else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kernel.access import Caller
from kernel.banking.consents import Consent
from kernel.banking.orders import OrderRequest, OrderState, PaymentOrder, RailStatus
from kernel.banking.signers import missing_of
from kernel.brand import Brand
from kernel.commands.idempotency import Outcome
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import BodyTooLarge
from openapi.rulebook import rules_of
from orders.agreed import check_agreed, settle_terms
from orders.changes import Step, write_new
from orders.machine import OrderEvent
from orders.ports import Reserved
from orders.room import Room
from orders.tracked import Tracked

DOCUMENT_BYTES_MAX = 65_536  # of an order as it was lodged
FIRST_FENCE = 1  # of the worker that accepts it


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
        consent = await self.room.consents.consume(unit, self.brand, self.caller, self.request.consent_id)
        self.check_agreed(consent)
        order = self._receive(consent)
        steps = await self._first_steps(unit, order)
        state = steps[-1].event if steps else None
        placed = await write_new(unit, self.room, order, steps, self._tracked(order, state), actor=self.caller.actor)
        return Outcome(resource_id=order.id, outcome=placed.order.state)

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
            consent_id=consent.id,
            client_id=consent.client_id,
            organisation_id=consent.organisation_id,
            psu_id=consent.psu_id,
            terms=settle_terms(request, consent),
            payer=payer,
            uetr=self.room.ids.uuid(),
            created_at=now,
            updated_at=now,
            execute_at=request.execute_at,
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
        if isinstance(reserved, Reserved):
            return (Step(event=OrderEvent.RESERVE),)
        return (Step(event=OrderEvent.REJECT, reason=reserved.reason),)

    def _tracked(self, order: PaymentOrder, last: OrderEvent | None) -> Tracked:
        """When it is due: at once, by business time, or never, as its last step says."""
        now = self.room.clock.wall()
        turns_at = {
            OrderEvent.AWAIT_SIGNATURES: order.created_at + rules_of(order.lodged_as).half_signed_wait,
            OrderEvent.SCHEDULE: order.execute_at,
        }
        is_open = last in (None, OrderEvent.RESERVE)
        return Tracked(
            order=order,
            fence=FIRST_FENCE,
            tries=0,
            submissions=0,
            since=now,
            due_at=(self.until or now) if is_open else None,
            turns_at=None if last is None else turns_at.get(last),
        )


def is_early(order: PaymentOrder, now: datetime) -> bool:
    """True before the moment, in business time, from which it may be carried out."""
    return order.execute_at is not None and now < order.execute_at
