"""Access to a registration: by its own registration access token (RFC 7592 section 2), or by a client-credentials token of the client
itself (UK Open Banking DCR 3.3); with a certificate of its organisation.

A good token that is presented for an unknown registration, or another client's, is revoked, because it may have leaked. RFC 7592
section 2.1.
"""

from contextlib import suppress

from consent.authorization.client_authentication.first_use import count_request
from consent.authorization.clients.client import Client
from consent.authorization.clients.registry import revoke_registration_token
from consent.authorization.registration.tokens import is_token_of, load_token_owner
from consent.authorization.tokens.presented import accept_token
from consent.authorization.tokens.revoke import deny_token
from consent.callers import note_known
from consent.errors import RegistrationForeign
from consent.services import Services
from kernel.access import Grant
from kernel.brand import Brand
from kernel.certificates.certificate import Certificate, check_valid_at
from kernel.errors import CertificateForeign, CertificateMissing, ClientInactive, TokenInvalid
from kernel.http.message import Request
from kernel.tokens.presented import parse_presented_token

STRAYED = "presented for another registration"


async def load_own(services: Services, brand: Brand, request: Request, client_id: str) -> Client:
    """The active client that the address names, once the caller has proven that it may manage it. Raises CertificateMissing,
    RegistrationForeign, and what `accept_token` raises.

    The refusal for a client that does not exist is the one for a wrong token (RFC 7592 section 2.1). The request counts among the
    client's; raises RateExceeded."""
    client = await _find_own(services, brand, request, client_id)
    await count_request(services, brand, client)
    return client


async def _find_own(services: Services, brand: Brand, request: Request, client_id: str) -> Client:
    if request.certificate is None:
        raise CertificateMissing("no client certificate")
    check_valid_at(request.certificate, services.clock.wall())
    await services.certificate_status.check(request.certificate)
    token = parse_presented_token(request).text
    client = await services.clients.current(brand, client_id, fresh=True)
    if client is not None and client.active and is_token_of(client, token):
        _check_holder(client, request.certificate)
        note_known()
        return client
    await _revoke_stray(services, brand, request.certificate, token)
    standing = await accept_token(services, brand, request)
    if standing.token.grant is Grant.CLIENT_CREDENTIALS and standing.client.id == client_id:
        return standing.client
    if standing.token.grant is Grant.CLIENT_CREDENTIALS:
        await deny_token(services, brand, standing.token, actor=f"client:{standing.client.id}", reason=STRAYED)
    if client is None or not client.active:
        raise TokenInvalid(f"client {client_id} is unknown or inactive")
    raise RegistrationForeign(f"token of {standing.client.id}, {standing.token.grant}")


async def _revoke_stray(services: Services, brand: Brand, certificate: Certificate, token: str) -> None:
    """Revoke the registration access token of another client than was asked for, presented by its own organisation. Raises TokenInvalid
    for one; any other token is left to `accept_token`."""
    owner = await load_token_owner(services, brand, token)
    if owner is None or owner.registration is None:
        return
    _check_holder(owner, certificate)
    with suppress(ClientInactive):  # then the token is no good either
        await revoke_registration_token(services, brand, owner.id, owner.registration, reason=STRAYED)
    raise TokenInvalid(f"the registration access token of client {owner.id}, {STRAYED}")


def _check_holder(client: Client, certificate: Certificate) -> None:
    """Nothing but the organisation's name binds a registration access token. Raises CertificateForeign."""
    if certificate.organisation_id != client.organisation_id:
        raise CertificateForeign(f"a certificate of {certificate.organisation_id}")
