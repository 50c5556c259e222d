"""A browser's journey with what it is about: the pushed request, its client, its consent, its authorisation. Found by cookie, or refused.

Viewing a page is activity: it restarts the idle limit. A journey that has ended stays ended.
"""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.bank_answer import answer_time
from consent.authorization.authorize.amendment import Amendment, amended, open_amendment
from consent.authorization.authorize.pushed import PushedRequest, load_begun
from consent.authorization.clients.client import Client
from consent.authorization.clients.rows import load_active_client
from consent.customer.session.cookies import read_cookie
from consent.customer.session.problems import FormStale, JourneyAnswered, JourneyExpired, JourneyUnknown
from consent.customer.session.visits import unstored_visit
from consent.errors import RequestUriInvalid
from consent.ports import Psu, ScaEvidence
from consent.services import Services
from consent.store.kinds.kind import JourneyStage, Wording
from consent.store.kinds.registry import kind_of
from consent.store.rows.authorisations import Authorisation, load_authorisation
from consent.store.rows.journeys import Journey, Purpose, Stage, load_journey, seen, update_journey
from consent.store.rows.snapshots import load_consent
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import Consent
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import ConsentUnknown
from kernel.http.message import Request
from kernel.ids import hash_secret

VISIT_STAGES = (JourneyStage.LOGIN, JourneyStage.AUTHENTICATE)  # of a PSU whom no TPP asks


@dataclass(frozen=True, slots=True)
class Asked:
    """A client's request: the pushed request, the client that pushed it, and the consent, with the requested amendment applied as if its
    PSU had agreed."""

    pushed: PushedRequest
    client: Client
    consent: Consent
    amendment: Amendment | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """`secret` is what the browser presented: the journey's own, or (`is_earlier`) the one its login page was served under.
    `request` is None when no TPP asks for anything, `authorisation` for a visit that is not stored."""

    journey: Journey
    secret: str
    request: Asked | None
    authorisation: Authorisation | None
    is_stored: bool = True  # not so a visit whose first form is still to come (consent/customer/session/visits.py)

    @property
    def is_earlier(self) -> bool:
        return self.journey.secret_hash != hash_secret(self.secret)

    @property
    def asked(self) -> Asked:
        """The TPP's request; only for a journey whose purpose is to answer one."""
        if self.request is None:
            raise RuntimeError(f"no client has asked in a journey to the {self.journey.purpose}")
        return self.request

    @property
    def stages(self) -> tuple[JourneyStage, ...]:
        """In the order in which the PSU passes them."""
        return kind_of(self.request.consent).stages if self.request is not None else VISIT_STAGES

    @property
    def is_linked(self) -> bool:
        """Strong authentication follows the page that shows it, and is bound to it."""
        return self.request is not None and kind_of(self.request.consent).is_linked

    @property
    def wording(self) -> Wording | None:
        """The texts of the pages for the kind of the requested consent."""
        return kind_of(self.request.consent).wording if self.request is not None else None

    @property
    def redirect_uri(self) -> str:
        """Where the journey may lead in the end, "" if to our own pages alone."""
        return self.request.pushed.redirect_uri if self.request else ""

    @property
    def client_name(self) -> str:
        """The name of the client that asks; "" on a visit to the dashboard."""
        return self.request.client.name if self.request else ""

    @property
    def on_behalf_of(self) -> str:
        return self.request.client.on_behalf_of if self.request else ""


async def load_session(
    services: Services, brand: Brand, request: Request, purpose: Purpose = Purpose.CONSENT, *, earlier_too: bool = False
) -> Session:
    """Raises JourneyUnknown, JourneyExpired, JourneyAnswered, RequestUriInvalid, ClientInactive, ConsentUnknown or ConsentNotAuthorised."""
    secret = read_cookie(services.sealer, brand, request, purpose)
    if secret is None:
        raise JourneyUnknown("no cookie of ours, or two")
    seeing = SeeJourney(services, brand, purpose, secret, earlier_too)
    async with services.database.read() as connection:  # nothing is locked or written for what is over
        found = await load_journey(connection, brand.name, hash_secret(secret))
    if found is None and purpose is Purpose.DASHBOARD:
        return Session(seeing.check(unstored_visit(services, brand, secret)), secret, None, None, is_stored=False)
    seeing.check(found)
    return await services.commands.run(seeing)


@dataclass(frozen=True, slots=True)
class SeeJourney:
    """Load a journey that is looked at: its idle limit starts again."""

    name = "see_journey"
    locks = ()  # found by a secret, and locked by the statement that finds it
    services: Services
    brand: Brand
    purpose: Purpose
    secret: str
    earlier_too: bool

    async def handle(self, unit: UnitOfWork) -> Session:
        services, brand, connection = self.services, self.brand, unit.connection
        journey = self.check(await load_journey(connection, brand.name, hash_secret(self.secret), lock=True))
        asked = await _load_journeys(connection, services, brand, journey) if self.purpose is Purpose.CONSENT else None
        await update_journey(connection, journey, **seen(journey, services.clock.wall()))
        assert journey.authorisation_id is not None
        authorisation = await load_authorisation(connection, services.sealer, brand.name, journey.authorisation_id)
        return Session(journey, self.secret, asked, authorisation)

    def check(self, journey: Journey | None) -> Journey:
        """Raises JourneyUnknown, JourneyAnswered or JourneyExpired."""
        is_earlier = journey is not None and journey.secret_hash != hash_secret(self.secret)
        if journey is None or journey.purpose is not self.purpose or (is_earlier and not self.earlier_too):
            raise JourneyUnknown("no journey of this secret")
        if journey.stage is Stage.DONE:
            raise JourneyAnswered(journey.id)
        if self.services.clock.wall() >= journey.expires_at:
            raise JourneyExpired(journey.id)
        return journey


async def _load_journeys(connection: AsyncConnection, services: Services, brand: Brand, journey: Journey) -> Asked:
    assert journey.pushed_id is not None
    assert journey.consent_id is not None
    return await load_asked(connection, services, brand, journey.pushed_id, journey.consent_id)


async def load_asked(connection: AsyncConnection, services: Services, brand: Brand, pushed_id: str, consent_id: str) -> Asked:
    """Load a request whose journey has begun. Raises RequestUriInvalid once it is answered, ClientInactive or ConsentUnknown."""
    pushed = await load_begun(connection, brand.name, pushed_id)
    if pushed is None:
        raise RequestUriInvalid("answered by another journey, or removed")
    consent = await load_consent(connection, services.sealer, brand.name, consent_id)
    if consent is None:
        raise ConsentUnknown(consent_id)
    amendment = open_amendment(services.sealer, pushed)
    client = await load_requesting_client(connection, brand, pushed)
    return Asked(pushed, client, amended(consent, amendment), amendment)


async def load_requesting_client(connection: AsyncConnection, brand: Brand, pushed: PushedRequest) -> Client:
    """The client that asks, while it lives where it wants its answer. Raises ClientInactive, or RequestUriInvalid when the address is
    no longer registered: its owner may have lost it."""
    client = await load_active_client(connection, brand, pushed.client_id)
    if pushed.redirect_uri not in client.redirect_uris:
        raise RequestUriInvalid("its redirect_uri was unregistered meanwhile")
    return client


async def load_psu(services: Services, brand: Brand, journey: Journey) -> Psu:
    """The PSU of a journey past its first stage. Raises JourneyUnknown when the identity provider knows them no more."""
    assert journey.psu_id is not None
    async with answer_time():
        psu = await services.identity.find(brand, journey.psu_id)
    if psu is None:
        raise JourneyUnknown("the identity provider does not know the PSU any more")
    return psu


def evidence_of(session: Session) -> ScaEvidence:
    """The evidence of the PSU's second factor. Raises FormStale."""
    found = session.authorisation
    if found is None or found.status is not AuthorisationStatus.AUTHENTICATED or found.evidence is None:
        raise FormStale("no evidence of strong authentication")
    return found.evidence
