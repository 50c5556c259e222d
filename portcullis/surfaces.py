"""The surfaces of a server, in the order in which they claim a path: the bare address, the consent server, then the resource APIs."""

from multidict import CIMultiDict

from consent.parameters import FORM_BYTES_MAX
from kernel.brand import Brand
from kernel.http.limits import BODY_BYTES_MAX
from kernel.http.message import Request, Response
from portcullis.compose import Composition
from portcullis.front import Surface


def production_surfaces(composition: Composition) -> tuple[Surface, ...]:
    gateway, consent_server = composition.gateway, composition.consent_server
    return (
        Surface(lambda path: path == "/", show_dashboard, lambda *_: Response(400), 0),
        Surface(consent_server.owns, consent_server.handle, consent_server.refuse, FORM_BYTES_MAX),
        Surface(lambda _path: True, gateway.handle, gateway.refuse, BODY_BYTES_MAX),
    )


async def show_dashboard(brand: Brand, request: Request) -> Response:
    """A person who types the bank's address finds what is for people."""
    if request.method not in {"GET", "HEAD"}:
        return Response(405, headers=CIMultiDict({"Allow": "GET, HEAD"}))
    return Response(303, headers=CIMultiDict({"Location": f"{brand.issuer}/consents", "Cache-Control": "no-store"}))
