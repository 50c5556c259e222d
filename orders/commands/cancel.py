"""Cancel an order before the day on which it is made, as those who agreed to it may. Directive (EU) 2015/2366 article 80(3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from kernel.banking.orders import PaymentOrder, Reason
from kernel.brand import Brand
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import OrderStateForbids, OrderUnknown
from orders.changes import Step, change_order
from orders.locks import ORDER
from orders.machine import OrderEvent
from orders.room import Room
from orders.rows.orders import open_order


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """By one of those who signed it. Raises OrderUnknown for another's, and OrderStateForbids once its day has begun."""

    name = "cancel_order"
    room: Room
    brand: Brand
    order_id: str
    customer_id: str
    psu_id: str

    @property
    def locks(self) -> Sequence[Lock]:
        return (ORDER.of(self.brand.name, self.order_id),)

    async def handle(self, unit: UnitOfWork) -> PaymentOrder:
        row = unit.locked(*self.locks)
        held = None if row is None else open_order(self.room.sealer, row)
        if held is None or not held.order.is_signed_by(self.customer_id):
            raise OrderUnknown(self.order_id)
        if not held.order.may_be_cancelled(self.room.clock.now()):
            raise OrderStateForbids(f"order {self.order_id} is {held.order.state}, for {held.order.execute_at}")
        step = Step(event=OrderEvent.CANCEL, reason=Reason.UNSPECIFIED_BY_CUSTOMER)
        return (await change_order(unit, self.room, held, (step,), actor=f"psu:{self.psu_id}", due_at=None)).order
