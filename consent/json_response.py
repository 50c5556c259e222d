"""The JSON answers of the OAuth endpoints: never stored, and errors of two members only. RFC 6749 sections 5.1 and 5.2."""

from typing import Any

from multidict import CIMultiDict

from consent.errors import ClientUnauthenticated, oauth_error, render_description
from kernel import json
from kernel.errors import MethodNotAllowed, Problem, ProofNonceRequired, RateExceeded, TokenMissing
from kernel.http.message import Response

JSON = "application/json"
RETRY_SECONDS = 1


def render_json(status: int, document: dict[str, Any]) -> Response:
    return Response(status, json.encode(document), _headers())


def render_json_error(problem: Problem) -> Response:
    status, code = oauth_error(problem)
    headers = _headers()
    if isinstance(problem, ClientUnauthenticated) and problem.challenge:
        headers["WWW-Authenticate"] = 'Bearer error="invalid_client"'
    if isinstance(problem, ProofNonceRequired):
        headers["DPoP-Nonce"] = problem.nonce
    if code in {"invalid_token", "insufficient_scope"}:  # of a token that was presented (RFC 6750 section 3)
        headers["WWW-Authenticate"] = "Bearer" if isinstance(problem, TokenMissing) else f'Bearer error="{code}"'
    if isinstance(problem, MethodNotAllowed):
        headers["Allow"] = ", ".join(problem.allowed)
    if status in {429, 503}:
        headers["Retry-After"] = str(problem.retry_after if isinstance(problem, RateExceeded) else RETRY_SECONDS)
    return Response(status, json.encode({"error": code, "error_description": render_description(problem.public)}), headers)


def render_json_failure() -> Response:
    """For a broken invariant: nothing about it is the caller's business."""
    document = {"error": "server_error", "error_description": "The server failed. Nothing was changed."}
    return Response(500, json.encode(document), _headers())


def _headers() -> CIMultiDict[str]:
    return CIMultiDict({"Content-Type": JSON, "Cache-Control": "no-store", "Pragma": "no-cache"})
