"""A consent as its PSU reads about it: who, which data, which accounts, since when, until when, when last used.

UK Customer Experience Guidelines, Access Dashboards; the data in the words of the dialect that the consent was lodged in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from consent.authorization.agreement.terms import (
    Option,
    dialect_of,
    option_of,
    render_clusters,
    render_date,
    render_frequency,
    render_instant,
    render_until,
    render_window,
)
from consent.authorization.clients.client import Client
from consent.customer.dashboard.payments.own_orders import NO_ORDERS, OwnOrders
from consent.services import Services
from consent.store.lifecycle import ConsentEvent, allows
from consent.store.rows.last_used import LastUsed
from kernel.banking.accounts import Account
from kernel.banking.consents import Consent, ConsentState
from kernel.brand import Brand

UNREGISTERED = "A company that is no longer registered"
NEVER_USED = "Not yet"

_STANDINGS: Mapping[ConsentState, str] = {
    ConsentState.AUTHORISED: "",
    ConsentState.PARTIALLY_AUTHORISED: "Nothing is shared yet. Others must agree too.",
    ConsentState.SUSPENDED: "Paused since {date}. It goes on if you confirm again in their app or website.",
    ConsentState.REVOKED_BY_PSU: "You stopped it on {date}.",
    ConsentState.WITHDRAWN_BY_TPP: "They withdrew it on {date}.",
    ConsentState.EXPIRED: "It ran out on {date}.",
    ConsentState.SUPERSEDED: "Newer access took its place on {date}.",
}
_OVER = "It ended on {date}."


@dataclass(frozen=True, slots=True)
class Access:
    """One third party's access. Instants are for sorting; each has its text for the page."""

    id: str
    name: str
    organisation: str
    on_behalf_of: str
    is_active: bool
    may_stop: bool
    standing: str  # "" while it goes on
    clusters: tuple[tuple[str, tuple[str, ...]], ...]
    accounts: tuple[Option, ...]
    accounts_gone: int  # that the PSU no longer has with the bank
    accounts_unnamed: int  # because the bank's own systems do not say
    granted: str
    until: str
    window: str
    frequency: str
    purpose: str
    last_used: str
    granted_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Parties:
    """The receivers of access, by client id, or by organisation where no client lodged the consent; and its last use, by consent id."""

    clients: Mapping[str, Client]
    organisations: Mapping[str, str]
    last_used: Mapping[str, LastUsed]


@dataclass(frozen=True, slots=True)
class Known:
    """The data that describes a PSU's consents. `accounts` None: the bank's own systems did not answer."""

    parties: Parties
    accounts: Mapping[str, Account] | None
    orders: OwnOrders = NO_ORDERS


def describe(services: Services, brand: Brand, consent: Consent, known: Known) -> Access:
    now = services.clock.now()
    state = consent.effective_state(now)
    client = known.parties.clients.get(consent.client_id)
    used = known.parties.last_used.get(consent.id)
    granted_at = consent.authorised_at or consent.created_at
    accounts = _accounts(consent, known)
    return Access(
        id=consent.id,
        name=client.name if client else known.parties.organisations.get(consent.organisation_id, UNREGISTERED),
        organisation=client.organisation_name if client else "",
        on_behalf_of=client.on_behalf_of if client else "",
        is_active=state is ConsentState.AUTHORISED,
        may_stop=allows(consent, ConsentEvent.REVOKE, now),
        standing=_STANDINGS.get(state, _OVER).format(date=render_date(brand, consent.effective_since(now))),
        clusters=_clusters(services, brand, consent, known),
        accounts=accounts,
        accounts_gone=0 if known.accounts is None else len(consent.accounts) - len(accounts),
        accounts_unnamed=len(consent.accounts) if known.accounts is None else 0,
        granted=render_date(brand, granted_at),
        until="Until you stop it" if consent.valid_until is None else render_until(brand, consent),
        window=render_window(brand, consent),
        frequency=render_frequency(brand, consent),
        purpose=consent.purpose,
        last_used=_render_used(brand, used),
        granted_at=granted_at,
        last_used_at=used.at if used else None,
    )


def _clusters(services: Services, brand: Brand, consent: Consent, known: Known) -> tuple[tuple[str, tuple[str, ...]], ...]:
    held, access = known.accounts or {}, consent.access if consent.data.named else ()
    opened = tuple(
        (option_of(held[each.account.upstream_id]).label, each.permissions) for each in access if each.account.upstream_id in held
    )
    return render_clusters(dialect_of(services, brand, consent).authorization, consent, opened)


def _accounts(consent: Consent, known: Known) -> tuple[Option, ...]:
    held = known.accounts or {}
    return tuple(option_of(held[account.upstream_id]) for account in consent.accounts if account.upstream_id in held)


def _render_used(brand: Brand, used: LastUsed | None) -> str:
    if used is None:
        return NEVER_USED
    return f"{render_instant(brand, used.at)}{', while you were away' if used.unattended_at == used.at else ''}"
