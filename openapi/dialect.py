"""A dialect, data first: its services, each a table of operations, and its faces: headers, errors, authorization, versions, rules.
The gateway reads these; it knows no dialect by name. Codecs: openapi/codec.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol

from kernel.access import Grant
from kernel.banking.consents import ConsentKind, Permission
from kernel.errors import Problem
from kernel.operations import Operation
from openapi.codec import Rendering, WireRequest
from openapi.faces import AuthorizationFace, HeaderFace, NoticeFace, SignatureFace
from openapi.pages import CursorPages, NumberedPages
from openapi.parameters import AnswerHeader, HeaderParameter, QueryParameter
from openapi.versions import HeaderVersions

# What an operation asks of a caller. `certificate`: a qualified one, which names the TPP and its roles; no token. `none`: nothing, because
# the data is public; such an operation alone is served on the public listener too.
Credential = Literal["token", "certificate", "none"]
BODY_BYTES_MAX = 65_536  # of a request, unless its dialect or its row says otherwise

Owner = Literal["client", "organisation"]
Withdrawn = Literal["unknown", "terminated"]
Suspended = Literal["paused", "ended"]
# The signature that authorises a consent where the bank requires several. "one": a single PSU signs, and no other is asked; "first": the
# first one, and the order collects the others; "last": the last one; "alone": a single PSU, and no account that takes several signatures.
Authorising = Literal["one", "first", "last", "alone"]


@dataclass(frozen=True, slots=True)
class Row:
    """One operation of the standard: everything the policy chain is derived from."""

    method: str
    path: str  # template below its service's base path: "/accounts/{AccountId}/balances"
    operation: Operation
    decode: Callable[[WireRequest], Any]
    encode: Callable[[Any, Rendering], Any] | None  # to a wire type or a Rendered; None: the success has no body
    success: int = 200
    other_successes: tuple[int, ...] = ()  # that a Rendered may say instead
    credential: Credential = "token"
    scope: str | None = None
    other_scopes: tuple[str, ...] = ()  # any one of which opens the operation too
    grant: Grant | None = None  # under whose authority: the caller's own, or that of a PSU's consent
    consent_kind: ConsentKind | None = (
        None  # of the consent behind the token or named by a header, or (client credentials) of the one the path names
    )
    permissions: frozenset[Permission] = frozenset()  # any one of these opens the operation
    idempotent: bool = False
    signed: bool = False
    request: type | None = None  # of a request's body; `bytes`: one that is no JSON
    example: bytes | None = None  # of a request's body, for the published document
    response: type | None = None
    summary: str = ""  # one line of the published document
    query: tuple[QueryParameter, ...] = ()
    headers: tuple[HeaderParameter, ...] = ()  # of the request, that `decode` reads in addition to those of every operation
    answer_headers: tuple[AnswerHeader, ...] = ()  # of a success, that `encode` adds
    media_types: tuple[str, ...] = ()  # of a success; empty: the dialect's own
    request_media_types: tuple[str, ...] = ()  # of a request's body; empty: the dialect's own
    body_bytes_max: int | None = (
        None  # of a request's body; None: the dialect's own. Above SPOOL_ABOVE_BYTES larger ones are spooled
    )
    version: int | None = (
        None  # where callers choose one by a header (Dialect.versions): rows of one method and path differ in it
    )
    conditional: bool = False  # a bank that lacks the data or does not show it leaves the operation out (Brand.operations_off)


@dataclass(frozen=True, slots=True)
class WireError:
    """The form of one problem on the wire. `code` None: a status without a body."""

    status: int
    code: str | None = None


class ErrorFace(Protocol):
    """One table over every domain error, and the body's shape."""

    table: Mapping[type[Problem], WireError]
    body: type | None  # the wire type of an error's body, for the published document

    def wire_of(self, kind: type[Problem], row: Row | None) -> WireError:
        """The form of a kind of problem at an operation; `row` None: before an operation is found."""
        ...

    def render(
        self, problem: Problem, row: Row | None, error_id: str, accept: str | None
    ) -> tuple[int, str | None, bytes | None]:
        """Status, content type and body. `row` is given because a standard may answer one fact in two ways, by operation. A problem
        that the table lacks is the standard's unexpected error."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules in which standards differ; openapi/rulebook.py finds those of a consent."""

    owner: Owner  # of a consent: the client that lodged it, or every client of its organisation
    withdrawn: Withdrawn  # to its owner, a consent that it withdrew is unknown, or there and terminated
    stopped_may_return: frozenset[
        str
    ]  # kinds of which a consent that its PSU stopped may be authorised again, until its validity ends
    suspended: Suspended  # one that was suspended may come back (its PSU authorises it again, or it is resumed), or is at its end
    unanswered_wait: timedelta  # after which a consent that no PSU answered is rejected
    authorised_by: Mapping[str, Authorising]  # by kind of consent
    one_recurring: frozenset[
        str
    ]  # kinds of which a PSU has one recurring consent with an organisation: authorising another ends the former
    half_signed_wait: timedelta  # after a signature, for the next one; then the consent is rejected


@dataclass(frozen=True, slots=True)
class Service:
    """One part of a standard (account information, payments) below a base path of its own, with a document of its own. `name` is its folder
    in that of the version; empty: the version has only this one."""

    name: str  # "aisp"
    title: str
    base_path: str  # "/open-banking/v4.0/aisp"
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One API standard in one version. All its services share its faces and one audience: a token meant for the dialect opens each of
    them (consent/authorization/offer/resources.py)."""

    name: str  # "uk_obie/v4.0"
    services: tuple[Service, ...]  # the first is the one that ready.json names
    audience_path: str  # "/open-banking/v4.0"
    headers: HeaderFace
    errors: ErrorFace
    authorization: AuthorizationFace
    rules: Rules
    media_type: str = "application/json"
    paths: Mapping[str, str] = field(default_factory=dict)  # canonical lodgement field -> the path a refusal of it names
    version: str = ""  # of the standard's document that this follows, e.g. "4.0.0"
    paging: CursorPages | NumberedPages = field(default_factory=CursorPages)
    body_bytes_max: int = BODY_BYTES_MAX  # of a request
    signatures: SignatureFace | None = None  # over bodies; rows that are `signed` need it
    notices: NoticeFace | None = None  # to TPPs that subscribed
    versions: HeaderVersions | None = None  # how callers choose the version of an operation; None: the path says it
    later_members: tuple[str, ...] = ()  # of answers, which this version's first edition lacks: sent by brands that say so

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every operation of every service."""
        return tuple(row for service in self.services for row in service.rows)

    def media_types_of(self, row: Row) -> tuple[str, ...]:
        """In which forms an operation's success can be sent."""
        return row.media_types or (self.media_type,)

    def body_bytes_max_of(self, row: Row) -> int:
        """The largest body of a request, in bytes."""
        return row.body_bytes_max or self.body_bytes_max

    def request_media_types_of(self, row: Row) -> tuple[str, ...]:
        """In which forms an operation reads a body."""
        return row.request_media_types or (self.media_type,)
