"""The icon that a browser shows with a page's title: our mark on the brand's colour, under an address that names its content.

Browsers also ask for /favicon.ico by themselves; the same picture answers there.
"""

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from multidict import CIMultiDict

from consent.customer.pages.stylesheet import BLACK, WHITE, contrast, rgb_of
from kernel.brand import Brand
from kernel.http.message import Request, Response

if TYPE_CHECKING:
    from consent.services import Services

ICON_PATH = "/assets/icon.svg"
FAVICON_PATH = "/favicon.ico"
_MARK = "M10.5 23V12.5a5.5 5.5 0 0 1 11 0V23M16 7.5V24M9 15.5h14M9 19.5h14"


async def show_icon(_services: "Services", brand: Brand, request: Request) -> Response:
    is_current = ("v", _digest(brand.colour)) in request.query
    headers = {
        "Content-Type": "image/svg+xml",
        "Cache-Control": "public, max-age=31536000, immutable" if is_current else "public, max-age=3600",
        "Content-Security-Policy": "default-src 'none'",  # opened by itself, a picture may still run nothing
        "X-Content-Type-Options": "nosniff",
    }
    return Response(200, render_icon(brand.colour), CIMultiDict(headers))


def icon_url(colour: str) -> str:
    return f"{ICON_PATH}?v={_digest(colour)}"


@lru_cache(maxsize=64)
def render_icon(colour: str) -> bytes:
    """`colour` is `#rrggbb`. ValueError for anything else: it becomes part of the picture."""
    accent = rgb_of(colour)
    ink = max((WHITE, BLACK), key=lambda ink: contrast(ink, accent))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="7" fill="{colour}"/>'
        f'<path d="{_MARK}" fill="none" stroke="rgb{ink}" stroke-width="2" stroke-linecap="round"/></svg>'
    ).encode()


@lru_cache(maxsize=64)
def _digest(colour: str) -> str:
    return hashlib.sha256(render_icon(colour)).hexdigest()[:16]
