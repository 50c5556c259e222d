"""POST /token: an authenticated client exchanges a grant for tokens bound to a key that it proves to hold. RFC 6749 section 3.2.

Order of refusals: form, client, grant type, proof of the key, then what the grant itself asks for.
"""

from consent.authorization.client_authentication.authenticate import authenticate_client
from consent.authorization.grants import GRANTS
from consent.authorization.grants.grant import GrantType, TokenRequest
from consent.authorization.messages.json_response import render_json
from consent.authorization.messages.parameters import REPEATABLE, TOKEN_FORM_BYTES_MAX, Parameters, receive_form
from consent.authorization.tokens.confirmation import confirm
from consent.authorization.tokens.proofs import offer_nonce
from consent.errors import AuthorizationDetailsInvalid, ClientUnauthorised, GrantTypeUnsupported
from consent.services import Services
from kernel.brand import Brand
from kernel.errors import FieldMissing
from kernel.http.message import Request, Response

_BY_NAME = {grant.name: grant for grant in GRANTS}


async def issue_tokens(services: Services, brand: Brand, request: Request) -> Response:
    parameters = await receive_form(request, limit=TOKEN_FORM_BYTES_MAX, repeatable=REPEATABLE)
    client = await authenticate_client(services, brand, request, parameters)
    if "authorization_details" in parameters:
        raise AuthorizationDetailsInvalid("at the token endpoint", public="A token carries all that its grant covers in detail.")
    grant = _find_grant(parameters)
    if grant.name not in client.grant_types:
        raise ClientUnauthorised(f"client {client.id} is not registered for {grant.name}")
    confirmation = await confirm(services, brand, client, request)
    answer = render_json(200, await grant.issue(TokenRequest(services, brand, client, parameters, confirmation)))
    return offer_nonce(services, brand, request, answer)


def _find_grant(parameters: Parameters) -> GrantType:
    name = parameters.get("grant_type")
    if name is None:
        raise FieldMissing(path="grant_type", public="The grant_type is missing.")
    grant = _BY_NAME.get(name)
    if grant is None:
        raise GrantTypeUnsupported("unknown grant_type")
    return grant
