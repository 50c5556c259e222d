"""The terms on which a scheme lets a payment be recalled: the reasons, how long after it was made, and how long an answer may take."""

from collections.abc import Mapping
from datetime import date, timedelta

import msgspec

from orders.recalls.recall import RecallReason
from orders.settlement.ports import Calendar


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """From the day of the payment, `ask_business_days`, or `ask_days` by the calendar, to ask. `needs_payee`: the payee must agree; without
    it the payee's bank may send a payment back of its own duty."""

    ask_business_days: int | None = None
    ask_days: int | None = None
    needs_payee: bool = False


class RecallTerms(msgspec.Struct, frozen=True, kw_only=True):
    """`by_reason`: those for which one may ask."""

    by_reason: Mapping[RecallReason, Term]
    answer_business_days: int


def may_ask_until(term: Term, calendar: Calendar, paid_on: date) -> date:
    """The last day."""
    if term.ask_days is not None:
        return paid_on + timedelta(days=term.ask_days)
    assert term.ask_business_days is not None
    return add_business_days(calendar, paid_on, term.ask_business_days)


def add_business_days(calendar: Calendar, begin: date, days: int) -> date:
    """The day that is so many business days after another."""
    day = begin
    while days > 0:
        day += timedelta(days=1)
        days -= calendar.is_business_day(day)
    return day
