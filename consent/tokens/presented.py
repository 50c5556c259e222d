"""Accept an access token that is presented to the authorization server itself, as a resource would. RFC 6750, RFC 8705 section 3,
RFC 9449 section 7.

Whether it still stands is asked of the database: nothing here is called often, and what was revoked is refused at the next call.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.clients.document import load_client
from consent.services import Services
from consent.snapshots import load_version
from consent.store.snapshots import load_consent
from consent.tokens.families import load_family
from consent.tokens.proofs import take_first_use
from consent.tokens.verify import TokenVerifier
from kernel.access import AccessToken, Client, FamilyState
from kernel.banking.consents import ConsentState
from kernel.brand import Brand
from kernel.certificates import check_owner, check_valid_at
from kernel.dpop_nonces import Nonces
from kernel.errors import CertificateMissing, TokenInvalid, TokenNotBound, TokenRevoked
from kernel.http.message import Request
from kernel.presented_token import TOKEN_BYTES_MAX, check_holder, parse_presented_token
from kernel.subjects import TOKEN_CURRENT, keys_subject, token_subject


async def accept_token(services: Services, brand: Brand, request: Request) -> tuple[AccessToken, Client]:
    """The token in force, presented by whom it is bound to, and its client. Raises TokenMissing, TokenInvalid, TokenExpired,
    TokenNotBound, TokenRevoked, CertificateExpired, CertificateForeign and what the certificate's status forbids; ProofMissing,
    ProofInvalid or ProofNonceRequired; Overloaded when a replay cannot be ruled out."""
    presented, wall, certificate = parse_presented_token(request), services.clock.wall(), request.certificate
    if certificate is not None:
        check_valid_at(certificate, wall)
        await services.certificate_status.check(certificate)
    token = await verify_current(services, brand, presented.text)
    try:
        proof = check_holder(token, presented, brand, request, wall=wall, nonces=Nonces(services.sealer))
    except CertificateMissing as problem:
        raise TokenNotBound(problem.detail) from None
    client = await check_in_force(services, brand, token)
    if certificate is not None:
        check_owner(certificate, client.organisation_id)
    if proof is not None:
        await take_first_use(services, brand, proof)
    return token, client


async def verify_current(services: Services, brand: Brand, presented: str) -> AccessToken:
    """A token for the brand's own API, by the keys that are current. Raises TokenInvalid or TokenExpired."""
    if len(presented) > TOKEN_BYTES_MAX:
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
