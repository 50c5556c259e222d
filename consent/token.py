"""POST /token: an authenticated client exchanges a grant for tokens bound to its certificate. RFC 6749 section 3.2, RFC 8705.

Order of refusals: form, client, grant type, certificate, then what the grant itself asks for.
"""

from consent.client_authentication.authenticate import authenticate_client
from consent.errors import ClientUnauthorised, GrantTypeUnsupported
from consent.grants import GRANTS
from consent.grants.granting import GrantType, TokenRequest
from consent.json_response import render_json
from consent.parameters import Parameters, parse_form
from consent.services import Services
from kernel.access import Client
from kernel.brand import Brand
from kernel.certificates import Certificate, check_valid_at
from kernel.errors import CertificateForeign, CertificateMissing, FieldMissing
from kernel.http.message import Request, Response

_BY_NAME = {grant.name: grant for grant in GRANTS}


async def issue_tokens(services: Services, brand: Brand, request: Request) -> Response:
    parameters = parse_form(request)
    client = await authenticate_client(services, brand, request, parameters)
    grant = _find_grant(parameters)
    if grant.name not in client.grant_types:
        raise ClientUnauthorised(f"client {client.id} is not registered for {grant.name}")
    if request.certificate is None:
        raise CertificateMissing("no client certificate", public="A client certificate is required to issue a token bound to it.")
    check_valid_at(request.certificate, services.clock.wall())
    check_own_certificate(request.certificate, client)
    asked = TokenRequest(services, brand, client, parameters, request.certificate.thumbprint)
    return render_json(200, await grant.issue(asked))


def check_own_certificate(certificate: Certificate, client: Client) -> None:
    """A certificate that names an organisation speaks for that one only (RTS art. 34); one that names none is told by its binding.

    Raises CertificateForeign."""
    if certificate.organisation_id not in (None, client.organisation_id):
        raise CertificateForeign(f"client {client.id} with a certificate of {certificate.organisation_id}")


def _find_grant(parameters: Parameters) -> GrantType:
    name = parameters.get("grant_type")
    if name is None:
        raise FieldMissing(path="grant_type", public="The grant_type is missing.")
    grant = _BY_NAME.get(name)
    if grant is None:
        raise GrantTypeUnsupported("unknown grant_type")
    return grant
