"""Refuse a response type that the client may not use, and a response mode that does not fit it.

FAPI2-SP-FINAL 5.3.2.2-1, FAPI1-ADV 5.2.2-2 (code id_token, or code with a signed response), OAuth 2.0 Multiple Response Type Encoding
Practices section 5 (never a token in the query), JARM section 2.3. A signed response is for clients that registered
authorization_signed_response_alg: without it JARM would mean RS256, which no profile of ours allows.
"""

from consent.authorization.authorize.request import AuthorizationRequest
from consent.authorization.response_modes.choice import canonical_type, modes_of, usual_mode
from consent.errors import ResponseTypeUnsupported
from kernel.errors import FieldInvalid, FieldMissing


async def check_response_type(asked: AuthorizationRequest) -> None:
    value = asked.parameters.get("response_type")
    if value is None:
        raise FieldMissing(path="response_type", public="The response_type is missing.")
    response_type = canonical_type(value)
    modes = modes_of(asked.client, response_type)
    if not modes:
        raise ResponseTypeUnsupported("not of the client or its profile")
    response_mode = asked.parameters.get("response_mode", usual_mode(response_type))
    if response_mode not in modes:
        raise FieldInvalid(f"not one of {modes}", path="response_mode", public="The response_mode does not fit the request.")
    asked.response_type, asked.response_mode = response_type, response_mode
