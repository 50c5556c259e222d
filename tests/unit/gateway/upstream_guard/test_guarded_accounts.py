"""An upstream that mixes up its rows must not become a leak: what was not asked for is refused, of any kind."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from gateway.ports import TransactionFilter
from gateway.upstream_guard.guarded_accounts import GuardedAccounts, position_of
from kernel.banking.accounts import Balance, BalanceType, CreditLine, TransactionPage
from kernel.banking.money import Money
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from tests.world.brands import START
from tests.world.gateway.dialect import BRAND
from tests.world.gateway.upstream import Upstream, account, balance, transaction

T1, T2, T3 = (transaction(number) for number in (1, 2, 3))


def guarding(answers: Any) -> GuardedAccounts:
    return GuardedAccounts(Upstream(answers=answers))


def page(*rows: Any, more: bool = False, as_of: int = 9, total: int | None = None) -> TransactionPage:
    return TransactionPage(rows, more, as_of, total=total)


@pytest.mark.parametrize("answers", [(account("up3"),), (account("up1"), account("up1"))])
async def test_refuses_accounts_that_were_not_asked_for_or_come_twice(answers):
    with pytest.raises(UpstreamFailed):
        await guarding(answers).accounts(BRAND, ("up1", "up2"))


def with_credit_line(currency: str) -> Balance:
    lines = (CreditLine(True, Money(currency, 5)), CreditLine(False))
    return Balance(account_id="up1", type=BalanceType.EXPECTED, amount=Money("GBP", 1), at=START, credit_lines=lines)


@pytest.mark.parametrize("answers", [(balance("up3"),), (balance("up1"), balance("up1", "EUR")), (with_credit_line("EUR"),)])
async def test_refuses_balances_of_other_accounts_or_in_two_currencies(answers):
    with pytest.raises(UpstreamFailed):
        await guarding(answers).balances(BRAND, ("up1", "up2"))


async def test_passes_balances_that_were_asked_for():
    answers = (with_credit_line("GBP"), balance("up2", "EUR"))
    assert await guarding(answers).balances(BRAND, ("up1", "up2")) == answers


@pytest.mark.parametrize(
    ("where", "answer"),
    [
        (TransactionFilter(), page(transaction(1, "up3"))),
        (TransactionFilter(), page(transaction(1, balance_after=Money("EUR", 1)))),
        (TransactionFilter(limit=1), page(T2, T1)),
        (TransactionFilter(), page(more=True)),
        (TransactionFilter(as_of=5), page(T1, as_of=6)),
        (TransactionFilter(as_of=2), page(T3, as_of=2)),
        (TransactionFilter(booked_from=T2.booked_at), page(T1)),
        (TransactionFilter(booked_to=T2.booked_at), page(T3)),
        (TransactionFilter(debits=False), page(T1)),
        (TransactionFilter(credits=False), page(transaction(1, minor=5))),
        (TransactionFilter(), page(T1, T2)),
        (TransactionFilter(), page(T1, T1)),
        (TransactionFilter(after=position_of(T2), as_of=9), page(T2)),
        (TransactionFilter(after=position_of(T2), as_of=9), page(T3)),
        (TransactionFilter(skip=0), page(T2, T1)),
        (TransactionFilter(skip=0), page(T2, T1, total=3)),
        (TransactionFilter(skip=0), page(T2, T1, total=1)),
        (TransactionFilter(skip=5), page(T2, T1, total=5)),
        (TransactionFilter(skip=0), page(total=-1)),
    ],
)
async def test_refuses_transactions_outside_the_question(where, answer):
    with pytest.raises(UpstreamFailed):
        await guarding(answer).transactions(BRAND, ("up1", "up2"), where)


async def test_passes_a_page_that_answers_the_question():
    where = TransactionFilter(T1.booked_at, T2.booked_at + timedelta(0), after=position_of(T3), as_of=9, limit=2)
    answer = page(T2, T1, more=True)
    assert await guarding(answer).transactions(BRAND, ("up1",), where) is answer


@pytest.mark.parametrize(("skip", "answer"), [(0, page(T3, T2, more=True, total=3)), (2, page(T1, total=3)), (4, page(total=3))])
async def test_passes_a_page_by_its_number_that_the_count_bears_out(skip, answer):
    assert await guarding(answer).transactions(BRAND, ("up1",), TransactionFilter(limit=2, skip=skip)) is answer


async def test_an_upstream_that_does_not_answer_in_time_is_given_up():
    silent = Upstream(before=lambda: asyncio.Event().wait())
    with pytest.raises(UpstreamTimedOut):
        await GuardedAccounts(silent, seconds_max=0.01).accounts(BRAND, ("up1",))
