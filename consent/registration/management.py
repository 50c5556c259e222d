"""Who may see and change a registration: whoever shows its own registration access token (RFC 7592 section 2), or the client itself by a
client-credentials token (UK Open Banking DCR 3.3); with a certificate of its organisation.
"""

import hmac

from consent.errors import RegistrationForeign
from consent.services import Services
from consent.tokens.verify import TokenVerifier
from kernel.access import Client, Grant
from kernel.brand import Brand
from kernel.certificates import check_owner, check_valid_at
from kernel.errors import CertificateMissing, Overloaded, TokenInvalid, TokenMissing, TokenNotBound, TokenRevoked
from kernel.hot_state import Current, VersionIs
from kernel.http.message import Request
from kernel.ids import hash_secret
from kernel.subjects import TOKEN_CURRENT, client_subject, keys_subject, token_subject

TOKEN_CHARS_MAX = 4096


async def load_own(services: Services, brand: Brand, request: Request, client_id: str) -> Client:
    """The active client of the address, for whoever may manage it. Raises CertificateMissing, CertificateExpired, CertificateForeign,
    TokenMissing, TokenInvalid, TokenExpired, TokenRevoked, TokenNotBound, RegistrationForeign, Overloaded, and what the certificate's
    status forbids.

    A client that does not exist looks like one whose token is wrong (RFC 7592 section 2.1)."""
    if request.certificate is None:
        raise CertificateMissing("no client certificate")
    check_valid_at(request.certificate, services.clock.wall())
    await services.certificate_status.check(request.certificate)
    presented = _presented(request)
    client = await services.snapshots.client(brand, client_id, fresh=True)
    if client is None or not client.active:
        raise TokenInvalid(f"client {client_id} is unknown or inactive")
    check_owner(request.certificate, client.organisation_id)
    if client.registration is not None and hmac.compare_digest(hash_secret(presented), client.registration.token_hash):
        return client
    await _check_access_token(services, brand, presented, request.certificate.thumbprint, client)
    return client


async def _check_access_token(services: Services, brand: Brand, presented: str, thumbprint: str, client: Client) -> None:
    token = TokenVerifier(services.keys, services.clock).verify(brand, presented)
    if token.confirmation.method != "x5t#S256" or not hmac.compare_digest(token.confirmation.value, thumbprint):
        raise TokenNotBound("presented with another certificate")
    if token.grant is not Grant.CLIENT_CREDENTIALS or token.client_id != client.id:
        raise RegistrationForeign(f"token of {token.client_id}, {token.grant}")
    checks = [
        VersionIs(keys_subject(brand.name), services.keys.version(brand.name)),
        VersionIs(client_subject(brand.name, client.id), client.version),
        VersionIs(token_subject(brand.name, token.jti), TOKEN_CURRENT),
    ]
    keys, of_client, of_token = await services.versions.decide(checks, spend=False, load_version=services.snapshots.load_version)
    if not isinstance(of_token, Current):
        raise TokenRevoked(f"token {token.jti}")
    if not isinstance(keys, Current) or not isinstance(of_client, Current):
        raise Overloaded("client or keys changed during the request")


def _presented(request: Request) -> str:
    """RFC 6750 section 2.1."""
    headers = request.headers.getall("Authorization", [])
    if len(headers) != 1:
        raise TokenMissing(f"{len(headers)} Authorization headers")
    scheme, _, presented = headers[0].strip().partition(" ")
    if scheme.lower() != "bearer" or not 1 <= len(presented) <= TOKEN_CHARS_MAX or not presented.isascii():
        raise TokenMissing("no bearer token")
    return presented.strip()
