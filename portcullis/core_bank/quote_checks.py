"""Conformance checks of a core bank's quotes for payments in other currencies. Nothing is held or paid."""

from kernel.banking.abroad.exchange import AskedRate, ChargeBearer, Quote, QuoteRequest, RateType, Unquoted
from kernel.banking.money import Money
from portcullis.core_bank.subject import NothingThere, Subject, expect

AMOUNT = Money("EUR", 10_000)
NO_CURRENCY = "XTS"  # ISO 4217: reserved for tests
OWN = AskedRate(type=RateType.ACTUAL, unit_currency="EUR")


async def check_quotes(subject: Subject) -> str:
    """The client itself refuses an offer whose amounts do not follow from its rate."""
    asked = QuoteRequest(amount=AMOUNT, currency=AMOUNT.currency, bearer=ChargeBearer.SHARED, rate=OWN, is_binding=True)
    first, second = await subject.payments.quote(subject.brand, asked), await subject.payments.quote(subject.brand, asked)
    expect("quote" not in subject.defects, "answers what is malformed, late, or does not add up")
    if not isinstance(first, Quote) or not isinstance(second, Quote):
        raise NothingThere(f"the bank quotes no {AMOUNT.currency}")
    expect(first.id != second.id, "two quotes have one id")
    other = Money(NO_CURRENCY, AMOUNT.minor)
    unknown = QuoteRequest(amount=other, currency=NO_CURRENCY, bearer=ChargeBearer.SHARED, rate=OWN, is_binding=True)
    refused = await subject.payments.quote(subject.brand, unknown)
    expect(refused is Unquoted.CURRENCY, "quotes a currency that there is not")
    return f"{first.rate:f} {first.sold.currency} for one {first.unit_currency}"
