"""Begin a PSU's journey once every check of the authorization request has passed: tie it to a consent, give the browser a cookie.

Whose consent it is, and whether it may still be authorised, is refused here, before any page (FAPI2-SP-FINAL 5.3.2.2).
"""

from dataclasses import dataclass

from consent.authentication.attempts import BLOCKED_SECONDS, take_attempt
from consent.authentication.consent_subject import check_authorisable
from consent.authorization.authorize.amendment import amended, open_amendment
from consent.authorization.authorize.pushed import PushedRequest
from consent.authorization.authorize.response import refuse_pushed
from consent.authorization.clients.client import Client
from consent.customer.journey.boundary import see_other
from consent.customer.session.cookies import new_secret, set_cookie
from consent.customer.session.paths import PATHS
from consent.customer.session.session import Asked, load_requesting_client
from consent.errors import RequestUriInvalid
from consent.services import Services
from consent.store.rows.authorisations import Approach, start_authorisation
from consent.store.rows.journeys import Purpose, Stage, insert_journey
from consent.store.rows.snapshots import load_consent
from kernel.banking.authorisations import AuthorisationStatus
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import Problem, RateExceeded
from kernel.http.message import Response
from kernel.ids import hash_secret

JOURNEYS_MAX = 50  # of one request: each is a row, and every visit by a browser that has the request_uri begins one


async def begin(services: Services, brand: Brand, client: Client, pushed: PushedRequest) -> Response:
    """303 to the login page; or, if it was answered before, straight back to the client; or back to the client with the refusal.
    Raises RequestUriInvalid when the request was answered meanwhile, or RateExceeded, which leaves the request unanswered."""
    try:
        asked = await _load(services, brand, pushed)
        answered = await services.prior_answers.settle(services, brand, asked.consent, pushed.id, None)
        return answered or await _open(services, brand, asked)
    except (RequestUriInvalid, RateExceeded):
        raise
    except Problem as problem:
        return await refuse_pushed(services, brand, client, pushed, problem)


async def _load(services: Services, brand: Brand, pushed: PushedRequest) -> Asked:
    async with services.database.read() as connection:
        client = await load_requesting_client(connection, brand, pushed)
        consent_id = pushed.consent_id
        consent = await load_consent(connection, services.sealer, brand.name, consent_id) if consent_id else None
    consent = check_authorisable(consent, caller=client.caller, psu_id=None, now=services.clock.now())
    amendment = open_amendment(services.sealer, pushed)
    return Asked(pushed, client, amended(consent, amendment), amendment)


async def _open(services: Services, brand: Brand, asked: Asked) -> Response:
    secret = new_secret(services, brand, Purpose.CONSENT)
    await services.commands.run(BeginJourney(services, brand, asked, secret))
    return set_cookie(see_other(PATHS[Purpose.CONSENT][Stage.PASSWORD]), secret)


@dataclass(frozen=True, slots=True)
class BeginJourney:
    """A journey and the authorisation that it leads to. Raises RateExceeded for one too many of its request."""

    name = "begin_journey"
    locks = ()
    services: Services
    brand: Brand
    asked: Asked
    secret: str

    async def handle(self, unit: UnitOfWork) -> None:
        services, asked, connection, brand, now = (
            self.services,
            self.asked,
            unit.connection,
            self.brand.name,
            self.services.clock.wall(),
        )
        if not await take_attempt(connection, brand, f"journeys/{asked.pushed.id}", now, limit=JOURNEYS_MAX):
            raise RateExceeded("journeys of one request", rule="journeys", retry_after=BLOCKED_SECONDS)
        authorisation_id = services.ids.uuid()
        await insert_journey(
            connection,
            brand=brand,
            journey_id=services.ids.uuid(),
            authorisation_id=authorisation_id,
            secret_hash=hash_secret(self.secret),
            pushed_id=asked.pushed.id,
            client_id=asked.client.id,
            consent_id=asked.consent.id,
            now=now,
        )
        await start_authorisation(
            connection,
            services.sealer,
            brand=brand,
            authorisation_id=authorisation_id,
            subject_id=asked.consent.id,
            psu_id=None,
            approach=Approach.REDIRECT,
            status=AuthorisationStatus.RECEIVED,
            at=now,
        )
