"""POST /par: an authenticated client pushes its authorization request and gets a request_uri for the browser. RFC 9126 section 2.

Everything that can be judged is judged here. A request that names no consent gets one from its authorization_details, or else from
the client's default permissions; both are stored, or neither.
"""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authorization.agreement.amendment import seal_amendment
from consent.authorization.authorize.pushed import REQUEST_URI_PREFIX, PushedRequest, issue_pushed, new_request_secret
from consent.authorization.authorize.request import Asking
from consent.authorization.authorize.steps import run_steps
from consent.authorization.client_authentication.authenticate import authenticate_client
from consent.authorization.messages.json_response import render_json
from consent.authorization.messages.parameters import REPEATABLE, receive_form
from consent.authorization.offer.authorization_details import lodgement_of
from consent.authorization.tokens.confirmation import check_proof_absent
from consent.authorization.tokens.proofs import offer_nonce, take_proof
from consent.services import Services
from kernel.access import Client
from kernel.banking.consents import ConsentKind, ConsentLodgement, Permission
from kernel.brand import Brand
from kernel.http.message import Request, Response
from kernel.ids import hash_secret

LODGED_AS_DEFAULT = "default"


async def push(services: Services, brand: Brand, request: Request) -> Response:
    parameters = await receive_form(request, repeatable=REPEATABLE)
    client = await authenticate_client(services, brand, request, parameters)
    asking = Asking(services, brand, client, parameters, proof_jkt=await _proven_key(services, brand, client, request))
    await run_steps(asking, "par")
    asking.valid_until = services.clock.wall() + timedelta(seconds=services.settings.request_uri_seconds)
    secret = new_request_secret(services, brand)

    async def work(connection: AsyncConnection) -> None:
        await store_request(connection, asking, secret)

    await services.database.write(work)
    answer = {"request_uri": REQUEST_URI_PREFIX + secret, "expires_in": services.settings.request_uri_seconds}
    return offer_nonce(services, brand, request, render_json(201, answer))


async def _proven_key(services: Services, brand: Brand, client: Client, request: Request) -> str | None:
    """The thumbprint of the key that a DPoP proof beside the request shows. RFC 9449 section 10.1."""
    if client.sender_constraint != "dpop":
        check_proof_absent(request)
        return None
    return (await take_proof(services, brand, client, request)).jkt if "DPoP" in request.headers else None


async def store_request(connection: AsyncConnection, asking: Asking, secret: str) -> None:
    """A request that passed its steps, under `secret`, with a consent if it names none: both or neither, in the caller's transaction."""
    consent_id = asking.consent_id or await lodge_consent(connection, asking)
    await issue_pushed(connection, _pushed_of(asking, secret, consent_id))


async def lodge_consent(connection: AsyncConnection, asking: Asking) -> str:
    """The consent of a request that names none, by its own terms or the client's default."""
    lodgement = lodgement_of(asking.details, asking.services.clock.now()) if asking.details else _default_of(asking)
    consent = await asking.services.store.lodge_within(connection, asking.brand, asking.client, lodgement)
    return consent.id


def _default_of(asking: Asking) -> ConsentLodgement:
    return ConsentLodgement(
        kind=ConsentKind.ACCOUNTS,
        lodged_as=LODGED_AS_DEFAULT,
        permissions=frozenset(Permission(permission) for permission in asking.client.default_permissions),
    )


def _pushed_of(asking: Asking, secret: str, consent_id: str) -> PushedRequest:
    parameters, pushed_id = asking.parameters, hash_secret(secret)
    if asking.valid_until is None:
        raise RuntimeError("a request without an end")
    sealer, amendment = asking.services.sealer, asking.amendment
    return PushedRequest(
        brand=asking.brand.name,
        id=pushed_id,
        request_uri=REQUEST_URI_PREFIX + secret,
        client_id=asking.client.id,
        redirect_uri=parameters["redirect_uri"],
        response_type=asking.response_type,
        response_mode=asking.response_mode,
        scope=asking.scope,
        state=parameters.get("state"),
        nonce=parameters.get("nonce"),
        code_challenge=parameters.get("code_challenge"),
        claims=asking.claims,
        acr_values=asking.acr_values,
        consent_id=consent_id,
        prompt=asking.prompt,
        created_at=asking.services.clock.wall(),
        expires_at=asking.valid_until,
        dpop_jkt=asking.dpop_jkt,
        resources=asking.resources,
        is_detailed=asking.is_detailed,
        amendment=seal_amendment(sealer, asking.brand.name, pushed_id, amendment) if amendment else b"",
    )
