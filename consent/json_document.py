"""Public JSON documents: the same for everyone, from anywhere (CORS), and worth keeping for a while."""

from typing import Any

from multidict import CIMultiDict

from kernel import json
from kernel.http.message import Response

CORS = {"Access-Control-Allow-Origin": "*"}
PREFLIGHT_SECONDS = 86_400


def render_public(document: dict[str, Any], cache_seconds: int) -> Response:
    headers = {"Content-Type": "application/json", "Cache-Control": f"public, max-age={cache_seconds}", **CORS}
    return Response(200, json.encode(document), CIMultiDict(headers))


def render_preflight(methods: tuple[str, ...]) -> Response:
    """Fetch standard, CORS preflight: any origin may read, nobody may send credentials."""
    headers = {
        **CORS,
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        "Allow": ", ".join(methods),
    }
    return Response(204, None, CIMultiDict(headers))
