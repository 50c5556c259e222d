"""A dialect, data first: a table of operations, wire types, codecs, an error table, a header face, an authorization face and
its rules. The gateway reads these; it knows no dialect by name.

Decode turns a `WireRequest` into the canonical command of the row's use case; encode turns its canonical result into the wire
type. Neither does I/O, neither knows the other dialects.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from kernel.access import Grant
from kernel.banking.consents import Consent, ConsentKind, Permission
from kernel.errors import Problem
from kernel.http.message import Query, Request
from kernel.operations import Operation

Credential = Literal["token", "certificate"]
Owner = Literal["client", "organisation"]


@dataclass(frozen=True, slots=True)
class WireRequest:
    """What a codec may see of a request: path parameters, query in order, headers' PSU facts, raw body (b"" if none)."""

    path: Mapping[str, str]
    query: Query
    body: bytes


@dataclass(frozen=True, slots=True)
class Rendering:
    """What an encoder needs beside the result: absolute URL of this request without its query, the absolute URL of the dialect's
    base path (`<mtls_url><base_path>`, no trailing slash), the consent in force (None where the operation needs none), and how
    to make the link of another page (`page(cursor)` -> absolute URL that keeps the filters)."""

    url: str
    base_url: str
    query: Query
    consent: Consent | None
    zone: ZoneInfo
    now: datetime
    page: Callable[[str], str]
    members_on: frozenset[str] = frozenset()  # of the dialect's later members, those that the brand sends


@dataclass(frozen=True, slots=True)
class RawBody:
    """What an encoder answers in place of a wire type: a body that is sent as it is."""

    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class QueryParameter:
    """A query parameter of an operation, for the published document; the row's `decode` reads and judges it."""

    name: str
    summary: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"}, hash=False)
    required: bool = False


@dataclass(frozen=True, slots=True)
class HeaderParameter:
    """A request header of a standard, for the published document; the header face reads and judges it."""

    name: str
    summary: str
    required: bool = False
    format: str | None = None
    only_with_consent: bool = False  # only of operations that a PSU's consent opens


@dataclass(frozen=True, slots=True)
class Row:
    """One operation of the standard: everything the policy chain is derived from."""

    method: str
    path: str  # template below the dialect's base path: "/accounts/{AccountId}/balances"
    operation: Operation
    decode: Callable[[WireRequest], Any]
    encode: Callable[[Any, Rendering], Any] | None  # to a wire type or a RawBody; None: the success has no body
    success: int = 200
    credential: Credential = "token"
    scope: str | None = None
    grant: Grant | None = None
    consent_kind: ConsentKind | None = None  # of the consent behind the token, or (client credentials) of the one the path names
    permissions: frozenset[Permission] = frozenset()  # any one of these opens the operation
    idempotent: bool = False
    signed: bool = False
    request: type | None = None
    example: bytes | None = None  # of a request's body, for the published document
    response: type | None = None
    summary: str = ""  # one line of the published document
    query: tuple[QueryParameter, ...] = ()
    media_types: tuple[str, ...] = ()  # of a RawBody; empty: the dialect's own
    conditional: bool = False  # a bank that lacks the data or does not show it leaves the operation out (Brand.operations_off)


@dataclass(frozen=True, slots=True)
class WireError:
    """How one problem looks: `code` None means a status without a body."""

    status: int
    code: str | None = None


class HeaderFace(Protocol):
    """How this standard names the facts that travel in headers."""

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


class ErrorFace(Protocol):
    """One table over every domain error, and the body's shape."""

    table: Mapping[type[Problem], WireError]
    body: type | None  # the wire type of an error's body, for the published document

    def render(self, problem: Problem, error_id: str, accept: str | None) -> tuple[int, str | None, bytes | None]:
        """Status, content type and body. A problem the table lacks is the standard's unexpected error."""
        ...


class AuthorizationFace(Protocol):
    """How an authorization request names a consent of this dialect, and what its pages say."""

    def consent_id_of(self, parameters: Mapping[str, str], claims: Mapping[str, Any]) -> str | None:
        """The consent that a pushed authorization request names, or None. Raises FieldInvalid."""
        ...

    def id_token_claims(self, consent: Consent) -> dict[str, Any]:
        """What the id_token says about the consent."""
        ...

    def scope_of(self, kind: ConsentKind) -> str:
        """The OAuth scope that opens a consent of this kind."""
        ...

    def clusters(self, permissions: frozenset[Permission]) -> list[tuple[str, list[str]]]:
        """Data clusters in the standard's customer language: heading and sentences, in order."""
        ...

    acr_values: tuple[str, ...]
    claims_supported: tuple[str, ...]
    select_verb: str  # the page's verb: "Choose accounts to share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules in which standards differ. `owner` of a consent: the client that lodged it, or every client of its organisation
    (openapi/owners.py)."""

    owner: Owner


@dataclass(frozen=True, slots=True)
class Dialect:
    """One API standard in one version."""

    name: str  # "uk_obie/v4.0"
    title: str
    base_path: str  # "/open-banking/v4.0/aisp"
    rows: tuple[Row, ...]
    headers: HeaderFace
    errors: ErrorFace
    authorization: AuthorizationFace
    rules: Rules
    media_type: str = "application/json"
    paths: Mapping[str, str] = field(default_factory=dict)  # canonical lodgement field -> the path a refusal of it names
    version: str = ""  # of the standard's document that this follows, e.g. "4.0.0"
    cursor_parameter: str = "page"  # the query parameter in which a later page's cursor travels
    body_bytes_max: int = 65_536  # of a request
    later_members: tuple[str, ...] = ()  # of answers, which this version's first edition lacks: sent by brands that say so

    def media_types_of(self, row: Row) -> tuple[str, ...]:
        """In which forms an operation's success can be sent."""
        return row.media_types or (self.media_type,)
