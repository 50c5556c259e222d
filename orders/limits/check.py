"""Check a payment against the limits of its consent, and read how much of each is used."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.consents import Consent
from kernel.banking.money import Money
from kernel.banking.orders import OrderRequest
from kernel.banking.terms import LimitUse, VrpTerms
from kernel.brand import Brand
from kernel.errors import ConsentMismatch, LimitBreached
from orders.limits.judgement import find_breach, windows_of
from orders.rows.sums import sum_orders


async def check_limits(connection: AsyncConnection, brand: Brand, request: OrderRequest, consent: Consent, now: datetime) -> None:
    """Only under the consent's lock. Raises LimitBreached; nothing, under a consent that has no limits."""
    terms = consent.terms
    if not isinstance(terms, VrpTerms):
        return
    if request.use is None:
        raise ConsentMismatch("the order does not say which use it makes of the consent")
    uses = await load_uses(connection, brand, consent, now)
    breach = find_breach(terms, request.use, request.terms.amount, now, uses)
    if breach is not None:
        raise LimitBreached(f"{breach.parameter} {breach.index}", parameter=breach.parameter, index=breach.index)


async def load_uses(connection: AsyncConnection, brand: Brand, consent: Consent, now: datetime) -> tuple[LimitUse, ...]:
    """The use of each limit in its period now, in the order of the terms; none of a consent that has none, or whose time has not begun."""
    if not isinstance(consent.terms, VrpTerms):
        return ()
    windows = windows_of(consent, now, brand.zone)
    sums = await sum_orders(connection, brand.name, consent.id, windows)
    return tuple(
        LimitUse(limit=limit, allowed=window.allowed, paid=Money(limit.amount.currency, paid), ends_at=window.ends_at)
        for limit, window, paid in zip(consent.terms.limits, windows, sums, strict=False)
    )
