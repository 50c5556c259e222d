"""Public JSON documents: the same for everyone, from anywhere (CORS), worth keeping for a while, and answered from memory.

RFC 9110 section 13.1.2 (If-None-Match), RFC 9111. A document is rendered once for each version of what it says.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from multidict import CIMultiDict

from kernel import json
from kernel.http.message import Request, Response

CORS = {"Access-Control-Allow-Origin": "*"}
PREFLIGHT_SECONDS = 86_400  # a browser may keep the answer to a preflight
DOCUMENTS_MAX = 2_000  # more than three for each brand that one worker serves


@dataclass(frozen=True, slots=True)
class _Rendered:
    version: int
    body: bytes
    etag: str


@dataclass(slots=True)
class Documents:
    """The documents of one worker, by brand and name."""

    rendered: dict[tuple[str, str], _Rendered] = field(default_factory=dict)

    def answer(
        self, request: Request, place: tuple[str, str], version: int, build: Callable[[], dict[str, Any]], *, cache_seconds: int
    ) -> Response:
        """`place` is brand and name; `build` is asked once for each version."""
        known = self.rendered.get(place)
        if known is None or known.version != version:
            if len(self.rendered) >= DOCUMENTS_MAX:
                self.rendered.clear()
            known = self.rendered[place] = _render(version, build())
        headers = CIMultiDict({"Cache-Control": f"public, max-age={cache_seconds}", "ETag": known.etag, **CORS})
        if _has(request, known.etag):
            return Response(304, None, headers)
        headers["Content-Type"] = "application/json"
        return Response(200, known.body, headers)


def _render(version: int, document: dict[str, Any]) -> _Rendered:
    body = json.encode(document)
    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()[:16]).rstrip(b"=").decode()
    return _Rendered(version, body, f'"{digest}"')


def _has(request: Request, etag: str) -> bool:
    """Does the caller hold this very document? Tags are compared weakly (RFC 9110 section 8.8.3.2)."""
    sent = (tag.strip().removeprefix("W/") for header in request.headers.getall("If-None-Match", ()) for tag in header.split(","))
    return any(tag in (etag, "*") for tag in sent)


def render_preflight(methods: tuple[str, ...]) -> Response:
    """Fetch standard, CORS preflight: any origin may read, none may send credentials."""
    headers = {
        **CORS,
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        "Allow": ", ".join(methods),
    }
    return Response(204, None, CIMultiDict(headers))
