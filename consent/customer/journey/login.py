"""The login page: who is the PSU? Then a new session secret, and strong authentication is started.

RTS (EU) 2018/389 article 4(3): five failed attempts block; the answer is the same for an unknown name and a wrong password. The
page that comes again holds nothing that was typed: a password typed as the name would be stored with the journey and shown.
"""

from dataclasses import dataclass

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempt_turns import turn_of
from consent.authentication.attempts import (
    FAILURES_MAX,
    NO_ATTEMPT_LEFT,
    PEER_FAILURES_MAX,
    forgive_attempts,
    forgive_codes,
    password_subject,
    peer_subject,
    return_attempt,
    take_attempt,
)
from consent.authentication.bank_answer import answering
from consent.authentication.challenge import seal_challenge, seal_evidence, start_challenge, take_sending
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


@dataclass(frozen=True, slots=True)
class Subjects:
    """What failed logins are counted by; names and addresses only as keyed digests."""

    password: str
    peer: str | None  # nobody's where the address is not known: behind a proxy that tells none, one limit would lock out everyone


class _AddressBlocked(Exception):
    """Rolls back what was counted for a guess that is not judged."""


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
    username = form.get("username").strip()
    subjects = Subjects(
        password=password_subject(services.sealer, brand.name, username),
        peer=peer_subject(services.sealer, brand.name, form.peer) if form.peer else None,
    )
    async with services.attempt_turns.taking(turn_of(subjects.password)):
        if not await _take_attempts(services, brand, session.journey, subjects):
            return await _refuse(services, session, Notice.CREDENTIALS_BLOCKED, NO_ATTEMPT_LEFT)
        async with answering():  # hashing takes its time: no transaction is open meanwhile
            psu = await services.identity.check_password(brand, username, form.get("password"))
        if psu is None:
            return await _refuse(services, session, Notice.CREDENTIALS_WRONG)
        await _return_attempts(services, brand, subjects)
    return await _enter(services, brand, session, psu)


async def _take_attempts(services: Services, brand: Brand, journey: Journey, subjects: Subjects) -> bool:
    """Count this attempt against the journey, the PSU and the address, locked in this order (kernel/storage/database.py). False if one of them
    has none left; of an address that has none left nothing else is counted, so that it locks no customer out."""

    async def work(connection: AsyncConnection) -> bool:
        now = services.clock.wall()
        current = await load_journey(connection, brand.name, journey.secret_hash, lock=True)
        if current is None or current.password_failures >= FAILURES_MAX:
            return False
        await update_journey(connection, journey, password_failures=current.password_failures + 1)
        has_more = await take_attempt(connection, brand.name, subjects.password, now)
        if subjects.peer and not await take_attempt(connection, brand.name, subjects.peer, now, limit=PEER_FAILURES_MAX):
            raise _AddressBlocked
        return has_more

    try:
        return await services.database.write(work)
    except _AddressBlocked:
        return False


async def _return_attempts(services: Services, brand: Brand, subjects: Subjects) -> None:
    """The password was right: the PSU's failures in a row start again from none, the address gets this one back."""

    async def work(connection: AsyncConnection) -> None:
        await forgive_attempts(connection, brand.name, subjects.password)
        if subjects.peer:
            await return_attempt(connection, brand.name, subjects.peer)

    await services.database.write(work)


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
