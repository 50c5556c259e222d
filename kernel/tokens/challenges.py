"""The WWW-Authenticate headers, by which a refusal of a token asks for a better one. RFC 9110 section 11.6.1, RFC 6750 section 3,
RFC 9449 sections 7.1 and 9.

There are two schemes, so two challenges are sent, each in a header of its own; what is wrong with a proof concerns one of them.
"""

from http import HTTPStatus

from multidict import CIMultiDict

from kernel.errors import (
    CertificateBlocked,
    CertificateExpired,
    CertificateInvalid,
    CertificateMissing,
    CertificateRevoked,
    Problem,
    ProofInvalid,
    ProofMissing,
    ProofNonceRequired,
    TokenMissing,
)
from kernel.jose.jwt import ALGORITHMS

_NO_TOKEN_JUDGED = (
    TokenMissing,
    CertificateMissing,
    CertificateInvalid,
    CertificateExpired,
    CertificateRevoked,
    CertificateBlocked,
)


def add_challenges(headers: CIMultiDict[str], problem: Problem, status: int) -> None:
    """Ask for what is lacking, in an answer of 401, or of 403 for a token that opens less; and give the nonce that may be lacking."""
    challenges = _render("insufficient_scope") if status == HTTPStatus.FORBIDDEN else _challenges(problem)
    headers.extend(("WWW-Authenticate", challenge) for challenge in challenges)
    if isinstance(problem, ProofNonceRequired):
        headers["DPoP-Nonce"] = problem.nonce


def _challenges(problem: Problem) -> tuple[str, ...]:
    match problem:
        case ProofNonceRequired():
            return _render("use_dpop_nonce", schemes=("DPoP",))
        case ProofMissing() | ProofInvalid():
            return _render("invalid_dpop_proof", schemes=("DPoP",))
        case _ if isinstance(problem, _NO_TOKEN_JUDGED):
            return _render(None)
        case _:
            return _render("invalid_token")


def _render(error: str | None, schemes: tuple[str, ...] = ("Bearer", "DPoP")) -> tuple[str, ...]:
    said = {"Bearer": [], "DPoP": [f'algs="{" ".join(ALGORITHMS)}"']}
    parameters = [] if error is None else [f'error="{error}"']
    return tuple(" ".join([scheme, ", ".join(parameters + said[scheme])]).rstrip() for scheme in schemes)
