"""The authorization response: 303 to the client's redirect_uri with code or error, state and iss, and nothing else.

RFC 6749 section 4.1.2, RFC 9207 section 2; 303 because the PSU's form post must not be repeated there (RFC 9700 section 4.12).
"""

from urllib.parse import urlencode

from multidict import CIMultiDict

from consent.authorize.pushed import PushedRequest
from consent.errors import render_description
from kernel.brand import Brand
from kernel.http.message import Response


def success_redirect(brand: Brand, pushed: PushedRequest, code: str) -> Response:
    return redirect(brand, pushed.redirect_uri, {"code": code}, pushed.state)


def error_redirect(brand: Brand, pushed: PushedRequest, error: str, description: str) -> Response:
    """`error` is an OAuth error code, `description` constant text."""
    return redirect(
        brand, pushed.redirect_uri, {"error": error, "error_description": render_description(description)}, pushed.state
    )


def redirect(brand: Brand, redirect_uri: str, parameters: dict[str, str], state: str | None) -> Response:
    """303 to a registered `redirect_uri`, whose own query stays as it was registered."""
    if state is not None:
        parameters = {**parameters, "state": state}
    answer = urlencode({**parameters, "iss": brand.issuer})
    separator = "&" if "?" in redirect_uri else "?"
    headers = CIMultiDict(
        {"Location": f"{redirect_uri}{separator}{answer}", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    )
    return Response(303, None, headers)
