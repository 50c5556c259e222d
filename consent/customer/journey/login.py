"""The login page: who is the PSU? Then a new session secret, and strong authentication is started.

RTS (EU) 2018/389 article 4(3): five failed attempts block; the answer is the same for an unknown name and a wrong password. The
page that comes again holds nothing that was typed: a password typed as the name would be stored with the journey and shown.
"""

from dataclasses import dataclass

import msgspec

from consent.authentication.attempt_counts import AttemptsExhausted, TakeSending, take
from consent.authentication.attempts import NO_ATTEMPT_LEFT, forgive_codes
from consent.authentication.challenge import start_challenge
from consent.authentication.logins import judge_password
from consent.authentication.progress import begin_challenge, log_in_again, record_authentication
from consent.customer.journey.blocked import show_blocked
from consent.customer.journey.boundary import see_other, tell
from consent.customer.journey.departure import leave
from consent.customer.pages.render import render_page
from consent.customer.session.cookies import ENTERED, new_secret, set_cookie
from consent.customer.session.forms import Form, form_token
from consent.customer.session.paths import path_of
from consent.customer.session.problems import FormStale
from consent.customer.session.progress import authorisation_of, holds, load_held
from consent.customer.session.session import Session
from consent.ports import Psu, ScaChallenge, ScaEvidence
from consent.services import Services
from consent.store.kinds.kind import JourneyStage
from consent.store.rows.authorisations import Pending
from consent.store.rows.journeys import AUTHENTICATED, Journey, Notice, Stage, seen, update_journey
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.http.message import Response
from kernel.ids import hash_secret


async def show_login(services: Services, brand: Brand, session: Session) -> Response:
    if session.journey.notice in (Notice.CREDENTIALS_BLOCKED, Notice.SENDING_BLOCKED):
        return show_blocked(services, brand, session)
    return render_page(
        brand,
        "login",
        redirect_uri=session.redirect_uri,
        notice=session.journey.notice,
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.PASSWORD),
        action=path_of(session.journey),
        client_name=session.client_name,
        on_behalf_of=session.on_behalf_of,
        wording=session.wording,
    )


async def take_login(services: Services, brand: Brand, session: Session, form: Form) -> Response:
    if form.get("action") == "cancel" and not session.is_earlier:
        return await leave(services, brand, session)
    hold = holds(session)
    try:
        psu = await judge_password(services, brand, hold, form.get("username"), form.get("password"), peer=form.peer)
    except AttemptsExhausted:
        return await _refuse(services, session, Notice.CREDENTIALS_BLOCKED, NO_ATTEMPT_LEFT)
    if psu is None:
        return await _refuse(services, session, Notice.CREDENTIALS_WRONG)
    return await _enter(services, brand, session, psu)


async def _refuse(services: Services, session: Session, notice: Notice, detail: str = "") -> Response:
    if session.is_earlier:
        raise FormStale("a second login that failed leaves the first as it is")
    return await tell(services, session.journey, notice, detail)


async def _enter(services: Services, brand: Brand, session: Session, psu: Psu) -> Response:
    """The password was right: start strong authentication, unless a page comes before it, and give the journey a new secret that only
    this answer carries."""
    challenge, evidence = None, None
    if JourneyStage.AUTHENTICATE in session.stages:
        try:
            await take(services, TakeSending(services, brand, holds(session), psu))
        except AttemptsExhausted:
            return await _refuse(services, session, Notice.SENDING_BLOCKED)
        challenge, evidence = await start_challenge(services, brand, psu, authorisation_of(session.journey))
    secret = new_secret(services, brand, session.journey.purpose, ENTERED)
    entered = await services.commands.run(EnterJourney(services, brand, session, psu, secret, challenge, evidence))
    return set_cookie(see_other(path_of(entered)), secret, entered.purpose)


@dataclass(frozen=True, slots=True)
class EnterJourney:
    """The PSU is known by password: the journey has a new secret and the page that is due, its authorisation what was started with it."""

    name = "enter_journey"
    locks = ()  # the journey is found by its secret, and locked by the statement that finds it
    services: Services
    brand: Brand
    session: Session
    psu: Psu
    secret: str
    challenge: ScaChallenge | None
    evidence: ScaEvidence | None

    async def handle(self, unit: UnitOfWork) -> Journey:
        services, brand, psu, connection = self.services, self.brand, self.psu, unit.connection
        journey = await load_held(connection, self.session)
        if self.evidence is not None:
            await forgive_codes(connection, services.sealer, brand.name, psu.id)
        authorisation_id = await log_in_again(connection, services, brand, authorisation_of(journey), psu)
        waits = self.challenge is not None and self.evidence is None
        entered = msgspec.structs.replace(
            journey,
            secret_hash=hash_secret(self.secret),
            login_hash=hash_secret(self.session.secret),
            stage=Stage.SCA if waits else AUTHENTICATED[journey.purpose],
            psu_id=psu.id,
            authorisation_id=authorisation_id,
        )
        await update_journey(
            connection,
            journey,
            **seen(journey, services.clock.wall()),
            secret_hash=entered.secret_hash,
            login_hash=entered.login_hash,
            stage=entered.stage,
            notice=Notice.NONE,
            psu_id=psu.id,
            authorisation_id=authorisation_id,
        )
        if self.evidence is not None:
            await record_authentication(unit, services, brand, authorisation_id, self.evidence)
        elif self.challenge is not None:
            await begin_challenge(connection, services, brand, authorisation_id, Pending(self.challenge))
        return entered
