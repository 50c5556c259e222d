"""A bank's accounts, behind a guard: an answer that was not asked for is refused, never passed on.

An upstream that mixes up its rows must not become a leak: ids, windows, direction, order and page size are checked against the
question, one account has one currency, and nothing is passed on that no standard could carry. Each call has its own time
limit. What is late or broken is counted per upstream and operation, for the upstream's owner to read.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from gateway.ports import AccountsUpstream, Page, Position, StatementFilter, TransactionFilter
from gateway.upstream_guard.answer_checks import (
    check_amount,
    check_amounts,
    check_asked,
    check_currency,
    check_exchange,
    check_few,
    check_ids,
    check_order,
    check_page,
    check_payees,
    check_product,
    check_rates,
    check_sizes,
    check_total,
    check_within,
)
from gateway.upstream_guard.statement_checks import check_file, check_inside, check_statement
from kernel.banking.accounts import Account, Balance, Transaction, TransactionPage
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import DirectDebit
from kernel.banking.records.listing import RecordPage
from kernel.banking.records.offers import Offer
from kernel.banking.records.parties import AccountParty, Party
from kernel.banking.records.products import Product
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from kernel.banking.records.statements import Statement, StatementFile, StatementPage
from kernel.brand import Brand
from kernel.errors import UpstreamFailed, UpstreamTimedOut

T = TypeVar("T")
CountDefect = Callable[[str, str], None]  # (what the upstream was asked, the Problem's code)

UPSTREAM_SECONDS_MAX = 5.0  # for one question to the bank


def count_nothing(_operation: str, _code: str) -> None:
    """Count no defects: for an upstream without a meter."""


class GuardedAccounts:
    """The AccountsUpstream port over another one. Every method raises UpstreamFailed or UpstreamTimedOut.

    `count_defect` is called for each answer that is refused here."""

    def __init__(
        self,
        upstream: AccountsUpstream,
        seconds_max: float = UPSTREAM_SECONDS_MAX,
        count_defect: CountDefect = count_nothing,
    ) -> None:
        self._upstream = upstream
        self._seconds_max = seconds_max
        self._count_defect = count_defect

    async def accounts(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Account, ...]:
        def check(found: tuple[Account, ...]) -> None:
            check_asked(account_ids, (account.id for account in found))
            check_few((account.id for account in found), 1)
            for account in found:
                check_currency(account.currency)

        return await self._ask("accounts", self._upstream.accounts(brand, account_ids), check)

    async def balances(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Balance, ...]:
        def check(found: tuple[Balance, ...]) -> None:
            check_asked(account_ids, (balance.account_id for balance in found))
            lines = ((balance.account_id, line.amount) for balance in found for line in balance.credit_lines)
            check_amounts([*((balance.account_id, balance.amount) for balance in found), *lines])

        return await self._ask("balances", self._upstream.balances(brand, account_ids), check)

    async def transactions(self, brand: Brand, account_ids: tuple[str, ...], where: TransactionFilter) -> TransactionPage:
        def check(page: TransactionPage) -> None:
            rows = page.transactions
            check_asked(account_ids, (row.account_id for row in rows))
            check_amounts((row.account_id, amount) for row in rows for amount in (row.amount, row.balance_after))
            if len(rows) > where.limit or (page.more and not rows):
                raise UpstreamFailed(f"{len(rows)} transactions for a page of {where.limit}, more: {page.more}")
            if where.as_of is not None and (page.as_of != where.as_of or any(row.sequence > where.as_of for row in rows)):
                raise UpstreamFailed("the listing is not the one that the first page began")
            for row in rows:
                check_within(row, where)
                if row.exchange is not None:
                    check_exchange(row.exchange)
            check_order(rows, where.after)
            check_total(where.skip, where.limit, len(rows), page.total)

        return await self._ask("transactions", self._upstream.transactions(brand, account_ids, where), check)

    async def beneficiaries(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[Beneficiary]:
        def check(page: RecordPage[Beneficiary]) -> None:
            check_page(page, account_ids, where)
            check_payees(row.payee for row in page.rows)

        return await self._ask("beneficiaries", self._upstream.beneficiaries(brand, account_ids, where), check)

    async def direct_debits(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[DirectDebit]:
        def check(page: RecordPage[DirectDebit]) -> None:
            check_page(page, account_ids, where)
            check_amounts((row.account_id, row.previous_amount) for row in page.rows)
            check_sizes(row.previous_amount for row in page.rows)
            if not all(row.creditor_name for row in page.rows):
                raise UpstreamFailed("a direct debit does not say who collects")

        return await self._ask("direct_debits", self._upstream.direct_debits(brand, account_ids, where), check)

    async def standing_orders(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[StandingOrder]:
        def check(page: RecordPage[StandingOrder]) -> None:
            check_page(page, account_ids, where)
            check_payees(row.payee for row in page.rows)
            amounts = [
                (row.account_id, amount)
                for row in page.rows
                for amount in (row.first_amount, row.previous_amount, row.next_amount, row.final_amount)
            ]
            check_amounts(amounts)
            check_sizes(amount for _, amount in amounts)

        return await self._ask("standing_orders", self._upstream.standing_orders(brand, account_ids, where), check)

    async def scheduled_payments(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[ScheduledPayment]:
        def check(page: RecordPage[ScheduledPayment]) -> None:
            check_page(page, account_ids, where)
            check_payees(row.payee for row in page.rows)
            for row in page.rows:
                check_amount(row.amount)  # one that goes abroad may have the payee's currency
            check_sizes(row.amount for row in page.rows)

        return await self._ask("scheduled_payments", self._upstream.scheduled_payments(brand, account_ids, where), check)

    async def products(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Product, ...]:
        def check(found: tuple[Product, ...]) -> None:
            check_asked(account_ids, (product.account_id for product in found))
            check_few((product.account_id for product in found), 1)
            check_ids(product.id for product in found)
            for product in found:
                check_product(product)

        return await self._ask("products", self._upstream.products(brand, account_ids), check)

    async def offers(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Offer, ...]:
        def check(found: tuple[Offer, ...]) -> None:
            check_asked(account_ids, (offer.account_id for offer in found))
            check_few(offer.account_id for offer in found)
            check_ids(offer.id for offer in found)
            check_amounts((offer.account_id, amount) for offer in found for amount in (offer.amount, offer.fee))
            check_sizes(amount for offer in found for amount in (offer.amount, offer.fee))
            check_rates(offer.rate for offer in found)

        return await self._ask("offers", self._upstream.offers(brand, account_ids), check)

    async def parties(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[AccountParty, ...]:
        def check(found: tuple[AccountParty, ...]) -> None:
            check_asked(account_ids, (each.account_id for each in found))
            check_few(each.account_id for each in found)
            check_ids(each.party.id for each in found)

        return await self._ask("parties", self._upstream.parties(brand, account_ids), check)

    async def party_of(self, brand: Brand, customer_id: str) -> Party | None:
        def check(found: Party | None) -> None:
            check_ids(() if found is None else (found.id,))

        return await self._ask("party_of", self._upstream.party_of(brand, customer_id), check)

    async def statements(self, brand: Brand, account_ids: tuple[str, ...], where: StatementFilter) -> StatementPage:
        def check(page: StatementPage) -> None:
            check_page(page, account_ids, where)
            for row in page.rows:
                check_statement(row)
                check_inside(row, where)

        return await self._ask("statements", self._upstream.statements(brand, account_ids, where), check)

    async def statement(self, brand: Brand, account_id: str, statement_id: str) -> Statement | None:
        def check(found: Statement | None) -> None:
            if found is None:
                return
            check_asked((account_id,), (found.account_id,))
            check_statement(found)
            if found.id != statement_id:
                raise UpstreamFailed("the answer is another statement than the one asked for")

        return await self._ask("statement", self._upstream.statement(brand, account_id, statement_id), check)

    async def statement_file(self, brand: Brand, account_id: str, statement_id: str, media_type: str) -> StatementFile | None:
        def check(found: StatementFile | None) -> None:
            if found is not None:
                check_file(found, media_type)

        question = self._upstream.statement_file(brand, account_id, statement_id, media_type)
        return await self._ask("statement_file", question, check)

    async def _ask(self, operation: str, question: Awaitable[T], check: Callable[[T], None]) -> T:
        """The answer, once it has passed `check`. Any other exception of an adapter is a defect, and counted as a failure."""
        try:
            async with asyncio.timeout(self._seconds_max):
                answer = await question
            check(answer)
        except TimeoutError:
            self._count_defect(operation, UpstreamTimedOut.code)
            raise UpstreamTimedOut(f"no answer within {self._seconds_max} s") from None
        except (UpstreamFailed, UpstreamTimedOut) as problem:
            self._count_defect(operation, problem.code)
            raise
        except Exception:
            self._count_defect(operation, UpstreamFailed.code)
            raise
        return answer


def position_of(row: Transaction) -> Position:
    return Position(booked_at=row.booked_at, transaction_id=row.id, account_id=row.account_id)
