"""A hand-made bank with some accounts."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from gateway.ports import Page, Position, RecordPosition, StatementFilter, TransactionFilter
from kernel.banking.accounts import (
    Account,
    AccountCategory,
    AccountStatus,
    AccountType,
    Balance,
    BalanceType,
    Transaction,
    TransactionPage,
    TransactionStatus,
)
from kernel.banking.money import Money
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
from tests.world.brands import START


def account(account_id: str, **facts: Any) -> Account:
    return Account(
        id=account_id, currency="GBP", category=AccountCategory.PERSONAL, type=AccountType.CURRENT, status=AccountStatus.ENABLED,
        status_changed_at=START, name="Current", opened_at=START, **facts,
    )  # fmt: skip


def balance(account_id: str, currency: str = "GBP") -> Balance:
    return Balance(account_id=account_id, type=BalanceType.INTERIM_BOOKED, amount=Money(currency, 1000), at=START)


def transaction(number: int, account_id: str = "up1", minor: int = -100, **facts: Any) -> Transaction:
    """The higher the number, the later it was booked."""
    facts = {"status": TransactionStatus.BOOKED, "booked_at": START - timedelta(days=1) + timedelta(seconds=number), **facts}
    return Transaction(
        id=f"t{number}", account_id=account_id, sequence=number, amount=Money("GBP", minor), information="tea", **facts
    )


@dataclass
class Upstream:
    """A bank with some accounts. `before` runs at each question; answers may be replaced whole."""

    account_ids: tuple[str, ...] = ("up1", "up2", "up3")
    rows: list[Transaction] = field(default_factory=list)
    records: dict[str, list[Any]] = field(default_factory=dict)  # by the port's method
    details: dict[str, Any] = field(default_factory=dict)  # of each account
    customers: dict[str, Party] = field(default_factory=dict)
    files: dict[tuple[str, str], StatementFile] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    before: Callable[[], Any] = lambda: None
    answers: Any = None
    name: str = "hand-made"

    async def _question(self, *question: Any) -> None:
        self.asked.append(question)
        waiting = self.before()
        if waiting is not None:
            await waiting

    async def accounts(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Account, ...]:
        await self._question("accounts", account_ids)
        return self.answers or tuple(account(each, **self.details) for each in account_ids if each in self.account_ids)

    async def balances(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Balance, ...]:
        await self._question("balances", account_ids)
        return self.answers or tuple(balance(each) for each in account_ids if each in self.account_ids)

    async def transactions(self, brand: Brand, account_ids: tuple[str, ...], where: TransactionFilter) -> TransactionPage:
        await self._question("transactions", account_ids, where)
        if self.answers is not None:
            return self.answers
        as_of = where.as_of if where.as_of is not None else max((row.sequence for row in self.rows), default=0)
        found = sorted(
            (row for row in self.rows if row.account_id in account_ids and row.sequence <= as_of and matches(row, where)),
            key=lambda row: (row.booked_at, row.account_id, row.id),
            reverse=True,
        )
        return TransactionPage(tuple(found[: where.limit]), len(found) > where.limit, as_of, START - timedelta(days=700), START)

    async def _page(self, what: str, account_ids: tuple[str, ...], where: Any) -> Any:
        await self._question(what, account_ids, where)
        if self.answers is not None:
            return self.answers
        found = newest_first((row for row in self.records.get(what, ()) if row.account_id in account_ids), where.after)
        return RecordPage(tuple(found[: where.limit]), len(found) > where.limit)

    async def beneficiaries(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[Beneficiary]:
        return await self._page("beneficiaries", account_ids, where)

    async def direct_debits(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[DirectDebit]:
        return await self._page("direct_debits", account_ids, where)

    async def standing_orders(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[StandingOrder]:
        return await self._page("standing_orders", account_ids, where)

    async def scheduled_payments(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[ScheduledPayment]:
        return await self._page("scheduled_payments", account_ids, where)

    async def _all(self, what: str, account_ids: tuple[str, ...]) -> Any:
        await self._question(what, account_ids)
        if self.answers is not None:
            return self.answers
        return tuple(row for each in account_ids for row in self.records.get(what, ()) if row.account_id == each)

    async def products(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Product, ...]:
        return await self._all("products", account_ids)

    async def offers(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Offer, ...]:
        return await self._all("offers", account_ids)

    async def parties(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[AccountParty, ...]:
        return await self._all("parties", account_ids)

    async def party_of(self, brand: Brand, customer_id: str) -> Party | None:
        await self._question("party_of", customer_id)
        return self.answers or self.customers.get(customer_id)

    async def statements(self, brand: Brand, account_ids: tuple[str, ...], where: StatementFilter) -> StatementPage:
        await self._question("statements", account_ids, where)
        if self.answers is not None:
            return self.answers
        rows = [row for row in self.records.get("statements", ()) if row.account_id in account_ids]
        found = newest_first((row for row in rows if is_inside(row, where)), where.after)
        ends = [instant for row in rows for instant in (row.starts_at, row.ends_at)]
        more = len(found) > where.limit
        return StatementPage(tuple(found[: where.limit]), more, min(ends, default=None), max(ends, default=None))

    async def statement(self, brand: Brand, account_id: str, statement_id: str) -> Statement | None:
        await self._question("statement", account_id, statement_id)
        rows = self.records.get("statements", ())
        return self.answers or next((row for row in rows if (row.account_id, row.id) == (account_id, statement_id)), None)

    async def statement_file(self, brand: Brand, account_id: str, statement_id: str, media_type: str) -> StatementFile | None:
        await self._question("statement_file", account_id, statement_id, media_type)
        return self.answers or self.files.get((account_id, statement_id))


def newest_first(rows: Iterable[Any], after: RecordPosition | None) -> list[Any]:
    found = sorted(rows, key=lambda row: (row.created_at, row.account_id, row.id), reverse=True)
    if after is None:
        return found
    return [
        row for row in found if (row.created_at, row.account_id, row.id) < (after.created_at, after.account_id, after.record_id)
    ]


def is_inside(row: Statement, where: StatementFilter) -> bool:
    early = where.starts_from is not None and row.starts_at < where.starts_from
    return not early and (where.ends_to is None or row.ends_at <= where.ends_to)


def matches(row: Transaction, where: TransactionFilter) -> bool:
    after: Position | None = where.after
    return (
        (where.booked_from is None or row.booked_at >= where.booked_from)
        and (where.booked_to is None or row.booked_at <= where.booked_to)
        and (where.credits if row.amount.minor > 0 else where.debits)
        and (after is None or (row.booked_at, row.account_id, row.id) < (after.booked_at, after.account_id, after.transaction_id))
    )
