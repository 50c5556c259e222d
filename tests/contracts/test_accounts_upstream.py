"""The contract of every accounts upstream about accounts, balances and transactions. An implementation joins by a `Books` in
tests/harness/upstream_books.py: the means to put things in it."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.ports import Position, TransactionFilter
from kernel.banking.accounts import AccountIdentifier, BalanceType, Scheme, Transaction, TransactionStatus
from kernel.banking.money import Money
from plugins.upstreams import UPSTREAMS
from tests.harness.upstream_books import BOOKS, BRAND, NOW, NUMBER, OTHER, Books


def test_every_upstream_is_held_to_this_contract():
    assert {upstream.name for upstream in UPSTREAMS} == set(BOOKS)


async def listing(books: Books, accounts: tuple[str, ...], where: TransactionFilter, between=None) -> list[Transaction]:
    """All pages of one listing, as a caller walks them; `between` happens after each page."""
    found: list[Transaction] = []
    page = await books.upstream.transactions(BRAND, accounts, where)
    while True:
        found += page.transactions
        assert len(page.transactions) <= where.limit
        if not page.more:
            return found
        if between is not None:
            await between()
        last = page.transactions[-1]
        where = replace(where, as_of=page.as_of, after=Position(last.booked_at, last.id, last.account_id))
        page = await books.upstream.transactions(BRAND, accounts, where)


def order(transaction: Transaction) -> tuple[datetime, str, str]:
    return transaction.booked_at, transaction.account_id, transaction.id


async def test_gives_accounts_in_the_order_asked_for_and_leaves_unknown_ones_out(books):
    for account in ("a", "b"):
        await books.open_account(BRAND, account)
    found = await books.upstream.accounts(BRAND, ("b", "unknown", "a"))
    assert [account.id for account in found] == ["b", "a"]
    assert found[0].identifiers == (AccountIdentifier(Scheme.SORT_CODE, NUMBER, "Ann Other"),)
    assert (found[0].name, found[0].nickname, found[0].opened_at) == ("Current account", "Bills", NOW)


async def test_one_brand_never_sees_another(books):
    await books.open_account(BRAND, "a")
    await books.book(BRAND, "a", "t1", 100, NOW)
    assert await books.upstream.accounts(OTHER, ("a",)) == ()
    assert await books.upstream.balances(OTHER, ("a",)) == ()
    assert (await books.upstream.transactions(OTHER, ("a",), TransactionFilter())).transactions == ()


async def test_nothing_is_asked_nothing_is_found(books):
    assert await books.upstream.accounts(BRAND, ()) == ()
    assert await books.upstream.balances(BRAND, ()) == ()
    page = await books.upstream.transactions(BRAND, (), TransactionFilter())
    assert (page.transactions, page.more, page.first_available) == ((), False, None)


async def test_available_is_booked_less_holds_plus_the_credit_line(books):
    await books.open_account(BRAND, "a", credit_line=50_000)
    await books.book(BRAND, "a", "t1", 10_000, NOW)
    await books.announce(BRAND, "a", "t2", -2_500, NOW)
    await books.announce(BRAND, "a", "t3", 900, NOW)  # announced credits may not be spent
    balances = {balance.type: balance for balance in await books.upstream.balances(BRAND, ("a",))}
    assert balances[BalanceType.INTERIM_BOOKED].amount == Money("GBP", 10_000)
    assert balances[BalanceType.INTERIM_AVAILABLE].amount == Money("GBP", 57_500)
    assert [line.amount for line in balances[BalanceType.INTERIM_AVAILABLE].credit_lines] == [Money("GBP", 50_000)]


async def test_a_transaction_keeps_its_id_from_pending_to_booked(books):
    await books.open_account(BRAND, "a")
    await books.announce(BRAND, "a", "t1", -2_500, NOW)
    (pending,) = (await books.upstream.transactions(BRAND, ("a",), TransactionFilter())).transactions
    await books.book(BRAND, "a", "t1", -2_400, NOW + timedelta(days=2), settles=True)
    (booked,) = (await books.upstream.transactions(BRAND, ("a",), TransactionFilter())).transactions
    assert (pending.id, pending.status, pending.balance_after) == ("t1", TransactionStatus.PENDING, None)
    assert (booked.id, booked.status, booked.balance_after) == ("t1", TransactionStatus.BOOKED, Money("GBP", -2_400))
    assert booked.sequence > pending.sequence
    balances = {balance.type: balance.amount.minor for balance in await books.upstream.balances(BRAND, ("a",))}
    assert balances == {BalanceType.INTERIM_BOOKED: -2_400, BalanceType.INTERIM_AVAILABLE: -2_400}


async def test_a_released_payment_disappears_with_its_hold(books):
    await books.open_account(BRAND, "a")
    await books.announce(BRAND, "a", "t1", -2_500, NOW)
    await books.release(BRAND, "a", "t1")
    assert (await books.upstream.transactions(BRAND, ("a",), TransactionFilter())).transactions == ()
    assert {balance.amount.minor for balance in await books.upstream.balances(BRAND, ("a",))} == {0}


async def test_filters_by_inclusive_booking_instants_and_by_direction(books):
    await books.open_account(BRAND, "a")
    for number in range(6):
        await books.book(BRAND, "a", f"t{number}", 100 if number % 2 else -100, NOW + timedelta(days=number))
    span = TransactionFilter(booked_from=NOW + timedelta(days=1), booked_to=NOW + timedelta(days=4))
    assert [row.id for row in await listing(books, ("a",), span)] == ["t4", "t3", "t2", "t1"]
    assert [row.id for row in await listing(books, ("a",), replace(span, credits=False))] == ["t4", "t2"]
    assert [row.id for row in await listing(books, ("a",), replace(span, debits=False))] == ["t3", "t1"]
    assert await listing(books, ("a",), replace(span, debits=False, credits=False)) == []
    page = await books.upstream.transactions(BRAND, ("a",), span)
    assert (page.first_available, page.last_available) == (NOW, NOW + timedelta(days=5))


async def test_a_listing_stands_still_while_a_payment_is_booked_in_another_part_of_it(books):
    """The pending version stays where the first page found it, although the booked one now lies on a page already given."""
    await books.open_account(BRAND, "a")
    await books.announce(BRAND, "a", "old", -500, NOW)
    for number in range(1, 4):
        await books.book(BRAND, "a", f"t{number}", 100, NOW + timedelta(hours=number))
    moved = False

    async def settle() -> None:
        nonlocal moved
        if not moved:
            await books.book(BRAND, "a", "old", -500, NOW + timedelta(days=1), settles=True)
        moved = True

    rows = await listing(books, ("a",), TransactionFilter(limit=2), settle)
    assert [(row.id, row.status) for row in rows][-1] == ("old", TransactionStatus.PENDING)
    assert [row.id for row in rows] == ["t3", "t2", "t1", "old"]


_runs = itertools.count()  # each example has accounts of its own
ROWS = st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.sampled_from([-300, 200]))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=st.lists(ROWS, max_size=12), during=st.lists(ROWS, max_size=8), limit=st.integers(1, 4))
async def test_pages_never_skip_nor_repeat_while_rows_arrive(books, before, during, limit):
    """Rows share instants and arrive at any place of the listing; what the first page's moment knew is what all pages give."""
    run = next(_runs)
    accounts = (f"a-{run}", f"b-{run}")
    for account in accounts:
        await books.open_account(BRAND, account)
    serial = iter(range(1000))

    async def arrive(row: tuple[str, int, int]) -> None:
        name, minutes, minor = row
        account = accounts["ab".index(name)]
        await books.book(BRAND, account, f"{next(serial) * 7919 % 1000:03}-{run}", minor, NOW + timedelta(minutes=minutes))

    for row in before:
        await arrive(row)
    known = (await books.upstream.transactions(BRAND, accounts, TransactionFilter(limit=1000))).transactions
    arriving = iter(during)

    async def between() -> None:
        if (row := next(arriving, None)) is not None:
            await arrive(row)

    rows = await listing(books, accounts, TransactionFilter(limit=limit), between)
    assert len(known) == len(before)
    assert rows == sorted(known, key=order, reverse=True)


async def test_a_page_by_its_number_is_counted_and_any_other_is_not(books):
    """Over several accounts, in a window and one direction alone; rows that arrive later count in no listing begun before."""
    for account in ("a", "b"):
        await books.open_account(BRAND, account)
        for number in range(7):
            minor = 100 if number % 3 else -100
            await books.book(BRAND, account, f"{account}{number}", minor, NOW + timedelta(minutes=number))
    accounts = ("a", "b", "unknown")
    whole = await books.upstream.transactions(BRAND, accounts, TransactionFilter())
    assert whole.total is None
    await books.book(BRAND, "a", "late", 100, NOW + timedelta(minutes=3))
    for where in (
        TransactionFilter(as_of=whole.as_of, limit=4),
        TransactionFilter(as_of=whole.as_of, limit=3, debits=False),
        TransactionFilter(
            as_of=whole.as_of, limit=5, booked_from=NOW + timedelta(minutes=2), booked_to=NOW + timedelta(minutes=5)
        ),
    ):
        rows = await listing(books, accounts, where)
        for skip in range(0, len(rows) + 2 * where.limit, where.limit):
            page = await books.upstream.transactions(BRAND, accounts, replace(where, skip=skip))
            assert [*page.transactions] == rows[skip : skip + where.limit]
            assert (page.total, page.more) == (len(rows), skip + where.limit < len(rows))


async def test_nothing_is_counted_as_nothing(books):
    page = await books.upstream.transactions(BRAND, (), TransactionFilter(skip=0))
    assert (page.transactions, page.more, page.total) == ((), False, 0)
