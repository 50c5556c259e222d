"""The contract of every accounts upstream about statements: stable ids, whole periods, figures that agree with the entries they
list, and a file that a foreign reader can open."""

import io
import itertools
import random
from dataclasses import replace as replace_filter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from gateway.ports import RecordPosition, StatementFilter, TransactionFilter
from kernel.banking.accounts import TransactionStatus
from kernel.banking.money import Money
from kernel.banking.records.parties import AccountParty, Party
from kernel.banking.records.statements import PDF, Statement, StatementFigure, StatementKind
from plugins.upstreams import built_in
from tests.harness.upstream_books import BRAND, NOW, OTHER, Books

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


def figures(statement: Statement) -> dict[StatementFigure, int]:
    return {each.figure: each.amount.minor for each in statement.amounts}


async def four_months(books: Books, account: str) -> tuple[Statement, ...]:
    """An account with entries from March to June, and its statements, newest first."""
    await books.open_account(BRAND, account, opened_at=MARCH)
    for month in (3, 4, 5, 6):
        for day in (1, 28):
            at = datetime(2026, month, day, tzinfo=UTC)
            await books.book(BRAND, account, f"{account}-{month}-{day}", 10_000 if day == 1 else -2_500 * month, at)
    await books.issue_statements(BRAND)
    return (await books.upstream.statements(BRAND, (account,), StatementFilter())).rows


async def test_gives_each_month_that_is_over_once(books):
    rows = await four_months(books, "a")
    assert [row.reference for row in rows] == ["2026-06", "2026-05", "2026-04", "2026-03"]
    assert {row.kind for row in rows} == {StatementKind.PERIODIC}
    assert await books.issue_statements(BRAND) == 0
    assert (await books.upstream.statements(BRAND, ("a", "a"), StatementFilter())).rows == rows
    oldest = rows[-1]
    assert (oldest.starts_at, oldest.ends_at) == (
        MARCH,
        datetime(2026, 3, 31, 23, tzinfo=UTC) - INSTANT,
    )  # in London April begins
    books.clock.advance(timedelta(days=62))
    assert await books.issue_statements(BRAND) == 2
    assert (await books.upstream.statements(BRAND, ("a",), StatementFilter())).rows[2:] == rows


async def test_figures_agree_with_the_entries_that_a_statement_lists(books):
    rows = await four_months(books, "a")
    carried = 0
    for row in reversed(rows):
        where = TransactionFilter(booked_from=row.starts_at, booked_to=row.ends_at)
        entries = (await books.upstream.transactions(BRAND, ("a",), where)).transactions
        assert len(entries) == 2
        shown = figures(row)
        assert shown[StatementFigure.OPENING_BALANCE] == carried
        assert shown[StatementFigure.TOTAL_CREDITS] == sum(entry.amount.minor for entry in entries if entry.amount.minor > 0)
        assert shown[StatementFigure.TOTAL_DEBITS] == sum(entry.amount.minor for entry in entries if entry.amount.minor < 0)
        carried = shown[StatementFigure.CLOSING_BALANCE]
        assert carried == entries[0].balance_after.minor


async def test_what_is_pending_or_booked_later_is_in_no_statement_before(books):
    """A transaction keeps its id from pending to booked, and a statement keeps its own in all its states."""
    await books.open_account(BRAND, "a", opened_at=MARCH)
    await books.book(BRAND, "a", "t1", 5_000, MARCH)
    await books.announce(BRAND, "a", "t2", -700, datetime(2026, 6, 30, 20, tzinfo=UTC))
    await books.issue_statements(BRAND)
    before = (await books.upstream.statements(BRAND, ("a",), StatementFilter())).rows
    assert {figures(row)[StatementFigure.CLOSING_BALANCE] for row in before} == {5_000}
    await books.book(BRAND, "a", "t2", -700, NOW, settles=True)
    booked = (await books.upstream.transactions(BRAND, ("a",), TransactionFilter())).transactions
    assert [(row.id, row.status) for row in booked] == [("t2", TransactionStatus.BOOKED), ("t1", TransactionStatus.BOOKED)]
    books.clock.advance(timedelta(days=31))
    await books.issue_statements(BRAND)
    after = (await books.upstream.statements(BRAND, ("a",), StatementFilter())).rows
    assert after[1:] == before
    assert figures(after[0])[StatementFigure.CLOSING_BALANCE] == 4_300


async def test_only_statements_wholly_inside_the_bounds_are_given(books):
    rows = await four_months(books, "a")
    june, may, april, march = rows

    async def asked(**bounds: datetime) -> tuple[Statement, ...]:
        page = await books.upstream.statements(BRAND, ("a",), StatementFilter(**bounds))
        assert (page.first_available, page.last_available) == (march.starts_at, june.ends_at)
        return page.rows

    assert await asked(starts_from=april.starts_at, ends_to=may.ends_at) == (may, april)
    assert await asked(starts_from=april.starts_at + INSTANT) == (june, may)
    assert await asked(ends_to=may.ends_at - INSTANT) == (april, march)
    assert await asked(starts_from=NOW) == ()


async def test_a_page_of_statements_by_its_number_counts_those_inside_the_bounds(books):
    rows = await four_months(books, "a")
    assert (await books.upstream.statements(BRAND, ("a",), StatementFilter())).total is None
    where = StatementFilter(ends_to=rows[1].ends_at, limit=2, skip=2)
    page = await books.upstream.statements(BRAND, ("a",), where)
    assert (page.rows, page.total, page.more) == (rows[3:], 3, False)


async def test_a_statement_belongs_to_its_own_account_and_brand(books):
    first, *_ = await four_months(books, "a")
    await four_months(books, "b")
    assert await books.upstream.statement(BRAND, "a", first.id) == first
    assert await books.upstream.statement(BRAND, "b", first.id) is None
    assert await books.upstream.statement(BRAND, "a", "unknown") is None
    assert await books.upstream.statement(OTHER, "a", first.id) is None
    assert await books.upstream.statement_file(BRAND, "b", first.id, PDF) is None
    assert await books.upstream.statement_file(BRAND, "a", "unknown", PDF) is None
    assert await books.upstream.statement_file(BRAND, "a", first.id, "text/html") is None
    page = await books.upstream.statements(OTHER, ("a",), StatementFilter())
    assert (page.rows, page.more, page.first_available) == ((), False, None)
    assert (await books.upstream.statements(BRAND, (), StatementFilter())).rows == ()


async def test_a_statement_too_long_to_print_has_no_file(books, monkeypatch):
    rows = await four_months(books, "a")
    monkeypatch.setattr(built_in, "PRINTED_ENTRIES_MAX", 1)
    assert await books.upstream.statement_file(BRAND, "a", rows[0].id, PDF) is None
    monkeypatch.setattr(built_in, "PRINTED_ENTRIES_MAX", 2)
    assert await books.upstream.statement_file(BRAND, "a", rows[0].id, PDF) is not None


async def test_a_statement_can_be_printed_and_read(books):
    rows = await four_months(books, "a")
    await books.introduce(BRAND, AccountParty(account_id="a", party=Party(id="p", name="Ms Zoë Fœr")))
    file = await books.upstream.statement_file(BRAND, "a", rows[0].id, PDF)
    again = await books.upstream.statement_file(BRAND, "a", rows[0].id, PDF)
    assert file == again
    reader = PdfReader(io.BytesIO(file.content), strict=True)
    text = "\n".join(page.extract_text() for page in reader.pages)
    for shown in ("Main", "Ms Zoë Fœr", "00-99-71 12345678", "01 Jun 2026 to 30 Jun 2026", "Paid a-6-28", "150.00", "-50.00"):
        assert shown in text


_runs = itertools.count()


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 5), months=st.lists(st.integers(0, 2), max_size=6))
async def test_pages_of_statements_never_skip_nor_repeat_while_months_pass(books, limit, months):
    run = next(_runs)
    accounts = (f"a-{run}", f"b-{run}")
    for account in accounts:
        await books.open_account(BRAND, account, opened_at=books.clock.now() - timedelta(days=95))
    await books.issue_statements(BRAND)
    known = (await books.upstream.statements(BRAND, accounts, StatementFilter(limit=100))).rows
    passing, found, where = iter(months), [], StatementFilter(limit=limit)
    while True:
        page = await books.upstream.statements(BRAND, accounts, where)
        found += page.rows
        if not page.more:
            break
        books.clock.advance(timedelta(days=31 * next(passing, 0)))
        await books.issue_statements(BRAND)
        last = found[-1]
        where = replace_filter(where, after=RecordPosition(last.created_at, last.account_id, last.id))
    assert found == list(known)
    assert len({row.id for row in found}) == len(found) >= 6


@pytest.mark.parametrize("seed", range(3))
async def test_transactions_keep_their_ids_through_a_life_of_chances(books, seed):
    """Announced, booked at once, settled at another amount, released: an id is seen once, and always the same."""
    rng = random.Random(seed)
    await books.open_account(BRAND, "a")
    pending: list[str] = []
    alive: dict[str, TransactionStatus] = {}
    for number in range(25):
        deed = rng.choice(("announce", "book", "settle", "release"))
        if deed in {"settle", "release"} and not pending:
            deed = "announce"
        if deed == "announce":
            pending.append(f"t{number}")
            await books.announce(BRAND, "a", f"t{number}", rng.choice([-250, 400]), NOW + timedelta(hours=rng.randrange(5)))
            alive[f"t{number}"] = TransactionStatus.PENDING
        elif deed == "book":
            await books.book(BRAND, "a", f"t{number}", rng.choice([-300, 900]), NOW + timedelta(hours=rng.randrange(5)))
            alive[f"t{number}"] = TransactionStatus.BOOKED
        else:
            chosen = pending.pop(rng.randrange(len(pending)))
            if deed == "settle":
                await books.book(BRAND, "a", chosen, -260, NOW + timedelta(hours=9), settles=True)
                alive[chosen] = TransactionStatus.BOOKED
            else:
                await books.release(BRAND, "a", chosen)
                del alive[chosen]
        seen = (await books.upstream.transactions(BRAND, ("a",), TransactionFilter(limit=100))).transactions
        assert sorted((row.id, row.status) for row in seen) == sorted(alive.items())


async def test_a_closed_account_has_one_last_statement(books):
    await books.open_account(BRAND, "a", opened_at=MARCH)
    await books.book(BRAND, "a", "t1", 100, MARCH)
    await books.close(BRAND, "a", datetime(2026, 5, 9, tzinfo=UTC))
    await books.issue_statements(BRAND)
    rows = (await books.upstream.statements(BRAND, ("a",), StatementFilter())).rows
    assert [(row.reference, row.kind) for row in rows] == [
        ("2026-05", StatementKind.ACCOUNT_CLOSURE),
        ("2026-04", StatementKind.PERIODIC),
        ("2026-03", StatementKind.PERIODIC),
    ]
    assert {each.amount.currency for each in rows[0].amounts} == {"GBP"}
    assert figures(rows[0])[StatementFigure.CLOSING_BALANCE] == Money("GBP", 100).minor
