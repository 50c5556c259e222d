"""A standing order as its payer agrees to it: a first payment, then the same again and again, to one payee, until an end or for good.

UK Open Banking R/W 4.0, Domestic Standing Order Consents.
"""

from collections.abc import Iterator
from datetime import date
from itertools import chain, dropwhile, islice, takewhile

import msgspec

from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.executions import Execution, day_made
from kernel.banking.planned.recurrence import Recurrence, Unit, days_from
from kernel.cut_offs import CutOffRule

PAYMENTS_MAX = 9_999  # of a standing order that says how many it makes


class StandingOrderTerms(msgspec.Struct, frozen=True, kw_only=True, tag="standing_order"):
    """`payment` is the first one. `recurs_on`: the day from which the others are counted; None: the first. `payments`: how many in all,
    `last_on`: the day of the last one; neither: until it is cancelled. `recurring_amount` None: that of the first; `last_amount` None: that of
    the others."""

    payment: PaymentTerms
    recurrence: Recurrence
    first_on: date
    recurs_on: date | None = None
    last_on: date | None = None
    payments: int | None = None
    recurring_amount: Money | None = None
    last_amount: Money | None = None

    @property
    def plan(self) -> tuple[str, ...]:
        """The terms in addition to the first payment's, as an authentication is linked to them."""
        said = (
            self.recurrence,
            self.first_on,
            self.recurs_on,
            self.last_on,
            self.payments,
            self.recurring_amount,
            self.last_amount,
        )
        return tuple(msgspec.json.encode(each).decode() for each in said)

    @property
    def debit(self) -> Money:
        """The amount that the account pays first."""
        return self.payment.amount

    @property
    def cross_border(self) -> CrossBorder | None:
        """None: it pays within the country."""
        return None

    def executions_after(
        self, calendar: CutOffRule | None = None, made: int = 0, due_on: date | None = None
    ) -> Iterator[Execution]:
        """Those that follow the first `made`, in order; without an end where the terms have none. `due_on`: the day on which the next one is
        made, as it was found before. Working days are found again from that day on, and not by a count: the calendar of days that have
        passed may have changed since."""
        days = _days_after(self, calendar, made, due_on)
        upcoming, number = next(days, None), made
        while upcoming is not None and number != self.payments:
            day, upcoming, number = upcoming, next(days, None), number + 1
            is_last = upcoming is None or number == self.payments
            payment = msgspec.structs.replace(self.payment, amount=_amount_of(self, number, is_last=is_last))
            yield Execution(number, day, day_made(day, calendar), payment)

    def execution(self, number: int) -> Execution | None:
        """The one of this number, by its calendar alone; None where the standing order ends before it."""
        return next(islice(self.executions_after(), number - 1, None), None)


def _days_after(terms: StandingOrderTerms, calendar: CutOffRule | None, made: int, due_on: date | None) -> Iterator[date]:
    days = _days_of(terms, calendar)
    if due_on is None or not made or terms.recurrence.unit is not Unit.WORKING_DAY:
        return islice(days, made, None)
    return dropwhile(lambda day: day_made(day, calendar) < due_on and day != terms.last_on, islice(days, 1, None))


def _days_of(terms: StandingOrderTerms, calendar: CutOffRule | None) -> Iterator[date]:
    """The first day, the days of the recurrence after it, and the last one, which need not be one of the recurrence."""
    recurring = days_from(terms.recurrence, terms.recurs_on or terms.first_on, lambda day: day_made(day, calendar) == day)
    later = dropwhile(lambda day: day <= terms.first_on, recurring)
    last_on = terms.last_on
    if last_on is None:
        return chain((terms.first_on,), later)
    return chain((terms.first_on,), takewhile(lambda day: day < last_on, later), (last_on,) if last_on > terms.first_on else ())


def _amount_of(terms: StandingOrderTerms, number: int, *, is_last: bool) -> Money:
    if number == 1:
        return terms.payment.amount
    recurring = terms.recurring_amount or terms.payment.amount
    return terms.last_amount or recurring if is_last else recurring
