"""Accept an access token that is presented to the authorization server itself, as a resource would. RFC 6750, RFC 8705 section 3.

Whether it still stands is asked of the database: nothing here is called often, and what was revoked is refused at the next call.
"""

import hmac
import re

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.clients.document import load_client
from consent.services import Services
from consent.snapshots import load_version
from consent.store.snapshots import load_consent
from consent.tokens.families import load_family
from consent.tokens.verify import TokenVerifier
from kernel.access import AccessToken, Client, FamilyState
from kernel.banking.consents import ConsentState
from kernel.brand import Brand
from kernel.certificates import check_owner, check_valid_at
from kernel.errors import TokenInvalid, TokenMissing, TokenNotBound, TokenRevoked
from kernel.http.message import Request
from kernel.subjects import TOKEN_CURRENT, keys_subject, token_subject

TOKEN_CHARS_MAX = 4096
_BEARER = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*)", re.ASCII | re.IGNORECASE)


async def accept_token(services: Services, brand: Brand, request: Request) -> tuple[AccessToken, Client]:
    """The token, bound to the certificate of this request and in force, and its client. Raises TokenMissing, TokenInvalid,
    TokenExpired, TokenNotBound, TokenRevoked, CertificateExpired or CertificateForeign."""
    token = await verify_current(services, brand, _read_bearer(request))
    if token.confirmation.method != "x5t#S256" or request.certificate is None:
        raise TokenNotBound("no certificate, or not what the token is bound to")
    if not hmac.compare_digest(token.confirmation.value.encode(), request.certificate.thumbprint.encode()):
        raise TokenNotBound(f"token {token.confirmation.value}, certificate {request.certificate.thumbprint}")
    check_valid_at(request.certificate, services.clock.wall())
    client = await check_in_force(services, brand, token)
    check_owner(request.certificate, client.organisation_id)
    return token, client


async def verify_current(services: Services, brand: Brand, presented: str) -> AccessToken:
    """A token for the brand's own API, by the keys that are current. Raises TokenInvalid or TokenExpired."""
    if len(presented) > TOKEN_CHARS_MAX:
        raise TokenInvalid("too long")
    verifier = TokenVerifier(services.keys, services.clock)
    if await load_version(services.database, keys_subject(brand.name)) != verifier.key_set_version(brand):
        await verifier.load_keys(brand)
    return verifier.verify(brand, presented)


async def check_in_force(services: Services, brand: Brand, token: AccessToken) -> Client:
    """The token's client, if token, client, family and consent are all in force. Raises TokenRevoked."""
    if await load_version(services.database, token_subject(brand.name, token.jti)) != TOKEN_CURRENT:
        raise TokenRevoked(f"token {token.jti}")
    async with services.database.read() as connection:
        client = await load_client(connection, brand.name, token.client_id)
        if client is None or not client.active:
            raise TokenRevoked(f"client {token.client_id} is unknown or inactive")
        if token.family_id is not None:
            await _check_grant(connection, services, brand, token)
    return client


async def _check_grant(connection: AsyncConnection, services: Services, brand: Brand, token: AccessToken) -> None:
    family = await load_family(connection, brand.name, token.family_id or "")
    if family is None or family.state is not FamilyState.ACTIVE or family.client_id != token.client_id:
        raise TokenRevoked(f"family {token.family_id} has ended, or is another client's")
    consent = await load_consent(connection, services.sealer, brand.name, family.consent_id)
    if consent is None or consent.effective_state(services.clock.now()) is not ConsentState.AUTHORISED:
        raise TokenRevoked(f"consent {family.consent_id} is not in force")


def _read_bearer(request: Request) -> str:
    headers = request.headers.getall("Authorization", [])
    if not headers:
        raise TokenMissing("no Authorization header")
    found = _BEARER.fullmatch(headers[0].strip()) if len(headers) == 1 else None
    if found is None or any(name == "access_token" for name, _ in request.query):
        raise TokenInvalid("not one bearer token, in one header")
    return found[1]
