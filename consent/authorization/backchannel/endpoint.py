"""POST /bc-authorize: an authenticated client sends a backchannel request to a customer. CIBA sections 7 and 13, FAPI-CIBA-ID1 5.2.2.

Everything is judged here, whose consent it is and whom it asks included: no page follows on which it could be refused. A request that
names no consent gets one, as at PAR; both are stored, or neither. A request that is refused is not remembered.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempts import hold_subject
from consent.authorization.authorize.request import Asking
from consent.authorization.authorize.steps import run_steps
from consent.authorization.authorize.steps.request.check_authentication_request import take_authentication_request
from consent.authorization.authorize.stored_request import lodge_consent
from consent.authorization.backchannel.customers import find_customer
from consent.authorization.backchannel.notifier import Notification, seal_notification
from consent.authorization.backchannel.rows import (
    INTERVAL_SECONDS,
    BackchannelRequest,
    RequestState,
    Wanted,
    count_waiting,
    insert_request,
)
from consent.authorization.client_authentication.authenticate import authenticate_client
from consent.authorization.messages.json_response import render_json
from consent.authorization.messages.parameters import receive_form
from consent.authorization.offer.scopes import userinfo_claims_asked
from consent.errors import AuthenticationForbidden, oauth_error
from consent.ports import Psu
from consent.services import Services
from consent.store.rows.authorisations import Approach, AuthorisationStatus, start_authorisation
from consent.store.rows.snapshots import load_consent
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import ConsentForeign, Problem, RateExceeded
from kernel.http.message import Request, Response
from kernel.ids import hash_secret
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry

ACCESS_DENIED = "access_denied"
WAITING_MAX = 20  # requests of one client that wait for one customer: a customer must not be worn down by questions
RETRY_SECONDS = 60  # after which a client may ask a customer whom too many requests wait for


async def ask_customer(services: Services, brand: Brand, request: Request) -> Response:
    parameters = await receive_form(request)
    client = await authenticate_client(services, brand, request, parameters)
    asking = Asking(services, brand, client, parameters)
    try:
        await run_steps(asking, "backchannel")
        psu = await find_customer(asking)
        async with services.database.read() as connection:
            await _check_room(connection, asking, psu)
        await take_authentication_request(asking)
        secret = services.ids.secret()
        await services.commands.run(AskCustomer(asking, psu, secret))
    except Problem as problem:
        if oauth_error(problem)[1] == ACCESS_DENIED:  # with a status of its own here (CIBA section 13)
            raise AuthenticationForbidden(f"{problem.code}: {problem.detail}", public=problem.public) from None
        raise
    return render_json(200, {"auth_req_id": secret, "expires_in": asking.seconds, "interval": INTERVAL_SECONDS})


@dataclass(frozen=True, slots=True)
class AskCustomer:
    """Store a request that waits for its customer, with a consent if it names none. Raises what `_check_room` raises."""

    name = "ask_customer"
    locks = ()
    asking: Asking
    psu: Psu
    secret: str

    async def handle(self, unit: UnitOfWork) -> None:
        asking, brand, sealer, now = (
            self.asking,
            self.asking.brand.name,
            self.asking.services.sealer,
            self.asking.services.clock.wall(),
        )
        waiting = f"waiting/{sealer.blind(f'{asking.client.id}/{self.psu.id}', 'attempts', brand)}"
        await hold_subject(unit.connection, brand, waiting, now)  # of requests at once, each counts those before it
        await _check_room(unit.connection, asking, self.psu)
        row = BackchannelRequest(
            brand=brand,
            id=hash_secret(self.secret),
            client_id=asking.client.id,
            consent_id=asking.consent_id or await lodge_consent(unit, asking),
            psu_id=self.psu.id,
            authorisation_id=asking.services.ids.uuid(),
            state=RequestState.PENDING,
            wanted=_wanted_of(asking),
            interval_seconds=INTERVAL_SECONDS,
            created_at=now,
            expires_at=now + timedelta(seconds=asking.seconds),
        )
        await insert_request(unit.connection, row, _notification_of(asking, self.secret))
        await _start_authorisation(unit.connection, asking, row)
        unit.record(_entry(asking, row))


async def _start_authorisation(connection: AsyncConnection, asking: Asking, row: BackchannelRequest) -> None:
    """It waits with the request for the PSU whom the client named."""
    assert row.authorisation_id is not None
    await start_authorisation(
        connection,
        asking.services.sealer,
        brand=row.brand,
        authorisation_id=row.authorisation_id,
        subject_id=row.consent_id,
        psu_id=row.psu_id,
        approach=Approach.DECOUPLED,
        status=AuthorisationStatus.PSU_IDENTIFIED,
        at=row.created_at,
    )


async def _check_room(connection: AsyncConnection, asking: Asking, psu: Psu) -> None:
    """Raises ConsentForeign, or RateExceeded for one request too many."""
    await _check_psu(connection, asking, psu)
    now = asking.services.clock.wall()
    if await count_waiting(connection, asking.brand.name, psu.id, asking.client.id, now) >= WAITING_MAX:
        raise RateExceeded(f"requests of client {asking.client.id} to one customer", rule="waiting", retry_after=RETRY_SECONDS)


async def _check_psu(connection: AsyncConnection, asking: Asking, psu: Psu) -> None:
    """A consent that has been given once is its customer's. Raises ConsentForeign."""
    if asking.consent_id is None:
        return
    consent = await load_consent(connection, asking.services.sealer, asking.brand.name, asking.consent_id)
    if consent is None or consent.psu_id not in (None, psu.id):
        raise ConsentForeign("consent of another PSU than is asked")


def _wanted_of(asking: Asking) -> Wanted:
    return Wanted(
        scope=asking.scope,
        acr_values=asking.acr_values,
        userinfo_claims=userinfo_claims_asked(asking.services.dialects_of(asking.brand), asking.claims),
        resources=asking.resources,
        is_detailed=asking.is_detailed,
        binding_message=asking.binding_message,
    )


def _notification_of(asking: Asking, secret: str) -> bytes | None:
    if asking.notification_token is None:
        return None
    notification = Notification(auth_req_id=secret, token=asking.notification_token)
    return seal_notification(asking.services.sealer, asking.brand.name, hash_secret(secret), notification)


def _entry(asking: Asking, row: BackchannelRequest) -> Entry:
    return Entry(
        brand=row.brand,
        kind="customer.asked",
        aggregate_id=row.consent_id,
        at=row.created_at,
        actor=f"client:{row.client_id}",
        interaction_id=interaction_id.get(),
        facts={"psu_id": row.psu_id, "scope": list(row.wanted.scope), "seconds": asking.seconds},
    )
