"""A payment order, or an instruction of several, as the subject of an authorisation: another of those who must sign agrees to pay exactly this, or refuses.

No TPP asks: the signer comes to it by the bank's own pages. The order is locked after the authorisation, in the house's order of locks
(kernel/commands/locks.py), so what is read of it first is only a hint, and it is judged again by the order's own command.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from consent.authentication.approval import Approval
from consent.authentication.linked_terms import linked_to_file, linked_words
from consent.authentication.room import Room
from consent.errors import PaymentNotLinked
from consent.ports import LinkedTerms, Orders
from kernel.banking.consents import payment_of, plan_of
from kernel.banking.payments import digest_of
from kernel.banking.planned.files import FileTerms
from kernel.banking.planned.instructions import Placed
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork


def linked_of_order(order: Placed) -> LinkedTerms:
    """The terms to which an authentication for this order is linked (RTS (EU) 2018/389 article 5)."""
    if isinstance(order.terms, FileTerms):
        return linked_to_file(order.terms, order.id, order.payer.upstream_id)
    terms = payment_of(order.terms)
    assert terms is not None  # an order is for a payment, an instruction for a first one
    return LinkedTerms(
        amount=order.debit,
        payee=terms.creditor_name,
        payee_account=terms.creditor_account.identification,
        digest=digest_of(terms, order.id, order.payer.upstream_id, (*linked_words(order.cross_border), *plan_of(order.terms))),
    )


@dataclass(frozen=True, slots=True)
class OrderSubject:
    """Of the customer `customer_id`."""

    room: Room
    orders: Orders
    brand: Brand
    order_id: str
    customer_id: str

    async def load_subjects(self, psu_id: str | None = None) -> Sequence[str]:
        """An order has no version that others cache."""
        return ()

    async def hold(self, unit: UnitOfWork, approval: Approval) -> Placed:
        """Raises OrderUnknown, OrderStateForbids or PaymentNotLinked."""
        order = await self.orders.read_awaiting(unit, self.brand, self.order_id, self.customer_id)
        if not hmac.compare_digest(approval.linked, linked_of_order(order).digest):
            raise PaymentNotLinked("authenticated for another order, or for none")
        return order

    async def authorise(self, unit: UnitOfWork, held: Placed, approval: Approval) -> Placed:
        """Raises OrderStateForbids, if the order has moved since."""
        signature = approval.signature(self.room.clock.now())
        return await self.orders.sign_within(unit, self.brand, held, signature)

    async def lock(self, unit: UnitOfWork) -> None:
        """It is locked when it is rejected: the authorisation comes first."""

    async def reject(self, unit: UnitOfWork, psu_id: str) -> None:
        """Raises OrderUnknown or OrderStateForbids."""
        await self.orders.refuse_within(unit, self.brand, self.order_id, customer_id=self.customer_id, psu_id=psu_id)
