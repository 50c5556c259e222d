"""A page of records that belong to accounts: payees, mandates, orders, statements."""

from typing import Generic, TypeVar

import msgspec

Record = TypeVar("Record")


class RecordPage(msgspec.Struct, Generic[Record], frozen=True):
    """Newest first by (created_at, account_id, id). `more` says whether an older row exists within the question.

    `created_at` is the instant at which the bank recorded the row; it never changes and no later row has an earlier one, so a row
    that arrives while a caller turns pages never appears on a later page, and none is skipped or repeated."""

    rows: tuple[Record, ...]
    more: bool
    total: int | None = None  # of all rows within the question, where it was asked with `skip`
