"""Render a page that a PSU sees: HTML from a template that escapes everything, under headers that let it load and leak nothing.

Content-Security-Policy names the client's origin and our own: browsers hold `form-action` against the redirect that answers a form.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from multidict import CIMultiDict

from consent.customer.pages.icon import icon_url
from consent.customer.pages.notices import NOTICES
from consent.customer.pages.stylesheet import stylesheet_url
from kernel.brand import Brand
from kernel.http.message import Response

HEADING = "We could not continue"
NOT_FOUND = "The address may have been typed wrongly, or it is no longer used. If an app or website sent you here, go back to it and start again."
HSTS_SECONDS = 31_536_000  # a browser asks this host over TLS alone: a year
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PAGES = (
    *("login", "sca", "blocked", "consent", "nothing_to_share", "payment", "file", "nothing_to_pay_from", "error"),
    *("agreement", "nothing_to_agree_for", "agreement_stop"),
    *("access_list", "access_detail", "access_stop", "logged_out"),
    *("request", "request_without_account", "signature", "payment_detail", "payment_cancel", "checks", "result"),
)

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    auto_reload=False,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
for _name in _environment.list_templates():  # read now: rendering must not touch the disk, not even for what a page includes
    _environment.get_template(_name)
_TEMPLATES = {name: _environment.get_template(f"{name}.html") for name in _PAGES}


def render_page(
    brand: Brand, page: str, *, notice: str = "", redirect_uri: str = "", status: int = 200, **facts: Any
) -> Response:
    """`redirect_uri` is where a form of the page may lead in the end."""
    html = _TEMPLATES[page].render(
        brand=brand,
        stylesheet=stylesheet_url(brand.colour),
        icon=icon_url(brand.colour),
        notice=NOTICES.get(notice),
        **facts,
    )
    return Response(status, html.encode(), _headers(brand, redirect_uri))


def render_error_page(
    brand: Brand, error_code: str, text: str, status: int, *, carry_on: str = "", reason: str = "", heading: str = HEADING
) -> Response:
    """`error_code` is an OAuth error code, `text` constant; `carry_on` the path of a page on which the PSU may go on; `reason` what
    the developers of the client want to know, constant too."""
    facts = {"error_code": error_code, "text": text, "carry_on": carry_on, "reason": reason, "heading": heading}
    return render_page(brand, "error", status=status, **facts)


def render_unknown_page(brand: Brand) -> Response:
    """For a person whose browser asked for what is not there."""
    return render_error_page(brand, "not_found", NOT_FOUND, 404, heading="There is no such page")


@lru_cache(maxsize=1024)
def _content_security_policy(redirect_uri: str) -> str:
    parts = urlsplit(redirect_uri)
    client = f" {parts.scheme}://{parts.netloc}" if parts.netloc else ""
    return f"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{client}; frame-ancestors 'none'; base-uri 'none'"


def _headers(brand: Brand, redirect_uri: str) -> CIMultiDict[str]:
    # A developer's localhost serves other things over plain HTTP, which a remembered HSTS would break.
    hsts_seconds = 0 if urlsplit(brand.issuer).hostname in _LOOPBACK else HSTS_SECONDS
    return CIMultiDict(
        {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": _content_security_policy(redirect_uri),
            "X-Frame-Options": "DENY",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
            "Cache-Control": "no-store",
            "Strict-Transport-Security": f"max-age={hsts_seconds}",
        }
    )
