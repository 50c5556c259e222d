"""POST /par: an authenticated client pushes its authorization request and gets a request_uri for the browser. RFC 9126 section 2.

Everything that can be judged is judged here. A request that names no consent gets one from its authorization_details, or else from
the client's default permissions; both are stored, or neither.
"""

from datetime import timedelta

from consent.authorization.authorize.pushed import REQUEST_URI_PREFIX, new_request_secret
from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.authorize.steps import run_steps
from consent.authorization.authorize.stored_request import StoreRequest
from consent.authorization.client_authentication.authenticate import authenticate_client
from consent.authorization.clients.client import Client
from consent.authorization.messages.json_response import render_json
from consent.authorization.messages.parameters import REPEATABLE, receive_form
from consent.authorization.tokens.confirmation import check_proof_absent
from consent.authorization.tokens.proofs import offer_nonce, take_proof
from consent.services import Services
from kernel.brand import Brand
from kernel.http.message import Request, Response


async def push(services: Services, brand: Brand, request: Request) -> Response:
    parameters = await receive_form(request, repeatable=REPEATABLE)
    client = await authenticate_client(services, brand, request, parameters)
    asked = AuthorizationRequest(
        services, brand, client, parameters, proof_jkt=await _proven_key(services, brand, client, request)
    )
    await run_steps(asked, "par")
    asked.valid_until = services.clock.wall() + timedelta(seconds=services.settings.request_uri_seconds)
    secret = new_request_secret(services, brand)
    await services.commands.run(StoreRequest(asked, secret))
    answer = {"request_uri": REQUEST_URI_PREFIX + secret, "expires_in": services.settings.request_uri_seconds}
    return offer_nonce(services, brand, request, render_json(201, answer))


async def _proven_key(services: Services, brand: Brand, client: Client, request: Request) -> str | None:
    """The thumbprint of the key that a DPoP proof sent with the request shows. RFC 9449 section 10.1."""
    if client.sender_constraint != "dpop":
        check_proof_absent(request)
        return None
    return (await take_proof(services, brand, client, request)).jkt if "DPoP" in request.headers else None
