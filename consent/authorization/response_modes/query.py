"""response_mode=query: the parameters are appended to the query, after those that the redirect_uri was registered with. RFC 6749
section 4.1.2."""

from collections.abc import Mapping
from urllib.parse import urlencode

from consent.authorization.response_modes.response import AuthorizationResponse


class Query:
    name = "query"

    def render(self, response: AuthorizationResponse) -> str:
        return with_query(response.destination.redirect_uri, response.named)


def with_query(redirect_uri: str, parameters: Mapping[str, str]) -> str:
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(parameters)}"
