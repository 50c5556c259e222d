"""A standing order as its payer reads it, and what a bank refuses of it."""

from datetime import date
from typing import Any

import msgspec
import pytest

from consent.store.kinds.standing_order import STANDING_ORDER, plan, recurs
from kernel.banking.money import Money
from kernel.banking.planned.recurrence import QuarterDays, Recurrence, Unit
from kernel.errors import FieldDateInvalid, FieldInvalid
from tests.world.brands import BRAND, START
from tests.world.planned import MONTHLY


def test_its_payments_are_said_in_words() -> None:
    said = STANDING_ORDER.describe(MONTHLY)
    assert said.when == "on 10 July 2026, then every month"
    facts = dict(said.rest)
    assert facts["First payment"] == "£165.88 on 10 July 2026"
    assert facts["Then"] == "£7.00 every month, from 10 August 2026"
    assert (facts["Number of payments"], facts["Last amount"]) == ("3", "£7.77")
    endless = msgspec.structs.replace(MONTHLY, payments=None, last_amount=None)
    assert dict(STANDING_ORDER.describe(endless).rest)["Ends"] == "When you cancel it"
    until = msgspec.structs.replace(MONTHLY, payments=None, last_on=date(2026, 12, 24))
    assert dict(STANDING_ORDER.describe(until).rest)["Last payment"] == "£7.77 on 24 December 2026"


@pytest.mark.parametrize(
    ("recurrence", "words"),
    [
        (Recurrence(unit=Unit.DAY), "every day"),
        (Recurrence(unit=Unit.DAY, every=10), "every 10 days"),
        (Recurrence(unit=Unit.WORKING_DAY), "every working day"),
        (Recurrence(unit=Unit.WEEK, every=2, day=5), "every 2 weeks on Friday"),
        (Recurrence(unit=Unit.MONTH, day=31), "every month on day 31"),
        (Recurrence(unit=Unit.MONTH, every=3, day=-1), "every 3 months on the last day"),
        (Recurrence(unit=Unit.MONTH, day=-3), "every month, 2 days before the end of the month"),
        (Recurrence(unit=Unit.WEEK_OF_MONTH, week=5, day=2), "on the last Tuesday of every month"),
        (
            Recurrence(unit=Unit.QUARTER_DAY, quarter=QuarterDays.ENGLISH),
            "on 25 March, 24 June, 29 September and 25 December of every year",
        ),
    ],
)
def test_how_often_it_pays_is_said_in_words(recurrence: Recurrence, words: str) -> None:
    assert recurs(recurrence) == words


@pytest.mark.parametrize(
    "changes",
    [
        {"recurring_amount": Money("GBP", 0)},
        {"last_amount": Money("EUR", 1)},
        {"payments": 0},
        {"payments": 10_000},
        {"last_on": date(2026, 12, 1)},
        {"payments": None},
    ],
)
def test_what_no_one_could_agree_to_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FieldInvalid):
        STANDING_ORDER.check(msgspec.structs.replace(MONTHLY, **changes))


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"first_on": date(2026, 7, 1)}, "first_on"),
        ({"first_on": date(2027, 7, 2)}, "first_on"),
        ({"recurs_on": date(2026, 7, 10)}, "recurs_on"),
        ({"recurs_on": date(9999, 12, 31)}, "recurs_on"),
        ({"payments": None, "last_on": date(2026, 7, 9)}, "last_on"),
        ({"payments": None, "recurs_on": date(2026, 8, 1), "last_on": date(2026, 7, 31)}, "last_on"),
    ],
)
def test_days_that_are_not_ahead_or_not_in_their_order_are_refused(changes: dict[str, Any], name: str) -> None:
    with pytest.raises(FieldDateInvalid) as refusal:
        plan(msgspec.structs.replace(MONTHLY, **changes), BRAND, START)
    assert refusal.value.path == name
