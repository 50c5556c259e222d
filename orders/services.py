"""Payment orders as others use them: TPPs through the gateway, signers through the bank's pages, upstreams by what they report, staff."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from kernel.access import Caller
from kernel.banking.abroad.exchange import Quote
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import Consent
from kernel.banking.orders import OrderRequest, OrderState, PaymentOrder, Reason
from kernel.banking.planned.instructions import Instruction, Placed
from kernel.banking.signers import Signature
from kernel.banking.terms import LimitUse
from kernel.brand import Brand
from kernel.commands.idempotency import Idempotency
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import OrderUnknown
from kernel.hot_state.subjects import consent_subject
from openapi.owners import is_owner
from orders.commands.advance import Advanced
from orders.commands.cancel import CancelOrder
from orders.commands.decide import DecideOrder
from orders.commands.place import PlaceOrder
from orders.commands.receive import ReceiveReport, Report
from orders.commands.sign import RefuseOrder, SignOrder, hold_awaiting, refuse, sign
from orders.instructions.services import Instructions
from orders.limits.check import load_uses
from orders.machine import OrderEvent
from orders.planned.planned_payments import PlannedPayments
from orders.room import Room
from orders.rows.history import Recorded, load_events
from orders.rows.orders import find_order, load_of_consents, load_order, load_whole
from orders.rows.signers import load_signed, load_unsigned
from orders.tracked import FIRST_FENCE, Claim, Tracked
from orders.worker import Worker

BEGUN = frozenset(
    {OrderState.RECEIVED, OrderState.ACCEPTED, OrderState.SUBMITTED}
)  # as it was placed: its worker makes the first attempt at once
UNSIGNED_SHOWN_MAX = 100  # orders that wait for one customer
SIGNED_SHOWN_MAX = 50  # orders that several must sign and one customer signed


def agree(consent: Consent) -> None:
    """For an order that no dialect's document says more about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOrders:
    """`workers` are those of this process, by brand; without one, an order waits for another process's."""

    room: Room
    workers: Mapping[str, Worker] = field(default_factory=dict)

    async def place(
        self,
        brand: Brand,
        caller: Caller,
        request: OrderRequest,
        use: Idempotency,
        *,
        check_agreed: Callable[[Consent], None] = agree,
        refund_account: Callable[[], Awaitable[AccountIdentifier | None]] | None = None,
        quote: Callable[[], Awaitable[Quote]] | None = None,
    ) -> PaymentOrder:
        """The order that the first use of the key made, as it is now. Only the first use is judged: raises IdempotencyConflict, what
        `Consents.use` raises (orders/ports.py), ConsentMismatch, LimitBreached or BodyTooLarge. `check_agreed` is the dialect's own comparison of the
        order with its consent; `refund_account` asks the bank for the order's, `quote` for its rate: neither is asked for a repeat."""
        if refund_account is not None or quote is not None:
            earlier = await self.room.commands.find_earlier(use)
            if earlier is not None:
                return await self._load(brand, earlier.resource_id)
            request = msgspec.structs.replace(
                request,
                refund_account=None if refund_account is None else await refund_account(),
                quote=None if quote is None else await quote(),
            )
        room, worker = self.room, self.workers.get(brand.name)
        until = room.clock.wall() + room.pace.lease if worker is not None and worker.free > 0 else None
        command = PlaceOrder(room=room, brand=brand, caller=caller, request=request, check_agreed=check_agreed, until=until)
        placed = await room.commands.run_once(command, use, closing=(consent_subject(brand.name, request.consent_id),))
        if placed.is_replay:
            return await self._load(brand, placed.resource_id)
        made: Advanced = placed.made
        if worker is not None and until is not None and placed.outcome in BEGUN:
            worker.begin(Claim(order_id=placed.resource_id, fence=FIRST_FENCE, until=until), made)
        return made.tracked.order

    @property
    def instructions(self) -> Instructions:
        """Those of several executions."""
        return Instructions(room=self.room)

    @property
    def planned(self) -> PlannedPayments:
        """Those that are still to be made, by account."""
        return PlannedPayments(room=self.room)

    async def read(self, brand: Brand, caller: Caller, order_id: str) -> PaymentOrder:
        """Raises OrderUnknown for an id that is unknown, or not this caller's."""
        order = await self._load(brand, order_id)
        if not is_owner(caller, order):
            raise OrderUnknown("another's")
        return order

    async def history(self, brand: Brand, order_id: str) -> tuple[Recorded, ...]:
        """Each version and its event, oldest first; none if there is no such order."""
        async with self.room.database.read() as connection:
            return await load_events(connection, self.room.sealer, brand.name, order_id)

    async def awaiting(self, brand: Brand, customer_id: str) -> tuple[Placed, ...]:
        """The orders and instructions that wait for this customer's signature, those that wait longest first."""
        async with self.room.database.read() as connection:
            now = self.room.clock.now()
            ids = await load_unsigned(connection, self.room.sealer, brand.name, customer_id, now=now, at_most=UNSIGNED_SHOWN_MAX)
        planned = await self.instructions.awaiting(brand, customer_id, at_most=UNSIGNED_SHOWN_MAX)
        return (*[await self._load(brand, order_id) for order_id in ids], *planned)

    async def of_consents(self, brand: Brand, consent_ids: Sequence[str]) -> Mapping[str, Placed]:
        """The instruction of several executions, or else the newest order, of each consent that has one, by consent id."""
        async with self.room.database.read() as connection:
            found = await load_of_consents(connection, self.room.sealer, brand.name, consent_ids)
        placed: dict[str, Placed] = {tracked.order.consent_id: tracked.order for tracked in found}
        return placed | await self.instructions.of_consents(brand, consent_ids)

    async def uses_of(self, brand: Brand, consents: Sequence[Consent]) -> Mapping[str, tuple[LimitUse, ...]]:
        """The use of each limit of those that have any, by consent id."""
        now = self.room.clock.now()
        async with self.room.database.read() as connection:
            found = {consent.id: await load_uses(connection, brand, consent, now) for consent in consents}
        return {consent_id: uses for consent_id, uses in found.items() if uses}

    async def signed_by(self, brand: Brand, customer_id: str) -> tuple[Placed, ...]:
        """The orders and instructions that several must sign and this customer signed, the last changed first."""
        async with self.room.database.read() as connection:
            ids = await load_signed(connection, self.room.sealer, brand.name, customer_id, at_most=SIGNED_SHOWN_MAX)
            found = [await load_order(connection, self.room.sealer, brand.name, order_id) for order_id in ids]
        planned = await self.instructions.signed_by(brand, customer_id, at_most=SIGNED_SHOWN_MAX)
        return (*(tracked.order for tracked in found if tracked is not None), *planned)

    async def find(self, brand: Brand, order_id: str) -> Placed | None:
        """The order or instruction of this id. Its owner is not checked."""
        async with self.room.database.read() as connection:
            tracked = await load_order(connection, self.room.sealer, brand.name, order_id)
        return await self.instructions.find(brand, order_id) if tracked is None else tracked.order

    async def find_awaiting(self, brand: Brand, order_id: str, customer_id: str) -> Placed | None:
        """The order or instruction, if it waits for this customer's signature."""
        async with self.room.database.read() as connection:
            tracked = await load_order(connection, self.room.sealer, brand.name, order_id)
        if tracked is None:
            return await self.instructions.find_awaiting(brand, order_id, customer_id)
        return tracked.order if self.room.is_awaited(tracked.order, tracked.turns_at, customer_id) else None

    async def executions(self, brand: Brand, instruction_id: str) -> tuple[PaymentOrder, ...]:
        """The last ones of an instruction, the first of them first."""
        return await self.instructions.executions(brand, instruction_id)

    async def sign(self, brand: Brand, order_id: str, signature: Signature) -> PaymentOrder:
        """Raises OrderUnknown or OrderStateForbids."""
        command = SignOrder(room=self.room, brand=brand, order_id=order_id, signature=signature)
        return await self.room.commands.run(command)

    async def refuse(self, brand: Brand, order_id: str, *, customer_id: str, psu_id: str) -> PaymentOrder:
        """Raises OrderUnknown or OrderStateForbids."""
        command = RefuseOrder(room=self.room, brand=brand, order_id=order_id, customer_id=customer_id, psu_id=psu_id)
        return await self.room.commands.run(command)

    async def cancel(self, brand: Brand, placed: Placed, *, customer_id: str, psu_id: str) -> Placed:
        """Raises OrderUnknown or OrderStateForbids."""
        if isinstance(placed, Instruction):
            return await self.instructions.cancel(brand, placed.id, customer_id=customer_id, psu_id=psu_id)
        command = CancelOrder(room=self.room, brand=brand, order_id=placed.id, customer_id=customer_id, psu_id=psu_id)
        return await self.room.commands.run(command)

    async def read_awaiting(self, unit: UnitOfWork, brand: Brand, order_id: str, customer_id: str) -> Placed:
        """The order or instruction, not locked, if it waits for this customer. Raises OrderUnknown or OrderStateForbids."""
        tracked = await load_order(unit.connection, self.room.sealer, brand.name, order_id)
        if tracked is None:
            return await self.instructions.read_awaiting(unit, brand, order_id, customer_id)
        self.room.check_awaited(tracked.order, tracked.turns_at, customer_id)
        return tracked.order

    async def sign_within(self, unit: UnitOfWork, brand: Brand, placed: Placed, signature: Signature) -> Placed:
        """Sign it, in the transaction of the caller's command."""
        if isinstance(placed, Instruction):
            return await self.instructions.sign_within(unit, brand, placed.id, signature)
        return await sign(unit, self.room, await self._hold(unit, brand, placed.id, signature.customer_id), signature)

    async def refuse_within(self, unit: UnitOfWork, brand: Brand, order_id: str, *, customer_id: str, psu_id: str) -> Placed:
        """Refuse to sign it, in the transaction of the caller's command."""
        if await load_order(unit.connection, self.room.sealer, brand.name, order_id) is None:
            return await self.instructions.refuse_within(unit, brand, order_id, customer_id=customer_id, psu_id=psu_id)
        return await refuse(unit, self.room, await self._hold(unit, brand, order_id, customer_id), psu_id)

    async def find_sent(self, brand: Brand, uetr: str) -> str | None:
        """The id of the order that was sent under this UETR."""
        async with self.room.database.read() as connection:
            return await find_order(connection, brand.name, uetr)

    async def receive(self, brand: Brand, report: Report) -> str:
        """Take in a message of an upstream: it may be acknowledged when this returns. Returns its effect, in one word."""
        return await self.room.commands.run(ReceiveReport(room=self.room, brand=brand, report=report))

    async def decide(
        self,
        brand: Brand,
        order_id: str,
        event: OrderEvent,
        *,
        people: tuple[str, ...],
        evidence: bytes = b"",
        reason: Reason | None = None,
    ) -> PaymentOrder:
        """A decision of the bank's own people. Raises OrderUnknown, OrderStateForbids or FieldMissing."""
        command = DecideOrder(
            room=self.room, brand=brand, order_id=order_id, event=event, people=people, evidence=evidence, reason=reason
        )
        return await self.room.commands.run(command)

    async def _hold(self, unit: UnitOfWork, brand: Brand, order_id: str, customer_id: str) -> Tracked:
        return await hold_awaiting(unit, self.room, brand, order_id, customer_id)

    async def _load(self, brand: Brand, order_id: str) -> PaymentOrder:
        async with self.room.database.read() as connection:
            order = await load_whole(connection, self.room.sealer, brand.name, order_id)
        if order is None:
            raise OrderUnknown(order_id)
        return order
