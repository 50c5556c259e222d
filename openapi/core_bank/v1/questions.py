"""The questions to a core bank: one struct per form of question, written as a query string and read back.

Account numbers and names never travel in a query: ids are the bank's own references. A bank must refuse a parameter that it does not
know, and never drop it: a parameter narrows the data that may be returned.
"""

from datetime import datetime
from functools import cache
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from msgspec import Meta
from msgspec.structs import FieldInfo

from kernel.errors import RequestMalformed
from kernel.http.message import Query

Question = TypeVar("Question", bound=msgspec.Struct)

ACCOUNT_IDS_MAX = 50  # accounts in one question to the core bank: as many as a URL and a parameter list bear everywhere
LIMIT_MAX = 1000  # rows that one question to the core bank may ask for

Id = Annotated[str, Meta(pattern="^[!-~]{1,64}$", description="1 to 64 visible ASCII characters.")]
Ids = Annotated[tuple[Id, ...], Meta(min_length=1, max_length=ACCOUNT_IDS_MAX)]
Instant = Annotated[datetime, Meta(tz=True)]
Limit = Annotated[int, Meta(ge=1, le=LIMIT_MAX)]
Skip = Annotated[
    int, Meta(ge=0, description="Of a page by its number: how many rows come before it. The answer then has `total`.")
]


class OfCustomer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    customer_id: Id


class OfAccounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    account_id: Ids


class OfTransactions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds are inclusive. The three members of `after_` come together or not at all, and never with `skip`."""

    account_id: Ids
    booked_from: Instant | None = None
    booked_to: Instant | None = None
    credits: bool = True
    debits: bool = True
    as_of: Annotated[int, Meta(ge=0)] | None = None
    after_booked_at: Instant | None = None
    after_account_id: Id | None = None
    after_transaction_id: Id | None = None
    limit: Limit = 100
    skip: Skip | None = None

    def __post_init__(self) -> None:
        check_together(self.after_booked_at, self.after_account_id, self.after_transaction_id)


class OfRecords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The three members of `after_` come together or not at all."""

    account_id: Ids
    after_created_at: Instant | None = None
    after_account_id: Id | None = None
    after_record_id: Id | None = None
    limit: Limit = 100
    skip: Skip | None = None

    def __post_init__(self) -> None:
        check_together(self.after_created_at, self.after_account_id, self.after_record_id)


class OfStatements(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Only statements wholly inside the inclusive bounds. The three members of `after_` come together or not at all."""

    account_id: Ids
    starts_from: Instant | None = None
    ends_to: Instant | None = None
    after_created_at: Instant | None = None
    after_account_id: Id | None = None
    after_record_id: Id | None = None
    limit: Limit = 100
    skip: Skip | None = None

    def __post_init__(self) -> None:
        check_together(self.after_created_at, self.after_account_id, self.after_record_id)


class OfStatement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    account_id: Id
    statement_id: Id


def check_together(*members: object) -> None:
    """Raises ValueError unless all of them are there, or none."""
    if len({member is None for member in members}) > 1:
        raise ValueError("a position has an instant, an account and a row")


def render_query(question: msgspec.Struct) -> str:
    """The question as a query string, without what is its default."""
    pairs: list[tuple[str, str]] = []
    for field in _fields_of(type(question)):
        value = getattr(question, field.name)
        if value == field.default:
            continue
        pairs += [(field.name, _text(each)) for each in (value if isinstance(value, tuple) else (value,))]
    return urlencode(pairs, quote_via=quote)


@cache
def _fields_of(kind: type[msgspec.Struct]) -> tuple[FieldInfo, ...]:
    """Resolved once: it reads the annotations of the type."""
    return msgspec.structs.fields(kind)


def parse_query(query: Query, into: type[Question]) -> Question:
    """Raises RequestMalformed."""
    many = {field.name for field in _fields_of(into) if field.type == Ids}
    members: dict[str, Any] = {}
    for name, value in query:
        if name in many:
            members.setdefault(name, []).append(value)
        elif name in members:
            raise RequestMalformed("a parameter is named twice")
        else:
            members[name] = value
    try:
        return msgspec.convert(members, into, strict=False)
    except msgspec.ValidationError as error:
        raise RequestMalformed(f"not a question of {into.__name__}: {type(error).__name__}") from None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return str(msgspec.to_builtins(value))
    return str(value)
