"""A payment, recurring payments or checks of funds that a PSU agreed to, as they read about it: what, to whom, when, on which account,
at whose request, and what became of it. The words are the kind's (consent/store/kinds/).
"""

from dataclasses import dataclass
from datetime import datetime

from consent.authorization.agreement.terms import described, option_of, render_date, render_instant
from consent.authorization.clients.client import Client
from consent.customer.dashboard.access import UNREGISTERED, Known
from consent.customer.dashboard.payments.standing import standing_of
from consent.customer.dashboard.signatures.orders import PAYMENTS
from consent.services import Services
from consent.store.kinds.kind import AnyKind
from consent.store.kinds.ordered import describe_ordered
from consent.store.kinds.registry import kind_of
from consent.store.kinds.vrp import describe_use
from consent.store.kinds.words import Facts
from consent.store.lifecycle import ConsentEvent, allows
from kernel.banking.consents import LIVE_STATES, AccountReference, Consent
from kernel.banking.planned.instructions import Placed
from kernel.brand import Brand

CHECKS = "/consents/checks"
ACCOUNT_GONE = "An account that you no longer have with us"
ACCOUNT_UNNAMED = "We cannot show its name right now."


@dataclass(frozen=True, slots=True)
class Agreed:
    id: str
    summary: str
    facts: Facts
    standing: str
    is_open: bool  # may still be used
    may_stop: bool
    stopped: str  # what stopping means
    name: str
    names: tuple[str, ...]  # by which it is searched
    page: str  # the path of the page of what became of it, "" for none
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class Section:
    """A PSU's agreements of one kind. `id` is the prefix of the ids of its elements."""

    id: str
    heading: str
    rows: tuple[Agreed, ...]


def describe_section(services: Services, brand: Brand, kind: AnyKind, consents: tuple[Consent, ...], known: Known) -> Section:
    """With the payments of this kind that the PSU signed after another."""
    given = (describe_agreed(services, brand, consent, known) for consent in consents)
    signed = (describe_order(services, brand, order, known) for order in known.orders.cosigned if order.kind == kind.name)
    rows = sorted((*given, *signed), key=lambda row: row.moved_at, reverse=True)
    return Section(kind.name, kind.row.heading if kind.row else "", tuple(rows))


def describe_agreed(services: Services, brand: Brand, consent: Consent, known: Known) -> Agreed:
    """Only for a kind that has rows."""
    row, description, now = kind_of(consent).row, described(consent), services.clock.now()
    if row is None:
        raise TypeError(f"a consent of kind {consent.kind} is shown as access to data")
    if (order := known.orders.by_consent.get(consent.id)) is not None:
        return describe_order(services, brand, order, known)
    state = consent.effective_state(now)
    client = known.parties.clients.get(consent.client_id)
    name = client.name if client else known.parties.organisations.get(consent.organisation_id, UNREGISTERED)
    return Agreed(
        id=consent.id,
        summary=description.summary,
        facts=(
            *description.rest,
            *(describe_use(use, render_date(brand, use.ends_at)) for use in known.orders.uses.get(consent.id, ())),
            ("From" if description.payee else "Account", _account(consent.accounts, known)),
            ("Agreed", render_instant(brand, consent.authorised_at or consent.created_at)),
            ("Asked by", name),
        ),
        standing=row.standings.get(state, row.over).format(date=render_date(brand, consent.effective_since(now))),
        is_open=state in LIVE_STATES,
        may_stop=row.may_be_stopped and allows(consent, ConsentEvent.REVOKE, now),
        stopped=row.stopped.format(client=name),
        name=name,
        names=(name, description.payee, *_names_of(client)),
        page=f"{CHECKS}/{consent.id}" if row.has_checks else "",
        moved_at=consent.effective_since(now),
    )


def describe_order(services: Services, brand: Brand, order: Placed, known: Known) -> Agreed:
    """A payment that was ordered: what became of it."""
    description, now = describe_ordered(order), services.clock.now()
    client = known.parties.clients.get(order.client_id)
    name = client.name if client else known.parties.organisations.get(order.organisation_id, UNREGISTERED)
    return Agreed(
        id=order.id,
        summary=description.summary,
        facts=(
            *description.rest,
            ("From", _account((order.payer,), known)),
            ("Ordered", render_instant(brand, order.created_at)),
            ("Asked by", name),
        ),
        standing=standing_of(brand, order, known.orders.names, now),
        is_open=False,
        may_stop=False,
        stopped="",
        name=name,
        names=(name, description.payee, *_names_of(client)),
        page=f"{PAYMENTS}/{order.id}",
        moved_at=order.updated_at,
    )


def _names_of(client: Client | None) -> tuple[str, ...]:
    return (client.organisation_name, client.on_behalf_of) if client else ()


def _account(references: tuple[AccountReference, ...], known: Known) -> str:
    if known.accounts is None:
        return ACCOUNT_UNNAMED
    held = (known.accounts.get(reference.upstream_id) for reference in references)
    return next((option_of(account).label for account in held if account is not None), ACCOUNT_GONE)
