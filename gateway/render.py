"""Turn a refusal into the dialect's answer, with the headers that HTTP itself demands beside it.

RFC 9110 sections 11.6.1 (WWW-Authenticate on 401) and 10.2.1 (Allow on 405), RFC 6750 section 3 and RFC 9449 sections 7.1 and 9 (their
error codes). Two schemes are spoken, so two challenges are told, each in a header of its own.
"""

from http import HTTPStatus

from multidict import CIMultiDict

from kernel.errors import (
    CertificateBlocked,
    CertificateExpired,
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
from kernel.http.message import Response
from kernel.jose import ALGORITHMS
from openapi.dialect import Dialect

RETRY_AFTER_SECONDS = 1

_NO_TOKEN_JUDGED = (
    TokenMissing,
    CertificateMissing,
    CertificateInvalid,
    CertificateExpired,
    CertificateRevoked,
    CertificateBlocked,
)


def render_problem(dialect: Dialect, problem: Problem, interaction_id: str, accept: str | None) -> Response:
    """The dialect's answer to `problem`. One that its table lacks is its unexpected error."""
    status, media_type, body = dialect.errors.render(problem, interaction_id, accept)
    headers: CIMultiDict[str] = CIMultiDict()
    if media_type is not None:
        headers["Content-Type"] = media_type
    if status == HTTPStatus.UNAUTHORIZED:
        headers.extend(("WWW-Authenticate", challenge) for challenge in _challenges(problem))
        if isinstance(problem, ProofNonceRequired):
            headers["DPoP-Nonce"] = problem.nonce
    elif isinstance(problem, ScopeInsufficient):
        headers.extend(("WWW-Authenticate", challenge) for challenge in _render_challenges("insufficient_scope"))
    elif isinstance(problem, MethodNotAllowed):
        headers["Allow"] = ", ".join(problem.allowed)
    elif isinstance(problem, RateExceeded):
        headers["Retry-After"] = str(problem.retry_after)
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return Response(status, body, headers)


def _challenges(problem: Problem) -> tuple[str, ...]:
    match problem:
        case ProofNonceRequired():
            return _render_challenges("use_dpop_nonce", schemes=("DPoP",))
        case ProofMissing() | ProofInvalid():
            return _render_challenges("invalid_dpop_proof", schemes=("DPoP",))
        case _ if isinstance(problem, _NO_TOKEN_JUDGED):
            return _render_challenges(None)
        case _:
            return _render_challenges("invalid_token")


def _render_challenges(error: str | None, schemes: tuple[str, ...] = ("Bearer", "DPoP")) -> tuple[str, ...]:
    said = {"Bearer": [], "DPoP": [f'algs="{" ".join(ALGORITHMS)}"']}
    told = [] if error is None else [f'error="{error}"']
    return tuple(" ".join([scheme, ", ".join(told + said[scheme])]).rstrip() for scheme in schemes)
