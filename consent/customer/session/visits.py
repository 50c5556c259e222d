"""A visit to the dashboard before its first form: nothing but a marked cookie. Anyone may begin one, and nothing is written.

Its journey is what the cookie says, until the login form that was made for it comes back: then it is a row like any other.
"""

import uuid
from contextlib import suppress
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempts import BLOCKED_SECONDS, take_attempt, visit_subject
from consent.customer.session.cookies import LATE, new_secret, read_mark
from consent.services import Services
from consent.store.rows.journeys import IDLE_MAX, Journey, Notice, Purpose, Stage, insert_journey
from kernel.brand import Brand
from kernel.errors import RateExceeded
from kernel.ids import hash_secret

VISITS_MAX = 1000  # that reach the login form from one address within an hour: each is a row then


def new_visit(services: Services, brand: Brand, notice: Notice) -> str:
    """The secret of a visit that begins; `notice` is what its login page says first."""
    return new_secret(services, brand, Purpose.DASHBOARD, *((LATE,) if notice is Notice.TIMED_OUT else ()))


def unstored_visit(services: Services, brand: Brand, secret: str) -> Journey | None:
    """The visit that this secret began, as it is while nothing of it is stored."""
    for after, notice in (((), Notice.NONE), ((LATE,), Notice.TIMED_OUT)):
        began = read_mark(services.sealer, brand, Purpose.DASHBOARD, secret, *after)
        if began is not None:
            return _journey(brand, secret, notice, began)
    return None


def _journey(brand: Brand, secret: str, notice: Notice, began: datetime) -> Journey:
    secret_hash = hash_secret(secret)
    return Journey(
        brand=brand.name,
        id=str(uuid.UUID(secret_hash[:32])),
        secret_hash=secret_hash,
        login_hash=None,
        purpose=Purpose.DASHBOARD,
        pushed_id=None,
        client_id=None,
        consent_id=None,
        stage=Stage.PASSWORD,
        notice=notice,
        psu_id=None,
        authorisation_id=None,
        password_failures=0,
        code_failures=0,
        codes_sent=0,
        challenge=None,
        evidence=None,
        created_at=began,
        seen_at=began,
        expires_at=began + IDLE_MAX,
    )


async def store_visit(services: Services, brand: Brand, journey: Journey, peer: str) -> None:
    """Its form has come from this address. Raises RateExceeded."""

    async def work(connection: AsyncConnection) -> None:
        now = services.clock.wall()
        subject = visit_subject(services.sealer, brand.name, peer)
        # a proxy that names no client gives no address to count by: one limit would lock out everyone
        if peer and not await take_attempt(connection, brand.name, subject, now, limit=VISITS_MAX):
            raise RateExceeded("visits from one address", rule="visits", retry_after=BLOCKED_SECONDS)
        await insert_journey(
            connection,
            brand=brand.name,
            journey_id=journey.id,
            secret_hash=journey.secret_hash,
            purpose=journey.purpose,
            notice=journey.notice,
            now=now,
        )

    with suppress(IntegrityError):  # the button was pressed twice, and the other press stored it
        await services.database.write(work)
