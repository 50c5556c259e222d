"""POST /par: an authenticated client pushes its authorization request and gets a request_uri for the browser. RFC 9126 section 2.

Everything that can be judged is judged here. A request that names no consent gets one from its authorization_details, or else from
the client's default permissions; both are stored, or neither.
"""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.amendment import seal_amendment
from consent.authorization_details import lodgement_of
from consent.authorize import run_steps
from consent.authorize.asking import Asking
from consent.authorize.pushed import REQUEST_URI_PREFIX, PushedRequest, issue_pushed
from consent.client_authentication.authenticate import authenticate_client
from consent.json_response import render_json
from consent.parameters import REPEATABLE, parse_form
from consent.services import Services
from kernel.banking.consents import ConsentKind, ConsentLodgement, Permission
from kernel.brand import Brand
from kernel.http.message import Request, Response
from kernel.ids import hash_secret

LODGED_AS_DEFAULT = "default"


async def push(services: Services, brand: Brand, request: Request) -> Response:
    parameters = parse_form(request, repeatable=REPEATABLE)
    client = await authenticate_client(services, brand, request, parameters)
    asking = Asking(services, brand, client, parameters)
    await run_steps(asking, "par")
    secret = services.ids.secret()

    async def work(connection: AsyncConnection) -> None:
        consent_id = asking.consent_id or await _lodge(connection, asking)
        await issue_pushed(connection, _pushed_of(asking, secret, consent_id))

    await services.database.write(work)
    return render_json(201, {"request_uri": REQUEST_URI_PREFIX + secret, "expires_in": services.settings.request_uri_seconds})


async def _lodge(connection: AsyncConnection, asking: Asking) -> str:
    lodgement = lodgement_of(asking.details) if asking.details else _default_of(asking)
    consent = await asking.services.store.lodge_within(connection, asking.brand, asking.client, lodgement)
    return consent.id


def _default_of(asking: Asking) -> ConsentLodgement:
    return ConsentLodgement(
        kind=ConsentKind.ACCOUNTS,
        lodged_as=LODGED_AS_DEFAULT,
        permissions=frozenset(Permission(permission) for permission in asking.client.default_permissions),
    )


def _pushed_of(asking: Asking, secret: str, consent_id: str) -> PushedRequest:
    parameters, now, pushed_id = asking.parameters, asking.services.clock.wall(), hash_secret(secret)
    sealer, amendment = asking.services.sealer, asking.amendment
    return PushedRequest(
        brand=asking.brand.name,
        id=pushed_id,
        request_uri=REQUEST_URI_PREFIX + secret,
        client_id=asking.client.id,
        redirect_uri=parameters["redirect_uri"],
        scope=asking.scope,
        state=parameters.get("state"),
        nonce=parameters.get("nonce"),
        code_challenge=parameters["code_challenge"],
        claims=asking.claims,
        acr_values=asking.acr_values,
        consent_id=consent_id,
        prompt=asking.prompt,
        max_age=asking.max_age,
        login_hint=parameters.get("login_hint"),
        ui_locales=tuple(parameters.get("ui_locales", "").split()),
        created_at=now,
        expires_at=now + timedelta(seconds=asking.services.settings.request_uri_seconds),
        dpop_jkt=parameters.get("dpop_jkt"),
        resources=asking.resources,
        is_detailed=asking.is_detailed,
        amendment=seal_amendment(sealer, asking.brand.name, pushed_id, amendment) if amendment else b"",
    )
