"""The faces of a dialect that belong to no operation: its names for the facts in headers, and how a request for authorization names a
consent. The face of its errors stands with its rows (openapi/dialect.py)."""

from collections.abc import Mapping
from typing import Any, Protocol

from kernel.banking.consents import Consent, Permission
from kernel.http.message import Request
from openapi.parameters import HeaderParameter


class HeaderFace(Protocol):
    """This standard's names for the facts that travel in headers."""

    interaction_header: str
    parameters: tuple[HeaderParameter, ...]  # all request headers of the standard, for the published document

    def parse_interaction_id(self, request: Request) -> str | None:
        """The caller's interaction id, None if absent. Raises HeaderInvalid (or HeaderMissing where the standard demands one)."""
        ...

    def parse_psu_present(self, request: Request) -> bool:
        """Whether the caller says that the PSU is there. Raises HeaderInvalid if it says so in a malformed way."""
        ...

    def parse_consent_id(self, request: Request) -> str | None:
        """The consent that the request itself names beside its token, which must then be the token's; None where the standard has
        no such header. Raises HeaderMissing or HeaderInvalid."""
        ...

    def check_headers(self, request: Request) -> None:
        """Every other header this standard gives a form to. Raises HeaderInvalid with the header's name as path."""
        ...


class AuthorizationFace(Protocol):
    """The authorization request's name for a consent of this dialect, and the words of its pages."""

    def consent_id_of(self, parameters: Mapping[str, str], claims: Mapping[str, Any]) -> str | None:
        """The consent that a pushed authorization request names, or None. Raises FieldInvalid."""
        ...

    def scope_named_by(self, value: str) -> str | None:
        """The scope that a value of the request's scope stands for where that value names a consent; None for a scope as such."""
        ...

    def id_token_claims(self, consent: Consent) -> dict[str, Any]:
        """The id_token's claims about the consent."""
        ...

    def scope_of(self, kind: str) -> str:
        """The OAuth scope that opens a consent of this kind."""
        ...

    def clusters(self, permissions: frozenset[Permission]) -> list[tuple[str, list[str]]]:
        """Data clusters in the standard's customer language: heading and sentences, in order."""
        ...

    acr_values: tuple[str, ...]
    claims_supported: tuple[str, ...]
    select_verb: str  # the page's verb: "Choose accounts to share"
