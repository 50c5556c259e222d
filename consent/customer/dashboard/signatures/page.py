"""The page of a consent or payment order that waits for this PSU's signature: what others agreed to, and one answer, yes or no, to exactly that.

Access to accounts is signed under the strong authentication of the visit. A payment is signed by one of its own, which follows the page
and is linked to it, as on a journey (RTS (EU) 2018/389 article 5; code.py).
"""

from consent.authentication.approval import Proof
from consent.customer.dashboard.signatures.answer import load_unanswered, refuse, sign, start_signature
from consent.customer.dashboard.signatures.code import begin_code
from consent.customer.pages.render import render_page
from consent.customer.session.forms import form_token, parse_form
from consent.customer.session.session import Session, evidence_of
from consent.services import Services
from consent.store.rows.journeys import Stage
from kernel.brand import Brand
from kernel.http.message import Request, Response


async def show_signature(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown."""
    asked = await load_unanswered(services, brand, session, request)
    return render_page(
        brand,
        "signature",
        notice=session.journey.notice,
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.DASHBOARD),
        action=asked.path,
        client=asked.client,
        facts=asked.facts,
        amount=asked.amount,
        is_payment=asked.linked is not None,
        terms=asked.terms,
        accounts=asked.accounts,
        signers=asked.signers,
        until=asked.until,
        psu_name=asked.psu.display_name,
    )


async def take_signature(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown, or FormStale without evidence of strong authentication."""
    asked = await load_unanswered(services, brand, session, request)
    evidence = evidence_of(session)
    if parse_form(request).get("action") == "deny":
        return await refuse(services, brand, session, asked, await start_signature(services, brand, asked), evidence=evidence)
    if asked.linked is not None:
        return await begin_code(services, brand, session, asked, asked.linked)
    authorisation_id = await start_signature(services, brand, asked)
    return await sign(services, brand, session, asked, authorisation_id, evidence=evidence, proof=Proof.OF_A_VISIT)
