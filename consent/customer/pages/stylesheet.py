"""The one stylesheet of the pages, in the brand's colour, under an address that names its content.

WCAG 2.2, 1.4.3 (contrast): text in a brand's colour, or on it, is readable for any colour.
"""

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from multidict import CIMultiDict

from kernel.brand import Brand
from kernel.http.message import Request, Response

if TYPE_CHECKING:
    from consent.services import Services

STYLESHEET_PATH = "/assets/portcullis.css"
CONTRAST_MIN = 4.5  # the contrast of text with its background: WCAG AA
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
LIGHT, DARK = WHITE, (27, 31, 39)  # the cards that the stylesheet draws, by colour scheme
_STEPS = 50
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_RULES = (Path(__file__).parent / "assets" / "portcullis.css").read_text()

Rgb = tuple[int, int, int]


async def show_stylesheet(_services: "Services", brand: Brand, request: Request) -> Response:
    is_current = ("v", _digest(brand.colour)) in request.query
    caching = "public, max-age=31536000, immutable" if is_current else "no-cache"
    headers = {"Content-Type": "text/css; charset=utf-8", "Cache-Control": caching, "X-Content-Type-Options": "nosniff"}
    return Response(200, render_stylesheet(brand.colour), CIMultiDict(headers))


def stylesheet_url(colour: str) -> str:
    return f"{STYLESHEET_PATH}?v={_digest(colour)}"


@lru_cache(maxsize=64)
def render_stylesheet(colour: str) -> bytes:
    """`colour` is `#rrggbb`. ValueError for anything else: it becomes part of the stylesheet."""
    accent = rgb_of(colour)
    on_accent = max((WHITE, BLACK), key=lambda ink: contrast(ink, accent))  # one of them always suffices
    properties = {
        "accent": accent,
        "on-accent": on_accent,
        "accent-on-light": readable(accent, LIGHT),
        "accent-on-dark": readable(accent, DARK),
    }
    declared = "".join(f"--{name}:rgb{value};" for name, value in properties.items())
    return f":root{{{declared}}}\n{_RULES}".encode()


def rgb_of(colour: str) -> Rgb:
    """ValueError for anything but `#rrggbb`."""
    if not _COLOUR.fullmatch(colour):
        raise ValueError("a brand's colour is written #rrggbb")
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def readable(ink: Rgb, paper: Rgb) -> Rgb:
    """`ink`, moved towards black or white until it can be read on `paper`."""
    goal: Rgb = BLACK if _luminance(paper) > 0.5 else WHITE
    mixes = (_mix(ink, goal, step / _STEPS) for step in range(_STEPS + 1))
    return next(mixed for mixed in mixes if contrast(mixed, paper) >= CONTRAST_MIN)


def contrast(one: Rgb, other: Rgb) -> float:
    """WCAG contrast ratio, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in (part / 255 for part in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mix(ink: Rgb, goal: Rgb, share: float) -> Rgb:
    red, green, blue = (round(part + (wanted - part) * share) for part, wanted in zip(ink, goal, strict=True))
    return red, green, blue


@lru_cache(maxsize=64)
def _digest(colour: str) -> str:
    return hashlib.sha256(render_stylesheet(colour)).hexdigest()[:16]
