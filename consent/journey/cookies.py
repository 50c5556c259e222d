"""The cookies that tie a browser to its journeys, one for each purpose, so that neither ends the other. RFC 6265bis: the
`__Host-` prefix keeps other hosts and plain HTTP from setting it.

SameSite=Lax: sent when a TPP's page leads here, withheld from another site's form posts.
"""

from consent.journey.rows import LONGEST, Purpose
from kernel.http.message import Request, Response

NAMES = {Purpose.CONSENT: "__Host-journey", Purpose.DASHBOARD: "__Host-dashboard"}
SECRET_CHARACTERS_MAX = 128
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"


def set_cookie(response: Response, secret: str, purpose: Purpose = Purpose.CONSENT) -> Response:
    seconds = int(LONGEST[purpose].total_seconds())
    response.headers.add("Set-Cookie", f"{NAMES[purpose]}={secret}; {_ATTRIBUTES}; Max-Age={seconds}")
    return response


def clear_cookie(response: Response, purpose: Purpose = Purpose.CONSENT) -> Response:
    response.headers.add("Set-Cookie", f"{NAMES[purpose]}=; {_ATTRIBUTES}; Max-Age=0")
    return response


def read_cookie(request: Request, purpose: Purpose = Purpose.CONSENT) -> str | None:
    """The journey's secret, if the browser sent exactly one."""
    values = [
        value.strip()
        for header in request.headers.getall("Cookie", ())
        for name, _, value in (pair.partition("=") for pair in header.split(";"))
        if name.strip() == NAMES[purpose]
    ]
    return values[0] if len(values) == 1 and 0 < len(values[0]) <= SECRET_CHARACTERS_MAX else None
