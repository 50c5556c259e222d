"""A payment as it is handed on: everything that its payer agreed to reaches the rail, the bank's core and both accounts."""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from kernel.banking.accounts import AccountIdentifier, Counterparty, CurrencyExchange, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer
from kernel.banking.payments import PaymentTerms
from openapi.core_bank.v1.payment_questions import of_transfer
from plugins.upstreams.transfer_entries import breaking_entry, paying_entry, rail_payment
from tests.world.abroad import IBAN, abroad

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ASKED = CreditTransfer(
    order_id="order-1",
    uetr="3f1c9f6e-53a4-4d0e-8d55-7f5f1f0a9c21",
    payer_account="acc-1",
    amount=Money("GBP", 16_588),
    creditor_name="ACME Inc",
    creditor_account=AccountIdentifier(Scheme.SORT_CODE, "08080021325698", secondary="ROLL 12"),
    creditor_bic="ACMEGB2L",
    remittance="FLAT 4",
    reference="RF18539007547034",
    end_to_end_id="FRESCO.21302.GFX.20",
)
ABROAD = abroad(NOW)
ACROSS = msgspec.structs.replace(ASKED, amount=Money("GBP", 8_720), creditor_account=IBAN, cross_border=ABROAD.cross_border)
BREAKS = "internal:suspense:breaks:EUR"
PAYER = Counterparty("Alice Archer", AccountIdentifier(Scheme.SORT_CODE, "00997112345678"))
BETWEEN_TPP_AND_BANK = {"cut_off", "debtor_account", "instruction_id", "returns_to_payer", "signed_by_one"}


def test_every_term_of_a_payment_is_handed_on() -> None:
    """But those that are between its TPP and the bank."""
    assert {*PaymentTerms.__struct_fields__} - BETWEEN_TPP_AND_BANK <= {*CreditTransfer.__struct_fields__}


def test_a_rail_is_given_every_member() -> None:
    given = msgspec.structs.asdict(rail_payment(ACROSS, PAYER))
    assert given.pop("amount") == Money("EUR", 10_000)
    assert rail_payment(ASKED, PAYER).amount == ASKED.amount
    common = {*given} & {*CreditTransfer.__struct_fields__}
    assert {name: given[name] for name in common} == {name: getattr(ACROSS, name) for name in common}
    assert (given["debtor_name"], given["debtor_account"]) == (PAYER.name, PAYER.identifier)
    assert all(value is not None for value in given.values())


def test_a_core_bank_is_asked_with_every_member() -> None:
    assert of_transfer(ASKED).transfer == ASKED
    assert of_transfer(ACROSS).transfer == ACROSS


def test_a_payment_abroad_is_booked_in_both_currencies_at_the_rate_of_its_quote() -> None:
    entry = paying_entry(ACROSS, "clearing", None)
    assert [(leg.account_id, leg.amount.currency, leg.amount.minor) for leg in entry.legs] == [
        ("acc-1", "GBP", -8_620),
        ("internal:fx:position:GBP", "GBP", 8_620),
        ("internal:fx:position:EUR", "EUR", -10_000),
        ("clearing", "EUR", 10_000),
        ("acc-1", "GBP", -100),
        ("internal:fees:income:GBP", "GBP", 100),
    ]
    assert entry.applied_rate is not None
    assert (entry.captures[0].amount, entry.applied_rate.quote_id) == (ACROSS.amount, "quote-1")
    paid, charge = (leg.line for leg in entry.legs if leg.line is not None)
    assert paid.narrative.exchange == CurrencyExchange(Money("EUR", -10_000), Decimal("0.861995"))
    assert charge.id == "order-1:charge"


def test_a_payment_abroad_that_its_account_cannot_take_is_a_break_in_both_currencies() -> None:
    entry = breaking_entry(ACROSS, "clearing")
    assert sum(leg.amount.minor for leg in entry.legs if leg.account_id == "internal:suspense:breaks:GBP") == -8_720
    assert all(leg.line is None for leg in entry.legs)


def test_both_accounts_show_the_reference_and_the_text() -> None:
    entry = paying_entry(ASKED, "acc-2", PAYER)
    narratives = [leg.line.narrative for leg in entry.legs if leg.line is not None]
    assert [(each.reference, each.information) for each in narratives] == [("RF18539007547034", "FLAT 4")] * 2


def test_a_payment_that_exchanges_nothing_is_booked_in_its_one_currency() -> None:
    quote, rate = ABROAD.cross_border.quote, msgspec.structs.replace(ABROAD.cross_border.rate, exchanged=False)
    assert quote is not None
    plain = msgspec.structs.replace(quote, sold=quote.bought, charges=())
    cross_border = msgspec.structs.replace(ABROAD.cross_border, rate=rate, quote=plain)
    asked = msgspec.structs.replace(ACROSS, amount=quote.bought, cross_border=cross_border)
    for entry, payer in ((paying_entry(asked, "clearing", None), "acc-1"), (breaking_entry(asked, "clearing"), BREAKS)):
        legs = [(leg.account_id, leg.amount.currency, leg.amount.minor) for leg in entry.legs]
        assert legs == [(payer, "EUR", -10_000), ("clearing", "EUR", 10_000)]
