"""A bank's answers about payees, mandates, orders, products, offers, parties and statements is held against the question."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from gateway.ports import RECORDS_PER_ACCOUNT_MAX, Page, RecordPosition, StatementFilter, TransactionFilter
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from kernel.banking.accounts import Counterparty, CurrencyExchange, TransactionPage
from kernel.banking.money import Money
from kernel.banking.records.listing import RecordPage
from kernel.banking.records.parties import Party
from kernel.banking.records.products import InterestTier, OverdraftTier
from kernel.banking.records.statements import (
    PDF,
    STATEMENT_FILE_BYTES_MAX,
    RateKind,
    StatementAmount,
    StatementFigure,
    StatementFile,
    StatementPage,
    StatementRate,
)
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from tests.world.gateway.dialect import BRAND
from tests.world.gateway.records import (
    MAKERS,
    POUND,
    beneficiary,
    direct_debit,
    holder,
    instant,
    offer,
    product,
    scheduled_payment,
    standing_order,
    statement,
)
from tests.world.gateway.upstream import Upstream, account, transaction

ASKED = ("up1", "up2")
UNKNOWN = Counterparty("Bob")
NEGATIVE, EURO = Money("GBP", -1), Money("EUR", 1)
HUGE = Money("GBP", 10**15)


async def answered(answer: Any, method: str, *question: Any) -> Any:
    """The guard's answer to a question, and that it counted a defect if and only if it refused."""
    defects: list[tuple[str, str]] = []
    guarded = GuardedAccounts(Upstream(answers=answer), count_defect=lambda *defect: defects.append(defect))
    try:
        found = await getattr(guarded, method)(BRAND, *question)
    except UpstreamFailed:
        assert defects == [(method, "upstream_failed")]
        raise
    assert defects == []
    return found


by_kind = pytest.mark.parametrize(("method", "make"), MAKERS.items(), ids=MAKERS)


@by_kind
async def test_passes_a_page_that_answers_the_question(method: str, make: Any):
    page = RecordPage((make(3, "up2"), make(2), make(1)), True)
    after = RecordPosition(instant(4), "up1", "r4")
    assert await answered(page, method, ASKED, Page(after, 3)) is page


@by_kind
@pytest.mark.parametrize(
    ("where", "numbers", "more"),
    [
        (Page(), [1, 2], False),
        (Page(), [2, 2], False),
        (Page(limit=1), [2, 1], False),
        (Page(), [], True),
        (Page(RecordPosition(instant(2), "up1", "r2")), [2], False),
        (Page(RecordPosition(instant(2), "up1", "r2")), [3], False),
    ],
)
async def test_refuses_a_page_out_of_order_or_out_of_size(method: str, make: Any, where: Page, numbers: list[int], more: bool):
    with pytest.raises(UpstreamFailed):
        await answered(RecordPage(tuple(make(number) for number in numbers), more), method, ASKED, where)


@by_kind
@pytest.mark.parametrize("changes", [{"account_id": "up3"}, {"id": ""}, {"id": "x" * 41}, {"id": "a b"}, {"id": "é"}])
async def test_refuses_a_record_that_was_not_asked_for_or_has_no_id(method: str, make: Any, changes: dict[str, str]):
    with pytest.raises(UpstreamFailed):
        await answered(RecordPage((make(1, **changes),), False), method, ASKED, Page())


@by_kind
async def test_refuses_one_record_twice(method: str, make: Any):
    with pytest.raises(UpstreamFailed):
        await answered(RecordPage((make(2, id="r1"), make(1)), False), method, ASKED, Page())


@pytest.mark.parametrize(
    ("method", "record"),
    [
        ("beneficiaries", beneficiary(1, payee=UNKNOWN)),
        ("standing_orders", standing_order(1, payee=UNKNOWN)),
        ("scheduled_payments", scheduled_payment(1, payee=UNKNOWN)),
        ("direct_debits", direct_debit(1, creditor_name="")),
        ("direct_debits", direct_debit(1, previous_amount=NEGATIVE)),
        ("direct_debits", direct_debit(1, previous_amount=HUGE)),
        ("standing_orders", standing_order(1, next_amount=NEGATIVE)),
        ("standing_orders", standing_order(1, final_amount=EURO)),
        ("scheduled_payments", scheduled_payment(1, amount=NEGATIVE)),
        ("scheduled_payments", scheduled_payment(1, amount=Money("gbp", 1))),
    ],
)
async def test_refuses_a_record_that_no_standard_can_carry(method: str, record: Any):
    with pytest.raises(UpstreamFailed):
        await answered(RecordPage((record,), False), method, ASKED, Page())


@pytest.mark.parametrize(
    "found",
    [
        (product("up3"),),
        (product("up1"), product("up1")),
        (product(id=""),),
        (product(monthly_maximum_charge=NEGATIVE),),
        (product(credit_interest=(InterestTier(minimum=POUND, maximum=EURO, annual_rate=Decimal(1)),)),),
        (product(credit_interest=(InterestTier(minimum=POUND, annual_rate=Decimal("NaN")),)),),
        (product(overdraft=(OverdraftTier(minimum=POUND, annual_rate=Decimal(1000)),)),),
    ],
)
async def test_refuses_a_product_outside_the_question(found: Any):
    with pytest.raises(UpstreamFailed):
        await answered(found, "products", ASKED)


@pytest.mark.parametrize(
    "found",
    [
        (offer(1, "up3"),),
        (offer(1, id="a b"),),
        (offer(1, amount=NEGATIVE),),
        (offer(1, fee=EURO),),
        (offer(1, rate=Decimal("Infinity")),),
        tuple(offer(number) for number in range(RECORDS_PER_ACCOUNT_MAX + 1)),
    ],
    ids=["account", "id", "amount", "currency", "rate", "too many"],
)
async def test_refuses_offers_outside_the_question(found: Any):
    with pytest.raises(UpstreamFailed):
        await answered(found, "offers", ASKED)


async def test_refuses_parties_of_other_accounts_and_without_end():
    for found in ((holder("alice", "up3"),), tuple(holder(f"p{number}") for number in range(RECORDS_PER_ACCOUNT_MAX + 1))):
        with pytest.raises(UpstreamFailed):
            await answered(found, "parties", ASKED)


async def test_refuses_a_customer_without_an_id():
    with pytest.raises(UpstreamFailed):
        await answered(Party(id="", name="alice"), "party_of", "customer-1")


async def test_passes_what_the_bank_does_not_have():
    guarded = GuardedAccounts(Upstream())
    assert await guarded.party_of(BRAND, "customer-9") is None
    assert await guarded.statement(BRAND, "up1", "s9") is None
    assert await guarded.statement_file(BRAND, "up1", "s9", PDF) is None


@pytest.mark.parametrize(
    ("where", "row"),
    [
        (StatementFilter(starts_from=instant(0) + timedelta(seconds=1)), statement(1)),
        (StatementFilter(ends_to=instant(1) - timedelta(seconds=1)), statement(1)),
        (StatementFilter(), statement(1, "up3")),
        (StatementFilter(), statement(1, starts_at=instant(2))),
        (StatementFilter(), statement(1, amounts=(StatementAmount(StatementFigure.CLOSING_BALANCE, POUND),) * 2)),
        (StatementFilter(), statement(1, amounts=(StatementAmount(StatementFigure.CLOSING_BALANCE, HUGE),))),
        (StatementFilter(), statement(1, rates=(StatementRate(RateKind.ANNUAL_CASH, Decimal(-1000)),))),
        (StatementFilter(limit=0), statement(1)),
    ],
    ids=["early", "late", "account", "backwards", "figure twice", "amount", "rate", "size"],
)
async def test_refuses_statements_outside_the_question(where: StatementFilter, row: Any):
    with pytest.raises(UpstreamFailed):
        await answered(StatementPage((row,), False), "statements", ASKED, where)


async def test_passes_a_statement_that_fills_the_window():
    row = statement(1)
    page = StatementPage((row,), False)
    assert await answered(page, "statements", ASKED, StatementFilter(row.starts_at, row.ends_at)) is page


@pytest.mark.parametrize("found", [statement(1, "up2"), statement(2), statement(1, starts_at=instant(2))])
async def test_refuses_another_statement_than_the_one_asked_for(found: Any):
    with pytest.raises(UpstreamFailed):
        await answered(found, "statement", "up1", "r1")


@pytest.mark.parametrize(
    "found",
    [
        StatementFile("text/html", b"%PDF-"),
        StatementFile(PDF, b"<html>internal error</html>"),
        StatementFile(PDF, b""),
        StatementFile(PDF, b"%PDF-" + bytes(STATEMENT_FILE_BYTES_MAX)),
    ],
    ids=["type", "content", "empty", "too large"],
)
async def test_refuses_a_file_that_is_not_what_it_says(found: StatementFile):
    with pytest.raises(UpstreamFailed):
        await answered(found, "statement_file", "up1", "r1", PDF)


@pytest.mark.parametrize("exchange", [CurrencyExchange(HUGE, Decimal(1)), CurrencyExchange(EURO, Decimal(0))])
async def test_refuses_an_exchange_of_currencies_that_cannot_be(exchange: CurrencyExchange):
    page = TransactionPage((transaction(1, exchange=exchange),), False, 1)
    with pytest.raises(UpstreamFailed):
        await answered(page, "transactions", ASKED, TransactionFilter())


async def test_refuses_an_account_without_a_currency():
    with pytest.raises(UpstreamFailed):
        await answered((msgspec.structs.replace(account("up1"), currency="pounds"),), "accounts", ASKED)


async def test_counts_what_is_late_and_what_breaks():
    """Per upstream and operation, for the upstream's owner to read."""
    defects: list[tuple[str, str]] = []

    def guarding(before: Any) -> GuardedAccounts:
        return GuardedAccounts(Upstream(before=before), 0.01, lambda *defect: defects.append(defect))

    with pytest.raises(UpstreamTimedOut):
        await guarding(lambda: asyncio.Event().wait()).offers(BRAND, ASKED)
    with pytest.raises(ZeroDivisionError):
        await guarding(lambda: 1 / 0).products(BRAND, ASKED)
    assert defects == [("offers", "upstream_timed_out"), ("products", "upstream_failed")]
