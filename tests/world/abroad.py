"""A payment abroad, as its bank quoted it."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec

from kernel.banking.abroad.cross_border import CrossBorder, InternationalTerms
from kernel.banking.abroad.exchange import AskedRate, Charge, ChargeBearer, Quote, RateType
from kernel.banking.abroad.planned import InternationalScheduledTerms, InternationalStandingOrderTerms
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.recurrence import Recurrence, Unit
from kernel.banking.planned.scheduled import ScheduledTerms
from kernel.banking.planned.standing_orders import StandingOrderTerms

IBAN = AccountIdentifier(Scheme.IBAN, "DE89370400440532013000")


def quoted(now: datetime) -> Quote:
    """EUR 100.00 for GBP 86.20, and a charge of GBP 1.00."""
    return Quote(
        id="quote-1",
        type=RateType.ACTUAL,
        unit_currency="GBP",
        rate=Decimal("1.1601"),
        sold=Money("GBP", 8_620),
        bought=Money("EUR", 10_000),
        charges=(Charge(bearer=ChargeBearer.SHARED, amount=Money("GBP", 100)),),
        expires_at=now + timedelta(minutes=30),
    )


def abroad(now: datetime) -> InternationalTerms:
    return InternationalTerms(
        payment=PaymentTerms(amount=Money("EUR", 10_000), creditor_name="ACME GmbH", creditor_account=IBAN),
        cross_border=CrossBorder(
            currency="EUR", rate=AskedRate(type=RateType.ACTUAL, unit_currency="GBP"), country="DE", quote=quoted(now)
        ),
    )


def abroad_on(day: date, now: datetime, **quote: object) -> InternationalScheduledTerms:
    """The same on a later day, quoted with `quote`: an estimate unless that says otherwise."""
    given = {"type": RateType.INDICATIVE, "expires_at": None, **quote}
    terms = abroad(now)
    asked = AskedRate(type=given["type"], unit_currency="GBP")
    return InternationalScheduledTerms(
        scheduled=ScheduledTerms(payment=terms.payment, asked_on=day, made_on=day),
        cross_border=msgspec.structs.replace(terms.cross_border, rate=asked, quote=msgspec.structs.replace(quoted(now), **given)),
    )


def monthly_abroad(first_on: date, now: datetime) -> InternationalStandingOrderTerms:
    """The same three times, from that day on, each at the rate of its day."""
    once = abroad_on(first_on, now)
    monthly = StandingOrderTerms(payment=once.payment, recurrence=Recurrence(unit=Unit.MONTH), first_on=first_on, payments=3)
    return InternationalStandingOrderTerms(standing_order=monthly, cross_border=once.cross_border)
