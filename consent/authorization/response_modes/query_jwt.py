"""response_mode=query.jwt: one signed parameter in the query. JARM section 2.3.1."""

from consent.authorization.response_modes.query import with_query
from consent.authorization.response_modes.response import AuthorizationResponse
from consent.authorization.response_modes.signature import sign_response


class QueryJwt:
    name = "query.jwt"

    def render(self, response: AuthorizationResponse) -> str:
        return with_query(response.destination.redirect_uri, {"response": sign_response(response)})
