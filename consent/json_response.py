"""The JSON answers of the OAuth endpoints: never stored, and errors of two members only. RFC 6749 sections 5.1 and 5.2."""

from typing import Any

from multidict import CIMultiDict

from consent.errors import ClientUnauthenticated, oauth_error, render_description
from kernel import json
from kernel.errors import (
    CertificateBlocked,
    CertificateExpired,
    CertificateForeign,
    CertificateInvalid,
    CertificateMissing,
    CertificateRevoked,
    MethodNotAllowed,
    Problem,
    ProofInvalid,
    ProofMissing,
    ProofNonceRequired,
    RateExceeded,
    ScopeInsufficient,
    TokenMissing,
)
from kernel.http.challenges import add_challenges
from kernel.http.message import Response

JSON = "application/json"
NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}
RETRY_SECONDS = 1
SENDER_REFUSED = (
    *(ProofMissing, ProofInvalid, ProofNonceRequired),
    *(CertificateMissing, CertificateInvalid, CertificateExpired, CertificateForeign, CertificateRevoked, CertificateBlocked),
)


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


def render_resource_error(problem: Problem) -> Response:
    """The same for an endpoint that an access token opens: whatever is wrong with the token, or with who presents it, is 401, and the
    answer says what would be right. RFC 6750 section 3.1, RFC 9449 section 7.1."""
    response = render_json_error(problem)
    if isinstance(problem, SENDER_REFUSED):
        response.status = 401
    if response.status == 401 or isinstance(problem, ScopeInsufficient):
        response.headers.popall("WWW-Authenticate", None)
        add_challenges(response.headers, problem)
    return response


def render_json_failure() -> Response:
    """For a broken invariant: nothing about it is the caller's business."""
    document = {"error": "server_error", "error_description": "The server failed. Nothing was changed."}
    return Response(500, json.encode(document), _headers())


def _headers() -> CIMultiDict[str]:
    return CIMultiDict({"Content-Type": JSON, **NOT_STORED})
