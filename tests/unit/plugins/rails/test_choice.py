"""The choice of a rail: by currency, the payee's number and country, the instructed scheme, who bears the charges, and the amount."""

from datetime import UTC, datetime

import msgspec
import pytest

from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.abroad.exchange import AskedRate, ChargeBearer, RateType
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer, Reason
from kernel.banking.payments import Instrument
from plugins.rails.choice import TABLE, Rails
from plugins.rails.faster_payments.rules import AMOUNT_MAX, FASTER_PAYMENTS
from plugins.rails.files import rules as files
from plugins.rails.schemes import SCHEMES
from plugins.rails.simulated.client import SimulatedRail
from tests.world.abroad import quoted

BRITISH = AccountIdentifier(Scheme.SORT_CODE, "08080021325698")
BRITISH_IBAN = AccountIdentifier(Scheme.IBAN, "GB33BUKB20201555555555")
GERMAN = AccountIdentifier(Scheme.IBAN, "DE89370400440532013000")
AMERICAN = AccountIdentifier(Scheme.IBAN, "BR1500000000000010932840814P2")
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
POUND = Money("GBP", 100)
CARD = AccountIdentifier(Scheme.PAN, "4929000000006")


def rail(rules):
    return SimulatedRail(rules, lambda: ("", 0))


class Files:
    name, pace, refuses = files.NAME, files.PACE, staticmethod(files.refusal_of)


ALL = Rails.of(*(rail(rules) for rules in SCHEMES), Files())


def transfer(payee, amount=POUND, bearer=None, sent="", **facts):
    """`bearer` makes it a payment abroad, which pays the payee in `sent`."""
    cross_border = None
    if bearer is not None:
        quote = msgspec.structs.replace(quoted(NOW), sold=amount, bought=Money(sent, 100))
        rate = AskedRate(type=RateType.ACTUAL, unit_currency="GBP")
        cross_border = CrossBorder(currency=sent, rate=rate, bearer=bearer, quote=quote)
    return CreditTransfer(
        order_id="order",
        uetr="uetr",
        payer_account="payer",
        amount=amount,
        creditor_name="Bob",
        creditor_account=payee,
        cross_border=cross_border,
        **facts,
    )


def chosen(asked, rails=ALL):
    found = rails.choose(asked)
    return found if isinstance(found, Reason) else found.name


ABROAD = {"bearer": ChargeBearer.SHARED, "sent": "USD"}
EURO = {"bearer": ChargeBearer.SHARED, "sent": "EUR"}
SWISS = AccountIdentifier(Scheme.IBAN, "CH9300762011623852957")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (transfer(BRITISH), "faster_payments"),
        (transfer(BRITISH_IBAN), "faster_payments"),
        (transfer(BRITISH, instrument=Instrument.FASTER_PAYMENTS), "faster_payments"),
        (transfer(BRITISH, AMOUNT_MAX), "faster_payments"),
        (transfer(BRITISH, Money("GBP", AMOUNT_MAX.minor + 1)), Reason.AMOUNT_ABOVE_CLEARING_LIMIT),
        (transfer(BRITISH, instrument=Instrument.SWIFT), Reason.UNSUPPORTED),
        (transfer(BRITISH, instrument=Instrument.BACS), "file"),
        (transfer(BRITISH, Money("GBP", files.AMOUNT_MAX.minor), instrument=Instrument.BACS), "file"),
        (
            transfer(BRITISH, Money("GBP", files.AMOUNT_MAX.minor + 1), instrument=Instrument.BACS),
            Reason.AMOUNT_ABOVE_CLEARING_LIMIT,
        ),
        (transfer(GERMAN, instrument=Instrument.BACS), Reason.UNSUPPORTED),
        (transfer(CARD), Reason.UNSUPPORTED),
        (transfer(GERMAN), Reason.UNSUPPORTED),
        (transfer(GERMAN, **ABROAD), "international"),
        (transfer(AMERICAN, **ABROAD), "international"),
        (transfer(GERMAN, instrument=Instrument.SWIFT, **ABROAD), "international"),
        (transfer(GERMAN, instrument=Instrument.FASTER_PAYMENTS, **ABROAD), Reason.UNSUPPORTED),
        (transfer(BRITISH, **ABROAD), Reason.UNSUPPORTED),
        (transfer(GERMAN, **EURO), "sepa_instant"),
        (transfer(GERMAN, Money("EUR", 100)), "sepa_instant"),
        (transfer(GERMAN, instrument=Instrument.SEPA_INSTANT, **EURO), "sepa_instant"),
        (transfer(GERMAN, instrument=Instrument.SEPA_CREDIT_TRANSFER, **EURO), "sepa_credit_transfer"),
        (transfer(GERMAN, instrument=Instrument.SWIFT, **EURO), "international"),
        (transfer(GERMAN, **EURO | {"bearer": ChargeBearer.SERVICE_LEVEL}), "sepa_instant"),
        (transfer(GERMAN, **EURO | {"bearer": ChargeBearer.PAYER}), "international"),
        (transfer(SWISS, **EURO), "sepa_credit_transfer"),
        (transfer(SWISS, instrument=Instrument.SEPA_INSTANT, **EURO), Reason.UNSUPPORTED),
        (transfer(SWISS, instrument=Instrument.SEPA_CREDIT_TRANSFER, **ABROAD), Reason.UNSUPPORTED),
        (transfer(BRITISH_IBAN, **EURO), "sepa_credit_transfer"),
        (transfer(BRITISH, Money("EUR", 100)), Reason.UNSUPPORTED),
        (transfer(AMERICAN, **EURO), "international"),
        (transfer(GERMAN, Money("EUR", 100_000_000_000)), "sepa_instant"),
        (transfer(SWISS, Money("EUR", 100_000_000_000)), Reason.AMOUNT_ABOVE_CLEARING_LIMIT),
    ],
)
def test_a_payment_goes_by_the_first_rail_that_carries_it(asked, expected):
    assert chosen(asked) == expected


def test_a_bank_that_takes_part_in_one_rail_carries_no_other_currency():
    one = Rails.of(rail(FASTER_PAYMENTS))
    assert chosen(transfer(BRITISH), one) == "faster_payments"
    assert chosen(transfer(GERMAN, **ABROAD), one) is Reason.CURRENCY_NOT_ALLOWED
    assert (one.carry("GBP"), one.carry("USD")) == (True, False)


def test_each_rail_of_the_table_is_one_that_there_is():
    assert {row.rail for row in TABLE} == {*(rules.name for rules in SCHEMES), files.NAME}


@pytest.mark.parametrize(("bearer", "earlier"), [(None, "faster_payments"), (ChargeBearer.SHARED, "international")])
def test_a_payment_that_was_reserved_before_a_choice_was_written_down_keeps_its_rail(bearer, earlier):
    assert ALL.chosen(transfer(GERMAN, bearer=bearer, sent="EUR")).name == earlier
