"""response_mode=fragment: the parameters stay in the browser, which sends no fragment to anyone. Multiple Response Types section 2.1."""

from collections.abc import Mapping
from urllib.parse import urlencode

from consent.authorization.response_modes.response import AuthorizationResponse


class Fragment:
    name = "fragment"

    def render(self, response: AuthorizationResponse) -> str:
        return with_fragment(response.destination.redirect_uri, response.named)


def with_fragment(redirect_uri: str, parameters: Mapping[str, str]) -> str:
    """A registered redirect_uri has no fragment of its own."""
    return f"{redirect_uri}#{urlencode(parameters)}"
