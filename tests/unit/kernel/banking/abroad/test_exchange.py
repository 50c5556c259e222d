"""An offer of a rate is checked before it is believed: it is for what was asked, and its amounts follow from its rate."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from kernel.banking.abroad.exchange import AskedRate, Charge, ChargeBearer, QuoteRequest, RateType, check_quote, is_rate
from kernel.banking.money import Money
from tests.world.abroad import quoted

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ASKED = QuoteRequest(
    amount=Money("EUR", 10_000),
    currency="EUR",
    bearer=ChargeBearer.SHARED,
    rate=AskedRate(type=RateType.ACTUAL, unit_currency="GBP"),
    is_binding=True,
)
QUOTE = quoted(NOW)


def test_an_offer_that_adds_up_is_taken():
    check_quote(QUOTE, ASKED)


@pytest.mark.parametrize(
    "changes",
    [
        {"bought": Money("EUR", 10_001)},
        {"bought": Money("USD", 10_000)},
        {"sold": Money("GBP", 8_621)},
        {"sold": Money("EUR", 8_620)},
        {"rate": Decimal("1.1602")},
        {"rate": Decimal("0")},
        {"rate": Decimal("NaN")},
        {"rate": Decimal("1.1600000000000001")},
        {"type": RateType.INDICATIVE},
        {"unit_currency": "EUR"},
        {"unit_currency": "USD"},
        {"contract_id": "FX-1"},
        {"charges": (Charge(bearer=ChargeBearer.SHARED, amount=Money("EUR", 100)),)},
        {"charges": (Charge(bearer=ChargeBearer.SHARED, amount=Money("GBP", -1)),)},
        {"charges": (Charge(bearer=ChargeBearer.SHARED, amount=Money("GBP", 10**15)),)},
        {"expires_at": None},
    ],
)
def test_an_offer_that_does_not_is_refused(changes):
    with pytest.raises(ValueError, match=r"^[a-z]"):
        check_quote(replace(QUOTE, **changes), ASKED)


def test_another_rate_than_was_agreed_is_refused():
    agreed = AskedRate(type=RateType.AGREED, unit_currency="GBP", rate=Decimal("1.17"), contract_id="FX-1")
    offered = replace(QUOTE, type=RateType.AGREED, contract_id="FX-1")
    with pytest.raises(ValueError, match="another than was agreed"):
        check_quote(offered, replace(ASKED, rate=agreed))


def test_a_rate_that_ends_before_the_day_of_the_payment_is_refused():
    asked = replace(ASKED, until=NOW + timedelta(days=1))
    with pytest.raises(ValueError, match="ends before the payment"):
        check_quote(QUOTE, asked)
    check_quote(replace(QUOTE, expires_at=NOW + timedelta(days=1)), asked)


def test_what_leaves_the_account_is_what_is_sold_and_every_charge():
    assert (QUOTE.charged, QUOTE.debit) == (Money("GBP", 100), Money("GBP", 8_720))
    assert replace(QUOTE, charges=()).debit == QUOTE.sold
    assert QUOTE.expires_at == NOW + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("rate", "is_one"), [("1", True), ("0.000001", True), ("-1", False), ("Infinity", False), ("1E+30", False)]
)
def test_a_rate_is_above_zero_and_of_few_digits(rate, is_one):
    assert is_rate(Decimal(rate)) is is_one
