"""Who may see and change a registration: whoever shows its own registration access token (RFC 7592 section 2), or the client itself by a
client-credentials token (UK Open Banking DCR 3.3); with a certificate of its organisation.
"""

import hmac

from consent.client_authentication.first_use import count_request
from consent.errors import RegistrationForeign
from consent.services import Services
from consent.tokens.presented import accept_token
from kernel.access import Client, Grant
from kernel.brand import Brand
from kernel.certificates import check_valid_at
from kernel.errors import CertificateForeign, CertificateMissing, TokenInvalid
from kernel.http.message import Request
from kernel.ids import hash_secret
from kernel.presented_token import parse_presented_token


async def load_own(services: Services, brand: Brand, request: Request, client_id: str) -> Client:
    """The active client of the address, for whoever may manage it. Raises CertificateMissing, RegistrationForeign, and what
    `accept_token` raises.

    A client that does not exist looks like one whose token is wrong (RFC 7592 section 2.1). Counts among its requests; raises
    RateExceeded."""
    client = await _find_own(services, brand, request, client_id)
    await count_request(services, brand, client)
    return client


async def _find_own(services: Services, brand: Brand, request: Request, client_id: str) -> Client:
    if request.certificate is None:
        raise CertificateMissing("no client certificate")
    check_valid_at(request.certificate, services.clock.wall())
    await services.certificate_status.check(request.certificate)
    presented = parse_presented_token(request)
    client = await services.snapshots.client(brand, client_id, fresh=True)
    if client is None or not client.active:
        raise TokenInvalid(f"client {client_id} is unknown or inactive")
    if client.registration is not None and hmac.compare_digest(hash_secret(presented.text), client.registration.token_hash):
        if request.certificate.organisation_id != client.organisation_id:  # nothing but its name binds this token
            raise CertificateForeign(f"a certificate of {request.certificate.organisation_id}")
        return client
    standing = await accept_token(services, brand, request)
    if standing.token.grant is not Grant.CLIENT_CREDENTIALS or standing.client.id != client.id:
        raise RegistrationForeign(f"token of {standing.client.id}, {standing.token.grant}")
    return standing.client
