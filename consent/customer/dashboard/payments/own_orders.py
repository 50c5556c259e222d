"""The payment orders that a PSU agreed to: those of the consents that they gave, and those that they signed after another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from consent.authentication.bank_answer import answer_time
from consent.ports import Psu
from consent.services import Services
from kernel.banking.consents import Consent, ConsentState
from kernel.banking.orders import PaymentOrder
from kernel.brand import Brand


@dataclass(frozen=True, slots=True)
class OwnOrders:
    """`names`: of the customers that they wait for, as far as the identity provider knows them."""

    by_consent: Mapping[str, PaymentOrder] = field(default_factory=dict)
    cosigned: tuple[PaymentOrder, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)


NO_ORDERS = OwnOrders()


async def load_own_orders(services: Services, brand: Brand, psu: Psu, consents: Iterable[Consent]) -> OwnOrders:
    """`consents`: those that the PSU gave. Raises UpstreamTimedOut."""
    used = [consent.id for consent in consents if consent.state is ConsentState.CONSUMED]
    by_consent = await services.orders.of_consents(brand, used) if used else {}
    signed = await services.orders.signed_by(brand, psu.customer_id)
    cosigned = tuple(order for order in signed if order.consent_id not in by_consent)
    return OwnOrders(by_consent, cosigned, await load_names(services, brand, (*by_consent.values(), *cosigned)))


async def load_names(services: Services, brand: Brand, orders: Iterable[PaymentOrder]) -> dict[str, str]:
    """The names of the customers that the orders wait for, by the bank's own reference. Raises UpstreamTimedOut."""
    names = {}
    async with answer_time():
        for customer in dict.fromkeys(customer for order in orders for customer in order.awaited_customers):
            psu = await services.identity.find_by_customer(brand, customer)
            if psu is not None:
                names[customer] = psu.display_name
    return names
