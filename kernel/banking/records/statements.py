"""Statements: a bank's account of one period, as its customer has received it. Signed amounts: negative is a debit; rates per cent."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from kernel.banking.money import Money

PDF: Final = "application/pdf"
STATEMENT_FILE_BYTES_MAX = 8 * 1024 * 1024  # of one statement file, which is held in memory whole


class StatementKind(StrEnum):
    ACCOUNT_OPENING = "account_opening"
    PERIODIC = "periodic"
    INTERIM = "interim"
    ANNUAL = "annual"
    ACCOUNT_CLOSURE = "account_closure"


class StatementFigure(StrEnum):
    """The meaning of an amount of a statement."""

    OPENING_BALANCE = "opening_balance"
    CLOSING_BALANCE = "closing_balance"
    AVAILABLE_BALANCE = "available_balance"
    AVERAGE_CREDIT_BALANCE = "average_credit_balance"
    AVERAGE_DEBIT_BALANCE = "average_debit_balance"
    CREDIT_LIMIT = "credit_limit"
    MINIMUM_PAYMENT_DUE = "minimum_payment_due"
    DIRECT_DEBIT_DUE = "direct_debit_due"
    TOTAL_CREDITS = "total_credits"
    TOTAL_DEBITS = "total_debits"
    TOTAL_CHARGES = "total_charges"
    TOTAL_CASH_ADVANCES = "total_cash_advances"
    TOTAL_PURCHASES = "total_purchases"


class StatementAmount(msgspec.Struct, frozen=True):
    figure: StatementFigure
    amount: Money


class FeeKind(StrEnum):
    MONTHLY = "monthly"
    ANNUAL = "annual"
    CASH_TRANSACTION = "cash_transaction"
    FOREIGN_TRANSACTION = "foreign_transaction"
    LATE_PAYMENT = "late_payment"
    OVER_LIMIT = "over_limit"
    STATEMENT_COPY = "statement_copy"
    TOTAL = "total"


class StatementFee(msgspec.Struct, frozen=True):
    kind: FeeKind
    amount: Money
    description: str | None = None


class InterestKind(StrEnum):
    PURCHASE = "purchase"
    CASH = "cash"
    BALANCE_TRANSFER = "balance_transfer"
    ESTIMATED_NEXT = "estimated_next"
    TOTAL = "total"


class StatementInterest(msgspec.Struct, frozen=True):
    kind: InterestKind
    amount: Money
    description: str | None = None
    rate: Decimal | None = None


class BenefitKind(StrEnum):
    CASHBACK = "cashback"
    INSURANCE = "insurance"
    TRAVEL_DISCOUNT = "travel_discount"
    TRAVEL_INSURANCE = "travel_insurance"


class StatementBenefit(msgspec.Struct, frozen=True):
    kind: BenefitKind
    amount: Money


class StatementDay(StrEnum):
    """The event of a day that a statement names."""

    PAYMENT_DUE = "payment_due"
    DIRECT_DEBIT_DUE = "direct_debit_due"
    LAST_PAYMENT = "last_payment"
    LAST_STATEMENT = "last_statement"
    NEXT_STATEMENT = "next_statement"
    AVAILABLE = "available"


class StatementDate(msgspec.Struct, frozen=True):
    day: StatementDay
    at: datetime


class RateKind(StrEnum):
    ANNUAL_PURCHASE = "annual_purchase"
    ANNUAL_CASH = "annual_cash"
    ANNUAL_BALANCE_TRANSFER = "annual_balance_transfer"
    MONTHLY_PURCHASE = "monthly_purchase"
    MONTHLY_CASH = "monthly_cash"
    MONTHLY_BALANCE_TRANSFER = "monthly_balance_transfer"


class StatementRate(msgspec.Struct, frozen=True):
    kind: RateKind
    rate: Decimal


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """The entries it lists are those booked from `starts_at` to `ends_at`, both inclusive. `created_at` is not before `ends_at`,
    save for an interim statement. `amounts` holds at most one amount per figure."""

    id: str
    account_id: str
    created_at: datetime
    kind: StatementKind
    starts_at: datetime
    ends_at: datetime
    reference: str | None = None  # the number printed on it
    descriptions: tuple[str, ...] = ()
    amounts: tuple[StatementAmount, ...] = ()
    fees: tuple[StatementFee, ...] = ()
    interest: tuple[StatementInterest, ...] = ()
    benefits: tuple[StatementBenefit, ...] = ()
    dates: tuple[StatementDate, ...] = ()
    rates: tuple[StatementRate, ...] = ()


class StatementPage(msgspec.Struct, frozen=True):
    """A page, newest first by (created_at, account_id, id), as of RecordPage. The span available is the start of the first and the
    end of the last statement of these accounts. Filters do not apply to it."""

    rows: tuple[Statement, ...]
    more: bool
    first_available: datetime | None = None
    last_available: datetime | None = None
    total: int | None = None  # of all rows within the question, where it was asked with `skip`


class StatementFile(msgspec.Struct, frozen=True):
    """At most STATEMENT_FILE_BYTES_MAX."""

    media_type: str
    content: bytes
