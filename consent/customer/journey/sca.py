"""Strong customer authentication by a code or a device: after the password and before anything of the PSU's is shown, or, for a payment,
after the page that shows it.

RTS (EU) 2018/389 article 4: five wrong codes block, whether they come in one journey or in several. Article 5: what a payment's
PSU confirms is compared with the payment as it stands now.
"""

from consent.authentication.attempt_counts import CODES_SENT_MAX, AttemptsExhausted, TakeCode, TakeSending, take
from consent.authentication.attempt_turns import turn_of
from consent.authentication.attempts import NO_ATTEMPT_LEFT, code_subject
from consent.authentication.challenge import finish_challenge, is_typed, start_challenge
from consent.authentication.linked_terms import linked_of
from consent.authentication.progress import BeginChallenge, RecordAuthentication
from consent.authorization.agreement.payee import facts_of
from consent.authorization.agreement.terms import described
from consent.customer.journey.blocked import show_blocked
from consent.customer.journey.boundary import see_other, tell
from consent.customer.journey.departure import leave
from consent.customer.journey.payment import complete_payment
from consent.customer.pages.render import render_page
from consent.customer.session.forms import Form, form_token
from consent.customer.session.paths import PATHS, path_of
from consent.customer.session.problems import FormStale
from consent.customer.session.progress import authorisation_of, holds, moves
from consent.customer.session.session import Session, load_psu
from consent.errors import PaymentNotLinked
from consent.ports import LinkedTerms, Psu, ScaChallenge, ScaEvidence
from consent.services import Services
from consent.store.rows.authorisations import Authorisation, Choice, Pending
from consent.store.rows.journeys import AUTHENTICATED, Notice, Stage, seen
from kernel.brand import Brand
from kernel.http.message import Response


async def show_sca(services: Services, brand: Brand, session: Session) -> Response:
    journey, authorisation = session.journey, _authorisation(session)
    if journey.notice is Notice.CODE_BLOCKED:
        return show_blocked(services, brand, session)
    challenge, choice = _open(session)
    terms = described(session.asked.consent) if choice else None
    return render_page(
        brand,
        "sca",
        redirect_uri=session.redirect_uri,
        notice=journey.notice,
        form_token=form_token(services.sealer, brand, journey, session.secret, Stage.SCA),
        action=path_of(journey),
        client_name=session.client_name,
        is_typed=is_typed(services, challenge),
        hint=challenge.hint,
        may_resend=authorisation.sent < CODES_SENT_MAX and journey.notice is not Notice.SENDING_BLOCKED,
        amount=terms.amount if terms else "",
        facts=(*terms.facts, *facts_of(choice.payee), ("From", choice.account)) if terms and choice else (),
        wording=session.wording,
    )


async def take_sca(services: Services, brand: Brand, session: Session, form: Form) -> Response:
    action = form.get("action")
    if action == "deny":
        return await leave(services, brand, session)
    psu = await load_psu(services, brand, session.journey)
    if action == "resend":
        return await _resend(services, brand, session, psu)
    challenge, choice = _open(session)
    if challenge.expires_at <= services.clock.wall():
        is_asked = not is_typed(services, challenge)
        return await tell(services, session.journey, Notice.REQUEST_EXPIRED if is_asked else Notice.CODE_EXPIRED)
    if not is_typed(services, challenge):
        return await _ask_device(services, brand, session, psu, challenge, choice=choice)
    linked, code = _linked(session, choice), "".join(form.get("otp").split())
    async with services.attempt_turns.turn(turn_of(code_subject(services.sealer, brand.name, psu.id))):
        try:
            await take(services, TakeCode(services, brand, holds(session), psu))
        except AttemptsExhausted:
            return await tell(services, session.journey, Notice.CODE_BLOCKED, NO_ATTEMPT_LEFT)
        evidence = await finish_challenge(services, brand, psu, challenge, code, linked=linked)
        if evidence is None:
            return await tell(services, session.journey, Notice.CODE_WRONG)
        return await _pass(services, brand, session, psu, choice, evidence=evidence)


def _authorisation(session: Session) -> Authorisation:
    assert session.authorisation is not None
    return session.authorisation


def _open(session: Session) -> tuple[ScaChallenge, Choice | None]:
    """The challenge that is under way, with the choice that it was started for, if any. Raises FormStale."""
    pending = _authorisation(session).pending
    if pending is None:
        raise FormStale("nothing waits for an answer")
    return pending.challenge, pending.choice


def _linked(session: Session, choice: Choice | None) -> LinkedTerms | None:
    """The payment as it stands now, from the account that was chosen. Raises PaymentNotLinked if it is not what was shown."""
    if choice is None:
        return None
    linked = linked_of(session.asked.consent, choice.upstream_id)
    if linked.digest != choice.digest:
        raise PaymentNotLinked("the terms have changed since they were shown")
    return linked


async def _ask_device(
    services: Services, brand: Brand, session: Session, psu: Psu, challenge: ScaChallenge, *, choice: Choice | None
) -> Response:
    """A device that waits for its owner is asked again; asking guesses nothing, so it is not counted."""
    evidence = await finish_challenge(services, brand, psu, challenge, "", linked=_linked(session, choice))
    if evidence is None:
        return await tell(services, session.journey, Notice.DEVICE_WAITING)
    return await _pass(services, brand, session, psu, choice, evidence=evidence)


async def _pass(
    services: Services, brand: Brand, session: Session, psu: Psu, choice: Choice | None, *, evidence: ScaEvidence
) -> Response:
    if choice is not None:
        return await complete_payment(services, brand, session, psu, choice, evidence=evidence)
    journey = session.journey
    moved = {"stage": AUTHENTICATED[journey.purpose], "notice": Notice.NONE}
    hold = moves(journey, **seen(journey, services.clock.wall()), **moved)
    await services.commands.run(RecordAuthentication(services, brand, hold, psu, evidence))
    return see_other(PATHS[journey.purpose][AUTHENTICATED[journey.purpose]])


async def _resend(services: Services, brand: Brand, session: Session, psu: Psu) -> Response:
    journey = session.journey
    _, choice = _open(session)
    try:
        await take(services, TakeSending(services, brand, holds(session), psu))
    except AttemptsExhausted:
        return await tell(services, journey, Notice.SENDING_BLOCKED)
    linked = _linked(session, choice)
    challenge, evidence = await start_challenge(services, brand, psu, authorisation_of(journey), linked)
    if evidence is not None:
        return await _pass(services, brand, session, psu, choice, evidence=evidence)
    sent = Notice.CODE_SENT if is_typed(services, challenge) else Notice.REQUEST_SENT
    begun = BeginChallenge(services, brand, moves(journey, notice=sent), Pending(challenge, choice))
    await services.commands.run(begun)
    return see_other(path_of(journey))
