"""The login page: who is the PSU? Then a new session secret, and strong authentication is started.

RTS (EU) 2018/389 article 4(3): five failed attempts block; the answer is the same for an unknown name and a wrong password.
"""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.journey.attempts import FAILURES_MAX, PEER_FAILURES_MAX, forgive_attempts, return_attempt, take_attempt
from consent.journey.boundary import see_other
from consent.journey.challenge import seal_challenge, seal_evidence, start_challenge
from consent.journey.cookies import set_cookie
from consent.journey.forms import Form, form_token
from consent.journey.outcome import deny
from consent.journey.problems import FormStale, JourneyAnswered
from consent.journey.rows import PATHS, Journey, Notice, Stage, load_journey, seen, take_journey, update_journey
from consent.journey.session import Session, answering
from consent.pages.render import render_page
from consent.ports import Psu
from consent.services import Services
from consent.store.authorisations import AuthorisationStatus, end_authorisation, record_evidence, start_authorisation
from kernel.brand import Brand
from kernel.http.message import Response
from kernel.ids import hash_secret

REDIRECT = "redirect"  # the approach of an authorisation that a browser carries


@dataclass(frozen=True, slots=True)
class Subjects:
    """What failed logins are counted by; names and addresses only as keyed digests."""

    password: str
    peer: str


async def show_login(services: Services, brand: Brand, session: Session) -> Response:
    return render_page(
        brand,
        "login",
        redirect_uri=session.asked.pushed.redirect_uri,
        notice=session.journey.notice,
        form_token=form_token(services.sealer, brand, session.journey, session.secret, Stage.PASSWORD),
        client_name=session.asked.client.name,
        organisation_name=session.asked.client.organisation_name,
    )


async def take_login(services: Services, brand: Brand, session: Session, form: Form) -> Response:
    if form.get("action") == "cancel" and not session.is_earlier:
        return await _cancel(services, brand, session)
    username = form.get("username").strip()
    subjects = Subjects(
        password=f"password/{services.sealer.blind(username.casefold(), 'attempts', brand.name)}",
        peer=f"peer/{services.sealer.blind(form.peer, 'attempts', brand.name)}",
    )
    if not await _take_attempts(services, brand, session.journey, subjects):
        return await _refuse(services, session, Notice.CREDENTIALS_BLOCKED)
    async with answering():
        psu = await services.identity.check_password(brand, username, form.get("password"))
    if psu is None:
        return await _refuse(services, session, Notice.CREDENTIALS_WRONG)
    return await _enter(services, brand, session, psu, subjects)


async def _take_attempts(services: Services, brand: Brand, journey: Journey, subjects: Subjects) -> bool:
    """Count this attempt against the journey, the PSU and the address. False if one of them has none left."""

    async def work(connection: AsyncConnection) -> bool:
        now = services.clock.wall()
        current = await load_journey(connection, brand.name, journey.secret_hash, lock=True)
        if current is None or current.password_failures >= FAILURES_MAX:
            return False
        await update_journey(connection, journey, password_failures=current.password_failures + 1)
        if not await take_attempt(connection, brand.name, subjects.peer, now, limit=PEER_FAILURES_MAX):
            return False
        return await take_attempt(connection, brand.name, subjects.password, now)

    return await services.database.write(work)


async def _refuse(services: Services, session: Session, notice: Notice) -> Response:
    if session.is_earlier:
        raise FormStale("a second login that failed leaves the first as it is")

    async def work(connection: AsyncConnection) -> None:
        await update_journey(connection, session.journey, notice=notice)

    await services.database.write(work)
    return see_other(PATHS[Stage.PASSWORD])


async def _enter(services: Services, brand: Brand, session: Session, psu: Psu, subjects: Subjects) -> Response:
    """The password was right: start strong authentication, and give the journey a new secret that only this answer carries."""
    challenge, evidence = await start_challenge(services, brand, psu, session.journey.id)
    secret = services.ids.secret()

    async def work(connection: AsyncConnection) -> Stage:
        await forgive_attempts(connection, brand.name, subjects.password)
        await return_attempt(connection, brand.name, subjects.peer)
        journey = await _reopen(connection, services, brand, session)
        authorisation_id = services.ids.uuid()
        now = services.clock.wall()
        await start_authorisation(
            connection,
            brand=brand.name,
            authorisation_id=authorisation_id,
            consent_id=journey.consent_id,
            psu_id=psu.id,
            approach=REDIRECT,
            at=now,
        )
        if evidence is not None:
            await record_evidence(
                connection, services.sealer, brand=brand.name, authorisation_id=authorisation_id, evidence=evidence
            )
        stage = Stage.SCA if evidence is None else Stage.CONSENT
        await update_journey(
            connection,
            journey,
            **seen(journey, now),
            secret_hash=hash_secret(secret),
            login_hash=hash_secret(session.secret),
            stage=stage,
            notice=Notice.NONE,
            psu_id=psu.id,
            authorisation_id=authorisation_id,
            password_failures=0,
            codes_sent=journey.codes_sent + 1,
            challenge=None if evidence is not None else seal_challenge(services.sealer, journey, challenge),
            evidence=None if evidence is None else seal_evidence(services.sealer, journey, evidence),
        )
        return stage

    stage = await services.database.write(work)
    return set_cookie(see_other(PATHS[stage]), secret)


async def _reopen(connection: AsyncConnection, services: Services, brand: Brand, session: Session) -> Journey:
    """The journey, locked, with no login in it. Raises JourneyAnswered if it ended meanwhile."""
    journey = await load_journey(connection, brand.name, hash_secret(session.secret), lock=True)
    if journey is None or journey.stage is Stage.DONE:
        raise JourneyAnswered(session.journey.id)
    if journey.authorisation_id is not None:  # the button was pressed twice: the second login replaces the first
        await end_authorisation(
            connection,
            services.sealer,
            brand=brand.name,
            authorisation_id=journey.authorisation_id,
            status=AuthorisationStatus.FAILED,
            at=services.clock.wall(),
        )
    return journey


async def _cancel(services: Services, brand: Brand, session: Session) -> Response:
    """Whoever leaves before signing in decides nothing about the consent; the TPP learns that no access was granted."""

    async def claim(connection: AsyncConnection) -> None:
        if not await take_journey(connection, session.journey, services.clock.wall()):
            raise JourneyAnswered(session.journey.id)

    return await deny(services, brand, session.asked, claim, psu_id=None, authorisation_id=None)
