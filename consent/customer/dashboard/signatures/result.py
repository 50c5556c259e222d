"""The result page of a consent to a payment that several sign: this signer's answer, and what comes next. Its TPP has not ordered the
payment yet; what becomes of one that is ordered has a page of its own (consent/customer/dashboard/payments/page.py).
"""

from consent.authorization.agreement.terms import described
from consent.customer.dashboard.signatures.consents import RESULTS, load_asking_client
from consent.customer.dashboard.signatures.orders import PAYMENTS
from consent.customer.journey.boundary import DASHBOARD, see_other
from consent.customer.pages.render import render_page
from consent.customer.pages.results import approved, refused
from consent.customer.session.problems import AccessUnknown
from consent.customer.session.session import Session, load_psu
from consent.ports import Psu
from consent.services import Services
from consent.store.kinds.registry import kind_of
from consent.store.rows.snapshots import load_consent
from consent.store.signers import is_signed_by
from kernel.banking.consents import Consent, ConsentState
from kernel.banking.signers import missing_of
from kernel.brand import Brand
from kernel.http.message import Request, Response
from kernel.identifiers import is_identifier

_ANSWERED = frozenset({ConsentState.PARTIALLY_AUTHORISED, ConsentState.AUTHORISED, ConsentState.REJECTED})


async def show_result(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown for what is no payment that this PSU signed or refused."""
    psu, consent_id = await load_psu(services, brand, session.journey), request.path.removeprefix(f"{RESULTS}/")
    if not is_identifier(consent_id):
        raise AccessUnknown("not an id")
    async with services.database.read() as connection:
        consent = await load_consent(connection, services.sealer, brand.name, consent_id)
        if consent is None or not kind_of(consent).is_linked or not _is_of(consent, psu):
            raise AccessUnknown("no payment of this PSU's")
        client = await load_asking_client(connection, brand, consent)
    if client is None or consent.effective_state(services.clock.now()) not in _ANSWERED:
        return see_other(await _find_end(services, brand, consent))
    summary = described(consent).summary
    if consent.state is ConsentState.REJECTED:
        result = refused(summary, client.name)
    else:
        result = approved(summary, client.name, waits=missing_of(consent.signing_rules, consent.signatures) > 0)
    return render_page(brand, "result", result=result, facts=described(consent).facts, client_name=client.name)


async def _find_end(services: Services, brand: Brand, consent: Consent) -> str:
    """The path where what became of it since is read: its order's, or the list."""
    ordered = await services.orders.of_consents(brand, [consent.id])
    return f"{PAYMENTS}/{ordered[consent.id].id}" if consent.id in ordered else DASHBOARD


def _is_of(consent: Consent, psu: Psu) -> bool:
    """True if the PSU signed it, or was one of those who could refuse it."""
    could_refuse = consent.state is ConsentState.REJECTED and any(
        psu.customer_id in rule.customers for rule in consent.signing_rules
    )
    return is_signed_by(consent, psu.id) or could_refuse
