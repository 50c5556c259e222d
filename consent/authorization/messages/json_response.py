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
    TokenMissing,
)
from kernel.http.message import Response
from kernel.http.retry_after import add_retry_after
from kernel.tokens.challenges import add_challenges

JSON = "application/json"
NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}
PROOF_REFUSED = (ProofMissing, ProofInvalid, ProofNonceRequired)
CERTIFICATE_REFUSED = (
    *(CertificateMissing, CertificateInvalid, CertificateExpired, CertificateForeign, CertificateRevoked, CertificateBlocked),
)


def render_json(status: int, document: dict[str, Any]) -> Response:
    return Response(status, json.encode(document), _headers())


def render_json_error(problem: Problem) -> Response:
    status, code = oauth_error(problem)
    headers = _headers()
    if isinstance(problem, ClientUnauthenticated) and problem.challenge:
        headers["WWW-Authenticate"] = 'Bearer error="invalid_client"'
    if code in {"invalid_token", "insufficient_scope"}:  # of a token that was presented (RFC 6750 section 3)
        headers["WWW-Authenticate"] = "Bearer" if isinstance(problem, TokenMissing) else f'Bearer error="{code}"'
    return _render_error(problem, status, code, headers)


def render_resource_error(problem: Problem) -> Response:
    """Render a refusal of an endpoint that an access token opens. Any fault of the token, or of its presenter's proof or certificate, is
    401 with a challenge that names the right scheme. RFC 6750 section 3.1, RFC 9449 section 7.1."""
    status, code = oauth_error(problem)
    if isinstance(problem, PROOF_REFUSED):
        status = 401
    elif isinstance(problem, CERTIFICATE_REFUSED):
        status, code = 401, "invalid_token"
    headers = _headers()
    if status == 401 or code == "insufficient_scope":
        add_challenges(headers, problem, status)
    return _render_error(problem, status, code, headers)


def _render_error(problem: Problem, status: int, code: str, headers: CIMultiDict[str]) -> Response:
    if isinstance(problem, ProofNonceRequired):
        headers["DPoP-Nonce"] = problem.nonce
    if isinstance(problem, MethodNotAllowed):
        headers["Allow"] = ", ".join(problem.allowed)
    body = json.encode({"error": code, "error_description": render_description(problem.public)})
    return add_retry_after(Response(status, body, headers), problem)


def render_json_failure() -> Response:
    """For a broken invariant: nothing about it is the caller's business."""
    document = {"error": "server_error", "error_description": "The server failed. Nothing was changed."}
    return Response(500, json.encode(document), _headers())


def _headers() -> CIMultiDict[str]:
    return CIMultiDict({"Content-Type": JSON, **NOT_STORED})
