"""POST /register, and GET, PUT and DELETE of a registration: a TPP registers its software by the statement of a directory.

RFC 7591 section 3, RFC 7592 section 2. On the mTLS listener only. Changing a registration leaves its tokens as they are; deleting
it ends them.
"""

from functools import partial
from typing import Any

import msgspec
from multidict import CIMultiDict

from consent.authorization.clients.client import Registration
from consent.authorization.clients.registry import deactivate_client, register_client, replace_client
from consent.authorization.clients.room import check_room
from consent.authorization.messages.json_response import render_json
from consent.authorization.registration.management import load_own
from consent.authorization.registration.metadata import metadata_of
from consent.authorization.registration.render import render_registration
from consent.authorization.registration.request import Asked, parse_request, receive_registration
from consent.authorization.registration.tokens import make_registration_token
from consent.authorization.tokens.proofs import offer_nonce
from consent.errors import ClientMetadataInvalid
from consent.services import Services
from kernel.brand import Brand
from kernel.certificates.certificate import Certificate, check_valid_at
from kernel.errors import CertificateMissing, OperationUnknown, RateExceeded
from kernel.hot_state.checks import Check, Exceeded, WithinRate
from kernel.hot_state.first_uses import check_first_use
from kernel.http.message import Request, Response
from kernel.ids import hash_secret

RATE_RULE = "registration"
RATE_LIMIT = 60  # registrations and changes of one organisation
RATE_WINDOW_SECONDS = 3600  # over which registrations are counted


async def register(services: Services, brand: Brand, request: Request) -> Response:
    certificate = await _check_caller(services, request)
    asked = await parse_request(services, brand, await receive_registration(request), certificate)
    metadata = metadata_of(services, brand, asked)
    async with services.database.read() as connection:
        await check_room(services, connection, brand.name, metadata.organisation_id)  # before anything is remembered
    await _take_request(services, brand, asked)
    client_id = services.ids.uuid()
    token = make_registration_token(services, client_id)
    client = await register_client(
        services,
        brand,
        metadata,
        client_id=client_id,
        registration=_registration_of(asked, token),
        actor=f"organisation:{asked.statement.organisation_id}",
    )
    return render_json(201, render_registration(brand, client, token=token))


async def read(services: Services, brand: Brand, request: Request) -> Response:
    _check_listener(request)
    client = await load_own(services, brand, request, _client_id(request))
    return offer_nonce(services, brand, request, render_json(200, render_registration(brand, client)))


async def replace(services: Services, brand: Brand, request: Request) -> Response:
    """The whole of it: what the request leaves out is as in a first registration. What a TPP cannot ask for stays as it is."""
    certificate = await _check_caller(services, request)
    client = await load_own(services, brand, request, _client_id(request))
    asked = await parse_request(services, brand, await receive_registration(request), certificate, client)
    metadata = msgspec.structs.replace(
        metadata_of(services, brand, asked),
        default_permissions=client.default_permissions,
        token_exchange_audiences=client.token_exchange_audiences,
    )
    await _take_request(services, brand, asked)
    token = make_registration_token(services, client.id)
    replaced = await replace_client(
        services,
        brand,
        client.id,
        metadata,
        registration=_registration_of(asked, token),
        replaced=client.registration,
        actor=f"client:{client.id}",
    )
    return offer_nonce(services, brand, request, render_json(200, render_registration(brand, replaced, token=token)))


async def delete(services: Services, brand: Brand, request: Request) -> Response:
    _check_listener(request)
    client = await load_own(services, brand, request, _client_id(request))
    await deactivate_client(services, brand, client.id, actor=f"client:{client.id}")
    return Response(204, headers=CIMultiDict({"Cache-Control": "no-store", "Pragma": "no-cache"}))


def _registration_of(asked: Asked, token: str) -> Registration:
    claims: dict[str, Any] = dict(asked.echoed)
    return Registration(
        token_hash=hash_secret(token),
        statement=asked.statement.text,
        claims=claims,
        directory_stale_seconds=asked.statement.keys_stale_seconds,
    )


def _check_listener(request: Request) -> None:
    if request.listener != "mtls":
        raise OperationUnknown("registration is on the mTLS listener only")


async def _check_caller(services: Services, request: Request) -> Certificate:
    _check_listener(request)
    if request.certificate is None:
        raise CertificateMissing("no client certificate", public="A client certificate is required to register.")
    check_valid_at(request.certificate, services.clock.wall())
    await services.certificate_status.check(request.certificate)
    return request.certificate


async def _take_request(services: Services, brand: Brand, asked: Asked) -> None:
    """The last check, for it is remembered: a client costs a row for ever, and a signed request is one request. Raises RateExceeded,
    ClientMetadataInvalid for a replay, or Overloaded when it cannot be ruled out."""
    key = f"{brand.name}/{RATE_RULE}/{hash_secret(asked.statement.organisation_id)}"
    checks: list[Check] = [WithinRate(key, RATE_LIMIT, RATE_WINDOW_SECONDS, RATE_RULE)]
    checks += [] if asked.first_use is None else [asked.first_use]
    rate, *uses = await services.versions.decide(checks, spend=True)
    for use in uses:
        check_first_use(use, partial(ClientMetadataInvalid, public="Sign the request again."))
    if isinstance(rate, Exceeded):
        raise RateExceeded(f"organisation {asked.statement.organisation_id}", rule=RATE_RULE, retry_after=rate.retry_after)


def _client_id(request: Request) -> str:
    return request.path.rpartition("/")[2]
