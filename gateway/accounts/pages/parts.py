"""A page of several parts, each newest first: parts of a long question, or the bank's own records and those that were placed through us."""

import heapq
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any, Protocol, TypeVar

from gateway.ports import Page, StatementFilter, TransactionFilter
from kernel.banking.records.listing import RecordPage
from kernel.brand import Brand

T = TypeVar("T")
R = TypeVar("R")
Ask = Callable[[Brand, tuple[str, ...], Page], Awaitable[RecordPage[R]]]
AskOurs = Callable[[Brand, Sequence[str], tuple[datetime, str, str] | None, int], Awaitable[RecordPage[R]]]


class Counted(Protocol):
    @property
    def total(self) -> int | None: ...


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


def with_ours(bank: Ask[R], ours: AskOurs[R]) -> Ask[R]:
    """The bank's own records and ours, as one listing."""

    async def ask(brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[R]:
        asked = where if where.skip is None else replace(where, skip=0, limit=where.skip + where.limit)
        position = None if where.after is None else (where.after.created_at, where.after.account_id, where.after.record_id)
        pages = [await bank(brand, account_ids, asked), await ours(brand, account_ids, position, asked.limit)]
        if not pages[1].rows and where.skip is None:
            return pages[0]
        rows, more = merge([page.rows for page in pages], record_key, where)
        return RecordPage(rows, more or any(page.more for page in pages), total_of(where, pages))

    return ask
