"""The page of a standing order abroad: all its payments, and that each has the rate of its day."""

from datetime import UTC, date, datetime

from consent.store.kinds.international_standing_order import INTERNATIONAL_STANDING_ORDER, plan
from kernel.cut_offs import start_of
from tests.world.abroad import monthly_abroad
from tests.world.brands import BRAND

NOW, FIRST_ON = datetime(2026, 7, 1, 12, tzinfo=UTC), date(2026, 7, 10)
TERMS = monthly_abroad(FIRST_ON, NOW)


def test_the_page_says_every_payment_and_that_the_rate_is_an_estimate():
    described = INTERNATIONAL_STANDING_ORDER.describe(TERMS)
    rest = dict(described.rest)
    assert (described.when, described.amount) == ("on 10 July 2026, then every month", "about £87.20")
    assert dict(described.lead)["You pay"] == "about £87.20, including a charge of £1.00"
    assert (rest["First payment"], rest["Then"]) == ("€100.00 on 10 July 2026", "€100.00 every month, from 10 August 2026")
    assert rest["The rate"] == "An estimate. The rate at the moment of the payment counts"


def test_it_is_planned_as_one_within_the_country():
    assert plan(TERMS, BRAND, NOW) == (TERMS, start_of(FIRST_ON, BRAND.zone))
