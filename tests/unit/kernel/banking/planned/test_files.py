"""The content of a file of payments: sums by day, and the number of each payment in the order in which they are made."""

from datetime import date, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.files import (
    PAYEES_SHOWN_MAX,
    FilePayment,
    FileTerms,
    FileType,
    content_of,
    days_of,
)
from kernel.cut_offs import CutOffRule

TODAY = date(2026, 7, 1)
ACCOUNT = AccountIdentifier(Scheme.SORT_CODE, "80200110203345")
WORKING = CutOffRule(at=time(16), late="refused")


def payment(minor: int, name: str = "Bob") -> PaymentTerms:
    return PaymentTerms(amount=Money("GBP", minor), creditor_name=name, creditor_account=ACCOUNT)


payments = st.lists(
    st.builds(FilePayment, st.integers(1, 10**9).map(payment), st.none() | st.dates(TODAY, TODAY + timedelta(days=9))), min_size=1
)


@given(payments)
def test_sums_and_numbers_are_those_of_the_payments(listed: list[FilePayment]) -> None:
    ordered = days_of(listed, TODAY)
    content = content_of(ordered, listed, at_once=False)
    assert sorted(each.payment.amount.minor for _, each in ordered) == sorted(each.payment.amount.minor for each in listed)
    assert (content.payments, content.total.minor) == (len(listed), sum(each.payment.amount.minor for each in listed))
    assert [each.day for each in content.days] == sorted({each.asked_on or TODAY for each in listed})
    for day in content.days:
        theirs = [each.payment.amount.minor for each in listed if (each.asked_on or TODAY) == day.day]
        assert (day.payments, day.total.minor) == (len(theirs), sum(theirs))
    assert [each.name for each in content.first] == ["Bob"] * min(len(listed), PAYEES_SHOWN_MAX)


@given(payments, st.integers(0, 40))
def test_executions_follow_those_that_are_made_each_on_a_working_day(listed: list[FilePayment], made: int) -> None:
    ordered = days_of(listed, TODAY)
    terms = FileTerms(file_type=FileType.JSON, hash="", content=content_of(ordered, listed, at_once=False))
    found = list(terms.executions_after(WORKING, made))
    assert [each.number for each in found] == list(range(made + 1, len(listed) + 1))
    assert [each.day for each in found] == [day for day, _ in ordered][made:]
    assert all(each.made_on.weekday() < 5 and each.day <= each.made_on for each in found)


def test_payments_of_one_day_stay_as_the_file_has_them() -> None:
    later, names = TODAY + timedelta(days=1), ("a", "b", "c", "d")
    listed = [FilePayment(payment(1, name), later if name in "ac" else None) for name in names]
    assert [each.payment.creditor_name for _, each in days_of(listed, TODAY)] == ["b", "d", "a", "c"]
