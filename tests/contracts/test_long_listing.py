"""A hundred pages of transactions read while new ones are booked, announced and released among them: none is missing, none comes twice,
and memory stays flat. Twenty thousand transactions, and a hundred thousand in `make simulate`. On every upstream and every kind of database; the bank over HTTP is the built-in one behind a
wire, so the pairs are not all walked."""

import gc
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.ports import Position, TransactionFilter
from tests.harness.databases import POSTGRESQL, SQLITE, Databases, migrate
from tests.harness.upstream_books import BOOKS, BRAND, NOW, Books, built_in_books

ROWS = int(os.environ.get("PORTCULLIS_SIMULATE_ROWS", "20000"))
ROWS_PER_ENTRY = ROWS // 10
ROWS_PER_PAGE = ROWS // 100
TURNS_PER_LOOK = 9
BLOCKS_MAX = 20_000  # of memory more in the last half of the pages than in the first quarter: a kept page has many times as many
MINUTE = timedelta(minutes=1)
FIRST = NOW - ROWS * MINUTE


async def fill(url: str) -> None:
    """One row a minute; five at a time share an instant."""
    await migrate(url)
    async with built_in_books(url) as books:
        await books.open_account(BRAND, "a")
        for start in range(0, ROWS, ROWS_PER_ENTRY):
            numbers = range(start, start + ROWS_PER_ENTRY)
            await books.book_many(BRAND, "a", [(f"{number:06}", 100, FIRST + number // 5 * 5 * MINUTE) for number in numbers])


@pytest.fixture(params=[("built_in", SQLITE), ("core_bank", POSTGRESQL)], ids="-".join)
async def filled_books(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> AsyncIterator[Books]:
    """Upstreams on the same history."""
    upstream, kind = request.param
    with databases.database(kind, tmp_path, fill) as url:
        async with BOOKS[upstream](url) as books:
            yield books


async def disturb(books: Books, account: str, turn: int) -> None:
    """Something happens before, at and after the place that the reader has reached."""
    before, here, after = (FIRST + minutes * MINUTE for minutes in (0, ROWS - turn * ROWS_PER_PAGE, ROWS))
    await books.book_many(BRAND, account, [(f"new-{turn}-{n}", -50, at) for n, at in enumerate((before, here, after))])
    await books.announce(BRAND, account, f"soon-{turn}", -70, here)
    if turn % 2:
        await books.release(BRAND, account, f"soon-{turn}")
    else:
        await books.book(BRAND, account, f"soon-{turn}", -75, before, settles=True)


async def test_none_is_missing_and_none_comes_twice_while_more_are_booked(filled_books):
    books = filled_books
    expected, turn, sizes = ROWS, 0, []
    where = TransactionFilter(limit=ROWS_PER_PAGE)
    while True:
        page = await books.upstream.transactions(BRAND, ("a",), where)
        for row in page.transactions:
            expected -= 1
            assert row.id == f"{expected:06}"
        if not page.more:
            break
        last = page.transactions[-1]
        where = replace(where, as_of=page.as_of, after=Position(last.booked_at, last.id, last.account_id))
        await disturb(books, "a", turn := turn + 1)
        if turn % TURNS_PER_LOOK == 0:
            gc.collect()
            sizes.append(sys.getallocatedblocks())
    assert expected == 0
    assert max(sizes[len(sizes) // 2 :]) - max(sizes[: len(sizes) // 4]) < BLOCKS_MAX
