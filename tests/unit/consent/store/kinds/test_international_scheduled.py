"""The page of a payment abroad for a later day: its day and its rate, which the authentication is linked to."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from consent.authentication.linked_terms import linked_of
from consent.store.kinds.international_scheduled import INTERNATIONAL_SCHEDULED, plan
from kernel.banking.abroad.exchange import RateType
from kernel.banking.consents import ConsentKind
from kernel.cut_offs import start_of
from kernel.errors import FieldDateInvalid
from tests.world.abroad import abroad_on
from tests.world.brands import BRAND
from tests.world.orders import authorised

NOW, DAY = datetime(2026, 7, 1, 12, tzinfo=UTC), date(2026, 7, 10)
ESTIMATE = abroad_on(DAY, NOW)
FIXED = abroad_on(DAY, NOW, type=RateType.ACTUAL, expires_at=NOW + timedelta(days=9))


def test_the_page_says_the_day_and_that_the_rate_is_an_estimate():
    described = INTERNATIONAL_SCHEDULED.describe(ESTIMATE)
    rest = dict(described.rest)
    assert (described.when, described.amount) == ("on 10 July 2026", "about £87.20")
    assert rest["Payment date"] == "10 July 2026"
    assert rest["The rate"] == "An estimate. The rate at the moment of the payment counts"


def test_the_page_says_until_when_a_rate_is_fixed():
    described = INTERNATIONAL_SCHEDULED.describe(FIXED)
    assert (described.amount, dict(described.rest)["The rate"]) == ("£87.20", "Fixed until 12:00 UTC on 10 July 2026")


@pytest.mark.spec("RTS-5")
@pytest.mark.parametrize(
    "other",
    [
        msgspec.structs.replace(ESTIMATE, scheduled=msgspec.structs.replace(ESTIMATE.scheduled, made_on=date(2026, 7, 13))),
        abroad_on(DAY, NOW, rate=msgspec.structs.replace(ESTIMATE).cross_border.quote.rate * 2),
        FIXED,
    ],
    ids=["another day", "another rate", "a fixed rate"],
)
def test_an_authentication_is_linked_to_the_day_and_to_the_rate(other):
    agreed, changed = (
        authorised("consent-1", kind=ConsentKind.INTERNATIONAL_SCHEDULED, terms=terms) for terms in (ESTIMATE, other)
    )
    assert linked_of(agreed, "up-1").digest != linked_of(changed, "up-1").digest
    assert linked_of(agreed, "up-1").amount == ESTIMATE.cross_border.quote.debit


def test_it_is_planned_as_a_payment_within_the_country():
    asked = abroad_on(date(2026, 7, 9), NOW)
    planned, used_by = plan(asked, BRAND, NOW)
    assert (planned.scheduled.made_on, used_by) == (date(2026, 7, 9), start_of(date(2026, 7, 9), BRAND.zone))
    for day in (NOW.date(), date(2027, 7, 3)):
        with pytest.raises(FieldDateInvalid):
            plan(abroad_on(day, NOW), BRAND, NOW)
