"""The payment orders that a PSU agreed to: those of the consents that they gave, and those that they signed after another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from consent.authentication.bank_answer import answer_time
from consent.ports import Psu
from consent.services import Services
from consent.store.kinds.registry import kind_of
from kernel.banking.consents import LIVE_STATES, Consent, ConsentState
from kernel.banking.planned.instructions import Placed
from kernel.banking.terms import LimitUse
from kernel.brand import Brand


@dataclass(frozen=True, slots=True)
class OwnOrders:
    """`names`: of the customers that they wait for, as far as the identity provider knows them; `uses`: of the limits of each consent that
    has any and may still pay, by its id."""

    by_consent: Mapping[str, Placed] = field(default_factory=dict)
    cosigned: tuple[Placed, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    uses: Mapping[str, tuple[LimitUse, ...]] = field(default_factory=dict)


NO_ORDERS = OwnOrders()


async def load_own_orders(services: Services, brand: Brand, psu: Psu, consents: Iterable[Consent]) -> OwnOrders:
    """`consents`: those that the PSU gave. Raises UpstreamTimedOut."""
    given, now = tuple(consents), services.clock.now()
    used = [consent.id for consent in given if consent.state is ConsentState.CONSUMED]
    limited = [each for each in given if kind_of(each).has_limits and each.effective_state(now) in LIVE_STATES]
    by_consent = await services.orders.of_consents(brand, used) if used else {}
    signed = await services.orders.signed_by(brand, psu.customer_id)
    cosigned = tuple(order for order in signed if order.consent_id not in by_consent)
    names = await load_names(services, brand, (*by_consent.values(), *cosigned))
    return OwnOrders(by_consent, cosigned, names, await services.orders.uses_of(brand, limited) if limited else {})


async def load_names(services: Services, brand: Brand, orders: Iterable[Placed]) -> dict[str, str]:
    """The names of the customers that the orders wait for, by the bank's own reference. Raises UpstreamTimedOut."""
    names = {}
    async with answer_time():
        for customer in dict.fromkeys(customer for order in orders for customer in order.awaited_customers):
            psu = await services.identity.find_by_customer(brand, customer)
            if psu is not None:
                names[customer] = psu.display_name
    return names
