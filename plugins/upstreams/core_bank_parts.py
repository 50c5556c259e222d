"""A question about more accounts than one URL bears, asked in parts: which accounts each part names, and how its pages become one page."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Protocol, TypeVar

from gateway.ports import Page, StatementFilter, TransactionFilter
from kernel.errors import UpstreamFailed
from openapi.core_bank.v1.questions import ACCOUNT_IDS_MAX, LIMIT_MAX

T = TypeVar("T")
Where = TypeVar("Where", Page, StatementFilter, TransactionFilter)


class Counted(Protocol):
    @property
    def total(self) -> int | None: ...


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


def merge(
    parts: list[tuple[T, ...]], key: Callable[[T], Any], where: Page | StatementFilter | TransactionFilter
) -> tuple[tuple[T, ...], bool]:
    """The page of parts that are each newest first, and whether more rows were given than fit. One part stays as it is: its order and
    size are for the guard to judge."""
    if len(parts) <= 1:
        return (parts[0] if parts else ()), False
    first = where.skip or 0
    rows = tuple(islice(heapq.merge(*parts, key=key, reverse=True), first, first + where.limit + 1))
    return rows[: where.limit], len(rows) > where.limit


def total_of(where: Page | StatementFilter | TransactionFilter, pages: Sequence[Counted]) -> int | None:
    """None where nothing was to be counted, or a part was not."""
    totals = [page.total for page in pages]
    return None if where.skip is None or None in totals else sum(total or 0 for total in totals)


def record_key(row: Any) -> tuple[Any, str, str]:
    return row.created_at, row.account_id, row.id
