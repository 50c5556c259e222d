"""A payment that its PSU agreed to, as they read about it: what, to whom, when, from which account, at whose request, and what became
of it. It is shown and not stopped here: who asked for it says whether it is still to be made (Directive (EU) 2015/2366 article 80(2)).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from consent.authentication.linked_terms import Facts, payment_in, render_facts, render_money
from consent.authorization.agreement.terms import option_of, render_date, render_instant
from consent.customer.dashboard.access import UNREGISTERED, Known
from consent.services import Services
from kernel.banking.consents import LIVE_STATES, Consent, ConsentState
from kernel.brand import Brand

ACCOUNT_GONE = "An account that you no longer have with us"
ACCOUNT_UNNAMED = "We cannot show its name right now."
AMOUNT_AND_PAYEE = 2  # the facts that the heading says

_STANDINGS: Mapping[ConsentState, str] = {
    ConsentState.AUTHORISED: "Not made yet.",
    ConsentState.PARTIALLY_AUTHORISED: "Not made yet. Others must sign it too.",
    ConsentState.CONSUMED: "Handed on to be made on {date}.",
    ConsentState.SUSPENDED: "Not made yet. It is on hold since {date}.",
    ConsentState.REVOKED_BY_PSU: "Not made. You stopped it on {date}.",
    ConsentState.WITHDRAWN_BY_TPP: "Not made. They gave it up on {date}.",
    ConsentState.EXPIRED: "Not made. The time for it ran out on {date}.",
}
_OVER = "Not made. It ended on {date}."


@dataclass(frozen=True, slots=True)
class AgreedPayment:
    heading: str
    facts: Facts
    standing: str
    is_open: bool  # may still be made
    name: str
    names: tuple[str, ...]  # by which it is searched


def describe_payment(services: Services, brand: Brand, consent: Consent, known: Known) -> AgreedPayment:
    terms, now = payment_in(consent), services.clock.now()
    state = consent.effective_state(now)
    client = known.parties.clients.get(consent.client_id)
    name = client.name if client else UNREGISTERED
    agreed = render_instant(brand, consent.authorised_at or consent.created_at)
    return AgreedPayment(
        heading=f"{render_money(terms.amount)} to {terms.creditor_name}",
        facts=(
            *render_facts(terms)[AMOUNT_AND_PAYEE:],
            ("From", _paying_account(consent, known)),
            ("Agreed", agreed),
            ("Asked by", name),
        ),
        standing=_STANDINGS.get(state, _OVER).format(date=render_date(brand, consent.effective_since(now))),
        is_open=state in LIVE_STATES,
        name=name,
        names=(name, terms.creditor_name, *((client.organisation_name, client.on_behalf_of) if client else ())),
    )


def _paying_account(consent: Consent, known: Known) -> str:
    if known.accounts is None:
        return ACCOUNT_UNNAMED
    held = (known.accounts.get(account.upstream_id) for account in consent.accounts)
    return next((option_of(account).label for account in held if account is not None), ACCOUNT_GONE)
