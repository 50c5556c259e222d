"""Refuse what needs the PSU to have authenticated lately, when they have not. UK SCA-RTS articles 10 and 10A.

Balances and the transactions of the last 90 days are exempt once the PSU has authenticated for the consent; whether that exemption
ends after some days, and whether everything else needs a fresh authentication, each brand decides. By default neither.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.pipeline.exchange import Exchange, present
from kernel.access import Grant
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.errors import ReauthenticationRequired
from kernel.operations import Operation
from openapi.dialect import Row

EXEMPT_TRANSACTIONS = timedelta(days=90)  # of transactions that may be read without a new authentication: RTS article 10

# Nothing of these says what the PSU pays, or to whom.
EXEMPT = frozenset(
    {
        Operation.LIST_ACCOUNTS,
        Operation.READ_ACCOUNT,
        Operation.LIST_BALANCES,
        Operation.READ_BALANCES,
        Operation.LIST_PRODUCTS,
        Operation.READ_PRODUCT,
        Operation.LIST_OFFERS,
        Operation.READ_OFFERS,
    }
)
EXEMPT_WHEN_RECENT = frozenset({Operation.LIST_TRANSACTIONS, Operation.READ_TRANSACTIONS})


@dataclass(frozen=True)
class FreshAuthentication:
    clock: Clock
    name = "fresh_authentication"

    def applies(self, row: Row) -> bool:
        return bool(row.permissions) and row.grant is Grant.AUTHORIZATION_CODE

    async def on_request(self, exchange: Exchange) -> None:
        now, consent = self.clock.now(), present(exchange.consent)
        age_max = _age_max(exchange.brand, exempt=_is_exempt(exchange, consent, now))
        if age_max is None:
            return
        authenticated_at = consent.authorised_at or consent.state_changed_at
        if now - authenticated_at > age_max:
            raise ReauthenticationRequired(f"authenticated at {authenticated_at}, more than {age_max} ago")


def _age_max(brand: Brand, *, exempt: bool) -> timedelta | None:
    """The greatest age of the PSU's authentication; None: any age."""
    days, minutes = brand.sca_required_after_days, brand.sca_recent_minutes
    ages = [timedelta(days=days)] if days is not None else []
    if minutes is not None and not exempt:
        ages.append(timedelta(minutes=minutes))
    return min(ages, default=None)


def _is_exempt(exchange: Exchange, consent: Consent, now: datetime) -> bool:
    operation = exchange.row.operation
    if operation not in EXEMPT_WHEN_RECENT:
        return operation in EXEMPT
    starts = [start for start in (exchange.command.booked_from, consent.opened_from) if start is not None]
    return bool(starts) and max(starts) >= now - EXEMPT_TRANSACTIONS
