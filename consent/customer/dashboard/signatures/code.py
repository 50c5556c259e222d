"""The strong authentication by which a payment is signed: by the id of the signer's authorisation, linked to the payment as it stands.

The same attempts, limits and identity provider as for any other (consent/authentication/authorisations.py).
"""

from consent.authentication.attempt_counts import CODES_SENT_MAX, AttemptsExhausted
from consent.authentication.authorisations import Authorisations
from consent.authentication.challenge import is_typed, require_method
from consent.customer.dashboard.signatures.answer import lead, load_unanswered, refuse, sign, start_signature
from consent.customer.dashboard.signatures.unsigned import Unanswered
from consent.customer.pages.render import render_page
from consent.customer.session.forms import form_token, parse_form
from consent.customer.session.problems import AccessUnknown
from consent.customer.session.session import Session
from consent.errors import AuthorisationOver
from consent.ports import LinkedTerms, ScaChallenge
from consent.services import Services
from consent.store.rows.authorisations import Authorisation
from consent.store.rows.journeys import Notice, Stage
from kernel.brand import Brand
from kernel.http.message import Request, Response


async def begin_code(services: Services, brand: Brand, session: Session, asked: Unanswered, linked: LinkedTerms) -> Response:
    """Send the challenge, and lead to the page that asks for its answer, unless a device has given it. Raises AuthenticationUnavailable."""
    authorisations, psu = Authorisations(services, brand), asked.psu
    method = require_method(services, psu)
    authorisation_id = await start_signature(services, brand, asked)
    if (await authorisations.state(authorisation_id)).method != method.name:
        await authorisations.choose_method(authorisation_id, psu, method)
    try:
        challenge = await authorisations.begin_challenge(authorisation_id, psu, linked)
    except AttemptsExhausted:
        return await lead(services, session, asked.path, Notice.SENDING_BLOCKED)
    if challenge.confirmed:
        evidence = await authorisations.answer_challenge(authorisation_id, psu, "", linked)
        if evidence is not None:
            return await sign(services, brand, session, asked, authorisation_id, evidence=evidence)
    return await lead(services, session, f"{asked.path}/{authorisation_id}", Notice.NONE)


async def show_code(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown."""
    asked = await load_unanswered(services, brand, session, request)
    authorisation = await _load_own(services, brand, asked, request)
    challenge = _challenge_of(authorisation)
    return render_page(
        brand,
        "sca",
        notice=session.journey.notice,
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.DASHBOARD),
        action=f"{asked.path}/{authorisation.id}",
        client_name=asked.client.name,
        wording=asked.wording,
        is_typed=challenge is None or is_typed(services, challenge),
        hint=challenge.hint if challenge else "",
        may_resend=authorisation.sent < CODES_SENT_MAX and session.journey.notice is not Notice.SENDING_BLOCKED,
        amount=asked.amount,
        facts=asked.facts,
    )


async def take_code(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown."""
    asked = await load_unanswered(services, brand, session, request)
    authorisation = await _load_own(services, brand, asked, request)
    form, here = parse_form(request), f"{asked.path}/{authorisation.id}"
    if form.get("action") == "deny":
        return await refuse(services, brand, session, asked, authorisation.id)
    authorisations = Authorisations(services, brand)
    try:
        if form.get("action") == "resend":
            await authorisations.begin_challenge(authorisation.id, asked.psu, asked.linked)
            return await lead(services, session, here, Notice.CODE_SENT)
        code = "".join(form.get("otp").split())
        evidence = await authorisations.answer_challenge(authorisation.id, asked.psu, code, asked.linked)
    except AttemptsExhausted:
        is_sending = form.get("action") == "resend"
        return await lead(services, session, here, Notice.SENDING_BLOCKED if is_sending else Notice.CODE_BLOCKED)
    if evidence is None:
        return await lead(services, session, here, _notice_of(services, authorisation))
    return await sign(services, brand, session, asked, authorisation.id, evidence=evidence)


async def _load_own(services: Services, brand: Brand, asked: Unanswered, request: Request) -> Authorisation:
    """The authorisation that the path names, after its subject. Raises AccessUnknown."""
    try:
        found = await Authorisations(services, brand).state(request.path.split("/")[4])
    except AuthorisationOver:
        raise AccessUnknown("no such authorisation") from None
    is_of_this = (found.subject_kind, found.subject_id, found.psu_id) == (asked.kind, asked.id, asked.psu.id)
    if not is_of_this or found.ended_at is not None or asked.linked is None:
        raise AccessUnknown("an authorisation of something else, or over")
    return found


def _notice_of(services: Services, authorisation: Authorisation) -> Notice:
    """Why an answer was none."""
    challenge = _challenge_of(authorisation)
    if challenge is None or challenge.expires_at <= services.clock.wall():
        return Notice.CODE_EXPIRED
    return Notice.CODE_WRONG if is_typed(services, challenge) else Notice.DEVICE_WAITING


def _challenge_of(authorisation: Authorisation) -> ScaChallenge | None:
    return authorisation.pending.challenge if authorisation.pending else None
