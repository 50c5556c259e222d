"""A question about more accounts than one URL bears, asked in parts: which accounts each part names."""

from dataclasses import replace
from typing import TypeVar

from gateway.ports import Page, StatementFilter, TransactionFilter
from kernel.errors import UpstreamFailed
from openapi.core_bank.v1.questions import ACCOUNT_IDS_MAX, LIMIT_MAX

Where = TypeVar("Where", Page, StatementFilter, TransactionFilter)


def parts_of(account_ids: tuple[str, ...]) -> list[tuple[str, ...]]:
    wanted = tuple(dict.fromkeys(account_ids))
    return [wanted[start : start + ACCOUNT_IDS_MAX] for start in range(0, len(wanted), ACCOUNT_IDS_MAX)]


def asked_of_each(where: Where, parts: int) -> Where:
    """The question for each part. A numbered page may lie in any of them, so each begins with its first row. Raises UpstreamFailed
    where that is more than one answer may hold."""
    if where.skip is None or parts <= 1:
        return where
    limit = where.skip + where.limit
    if limit > LIMIT_MAX:
        raise UpstreamFailed(f"{limit} rows of {parts} parts, {LIMIT_MAX} are allowed")
    return replace(where, skip=0, limit=limit)
