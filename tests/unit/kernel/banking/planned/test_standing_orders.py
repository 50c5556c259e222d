"""The payments of a standing order: which, when and how much, up to its end."""

from dataclasses import astuple
from datetime import date, time
from itertools import islice
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.recurrence import Recurrence, Unit
from kernel.banking.planned.standing_orders import StandingOrderTerms
from kernel.cut_offs import CutOffRule

FIRST, OTHER, LAST = (Money("GBP", minor) for minor in (666, 700, 777))
PAYMENT = PaymentTerms(amount=FIRST, creditor_name="Bob", creditor_account=AccountIdentifier(Scheme.SORT_CODE, "80200110203345"))
WORKING = CutOffRule(at=time(16), late="refused", closed=frozenset({date(2026, 12, 25), date(2026, 12, 28)}))


def terms(**facts: Any) -> StandingOrderTerms:
    given = {
        "payment": PAYMENT,
        "recurrence": Recurrence(unit=Unit.MONTH),
        "first_on": date(2026, 10, 25),
        "recurring_amount": OTHER,
    }
    return StandingOrderTerms(**{**given, **facts})


def shown(one: StandingOrderTerms, calendar: CutOffRule | None = None, number: int = 9) -> list[tuple[str, int]]:
    return [(each.made_on.isoformat(), each.payment.amount.minor) for each in islice(one.executions_after(calendar), number)]


def test_a_first_payment_and_then_others_without_an_end() -> None:
    assert shown(terms(), number=3) == [("2026-10-25", 666), ("2026-11-25", 700), ("2026-12-25", 700)]
    assert shown(terms(recurring_amount=None), number=2) == [("2026-10-25", 666), ("2026-11-25", 666)]


def test_so_many_payments_with_an_amount_of_the_last() -> None:
    assert shown(terms(payments=3, last_amount=LAST)) == [("2026-10-25", 666), ("2026-11-25", 700), ("2026-12-25", 777)]
    assert shown(terms(payments=1, last_amount=LAST)) == [("2026-10-25", 666)]


def test_a_last_day_is_paid_though_it_is_no_day_of_the_recurrence() -> None:
    expected = [("2026-10-25", 666), ("2026-11-25", 700), ("2026-12-10", 777)]
    assert shown(terms(last_on=date(2026, 12, 10), last_amount=LAST)) == expected
    assert shown(terms(last_on=date(2026, 11, 25), last_amount=LAST)) == [("2026-10-25", 666), ("2026-11-25", 777)]
    assert shown(terms(last_on=date(2026, 10, 25), last_amount=LAST)) == [("2026-10-25", 666)]


def test_others_are_counted_from_a_day_of_their_own() -> None:
    found = shown(terms(recurs_on=date(2026, 11, 1), recurrence=Recurrence(unit=Unit.WEEK, every=2)), number=3)
    assert found == [("2026-10-25", 666), ("2026-11-01", 700), ("2026-11-15", 700)]


def test_payments_are_made_on_working_days_and_move_no_later_one() -> None:
    """Christmas and the Monday after it: the payment of the 25th is made on the 29th, and the next on its own day."""
    found = shown(terms(first_on=date(2026, 11, 25)), WORKING, 3)
    assert [day for day, _ in found] == ["2026-11-25", "2026-12-29", "2027-01-25"]


@given(st.integers(1, 40), st.none() | st.integers(1, 40), st.none() | st.dates(date(2026, 10, 25), date(2030, 1, 1)))
def test_any_number_finds_the_execution_of_its_place(number: int, payments: int | None, last_on: date | None) -> None:
    one = terms(payments=payments, last_on=None if payments else last_on, last_amount=LAST if payments or last_on else None)
    listed = list(islice(one.executions_after(), number))
    found = one.execution(number)
    assert (found is None) is (len(listed) < number)
    if found is not None:
        assert astuple(found) == astuple(listed[-1])
    assert [each.number for each in listed] == list(range(1, len(listed) + 1))
    if payments is not None:
        assert len(listed) == min(number, payments)
