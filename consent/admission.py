"""Admission: what a worker takes on for callers who have shown nothing yet, before anything is looked up for them.

Known is who brings a cookie or a request_uri that bears our mark (kernel/tokens/marks.py); and, once it is proven, a client or a token. All
others share a few places, and each address has a rate: when either is used up they are refused first, and alone. Who shows a certificate
needs no place, and the rate is its organisation's. What is to end an access has places and a rate of its own, so that no flood of
anything else keeps it out.

A mark costs nothing: each visit to the dashboard begins with one, and a TPP is given one with every request that it pushes. So marked
requests have a rate of their address as well, apart from that of strangers, and a wider one after the customer has logged in.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from consent.authorization.authorize.pushed import REQUEST_URI_PREFIX, is_ours
from consent.authorization.client_authentication.assertion import parse_unverified_client_id
from consent.authorization.messages.parameters import FORM_BYTES_MAX, TOKEN_FORM_BYTES_MAX, parse_query
from consent.callers import Caller, bind_caller
from consent.customer.session.cookies import has_entered, read_cookie
from consent.services import Services
from consent.store.rows.journeys import Purpose
from kernel.brand import Brand
from kernel.clock import monotonic
from kernel.errors import MediaTypeUnsupported, Overloaded, Problem, RateExceeded
from kernel.hot_state.checks import Exceeded, WithinRate
from kernel.hot_state.in_process import InProcessHotState
from kernel.http.admission.peer_share import share_of, share_of_caller
from kernel.http.forms import check_media_type, parse_form
from kernel.http.message import Request
from kernel.ids import hash_secret
from kernel.jose.jwt import JwtInvalid, parse_jwt

Lane = Literal["page", "client", "ending"]

AUTHORIZE = "/authorize"
FORMS = {  # bytes that each may have
    **dict.fromkeys((AUTHORIZE, "/par", "/bc-authorize"), FORM_BYTES_MAX),
    **dict.fromkeys(("/token", "/revoke", "/introspect"), TOKEN_FORM_BYTES_MAX),
}
WINDOW_SECONDS = 60  # over which requests of strangers are counted
MARK_REQUESTS_PER_MINUTE = 240  # requests that bring one cookie or one request_uri
ENTERED_FACTOR = 5  # how many times the rate of an address its customers have together once they have logged in
NAMED_FACTOR = 5  # how many times the rate of an address its calls have that name a client this worker knows, and prove nothing
LOOK_UPS_MAX, LOOK_UPS_SECONDS = 100, 2  # clients that one worker looks up for callers without a certificate, within so long
PLACES = {"page": 24, "client": 64, "ending": 24}  # calls of unknown callers that one worker has in hand at the same time


@dataclass(frozen=True, slots=True)
class Mark:
    """A secret of ours that a browser brings."""

    secret: str
    has_entered: bool


class Admission:
    """In the memory of one worker. `services.settings.unknown_requests_per_minute` is each address's rate."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._rates = InProcessHotState(monotonic, services.clock, services.ids)
        self._taken = dict.fromkeys(PLACES, 0)

    @asynccontextmanager
    async def admit(self, lane: Lane, brand: Brand, request: Request) -> AsyncIterator[Request]:
        """Hold a place while a request is answered, and yield the request, with its body where that is needed to judge it. Raises RateExceeded or
        Overloaded where its caller must be refused, and what `Request.received` raises."""
        if request.path == AUTHORIZE:
            request = await _with_form(request)
        if lane == "page" and (mark := _mark_of(self._services, brand, request)) is not None:
            await self._check_mark(mark, share_of(request.peer))
            yield request
            return
        async with self._unknown(lane, brand, request) as read:
            yield read

    @asynccontextmanager
    async def _unknown(self, lane: Lane, brand: Brand, request: Request) -> AsyncIterator[Request]:
        share, takes_place = share_of_caller(request.peer, request.certificate), request.certificate is None
        unknown, named = _rates_of(lane, share, self._services.settings.unknown_requests_per_minute)
        spent, caller = unknown, Caller()
        try:
            request = request if lane == "page" else await _with_form(request)  # a body that trickles in holds no place
            try:
                await self._check_rates(unknown, spend=False)
                if takes_place:
                    self._check_place(lane)
                    await self._check_look_ups(lane, brand, request)
            except (RateExceeded, Overloaded):
                if lane == "page" or not self._names_known_client(brand, request):
                    raise
                spent = named  # alone: a flood that names no client uses up nothing of those who do
                await self._check_rates(named, spend=False)
            self._taken[lane] += takes_place
            try:
                with bind_caller(caller):
                    yield request
            finally:
                self._taken[lane] -= takes_place
        finally:
            if not caller.is_known:
                await self._rates.decide(spent, spend=True)

    def _check_place(self, lane: Lane) -> None:
        if self._taken[lane] >= PLACES[lane]:
            raise Overloaded(f"{PLACES[lane]} calls of unknown callers are in hand ({lane})")

    async def _check_look_ups(self, lane: Lane, brand: Brand, request: Request) -> None:
        """A call that names a client which this worker does not remember costs a question to the database: there are so many a second, for
        all strangers together."""
        if lane == "ending" or request.path not in FORMS or self._names_known_client(brand, request):
            return
        (verdict,) = await self._rates.decide([WithinRate("look-ups", LOOK_UPS_MAX, LOOK_UPS_SECONDS)], spend=True)
        if isinstance(verdict, Exceeded):
            raise Overloaded(f"{LOOK_UPS_MAX} clients were looked up within {LOOK_UPS_SECONDS} seconds")

    async def _check_mark(self, mark: Mark, share: str) -> None:
        """One is good for so many requests, and so are all of an address."""
        rates = [WithinRate(f"mark/{hash_secret(mark.secret)}", MARK_REQUESTS_PER_MINUTE, WINDOW_SECONDS)]
        limit = self._services.settings.unknown_requests_per_minute
        if share and mark.has_entered:
            rates.append(WithinRate(f"entered/{share}", limit * ENTERED_FACTOR, WINDOW_SECONDS))
        elif share:
            rates.append(WithinRate(f"marked/{share}", limit, WINDOW_SECONDS))
        await self._check_rates(rates, spend=True)

    async def _check_rates(self, rates: Sequence[WithinRate], *, spend: bool) -> None:
        for verdict in await self._rates.decide(rates, spend=spend):
            if isinstance(verdict, Exceeded):
                raise RateExceeded("requests of one address, or with one cookie", rule="unknown", retry_after=verdict.retry_after)

    def _names_known_client(self, brand: Brand, request: Request) -> bool:
        """True if the request names a client that this worker remembers. Nothing is looked up for it until it has proven to be that one."""
        try:
            named = _client_named(request)
        except (Problem, JwtInvalid):
            return False
        return named is not None and self._services.clients.remembers(brand, named)


def _rates_of(lane: Lane, share: str, limit: int) -> tuple[list[WithinRate], list[WithinRate]]:
    """Of a caller who has proven nothing, and of one who names a client beyond that. Empty where a proxy names no client of its own."""
    if not share:
        return [], []
    key = f"{'ending' if lane == 'ending' else 'any'}/{share}"
    return (
        [WithinRate(f"unknown/{key}", limit, WINDOW_SECONDS)],
        [WithinRate(f"named/{key}", limit * NAMED_FACTOR, WINDOW_SECONDS)],
    )


def _client_named(request: Request) -> str | None:
    """The client that the form names, or its assertion; of an authorization request its parameters. Raises what parsing raises."""
    if request.path == AUTHORIZE:
        return _parameters_of(request).get("client_id")
    fields = parse_form(request, limit=FORM_BYTES_MAX)
    assertion = fields.get("client_assertion")
    return fields.get("client_id") or (parse_unverified_client_id(parse_jwt(assertion)) if assertion else None)


async def _with_form(request: Request) -> Request:
    """With its body, if that is a form."""
    limit = FORMS.get(request.path)
    if request.method != "POST" or limit is None:
        return request
    try:
        check_media_type(request)
    except MediaTypeUnsupported:
        return request
    return await request.received(limit)


def _mark_of(services: Services, brand: Brand, request: Request) -> Mark | None:
    """The request_uri at /authorize, else a cookie of the page's purpose."""
    if request.path == AUTHORIZE:
        secret = _parameters_of(request).get("request_uri", "").removeprefix(REQUEST_URI_PREFIX)
        return Mark(secret, has_entered=False) if is_ours(services.sealer, brand, secret) else None
    purpose = Purpose.DASHBOARD if request.path.startswith("/consents") else Purpose.CONSENT
    cookie = read_cookie(services.sealer, brand, request, purpose)
    return None if cookie is None else Mark(cookie, has_entered(services.sealer, brand, purpose, cookie))


def _parameters_of(request: Request) -> Mapping[str, str]:
    try:
        return parse_form(request, limit=FORM_BYTES_MAX) if request.method == "POST" else parse_query(request)
    except Problem:
        return {}
