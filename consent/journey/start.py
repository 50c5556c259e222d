"""Begin a PSU's journey once every check of the authorization request has passed: tie it to a consent, give the browser a cookie.

Whose consent it is, and whether it may still be authorised, is refused here, before any page (OBIE R/W 4.0 consent re-authentication;
DESIGN: authorize). A request that names no consent gets one from its client's registered default.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authorize.pushed import PushedRequest
from consent.authorize.respond import error_redirect
from consent.errors import oauth_error
from consent.journey.boundary import render_problem, see_other
from consent.journey.cookies import set_cookie
from consent.journey.decisions import DEFAULT, settle
from consent.journey.outcome import check_authorisable
from consent.journey.rows import PATHS, Stage, find_consent, insert_journey
from consent.journey.session import Asked, load_active_client
from consent.services import Services
from consent.store.snapshots import load_consent
from kernel.access import Client
from kernel.banking.consents import Consent, ConsentKind, ConsentLodgement, Permission
from kernel.brand import Brand
from kernel.errors import ClientInactive, ConsentUnknown, FieldMissing, Problem
from kernel.http.message import Request, Response
from kernel.ids import hash_secret


async def begin(services: Services, brand: Brand, pushed: PushedRequest, _request: Request) -> Response:
    """303 to the login page; or, if a stored decision fits, straight back to the client; or the refusal, as the client may see it."""
    try:
        asked = await _load(services, brand, pushed)
        check_authorisable(asked.consent, client_id=pushed.client_id, psu_id=None, now=services.clock.now())
        return await settle(services, brand, asked) or await _open(services, brand, asked)
    except ClientInactive as problem:
        return render_problem(brand, problem)
    except Problem as problem:
        return error_redirect(brand, pushed, oauth_error(problem)[1], problem.public)


async def _load(services: Services, brand: Brand, pushed: PushedRequest) -> Asked:
    async with services.database.read() as connection:
        client = await load_active_client(connection, brand, pushed.client_id)
        consent_id = pushed.consent_id or await find_consent(connection, brand.name, pushed.id)
        consent = await load_consent(connection, services.sealer, brand.name, consent_id) if consent_id else None
    if consent is not None:
        return Asked(pushed, client, consent)
    if pushed.consent_id is not None:
        raise ConsentUnknown(pushed.consent_id)
    return Asked(pushed, client, await _lodge_default(services, brand, client))


async def _lodge_default(services: Services, brand: Brand, client: Client) -> Consent:
    if not client.default_permissions:
        raise FieldMissing("the request names no consent and the client has no default")
    lodgement = ConsentLodgement(
        kind=ConsentKind.ACCOUNTS,
        lodged_as=DEFAULT,
        permissions=frozenset(Permission(permission) for permission in client.default_permissions),
    )
    return await services.store.lodge(brand, client, lodgement)


async def _open(services: Services, brand: Brand, asked: Asked) -> Response:
    secret = services.ids.secret()

    async def work(connection: AsyncConnection) -> None:
        await insert_journey(
            connection,
            brand=brand.name,
            journey_id=services.ids.uuid(),
            secret_hash=hash_secret(secret),
            pushed_id=asked.pushed.id,
            client_id=asked.client.id,
            consent_id=asked.consent.id,
            now=services.clock.wall(),
        )

    await services.database.write(work)
    return set_cookie(see_other(PATHS[Stage.PASSWORD]), secret)
