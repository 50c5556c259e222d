"""The strong authentication by which a payment is signed: by the id of the signer's authorisation, linked to the payment as it stands.

The same attempts, limits and identity provider as for any other (consent/authentication/authorisations.py).
"""

from consent.authentication.attempt_counts import CODES_SENT_MAX, AttemptsExhausted
from consent.authentication.authorisations import Authorisations
from consent.authentication.challenge import is_typed, require_method
from consent.authentication.linked_terms import linked_of
from consent.authorization.agreement.terms import described
from consent.customer.dashboard.signature_answer import Unanswered, lead, load_unanswered, refuse, sign, start_signature
from consent.customer.dashboard.unsigned import SIGNATURES
from consent.customer.journey.boundary import DASHBOARD
from consent.customer.pages.render import render_page
from consent.customer.session.forms import form_token, parse_form
from consent.customer.session.problems import AccessUnknown
from consent.customer.session.session import Session
from consent.errors import AccountClosed, AuthorisationOver
from consent.ports import LinkedTerms, ScaChallenge, ScaEvidence
from consent.services import Services
from consent.store.kinds.registry import kind_of
from consent.store.rows.authorisations import Authorisation
from consent.store.rows.journeys import Notice, Stage
from kernel.brand import Brand
from kernel.errors import ConsentForeign
from kernel.http.message import Request, Response


async def begin_code(services: Services, brand: Brand, session: Session, asked: Unanswered) -> Response:
    """Send the challenge, and lead to the page that asks for its answer, unless a device has given it. Raises AuthenticationUnavailable."""
    authorisations, psu = Authorisations(services, brand), asked.psu
    method = require_method(services, psu)
    authorisation_id = await start_signature(services, brand, asked)
    if (await authorisations.state(authorisation_id)).method != method.name:
        await authorisations.choose_method(authorisation_id, psu, method)
    try:
        challenge = await authorisations.begin_challenge(authorisation_id, psu, _linked_of(asked))
    except AttemptsExhausted:
        return await lead(services, session, _path_of(asked), Notice.SENDING_BLOCKED)
    if challenge.confirmed:
        evidence = await authorisations.answer_challenge(authorisation_id, psu, "", _linked_of(asked))
        if evidence is not None:
            return await _sign(services, brand, session, asked, authorisation_id, evidence=evidence)
    return await lead(services, session, _path_of(asked, authorisation_id), Notice.NONE)


async def show_code(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown."""
    asked = await load_unanswered(services, brand, session, request)
    authorisation = await _load_own(services, brand, asked, request)
    terms, challenge = described(asked.consent), _challenge_of(authorisation)
    return render_page(
        brand,
        "sca",
        notice=session.journey.notice,
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.DASHBOARD),
        action=_path_of(asked, authorisation.id),
        client_name=asked.client.name,
        wording=kind_of(asked.consent).wording,
        is_typed=challenge is None or is_typed(services, challenge),
        hint=challenge.hint if challenge else "",
        may_resend=authorisation.sent < CODES_SENT_MAX and session.journey.notice is not Notice.SENDING_BLOCKED,
        amount=terms.amount,
        facts=(*terms.facts, ("From", asked.accounts[0].label)),
    )


async def take_code(services: Services, brand: Brand, session: Session, request: Request) -> Response:
    """Raises AccessUnknown."""
    asked = await load_unanswered(services, brand, session, request)
    authorisation = await _load_own(services, brand, asked, request)
    form, here = parse_form(request), _path_of(asked, authorisation.id)
    if form.get("action") == "deny":
        await refuse(services, brand, asked, authorisation.id)
        return await lead(services, session, DASHBOARD, Notice.NOT_SIGNED)
    authorisations, linked = Authorisations(services, brand), _linked_of(asked)
    try:
        if form.get("action") == "resend":
            await authorisations.begin_challenge(authorisation.id, asked.psu, linked)
            return await lead(services, session, here, Notice.CODE_SENT)
        code = "".join(form.get("otp").split())
        evidence = await authorisations.answer_challenge(authorisation.id, asked.psu, code, linked)
    except AttemptsExhausted:
        is_sending = form.get("action") == "resend"
        return await lead(services, session, here, Notice.SENDING_BLOCKED if is_sending else Notice.CODE_BLOCKED)
    if evidence is None:
        return await lead(services, session, here, _notice_of(services, authorisation))
    return await _sign(services, brand, session, asked, authorisation.id, evidence=evidence)


async def _sign(
    services: Services, brand: Brand, session: Session, asked: Unanswered, authorisation_id: str, *, evidence: ScaEvidence
) -> Response:
    try:
        await sign(services, brand, asked, authorisation_id, evidence)
    except (AccountClosed, ConsentForeign):
        return await lead(services, session, DASHBOARD, Notice.NOTHING_TO_SIGN)
    return await lead(services, session, DASHBOARD, Notice.SIGNED)


async def _load_own(services: Services, brand: Brand, asked: Unanswered, request: Request) -> Authorisation:
    """The authorisation that the path names, /consents/signatures/{id}/{authorisation id}. Raises AccessUnknown."""
    try:
        found = await Authorisations(services, brand).state(request.path.split("/")[4])
    except AuthorisationOver:
        raise AccessUnknown("no such authorisation") from None
    if found.subject_id != asked.consent.id or found.psu_id != asked.psu.id or found.ended_at is not None or not asked.is_linked:
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


def _linked_of(asked: Unanswered) -> LinkedTerms:
    return linked_of(asked.consent, asked.accounts[0].upstream_id)


def _path_of(asked: Unanswered, authorisation_id: str = "") -> str:
    return "/".join(part for part in (SIGNATURES, asked.consent.id, authorisation_id) if part)
