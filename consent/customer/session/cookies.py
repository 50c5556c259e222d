"""The cookies that tie a browser to its journeys, one for each purpose, so that neither ends the other. RFC 6265bis: the
`__Host-` prefix keeps other hosts and plain HTTP from setting it.

SameSite=Lax: sent when a TPP's page leads here, withheld from another site's form posts. Each value bears a mark of ours
(kernel/tokens/marks.py): what was invented is refused before anything is looked up.
"""

from datetime import datetime

from consent.services import Services
from consent.store.rows.journeys import LONGEST, Purpose
from kernel.brand import Brand
from kernel.http.message import Request, Response
from kernel.storage.sealed import Sealer
from kernel.tokens.marks import mark, marked_at

NAMES = {Purpose.CONSENT: "__Host-journey", Purpose.DASHBOARD: "__Host-dashboard"}
LATE = "late"  # the mark of a visit that follows one that timed out
ENTERED = "entered"  # the mark of a browser whose customer has logged in
FACTS: dict[Purpose, tuple[tuple[str, ...], ...]] = {
    Purpose.CONSENT: ((), (ENTERED,)),
    Purpose.DASHBOARD: ((), (LATE,), (ENTERED,)),
}
SECRET_CHARACTERS_MAX = 128  # of a cookie's value that is looked up
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"


def new_secret(services: Services, brand: Brand, purpose: Purpose, *facts: str) -> str:
    """A new secret for a cookie. `facts` are part of its mark."""
    return mark(services.sealer, services.ids.secret(), services.clock.wall(), brand.name, purpose, *facts)


def read_mark(sealer: Sealer, brand: Brand, purpose: Purpose, secret: str, *facts: str) -> datetime | None:
    """When `new_secret` made this one, of these facts; None if it did not."""
    return marked_at(sealer, secret, brand.name, purpose, *facts)


def has_entered(sealer: Sealer, brand: Brand, purpose: Purpose, secret: str) -> bool:
    """Was the secret given for a password? Anyone is given one that was not."""
    return read_mark(sealer, brand, purpose, secret, ENTERED) is not None


def set_cookie(response: Response, secret: str, purpose: Purpose = Purpose.CONSENT) -> Response:
    seconds = int(LONGEST[purpose].total_seconds())
    response.headers.add("Set-Cookie", f"{NAMES[purpose]}={secret}; {_ATTRIBUTES}; Max-Age={seconds}")
    return response


def clear_cookie(response: Response, purpose: Purpose = Purpose.CONSENT) -> Response:
    response.headers.add("Set-Cookie", f"{NAMES[purpose]}=; {_ATTRIBUTES}; Max-Age=0")
    return response


def read_cookie(sealer: Sealer, brand: Brand, request: Request, purpose: Purpose = Purpose.CONSENT) -> str | None:
    """The journey's secret, if the browser sent exactly one and it bears our mark."""
    secret = _sent(request, purpose)
    is_ours = secret is not None and any(
        read_mark(sealer, brand, purpose, secret, *facts) is not None for facts in FACTS[purpose]
    )
    return secret if is_ours else None


def _sent(request: Request, purpose: Purpose) -> str | None:
    values = [
        value.strip()
        for header in request.headers.getall("Cookie", ())
        for name, _, value in (pair.partition("=") for pair in header.split(";"))
        if name.strip() == NAMES[purpose]
    ]
    return values[0] if len(values) == 1 and 0 < len(values[0]) <= SECRET_CHARACTERS_MAX else None
