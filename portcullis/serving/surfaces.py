"""The surfaces of a server, in the order in which they claim a path: the bare address, the consent server, then the resource APIs."""

from collections.abc import Awaitable, Callable

from multidict import CIMultiDict

from consent.customer.pages.render import render_unknown_page
from gateway.app import Gateway
from kernel.brand import Brand
from kernel.http.message import Request, Response
from portcullis.compose.composition import Composition
from portcullis.serving.front import Surface

HTML = "text/html"


def production_surfaces(composition: Composition) -> tuple[Surface, ...]:
    gateway, consent_server = composition.gateway, composition.consent_server
    return (
        Surface(lambda path: path == "/", show_dashboard, lambda *_: Response(400)),
        Surface(consent_server.owns, consent_server.handle, consent_server.refuse),
        Surface(lambda _path: True, _page_for_people(gateway), gateway.refuse),
    )


def _page_for_people(gateway: Gateway) -> Callable[[Brand, Request], Awaitable[Response]]:
    """The gateway, with a page in place of its refusal where a person's browser asks for what no API has."""

    async def handle(brand: Brand, request: Request) -> Response:
        if wants_page(request) and gateway.is_outside(brand, request.path):
            return render_unknown_page(brand)
        return await gateway.handle(brand, request)

    return handle


def wants_page(request: Request) -> bool:
    """Browsers name HTML among what they accept when a person opens an address; clients of an API do not."""
    accepted = (request.header("Accept") or "").lower()
    if HTML not in accepted or request.method not in {"GET", "HEAD"}:
        return False
    return HTML in (part.split(";")[0].strip() for part in accepted.split(","))


async def show_dashboard(brand: Brand, request: Request) -> Response:
    """A person who types the bank's address finds what is for people."""
    if request.method not in {"GET", "HEAD"}:
        return Response(405, headers=CIMultiDict({"Allow": "GET, HEAD"}))
    return Response(303, headers=CIMultiDict({"Location": f"{brand.issuer}/consents", "Cache-Control": "no-store"}))
