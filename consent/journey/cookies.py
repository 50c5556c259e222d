"""The cookie that ties a browser to its journey. RFC 6265bis: the `__Host-` prefix keeps other hosts and plain HTTP from setting it.

SameSite=Lax: sent when a TPP's page leads here, withheld from another site's form posts.
"""

from consent.journey.rows import JOURNEY_MAX
from kernel.http.message import Request, Response

NAME = "__Host-journey"
SECRET_CHARACTERS_MAX = 128
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"


def set_cookie(response: Response, secret: str) -> Response:
    response.headers.add("Set-Cookie", f"{NAME}={secret}; {_ATTRIBUTES}; Max-Age={int(JOURNEY_MAX.total_seconds())}")
    return response


def clear_cookie(response: Response) -> Response:
    response.headers.add("Set-Cookie", f"{NAME}=; {_ATTRIBUTES}; Max-Age=0")
    return response


def read_cookie(request: Request) -> str | None:
    """The journey's secret, if the browser sent exactly one."""
    values = [
        value.strip()
        for header in request.headers.getall("Cookie", ())
        for name, _, value in (pair.partition("=") for pair in header.split(";"))
        if name.strip() == NAME
    ]
    return values[0] if len(values) == 1 and 0 < len(values[0]) <= SECRET_CHARACTERS_MAX else None
