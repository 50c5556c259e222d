"""A visit to the dashboard before its first form: nothing but a marked cookie. Anyone may begin one, and nothing is written.

Its journey is what the cookie says, until the login form that was made for it comes back: then it is a row like any other.
"""

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from consent.authentication.attempts import BLOCKED_SECONDS, take_attempt, visit_subject
from consent.customer.session.cookies import LATE, new_secret, read_mark
from consent.services import Services
from consent.store.rows.authorisations import Approach, SubjectKind, start_authorisation
from consent.store.rows.journeys import IDLE_MAX, Journey, Notice, Purpose, Stage, insert_journey
from kernel.banking.authorisations import AuthorisationStatus
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
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
    visit_id = str(uuid.UUID(secret_hash[:32]))
    return Journey(
        brand=brand.name,
        id=visit_id,
        secret_hash=secret_hash,
        login_hash=None,
        purpose=Purpose.DASHBOARD,
        pushed_id=None,
        client_id=None,
        consent_id=None,
        stage=Stage.PASSWORD,
        notice=notice,
        psu_id=None,
        authorisation_id=visit_id,
        created_at=began,
        seen_at=began,
        expires_at=began + IDLE_MAX,
    )


async def store_visit(services: Services, brand: Brand, journey: Journey, peer: str) -> None:
    """Its form has come from this address. Raises RateExceeded."""
    with suppress(IntegrityError):  # the button was pressed twice, and the other press stored it
        await services.commands.run(StoreVisit(services, brand, journey, peer))


@dataclass(frozen=True, slots=True)
class StoreVisit:
    """A visit and the authorisation that it leads to, which has the visit's id."""

    name = "store_visit"
    locks = ()
    services: Services
    brand: Brand
    journey: Journey
    peer: str

    async def handle(self, unit: UnitOfWork) -> None:
        connection, brand, journey, now = unit.connection, self.brand.name, self.journey, self.services.clock.wall()
        subject = visit_subject(self.services.sealer, brand, self.peer)
        # a proxy that names no client gives no address to count by: one limit would lock out everyone
        if self.peer and not await take_attempt(connection, brand, subject, now, limit=VISITS_MAX):
            raise RateExceeded("visits from one address", rule="visits", retry_after=BLOCKED_SECONDS)
        await insert_journey(
            connection,
            brand=brand,
            journey_id=journey.id,
            authorisation_id=journey.id,
            secret_hash=journey.secret_hash,
            purpose=journey.purpose,
            notice=journey.notice,
            now=now,
        )
        await start_authorisation(
            connection,
            self.services.sealer,
            brand=brand,
            authorisation_id=journey.id,
            subject_kind=SubjectKind.VISIT,
            subject_id=journey.id,
            psu_id=None,
            approach=Approach.REDIRECT,
            status=AuthorisationStatus.RECEIVED,
            at=now,
        )
