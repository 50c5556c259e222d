"""response_mode=fragment.jwt: one signed parameter in the fragment. JARM section 2.3.2."""

from consent.authorization.response_modes.fragment import with_fragment
from consent.authorization.response_modes.response import AuthorizationResponse
from consent.authorization.response_modes.signature import sign_response


class FragmentJwt:
    name = "fragment.jwt"

    def render(self, response: AuthorizationResponse) -> str:
        return with_fragment(response.destination.redirect_uri, {"response": sign_response(response)})
