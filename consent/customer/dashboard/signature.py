"""The page of a consent that waits for this PSU's signature: what others agreed to, and one answer, yes or no, to exactly that.

Access to accounts is signed under the strong authentication of the visit. A payment is signed by one of its own, which follows the page
and is linked to it, as on a journey (RTS (EU) 2018/389 article 5; consent/customer/dashboard/signature_code.py).
"""

from consent.authentication.approval import Proof
from consent.authorization.agreement.terms import described, render_terms
from consent.customer.dashboard.signature_answer import Unanswered, lead, load_unanswered, refuse, sign, start_signature
from consent.customer.dashboard.signature_code import begin_code
from consent.customer.dashboard.unsigned import SIGNATURES, heading_of, load_signers, render_lapse
from consent.customer.journey.boundary import DASHBOARD
from consent.customer.pages.render import render_page
from consent.customer.session.forms import form_token, parse_form
from consent.customer.session.session import Session, evidence_of
from consent.errors import AccountClosed
from consent.services import Services
from consent.store.rows.journeys import Notice, Stage
from kernel.brand import Brand
from kernel.errors import ConsentForeign
from kernel.http.message import Request, Response


async def show_signature(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown."""
    asked = await load_unanswered(services, brand, session, request)
    return render_page(
        brand,
        "signature",
        notice=session.journey.notice,
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.DASHBOARD),
        action=f"{SIGNATURES}/{asked.consent.id}",
        heading=heading_of(asked.consent),
        client=asked.client,
        facts=_facts_of(asked),
        is_payment=asked.is_linked,
        terms=None if asked.is_linked else render_terms(services, brand, asked.client, asked.consent, options=asked.accounts),
        accounts=asked.accounts,
        signers=await load_signers(services, brand, asked.consent),
        until=render_lapse(brand, asked.consent),
        psu_name=asked.psu.display_name,
    )


async def take_signature(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown, or FormStale without evidence of strong authentication."""
    asked = await load_unanswered(services, brand, session, request)
    evidence = evidence_of(session)
    if parse_form(request).get("action") == "deny":
        await refuse(services, brand, asked, await start_signature(services, brand, asked), evidence)
        return await lead(services, session, DASHBOARD, Notice.NOT_SIGNED)
    if asked.is_linked:
        return await begin_code(services, brand, session, asked)
    try:
        await sign(services, brand, asked, await start_signature(services, brand, asked), evidence, proof=Proof.OF_A_VISIT)
    except (AccountClosed, ConsentForeign):
        return await lead(services, session, DASHBOARD, Notice.NOTHING_TO_SIGN)
    return await lead(services, session, DASHBOARD, Notice.SIGNED)


def _facts_of(asked: Unanswered) -> tuple[tuple[str, str], ...]:
    """Of all but access to data."""
    facts = described(asked.consent).facts
    return (*facts, ("From", asked.accounts[0].label)) if facts else ()
