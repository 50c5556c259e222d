"""Money: a closed list of currencies, and amounts that fit theirs."""

import pytest

from kernel.banking.money import CURRENCIES, EXPONENTS, CurrencyUnknown, Money, exponent


@pytest.mark.parametrize("currency", ["ABC", "BGN", "HRK", "ANG", "ZWL", "gbp", "", "XXX", "XAU", "GBP ", "£"])
def test_refuses_a_code_that_is_no_currency_or_no_longer_one(currency):
    with pytest.raises(CurrencyUnknown):
        Money.parse("1.00", currency)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("1.5", "GBP", 150), ("1", "JPY", 1), ("1.234", "KWD", 1_234), ("1.2345", "CLF", 12_345), ("2", "XCG", 200), ("2.5", "ZWG", 250), ("0.20", "MRU", 20)],
)  # fmt: skip
def test_reads_an_amount_in_the_minor_units_of_its_currency(amount, currency, minor):
    assert Money.parse(amount, currency) == Money(currency, minor)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("1.001", "GBP"), ("1.5", "JPY"), ("1.2345", "KWD"), ("-1", "GBP"), ("1,5", "GBP"), ("", "GBP"), ("1e3", "GBP"), ("1" * 14, "GBP"), ("١", "GBP")],
)  # fmt: skip
def test_refuses_what_does_not_fit_and_rounds_nothing(amount, currency):
    with pytest.raises(ValueError, match=r"decimal") as refused:
        Money.parse(amount, currency)
    assert not isinstance(refused.value, CurrencyUnknown)


def test_every_exponent_is_of_a_currency():
    assert EXPONENTS.keys() <= CURRENCIES
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)
    assert exponent("BGN") == 2  # accounts still have a history in it
