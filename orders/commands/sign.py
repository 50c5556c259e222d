"""Sign an order that waits for others than its PSU, or refuse to: one signer at a time, under the order's lock.

Both may also run within the transaction of an approval (orders/services.py: PaymentOrders.sign_within, refuse_within). UK Open Banking R/W
4.0 Payment Initiation, "Multi-Auth".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kernel.banking.orders import PaymentOrder, Reason
from kernel.banking.signers import Signature, missing_of
from kernel.brand import Brand
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import OrderUnknown
from orders.changes import Step, change_order
from orders.commands.place import is_early
from orders.locks import ORDER
from orders.machine import OrderEvent
from orders.room import Room
from orders.rows.orders import open_order
from orders.tracked import Tracked


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOrder:
    """The order as the signature leaves it. Raises what `hold_awaiting` raises."""

    name = "sign_order"
    room: Room
    brand: Brand
    order_id: str
    signature: Signature

    @property
    def locks(self) -> Sequence[Lock]:
        return (ORDER.of(self.brand.name, self.order_id),)

    async def handle(self, unit: UnitOfWork) -> PaymentOrder:
        held = await hold_awaiting(unit, self.room, self.brand, self.order_id, self.signature.customer_id)
        return await sign(unit, self.room, held, self.signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseOrder:
    """By one of those who must sign: the order is rejected. Raises what `hold_awaiting` raises."""

    name = "refuse_order"
    room: Room
    brand: Brand
    order_id: str
    customer_id: str
    psu_id: str

    @property
    def locks(self) -> Sequence[Lock]:
        return (ORDER.of(self.brand.name, self.order_id),)

    async def handle(self, unit: UnitOfWork) -> PaymentOrder:
        held = await hold_awaiting(unit, self.room, self.brand, self.order_id, self.customer_id)
        return await refuse(unit, self.room, held, self.psu_id)


async def hold_awaiting(unit: UnitOfWork, room: Room, brand: Brand, order_id: str, customer_id: str) -> Tracked:
    """Lock an order that waits for this customer. Raises OrderUnknown, or OrderStateForbids where it does not wait for them (any more)."""
    row = await unit.lock(ORDER.of(brand.name, order_id))
    if row is None:
        raise OrderUnknown(order_id)
    held = open_order(room.sealer, row)
    room.check_awaited(held.order, held.turns_at, customer_id)
    return held


async def sign(unit: UnitOfWork, room: Room, held: Tracked, signature: Signature) -> PaymentOrder:
    """The last signature makes the order due."""
    order = held.order
    if missing_of(order.signing_rules, (*order.signatures, signature)):
        steps = [Step(event=OrderEvent.SIGN, signature=signature)]
    else:
        steps = [Step(event=OrderEvent.COMPLETE_SIGNATURES, signature=signature)]
        if is_early(order, room.clock.now()):
            steps.append(Step(event=OrderEvent.SCHEDULE))
    last = steps[-1].event
    turns_at = {OrderEvent.SIGN: held.turns_at, OrderEvent.SCHEDULE: order.execute_at}.get(last)
    due_at = room.clock.wall() if last is OrderEvent.COMPLETE_SIGNATURES else None
    actor = f"psu:{signature.psu_id}"
    return (await change_order(unit, room, held, steps, actor=actor, due_at=due_at, turns_at=turns_at)).order


async def refuse(unit: UnitOfWork, room: Room, held: Tracked, psu_id: str) -> PaymentOrder:
    """Nothing was reserved for it yet."""
    step = Step(event=OrderEvent.REJECT, reason=Reason.SIGNER_REFUSED)
    return (await change_order(unit, room, held, (step,), actor=f"psu:{psu_id}", due_at=None)).order
