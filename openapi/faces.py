"""The faces of a dialect that concern no single operation: its headers, its signatures, and the names of its consents in authorization requests. The
face of its errors is defined with its rows (openapi/dialect.py)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from kernel.banking.consents import Consent, Permission
from kernel.banking.notices import Notice, NoticeKind, SubjectKind
from kernel.http.message import Request
from kernel.jose.detached import DetachedJws
from openapi.parameters import HeaderParameter


class HeaderFace(Protocol):
    """The headers of a standard: their names, forms and checks."""

    interaction_header: str
    parameters: tuple[HeaderParameter, ...]  # all request headers of the standard, for the published document

    def parse_interaction_id(self, request: Request) -> str | None:
        """The caller's interaction id, None if absent. Raises HeaderInvalid (or HeaderMissing where the standard demands one)."""
        ...

    def parse_psu_present(self, request: Request) -> bool:
        """True if the caller states that the PSU is present. Raises HeaderInvalid if the header is malformed."""
        ...

    def parse_consent_id(self, request: Request) -> str | None:
        """The consent that a header of the request names, which must be the token's; None where the standard has no such header.
        Raises HeaderMissing or HeaderInvalid."""
        ...

    def parse_idempotency_key(self, request: Request) -> str:
        """The key under which an idempotent operation is asked for. Raises HeaderMissing or HeaderInvalid."""
        ...

    def check_headers(self, request: Request) -> None:
        """Check every other header whose form this standard defines. Raises HeaderInvalid with the header's name as path."""
        ...


class SignatureFace(Protocol):
    """The signatures over bodies, of a standard that has them."""

    header: str  # in which a signature stands, of requests and answers
    algorithm: str
    issuer_claim: str  # of a header: who signed, a string

    def parse(self, request: Request) -> DetachedJws:
        """The signature of a request, its form and its claims as far as they can be judged by themselves. Raises SignatureMissing,
        SignatureMalformed, SignatureClaimMissing or SignatureClaimInvalid."""
        ...

    def check_absent(self, request: Request) -> None:
        """Raises SignatureUnexpected for a signature where there is no body."""
        ...

    def check_time(self, signature: DetachedJws, now: datetime) -> None:
        """Judge the claims about the time. Raises SignatureClaimInvalid."""
        ...

    def head_of(self, kid: str, organisation_id: str, now: datetime) -> Mapping[str, Any]:
        """The header of the signature over an answer of ours."""
        ...


class NoticeFace(Protocol):
    """Notices as signed tokens, of a standard that has them."""

    algorithm: str
    token_type: str  # the `typ` of its header
    media_type: str  # of a token that is sent to a client's address
    interaction_header: str
    taken: int  # the status by which a client's address takes a token
    callback_path: str  # with which every client's address ends
    claims: type  # the wire type of the claims, and that of the event within
    event: type

    def has(self, kind: NoticeKind, subject: SubjectKind, product: str) -> bool:
        """Does the standard have such notices, and resources of this product?"""
        ...

    def name_of(self, kind: NoticeKind) -> str:
        """The standard's name of a kind."""
        ...

    def claims_of(self, notice: Notice, issuer: str, resources: str) -> Mapping[str, Any]:
        """The claims: the same whenever it is given. `resources`: the URL below which the bank's resources are served."""
        ...


class AuthorizationFace(Protocol):
    """The consents of a dialect in authorization requests, id_tokens and pages."""

    def consent_id_of(self, parameters: Mapping[str, str], claims: Mapping[str, Any]) -> str | None:
        """The consent that a pushed authorization request names, or None. Raises FieldInvalid."""
        ...

    def scope_named_by(self, value: str) -> str | None:
        """The scope that a value of the request's scope stands for where that value names a consent; None for a scope as such."""
        ...

    def id_token_claims(self, consent: Consent) -> dict[str, Any]:
        """The claims of the id_token about the consent."""
        ...

    def scope_of(self, kind: str) -> str:
        """The OAuth scope that opens a consent of this kind: one of the kind's own name, where the standard does not know the kind."""
        ...

    def clusters(self, permissions: frozenset[Permission]) -> list[tuple[str, list[str]]]:
        """Data clusters in the standard's customer language: heading and sentences, in order."""
        ...

    acr_values: tuple[str, ...]
    claims_supported: tuple[str, ...]
    select_verb: str  # the page's verb: "Choose accounts to share"
