"""The payment orders that wait for this PSU's signature: their TPP has placed them, and nothing moves before the last has signed.

UK Open Banking R/W 4.0 Payment Initiation, "Multi-Auth". The page shows the order as it is stored, which is what the first signed.
"""

from datetime import datetime
from itertools import takewhile

from consent.authentication.order_subject import OrderSubject, linked_of_order
from consent.authorization.agreement.payee import facts_of
from consent.authorization.agreement.terms import render_date, render_instant, shown_of
from consent.authorization.clients.client import Client
from consent.authorization.clients.rows import load_clients
from consent.customer.dashboard.signatures.unsigned import Unanswered, Unsigned, load_accounts, load_payee, load_signers
from consent.customer.journey.boundary import DASHBOARD
from consent.customer.session.problems import AccessUnknown
from consent.customer.session.session import Session
from consent.ports import Psu
from consent.services import Services
from consent.store.kinds.ordered import describe_ordered
from consent.store.kinds.registry import kind_of
from consent.store.kinds.words import Facts
from consent.store.rows.authorisations import SubjectKind
from kernel.banking.planned.instructions import Instruction, Placed
from kernel.brand import Brand
from kernel.cut_offs import start_of
from kernel.identifiers import is_identifier
from openapi.rulebook import rules_of

PAYMENTS = f"{DASHBOARD}/payments"


async def load_unsigned_orders(services: Services, brand: Brand, psu: Psu) -> tuple[Unsigned, ...]:
    orders = await services.orders.awaiting(brand, psu.customer_id)
    clients = await _load_clients(services, brand, orders)
    return tuple(
        [
            Unsigned(
                path=f"{PAYMENTS}/{order.id}",
                heading=describe_ordered(order).summary,
                name=client.name,
                signers=await load_signers(services, brand, order.signatures),
                until=render_instant(brand, lapse_of(order)),
            )
            for order in orders
            if (client := clients.get(order.client_id)) is not None
        ]
    )


async def load_unanswered_order(services: Services, brand: Brand, session: Session, psu: Psu, order_id: str) -> Unanswered:
    """Raises AccessUnknown for what does not wait for this PSU: what is unknown, another's, signed or over looks the same."""
    order = await services.orders.find_awaiting(brand, order_id, psu.customer_id) if is_identifier(order_id) else None
    if order is None:
        raise AccessUnknown("no order that waits for this PSU's signature")
    client = (await _load_clients(services, brand, (order,))).get(order.client_id)
    if client is None:
        raise AccessUnknown("no client asks any more")
    accounts = await load_accounts(services, brand, session, psu, (order.payer,))
    description, payee = describe_ordered(order), await load_payee(services, brand, order.signatures)
    facts = (*description.facts, *facts_of(payee))
    return Unanswered(
        psu=psu,
        client=client,
        accounts=accounts,
        path=f"{PAYMENTS}/{order.id}",
        after=f"{PAYMENTS}/{order.id}",
        kind=SubjectKind.ORDER,
        id=order.id,
        consent_id=order.consent_id,
        subject=OrderSubject(services, services.orders, brand, order.id, psu.customer_id),
        wording=kind_of(order).wording,
        facts=(*facts, *when_of(brand, order, services.clock.now()), ("From", accounts[0].label)),
        amount=description.amount,
        terms=None,
        shown=shown_of(client, facts, accounts, payee=payee),
        linked=linked_of_order(order),
        signers=await load_signers(services, brand, order.signatures),
        until=render_instant(brand, lapse_of(order)),
    )


async def _load_clients(services: Services, brand: Brand, orders: tuple[Placed, ...]) -> dict[str, Client]:
    if not orders:
        return {}
    async with services.database.read() as connection:
        return await load_clients(connection, brand.name, sorted({order.client_id for order in orders}))


def when_of(brand: Brand, order: Placed, now: datetime) -> Facts:
    """The day of an order that is not made at once; of an instruction, the payments whose days have come while it was signed."""
    if isinstance(order, Instruction):
        upcoming = order.terms.executions_after(brand.cut_off)
        due = sum(1 for _ in takewhile(lambda each: start_of(each.made_on, brand.zone) <= now, upcoming))
        days = "1 payment whose day has come" if due == 1 else f"{due} payments whose days have come"
        return (("Made at once", f"{days}, as soon as everyone has signed"),) if due else ()
    return () if order.execute_at is None else (("Payment date", render_date(brand, order.execute_at)),)


def lapse_of(order: Placed) -> datetime:
    """By when the others must have signed, in business time."""
    return order.created_at + rules_of(order.lodged_as).half_signed_wait
