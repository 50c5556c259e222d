"""Read a form that a PSU's browser sent, and believe it only if our page made it for this journey and this stage.

RFC 9700 section 4.7 (cross-site request forgery): a token bound to journey, session secret and stage; `Origin` and
`Sec-Fetch-Site` are checked when the browser says them. Nothing about tokens is stored.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from consent.authorization.messages.parameters import FORM_BYTES_MAX
from consent.customer.session.cookies import read_cookie
from consent.customer.session.paths import PATHS
from consent.customer.session.problems import FormForged, FormMalformed, FormStale
from consent.store.rows.journeys import Journey, Purpose, Stage
from kernel.brand import Brand
from kernel.errors import MediaTypeUnsupported, Problem
from kernel.http.forms import check_media_type, parse_pairs
from kernel.http.message import Request
from kernel.storage.sealed import Sealer

PLAIN_FORM_BYTES_MAX = 8_192  # of a form in which no accounts are chosen
FIELDS_MAX = 600  # of one form: one for each account that may be chosen, and some more
FIELD_CHARACTERS_MAX = 1024  # of each field of a form
TOKEN_FIELD = "form_token"
REPEATABLE = frozenset({"account"})
_OWN_SITES = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class Form:
    fields: Mapping[str, str]
    accounts: tuple[str, ...]
    peer: str  # the network address that sent it

    def get(self, name: str) -> str:
        return self.fields.get(name, "")


def form_token(sealer: Sealer, brand: Brand, journey: Journey, secret: str, stage: Stage) -> str:
    key = sealer.derive("journey-form")
    message = "\n".join((brand.name, journey.id, stage, secret)).encode()
    return hashlib.blake2b(message, key=key, digest_size=32).hexdigest()


async def receive_form(sealer: Sealer, brand: Brand, request: Request, purpose: Purpose, limit: int) -> Request:
    """The request with its form. What the head refuses stays unread: a form that is none, or that comes without a cookie of ours.
    Raises what `Request.received` raises."""
    if read_cookie(sealer, brand, request, purpose) is None or not _is_form(request):
        return request
    return await request.received(limit)


def _is_form(request: Request) -> bool:
    try:
        check_media_type(request)
    except MediaTypeUnsupported:
        return False
    return True


def parse_form(request: Request) -> Form:
    """Raises FormMalformed."""
    if len(request.body) > FORM_BYTES_MAX:
        raise FormMalformed(f"{len(request.body)} bytes")
    try:
        check_media_type(request)
        pairs = parse_pairs(request.body.decode("ascii"), fields_max=FIELDS_MAX)
    except (Problem, UnicodeDecodeError) as error:
        raise FormMalformed(f"not a form: {type(error).__name__}") from None
    fields = {name: value for name, value in pairs if name not in REPEATABLE}
    if sum(name not in REPEATABLE for name, _ in pairs) != len(fields):
        raise FormMalformed("a field is repeated")
    if any(len(value) > FIELD_CHARACTERS_MAX for _, value in pairs):
        raise FormMalformed("a field is too long")
    return Form(fields, tuple(value for name, value in pairs if name in REPEATABLE), request.peer)


def check_form(
    form: Form, request: Request, *, sealer: Sealer, brand: Brand, journey: Journey, secret: str, stage: Stage
) -> None:
    """Raises FormForged for a form that is not ours, FormStale for one of another stage of this very journey."""
    check_origin(request, brand)
    presented = form.get(TOKEN_FIELD).encode()
    ours = {known: form_token(sealer, brand, journey, secret, known).encode() for known in PATHS[journey.purpose]}
    genuine = [known for known, token in ours.items() if hmac.compare_digest(presented, token)]
    if not genuine:
        raise FormForged("form token")
    if genuine != [stage]:
        raise FormStale(f"made for {genuine[0]}, sent to {stage}")


def check_origin(request: Request, brand: Brand) -> None:
    """Raises FormForged when the browser says that another site sent the form. A browser that honours our Referrer-Policy says
    `Origin: null` for our own forms, so null says nothing."""
    site = request.header("Sec-Fetch-Site")
    if site is not None and site not in _OWN_SITES:
        raise FormForged(f"Sec-Fetch-Site {site[:20]}")
    origin = request.header("Origin")
    if origin not in (None, "null", origin_of(brand.issuer), origin_of(brand.mtls_url)):
        raise FormForged("Origin of another site")


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
