"""The dispatch of every request to a brand and one of its surfaces, which decides everything else.

A brand is found by its configured host name; every request for an unknown host is refused (RFC 9110 section 15.5.20).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from kernel.brand import Brand
from kernel.errors import Problem
from kernel.http.message import Request, Response
from kernel.observability import trace
from kernel.observability.answer_log import log_refusal
from portcullis.settings.hosts import host_of, plain_host

MISDIRECTED = 421
HOST_CHARACTERS_MAX = 100  # of an unknown host in a log line


@dataclass(frozen=True, slots=True)
class Surface:
    """One face of a brand: what it answers, how, and how it refuses a head that could not be read."""

    owns: Callable[[str], bool]
    handle: Callable[[Brand, Request], Awaitable[Response]]
    refuse: Callable[[Brand, Request, Problem], Response]


def _misdirect(request: Request) -> Response:
    log_refusal("host_unknown", f"no brand is called {request.host[:HOST_CHARACTERS_MAX]}", listener=request.listener)
    return Response(MISDIRECTED)


class FrontDoor:
    """Host to brand, path to surface. The last surface owns what no other does."""

    def __init__(self, brands: Sequence[Brand], surfaces: Sequence[Surface]) -> None:
        self._brands = {host_of(url): brand for brand in brands for url in (brand.issuer, brand.mtls_url)}
        self._surfaces = tuple(surfaces)

    async def handle(self, request: Request) -> Response:
        brand = self._brands.get(plain_host(request.host))
        if brand is None:
            return _misdirect(request)
        belongs = trace.traceparent.set(trace.parse_traceparent(request.header(trace.HEADER)))
        try:
            return await self._surface(request.path).handle(brand, request)
        finally:
            trace.traceparent.reset(belongs)

    def refuse(self, request: Request, problem: Problem) -> Response:
        """The answer to what never became a request, in the words of the surface it was meant for."""
        brand = self._brands.get(plain_host(request.host))
        if brand is None:
            return _misdirect(request)
        return self._surface(request.path).refuse(brand, request, problem)

    def _surface(self, path: str) -> Surface:
        return next(surface for surface in self._surfaces if surface.owns(path))
