"""The facts of a statement, computed from the bookings of its period: sums, fees, interest, dates and rates. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict

import sqlalchemy as sa

from kernel.banking.accounts import AccountStatus, AccountType
from kernel.banking.money import Money
from kernel.banking.records.statements import (
    FeeKind,
    InterestKind,
    StatementAmount,
    StatementDate,
    StatementDay,
    StatementFee,
    StatementFigure,
    StatementInterest,
)
from plugins.ledger.records.schedule import add_months

CARD_PAYMENT_AFTER = timedelta(days=20)  # of a card's statement, until what is owed is due
CARD_MINIMUM_PERCENT = 2
CARD_MINIMUM_MINOR = 500
FEES = {
    "ACMT.MDOP.FEES": (FeeKind.MONTHLY, "Account fee"),
    "PMNT.CCRD.FEES": (FeeKind.FOREIGN_TRANSACTION, "Non-sterling transaction fees"),
    "PMNT.CCRD.CHRG": (FeeKind.CASH_TRANSACTION, "Cash fees"),
}
INTEREST_CODES = ("ACMT.MCOP.INTR", "ACMT.MDOP.INTR")
PURCHASE_CODES = ("PMNT.CCRD.POSD", "PMNT.CCRD.RIMB")
CASH_CODES = ("PMNT.CCRD.CWDL",)


@dataclass(frozen=True, slots=True)
class StatedAccount:
    """`stated_until`: the end of its newest statement. `closed_at`: when it was closed."""

    id: str
    type: AccountType
    currency: str
    opened_at: datetime
    closed_at: datetime | None
    credit_line_minor: int | None
    stated_until: datetime | None

    @classmethod
    def read(cls, row: sa.Row[Any]) -> "StatedAccount":
        return cls(
            id=row.id,
            type=AccountType(row.type),
            currency=row.currency,
            opened_at=row.opened_at,
            closed_at=row.status_changed_at if row.status == AccountStatus.DELETED else None,
            credit_line_minor=row.credit_line_minor,
            stated_until=row.stated_until,
        )


@dataclass(frozen=True, slots=True)
class Turnover:
    """Everything booked under one code in one direction: a sum in minor units, negative for debits, and how many."""

    code: str
    minor: int
    count: int


class Facts(TypedDict):
    descriptions: tuple[str, ...]
    amounts: tuple[StatementAmount, ...]
    fees: tuple[StatementFee, ...]
    interest: tuple[StatementInterest, ...]
    dates: tuple[StatementDate, ...]


def summarise_period(account: StatedAccount, opening_minor: int, turnover: list[Turnover], next_start: datetime) -> Facts:
    """`next_start`: the first instant after the period."""
    closing = opening_minor + sum(line.minor for line in turnover)
    figures = {
        StatementFigure.OPENING_BALANCE: opening_minor,
        StatementFigure.CLOSING_BALANCE: closing,
        StatementFigure.TOTAL_CREDITS: sum(line.minor for line in turnover if line.minor > 0),
        StatementFigure.TOTAL_DEBITS: sum(line.minor for line in turnover if line.minor < 0),
        **_when_booked(StatementFigure.TOTAL_CHARGES, turnover, FEES),
        **(_card_figures(account, closing, turnover) if account.type is AccountType.CARD else {}),
    }
    count = sum(line.count for line in turnover)
    return Facts(
        descriptions=("No transactions" if count == 0 else f"{count:,} transaction{'' if count == 1 else 's'}",),
        amounts=tuple(StatementAmount(figure, Money(account.currency, minor)) for figure, minor in figures.items()),
        fees=tuple(
            StatementFee(kind, Money(account.currency, _sum(turnover, (code,))), description)
            for code, (kind, description) in FEES.items()
            if _sum(turnover, (code,))
        ),
        interest=_interest(account, turnover),
        dates=_dates(account, closing, next_start),
    )


def _card_figures(account: StatedAccount, closing: int, turnover: list[Turnover]) -> dict[StatementFigure, int]:
    owed = max(0, -closing)
    minimum = min(owed, max(CARD_MINIMUM_MINOR, owed * CARD_MINIMUM_PERCENT // 100))
    return {
        **({} if account.credit_line_minor is None else {StatementFigure.CREDIT_LIMIT: account.credit_line_minor}),
        StatementFigure.MINIMUM_PAYMENT_DUE: -minimum,
        **_when_booked(StatementFigure.TOTAL_PURCHASES, turnover, PURCHASE_CODES),
        **_when_booked(StatementFigure.TOTAL_CASH_ADVANCES, turnover, CASH_CODES),
    }


def _interest(account: StatedAccount, turnover: list[Turnover]) -> tuple[StatementInterest, ...]:
    minor = _sum(turnover, INTEREST_CODES)
    if not minor:
        return ()
    description = "Interest paid to you" if minor > 0 else "Interest charged"
    return (StatementInterest(InterestKind.TOTAL, Money(account.currency, minor), description),)


def _dates(account: StatedAccount, closing: int, next_start: datetime) -> tuple[StatementDate, ...]:
    if account.closed_at is not None and account.closed_at < next_start:
        return ()
    dates = [StatementDate(StatementDay.NEXT_STATEMENT, add_months(next_start, 1))]
    if account.type is AccountType.CARD and closing < 0:
        dates.append(StatementDate(StatementDay.PAYMENT_DUE, next_start + CARD_PAYMENT_AFTER))
    return tuple(dates)


def _when_booked(figure: StatementFigure, turnover: list[Turnover], codes: Iterable[str]) -> dict[StatementFigure, int]:
    minor = _sum(turnover, codes)
    return {figure: minor} if minor else {}


def _sum(turnover: list[Turnover], codes: Iterable[str]) -> int:
    wanted = frozenset(codes)
    return sum(line.minor for line in turnover if line.code in wanted)
