"""A payment, recurring payments or checks of funds that a PSU agreed to, as they read about it: what, to whom, when, on which account,
at whose request, and what became of it. The words are the kind's (consent/store/kinds/).
"""

from dataclasses import dataclass

from consent.authorization.agreement.terms import described, option_of, render_date, render_instant
from consent.customer.dashboard.access import UNREGISTERED, Known
from consent.services import Services
from consent.store.kinds.kind import AnyKind
from consent.store.kinds.registry import kind_of
from consent.store.kinds.words import Facts
from consent.store.lifecycle import ConsentEvent, allows
from kernel.banking.consents import LIVE_STATES, Consent
from kernel.brand import Brand

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


@dataclass(frozen=True, slots=True)
class Section:
    """A PSU's agreements of one kind. `id` is the prefix of the ids of its elements."""

    id: str
    heading: str
    rows: tuple[Agreed, ...]


def describe_section(services: Services, brand: Brand, kind: AnyKind, consents: tuple[Consent, ...], known: Known) -> Section:
    heading = kind.row.heading if kind.row else ""
    return Section(kind.name, heading, tuple(describe_agreed(services, brand, consent, known) for consent in consents))


def describe_agreed(services: Services, brand: Brand, consent: Consent, known: Known) -> Agreed:
    """Only for a kind that has rows."""
    row, description, now = kind_of(consent).row, described(consent), services.clock.now()
    if row is None:
        raise TypeError(f"a consent of kind {consent.kind} is shown as access to data")
    state = consent.effective_state(now)
    client = known.parties.clients.get(consent.client_id)
    name = client.name if client else known.parties.organisations.get(consent.organisation_id, UNREGISTERED)
    return Agreed(
        id=consent.id,
        summary=description.summary,
        facts=(
            *description.rest,
            ("From" if description.payee else "Account", _account(consent, known)),
            ("Agreed", render_instant(brand, consent.authorised_at or consent.created_at)),
            ("Asked by", name),
        ),
        standing=row.standings.get(state, row.over).format(date=render_date(brand, consent.effective_since(now))),
        is_open=state in LIVE_STATES,
        may_stop=row.may_be_stopped and allows(consent, ConsentEvent.REVOKE, now),
        stopped=row.stopped.format(client=name),
        name=name,
        names=(name, description.payee, *((client.organisation_name, client.on_behalf_of) if client else ())),
    )


def _account(consent: Consent, known: Known) -> str:
    if known.accounts is None:
        return ACCOUNT_UNNAMED
    held = (known.accounts.get(account.upstream_id) for account in consent.accounts)
    return next((option_of(account).label for account in held if account is not None), ACCOUNT_GONE)
