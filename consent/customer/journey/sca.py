"""Strong customer authentication by a code or a device: after the password and before anything of the PSU's is shown, or, for a payment,
after the page that shows it.

RTS (EU) 2018/389 article 4: five wrong codes block, whether they come in one journey or in several. Article 5: what a payment's
PSU confirms is compared with the payment as it stands now.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempt_turns import turn_of
from consent.authentication.attempts import FAILURES_MAX, NO_ATTEMPT_LEFT, code_subject, forgive_codes, take_attempt
from consent.authentication.challenge import (
    Choice,
    finish_challenge,
    is_typed,
    open_challenge,
    open_chosen,
    seal_challenge,
    seal_chosen,
    seal_evidence,
    start_challenge,
    take_sending,
)
from consent.authentication.linked_terms import linked_of, payment_in, render_facts, render_money
from consent.authentication.records import record_authentication
from consent.customer.journey.blocked import show_blocked
from consent.customer.journey.boundary import see_other, tell
from consent.customer.journey.departure import leave
from consent.customer.journey.payment import complete_payment
from consent.customer.pages.render import render_page
from consent.customer.session.forms import Form, form_token
from consent.customer.session.paths import PATHS, path_of
from consent.customer.session.problems import FormStale
from consent.customer.session.session import Session, load_psu
from consent.errors import PaymentNotLinked
from consent.ports import LinkedTerms, Psu, ScaChallenge, ScaEvidence
from consent.services import Services
from consent.store.rows.journeys import (
    AUTHENTICATED,
    CODES_SENT_MAX,
    Journey,
    Notice,
    Stage,
    load_journey,
    seen,
    update_journey,
    update_unmoved,
)
from kernel.brand import Brand
from kernel.http.message import Response


async def show_sca(services: Services, brand: Brand, session: Session) -> Response:
    journey = session.journey
    if journey.notice is Notice.CODE_BLOCKED:
        return show_blocked(services, brand, session)
    challenge, choice = _open(services, session)
    terms = payment_in(session.asked.consent) if session.is_payment else None
    return render_page(
        brand,
        "sca",
        redirect_uri=session.redirect_uri,
        notice=journey.notice,
        form_token=form_token(services.sealer, brand, journey, session.secret, Stage.SCA),
        action=path_of(journey),
        client_name=session.client_name,
        is_typed=challenge is None or is_typed(services, challenge),
        hint=challenge.hint if challenge else "",
        may_resend=journey.codes_sent < CODES_SENT_MAX and journey.notice is not Notice.SENDING_BLOCKED,
        amount=render_money(terms.amount) if terms else "",
        facts=(*render_facts(terms), ("From", choice.account if choice else "")) if terms else (),
    )


async def take_sca(services: Services, brand: Brand, session: Session, form: Form) -> Response:
    action = form.get("action")
    if action == "deny":
        return await leave(services, brand, session)
    psu = await load_psu(services, brand, session.journey)
    if action == "resend":
        return await _resend(services, brand, session, psu)
    challenge, choice = _open(services, session)
    if challenge is None or challenge.expires_at <= services.clock.wall():
        is_asked = challenge is not None and not is_typed(services, challenge)
        return await tell(services, session.journey, Notice.REQUEST_EXPIRED if is_asked else Notice.CODE_EXPIRED)
    if not is_typed(services, challenge):
        return await _ask_device(services, brand, session, psu, challenge, choice=choice)
    linked, code = _linked(session, choice), "".join(form.get("otp").split())
    async with services.attempt_turns.taking(turn_of(code_subject(services.sealer, brand.name, psu.id))):
        if not await _take_attempts(services, brand, session.journey, psu):
            return await tell(services, session.journey, Notice.CODE_BLOCKED, NO_ATTEMPT_LEFT)
        evidence = await finish_challenge(services, brand, psu, challenge, code, linked=linked)
        if evidence is None:
            return await tell(services, session.journey, Notice.CODE_WRONG)
        return await _pass(services, brand, session, psu, choice, evidence=evidence)


def _open(services: Services, session: Session) -> tuple[ScaChallenge | None, Choice | None]:
    """What is under way; for a payment, with the choice that it was started for."""
    if session.is_payment:
        return open_chosen(services.sealer, session.journey) or (None, None)
    return open_challenge(services.sealer, session.journey), None


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


async def _take_attempts(services: Services, brand: Brand, journey: Journey, psu: Psu) -> bool:
    """Count this attempt against the journey and the PSU. False if one of them has none left, or the journey moved on."""

    async def work(connection: AsyncConnection) -> bool:
        current = await load_journey(connection, brand.name, journey.secret_hash, lock=True)
        if current is None or current.stage is not Stage.SCA or current.code_failures >= FAILURES_MAX:
            return False
        await update_journey(connection, journey, code_failures=current.code_failures + 1)
        return await take_attempt(
            connection, brand.name, code_subject(services.sealer, brand.name, psu.id), services.clock.wall()
        )

    return await services.database.write(work)


async def _pass(
    services: Services, brand: Brand, session: Session, psu: Psu, choice: Choice | None, *, evidence: ScaEvidence
) -> Response:
    if choice is not None:
        return await complete_payment(services, brand, session, psu, choice, evidence=evidence)
    journey = session.journey

    async def work(connection: AsyncConnection) -> None:
        moved = await update_unmoved(
            connection,
            journey,
            **seen(journey, services.clock.wall()),
            stage=AUTHENTICATED[journey.purpose],
            notice=Notice.NONE,
            challenge=None,
            evidence=seal_evidence(services.sealer, journey, evidence),
        )
        if not moved:
            raise FormStale("the journey has moved on")
        await forgive_codes(connection, services.sealer, brand.name, psu.id)
        await record_authentication(connection, services, journey, psu, evidence)

    await services.database.write(work)
    return see_other(PATHS[journey.purpose][AUTHENTICATED[journey.purpose]])


async def _resend(services: Services, brand: Brand, session: Session, psu: Psu) -> Response:
    journey = session.journey
    _, choice = _open(services, session)
    if session.is_payment and choice is None:
        raise FormStale("no choice to confirm")
    if not await take_sending(services, brand, journey, psu):
        return await tell(services, journey, Notice.SENDING_BLOCKED)
    challenge, evidence = await start_challenge(services, brand, psu, journey.id, _linked(session, choice))
    if evidence is not None:
        return await _pass(services, brand, session, psu, choice, evidence=evidence)
    sealer = services.sealer
    sealed = seal_chosen(sealer, journey, challenge, choice) if choice else seal_challenge(sealer, journey, challenge)

    sent = Notice.CODE_SENT if is_typed(services, challenge) else Notice.REQUEST_SENT

    async def work(connection: AsyncConnection) -> None:
        if not await update_unmoved(connection, journey, challenge=sealed, notice=sent):
            raise FormStale("the journey has moved on: what was sent is nobody's")

    await services.database.write(work)
    return see_other(path_of(journey))
