"""POST /bc-authorize: an authenticated client sends a backchannel request to a customer. CIBA sections 7 and 13, FAPI-CIBA-ID1 5.2.2.

Everything is judged here, whose consent it is and whom it asks included: no page follows on which it could be refused. A request that
names no consent gets one, as at PAR; both are stored, or neither. A request that is refused is not remembered.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempts import hold_subject
from consent.authorization.authorize.request import AuthorizationRequest
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
from consent.store.rows.authorisations import Approach, start_authorisation
from consent.store.rows.snapshots import load_consent
from kernel.banking.authorisations import AuthorisationStatus
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
    asked = AuthorizationRequest(services, brand, client, parameters)
    try:
        await run_steps(asked, "backchannel")
        psu = await find_customer(asked)
        async with services.database.read() as connection:
            await _check_room(connection, asked, psu)
        await take_authentication_request(asked)
        secret = services.ids.secret()
        await services.commands.run(AskCustomer(asked, psu, secret))
    except Problem as problem:
        if oauth_error(problem)[1] == ACCESS_DENIED:  # with a status of its own here (CIBA section 13)
            raise AuthenticationForbidden(f"{problem.code}: {problem.detail}", public=problem.public) from None
        raise
    return render_json(200, {"auth_req_id": secret, "expires_in": asked.seconds, "interval": INTERVAL_SECONDS})


@dataclass(frozen=True, slots=True)
class AskCustomer:
    """Store a request that waits for its customer, with a consent if it names none. Raises what `_check_room` raises."""

    name = "ask_customer"
    locks = ()
    asked: AuthorizationRequest
    psu: Psu
    secret: str

    async def handle(self, unit: UnitOfWork) -> None:
        asked, brand, sealer, now = (
            self.asked,
            self.asked.brand.name,
            self.asked.services.sealer,
            self.asked.services.clock.wall(),
        )
        waiting = f"waiting/{sealer.blind(f'{asked.client.id}/{self.psu.id}', 'attempts', brand)}"
        await hold_subject(unit.connection, brand, waiting, now)  # of requests at once, each counts those before it
        await _check_room(unit.connection, asked, self.psu)
        row = BackchannelRequest(
            brand=brand,
            id=hash_secret(self.secret),
            client_id=asked.client.id,
            consent_id=asked.consent_id or await lodge_consent(unit, asked),
            psu_id=self.psu.id,
            authorisation_id=asked.services.ids.uuid(),
            state=RequestState.PENDING,
            wanted=_wanted_of(asked),
            interval_seconds=INTERVAL_SECONDS,
            created_at=now,
            expires_at=now + timedelta(seconds=asked.seconds),
        )
        await insert_request(unit.connection, row, _notification_of(asked, self.secret))
        await _start_authorisation(unit.connection, asked, row)
        unit.record(_entry(asked, row))


async def _start_authorisation(connection: AsyncConnection, asked: AuthorizationRequest, row: BackchannelRequest) -> None:
    """It waits with the request for the PSU whom the client named."""
    assert row.authorisation_id is not None
    await start_authorisation(
        connection,
        asked.services.sealer,
        brand=row.brand,
        authorisation_id=row.authorisation_id,
        subject_id=row.consent_id,
        psu_id=row.psu_id,
        approach=Approach.DECOUPLED,
        status=AuthorisationStatus.PSU_IDENTIFIED,
        at=row.created_at,
    )


async def _check_room(connection: AsyncConnection, asked: AuthorizationRequest, psu: Psu) -> None:
    """Raises ConsentForeign, or RateExceeded for one request too many."""
    await _check_psu(connection, asked, psu)
    now = asked.services.clock.wall()
    if await count_waiting(connection, asked.brand.name, psu.id, asked.client.id, now) >= WAITING_MAX:
        raise RateExceeded(f"requests of client {asked.client.id} to one customer", rule="waiting", retry_after=RETRY_SECONDS)


async def _check_psu(connection: AsyncConnection, asked: AuthorizationRequest, psu: Psu) -> None:
    """A consent that has been given once is its customer's. Raises ConsentForeign."""
    if asked.consent_id is None:
        return
    consent = await load_consent(connection, asked.services.sealer, asked.brand.name, asked.consent_id)
    if consent is None or consent.psu_id not in (None, psu.id):
        raise ConsentForeign("consent of another PSU than is asked")


def _wanted_of(asked: AuthorizationRequest) -> Wanted:
    return Wanted(
        scope=asked.scope,
        acr_values=asked.acr_values,
        userinfo_claims=userinfo_claims_asked(asked.services.dialects_of(asked.brand), asked.claims),
        resources=asked.resources,
        is_detailed=asked.is_detailed,
        binding_message=asked.binding_message,
    )


def _notification_of(asked: AuthorizationRequest, secret: str) -> bytes | None:
    if asked.notification_token is None:
        return None
    notification = Notification(auth_req_id=secret, token=asked.notification_token)
    return seal_notification(asked.services.sealer, asked.brand.name, hash_secret(secret), notification)


def _entry(asked: AuthorizationRequest, row: BackchannelRequest) -> Entry:
    return Entry(
        brand=row.brand,
        kind="customer.asked",
        aggregate_id=row.consent_id,
        at=row.created_at,
        actor=f"client:{row.client_id}",
        interaction_id=interaction_id.get(),
        facts={"psu_id": row.psu_id, "scope": list(row.wanted.scope), "seconds": asked.seconds},
    )
