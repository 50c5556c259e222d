"""The built-in bank's rates: exact decimals with its margin, each amount rounded half up once, and a refusal that names its member."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from kernel.banking.abroad.exchange import AskedRate, ChargeBearer, Quote, QuoteRequest, RateType, Unquoted, check_quote, convert
from kernel.banking.money import Money
from plugins.exchange.rate_table import AHEAD_MAX, BINDING_FOR, MIDDLE_RATES, RateTable

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
OWN = AskedRate(type=RateType.ACTUAL, unit_currency="GBP")
INDICATIVE = AskedRate(type=RateType.INDICATIVE, unit_currency="GBP")
AGREED = AskedRate(type=RateType.AGREED, unit_currency="GBP", rate=Decimal("1.15"), contract_id="FX-2026-0042")


EUROS = Money("EUR", 10_000)


def request(
    amount: Money = EUROS,
    currency: str = "EUR",
    bearer: ChargeBearer = ChargeBearer.SHARED,
    rate: AskedRate = OWN,
    *,
    is_binding: bool = True,
) -> QuoteRequest:
    return QuoteRequest(amount=amount, currency=currency, bearer=bearer, rate=rate, is_binding=is_binding)


def quote(asked: QuoteRequest, **table: object) -> Quote:
    given = RateTable(**table).quote(asked, "q-1", NOW)
    assert isinstance(given, Quote)
    check_quote(given, asked)
    return given


def test_the_margin_is_the_banks_and_the_amount_follows_from_the_rate():
    given = quote(request(), middle={"EUR": Decimal("1.1405")}, margin=Decimal("0.015"))
    assert given.rate == Decimal("1.123392")
    assert (given.sold, given.bought) == (Money("GBP", 8_902), Money("EUR", 10_000))
    assert (given.charged, given.debit) == (Money("GBP", 100), Money("GBP", 9_002))
    assert given.expires_at == NOW + BINDING_FOR


def test_an_amount_to_be_sold_buys_what_the_rate_gives():
    given = quote(request(Money("GBP", 10_000)), middle={"EUR": Decimal("1.2")}, margin=Decimal(0))
    assert (given.sold, given.bought) == (Money("GBP", 10_000), Money("EUR", 12_000))


def test_a_rate_may_be_in_units_of_the_other_currency():
    asked = request(rate=AskedRate(type=RateType.ACTUAL, unit_currency="EUR"))
    given = quote(asked, middle={"EUR": Decimal("1.25")}, margin=Decimal(0))
    assert (given.rate, given.sold) == (Decimal("0.8"), Money("GBP", 8_000))


@pytest.mark.parametrize("currency", MIDDLE_RATES)
@pytest.mark.parametrize("minor", [1, 2, 99, 100, 101, 12_345, 9_999_999])
@pytest.mark.parametrize("unit", ["own", "other"])
def test_every_quote_adds_up(currency, minor, unit):
    rate = AskedRate(type=RateType.ACTUAL, unit_currency="GBP" if unit == "own" else currency)
    for amount in (Money("GBP", minor), Money(currency, minor)):
        asked = request(amount, currency, rate=rate)
        given = RateTable().quote(asked, "q-1", NOW)
        if isinstance(given, Quote):
            check_quote(given, asked)
        else:
            assert (given, minor < 100) == (Unquoted.AMOUNT, True)


@pytest.mark.parametrize(
    ("minor", "rate", "rounded"), [(100, "0.125", 13), (100, "0.124", 12), (100, "0.135", 14), (100, "0.0049", 0)]
)
def test_an_amount_is_rounded_half_up(minor, rate, rounded):
    assert convert(Money("GBP", minor), "EUR", Decimal(rate), "GBP") == Money("EUR", rounded)


def test_minor_units_differ_by_currency():
    assert convert(Money("GBP", 10_000), "JPY", Decimal("206.31"), "GBP") == Money("JPY", 20_631)
    assert convert(Money("GBP", 10_000), "TND", Decimal("3.8917"), "GBP") == Money("TND", 389_170)
    assert convert(Money("JPY", 20_631), "GBP", Decimal("206.31"), "GBP") == Money("GBP", 10_000)


def test_an_agreed_rate_is_that_of_its_contract():
    given = quote(request(rate=AGREED))
    assert (given.rate, given.contract_id, given.type) == (Decimal("1.15"), "FX-2026-0042", RateType.AGREED)


def test_a_contract_is_good_for_its_own_customers():
    table = RateTable()
    assert table.is_for("FX-2026-0042", {None, "10004417"})
    assert not any(table.is_for(contract, {"10005268", None}) for contract in ("FX-2026-0042", "FX-0"))


def test_an_indicative_rate_binds_the_bank_only_for_a_payment_that_is_made():
    indicative = AskedRate(type=RateType.INDICATIVE, unit_currency="GBP")
    assert quote(request(rate=indicative, is_binding=False)).expires_at is None
    assert quote(request(rate=indicative, is_binding=True)).expires_at == NOW + BINDING_FOR


def test_a_rate_for_a_later_day_binds_the_bank_until_its_end_and_costs_more():
    ends = NOW + timedelta(days=9)
    for rate, margin in ((OWN, Decimal("0.02")), (AGREED, None)):
        given = quote(msgspec.structs.replace(request(rate=rate), until=ends))
        assert given.expires_at == ends
        assert given.rate == (Decimal("1.15") if margin is None else Decimal("1.1405") * (1 - margin))
    estimate = msgspec.structs.replace(request(rate=INDICATIVE, is_binding=False), until=ends)
    assert (quote(estimate).expires_at, quote(estimate).rate) == (None, quote(request()).rate)


def test_no_rate_is_fixed_for_a_day_that_is_too_far_ahead():
    table, asked = RateTable(), msgspec.structs.replace(request(), until=NOW + AHEAD_MAX)
    assert isinstance(table.quote(asked, "q-1", NOW), Quote)
    later = NOW + AHEAD_MAX + timedelta(seconds=1)
    assert table.quote(msgspec.structs.replace(asked, until=later), "q-1", NOW) is Unquoted.UNTIL
    assert isinstance(
        table.quote(msgspec.structs.replace(request(rate=INDICATIVE, is_binding=False), until=later), "q-1", NOW), Quote
    )


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (request(currency="XAF", amount=Money("GBP", 100)), Unquoted.CURRENCY),
        (request(amount=Money("USD", 100)), Unquoted.CURRENCY),
        (request(rate=AskedRate(type=RateType.ACTUAL, unit_currency="USD")), Unquoted.RATE),
        (request(bearer=ChargeBearer.PAYEE), Unquoted.BEARER),
        (request(amount=Money("EUR", 0)), Unquoted.AMOUNT),
        (request(amount=Money("GBP", 10**15 - 1)), Unquoted.AMOUNT),
        (request(amount=Money("GBP", 10**15 - 1), currency="JPY"), Unquoted.AMOUNT),
        (request(rate=AskedRate(type=RateType.AGREED, unit_currency="GBP", rate=Decimal("1.15"))), Unquoted.CONTRACT),
        (request(rate=AGREED, currency="USD", amount=Money("USD", 100)), Unquoted.CONTRACT),
        (
            request(
                rate=AskedRate(type=RateType.AGREED, unit_currency="GBP", rate=Decimal("1.150000001"), contract_id="FX-2026-0042")
            ),
            Unquoted.RATE,
        ),
    ],
)
def test_what_is_not_exchanged_is_refused_by_its_member(asked, why):
    assert RateTable().quote(asked, "q-1", NOW) is why


PLAIN = AskedRate(type=RateType.ACTUAL, unit_currency="EUR", exchanged=False)


def test_a_payment_that_exchanges_nothing_costs_what_it_pays():
    given = quote(request(rate=PLAIN))
    assert (given.sold, given.bought, given.debit, given.rate) == (EUROS, EUROS, EUROS, Decimal(1))


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (request(Money("GBP", 100), rate=PLAIN), Unquoted.CURRENCY),
        (request(Money("USD", 100), "USD", rate=PLAIN), Unquoted.CURRENCY),
        (request(bearer=ChargeBearer.PAYER, rate=PLAIN), Unquoted.BEARER),
        (request(Money("EUR", 0), rate=PLAIN), Unquoted.AMOUNT),
    ],
)
def test_what_cannot_be_paid_without_an_exchange_is_not_quoted(asked, why):
    assert RateTable().quote(asked, "q-1", NOW) is why


def test_an_exchange_is_no_answer_to_a_payment_that_exchanges_nothing():
    sterling, euros = quote(request()), quote(request(rate=PLAIN))
    for given, asked in ((sterling, request(rate=PLAIN)), (euros, request())):
        with pytest.raises(ValueError, match="than w"):
            check_quote(given, asked)
