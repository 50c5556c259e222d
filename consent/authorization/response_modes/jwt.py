"""response_mode=jwt: signed, in the place that is usual for the response type. JARM section 2.3.4."""

from consent.authorization.response_modes.choice import usual_mode
from consent.authorization.response_modes.fragment_jwt import FragmentJwt
from consent.authorization.response_modes.query_jwt import QueryJwt
from consent.authorization.response_modes.response import AuthorizationResponse


class Jwt:
    name = "jwt"

    def render(self, response: AuthorizationResponse) -> str:
        place = QueryJwt() if usual_mode(response.destination.response_type) == "query" else FragmentJwt()
        return place.render(response)
