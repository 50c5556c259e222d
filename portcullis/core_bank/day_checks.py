"""Conformance checks of the days and cut-offs that a core bank gives. Nothing is held or paid."""

from datetime import datetime, timedelta

from kernel.clock import SystemClock
from openapi.core_bank.v1.operations import PAYMENT_DAY
from openapi.core_bank.v1.payment_days import WorkingDay
from portcullis.core_bank.subject import NothingThere, Subject, Wrong, expect

DAYS_WALKED_MAX = 10  # working days of the bank that the check asks for, each after the one before


async def check_days(subject: Subject) -> str:
    """The client itself refuses a day that cannot be."""
    at = SystemClock().now()
    if await subject.days.working_day(subject.brand, at) is None:
        raise NothingThere("the bank leaves its cut-off to the configuration")
    status, _, _ = await subject.raw(f"/brands/{subject.brand.name}{PAYMENT_DAY.path}?at=yesterday")
    expect(status == 400, f"answered {status} to an instant that is none, not 400")
    for number in range(DAYS_WALKED_MAX):
        day = await _day_of(subject, at)
        again = await _day_of(subject, day.cut_off - timedelta(seconds=1))
        expect(again.cut_off == day.cut_off, "a payment just before the cut-off is not of its day")
        expect(number == 0 or day.opens >= at, "a day begins before the cut-off of the day before")
        at = day.cut_off
    return f"{DAYS_WALKED_MAX} working days"


async def _day_of(subject: Subject, at: datetime) -> WorkingDay:
    """Raises Wrong."""
    day = await subject.days.working_day(subject.brand, at)
    if day is None:
        raise Wrong("some instants have a working day, others have not")
    return day


DAY_CHECKS = (("gives its working days and their cut-offs", check_days),)
