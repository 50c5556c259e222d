"""The login page: who is the PSU? Then a new session secret, and strong authentication is started.

RTS (EU) 2018/389 article 4(3): five failed attempts block; the answer is the same for an unknown name and a wrong password. The
page that comes again holds nothing that was typed: a password typed as the name would be stored with the journey and shown.
"""

from dataclasses import dataclass

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempts import FAILURES_MAX, NO_ATTEMPT_LEFT, forgive_codes
from consent.authentication.challenge import seal_challenge, seal_evidence, start_challenge, take_sending
from consent.authentication.logins import AttemptsExhausted, judge_password
from consent.authentication.records import record_authentication, start_authentication
from consent.customer.journey.blocked import show_blocked
from consent.customer.journey.boundary import see_other, tell
from consent.customer.journey.departure import leave
from consent.customer.pages.render import render_page
from consent.customer.session.cookies import ENTERED, new_secret, set_cookie
from consent.customer.session.forms import Form, form_token
from consent.customer.session.paths import path_of
from consent.customer.session.problems import FormStale, JourneyAnswered
from consent.customer.session.session import Session
from consent.ports import Psu
from consent.services import Services
from consent.store.rows.journeys import AUTHENTICATED, Journey, Notice, Stage, load_journey, seen, update_journey
from kernel.brand import Brand
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
        is_payment=session.is_payment,
    )


async def take_login(services: Services, brand: Brand, session: Session, form: Form) -> Response:
    if form.get("action") == "cancel" and not session.is_earlier:
        return await leave(services, brand, session)
    trial = _Trial(brand.name, session.journey)
    try:
        psu = await judge_password(services, brand, trial, form.get("username"), form.get("password"), peer=form.peer)
    except AttemptsExhausted:
        return await _refuse(services, session, Notice.CREDENTIALS_BLOCKED, NO_ATTEMPT_LEFT)
    if psu is None:
        return await _refuse(services, session, Notice.CREDENTIALS_WRONG)
    return await _enter(services, brand, session, psu)


@dataclass(frozen=True, slots=True)
class _Trial:
    """Wrong passwords of a journey, counted in its row."""

    brand: str
    journey: Journey

    async def count_first(self, connection: AsyncConnection) -> bool:
        current = await load_journey(connection, self.brand, self.journey.secret_hash, lock=True)
        if current is None or current.password_failures >= FAILURES_MAX:
            return False
        await update_journey(connection, self.journey, password_failures=current.password_failures + 1)
        return True

    async def count_last(self, _connection: AsyncConnection) -> bool:
        return True


async def _refuse(services: Services, session: Session, notice: Notice, detail: str = "") -> Response:
    if session.is_earlier:
        raise FormStale("a second login that failed leaves the first as it is")
    return await tell(services, session.journey, notice, detail)


async def _enter(services: Services, brand: Brand, session: Session, psu: Psu) -> Response:
    """The password was right: start strong authentication, unless it is a payment's, and give the journey a new secret that only this
    answer carries."""
    if not session.is_payment and not await take_sending(services, brand, session.journey, psu):
        return await _refuse(services, session, Notice.SENDING_BLOCKED)
    started = None if session.is_payment else await start_challenge(services, brand, psu, session.journey.id)
    challenge, evidence = started or (None, None)
    secret = new_secret(services, brand, session.journey.purpose, ENTERED)

    async def work(connection: AsyncConnection) -> Journey:
        journey = await load_journey(connection, brand.name, hash_secret(session.secret), lock=True)
        if journey is None or journey.stage is Stage.DONE:
            raise JourneyAnswered(session.journey.id)
        if evidence is not None:
            await forgive_codes(connection, services.sealer, brand.name, psu.id)
        authorisation_id = await start_authentication(connection, services, journey, psu)
        entered = msgspec.structs.replace(
            journey,
            secret_hash=hash_secret(secret),
            login_hash=hash_secret(session.secret),
            stage=Stage.SCA if started and evidence is None else AUTHENTICATED[journey.purpose],
            psu_id=psu.id,
            authorisation_id=authorisation_id,
        )
        if evidence is not None:
            await record_authentication(connection, services, entered, psu, evidence)
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
            password_failures=0,
            challenge=None if challenge is None or evidence is not None else seal_challenge(services.sealer, journey, challenge),
            evidence=None if evidence is None else seal_evidence(services.sealer, journey, evidence),
        )
        return entered

    entered = await services.database.write(work)
    return set_cookie(see_other(path_of(entered)), secret, entered.purpose)
