"""The exchange of one currency for another, as a bank quotes it: the rate, what is sold and bought, the charges, and until when the bank is bound.

Rates are exact decimals: units of the other currency for one unit of `unit_currency`. An amount that follows from a rate is rounded half up
to the minor unit of its currency, once.
"""

from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

import msgspec

from kernel.banking.money import Money, exponent

DIGITS_MAX = 15  # of a rate: as many as every reader of JSON keeps
_CONTEXT = Context(prec=60)  # digits: more than any amount and rate multiply to


class RateType(StrEnum):
    ACTUAL = "actual"  # the bank's, binding until it expires
    AGREED = "agreed"  # of a contract between the bank and its customer
    INDICATIVE = "indicative"  # the bank's own at the moment at which the payment is ordered


class ChargeBearer(StrEnum):
    PAYER = "payer"
    PAYEE = "payee"
    SHARED = "shared"
    SERVICE_LEVEL = "service_level"  # by the rules of the scheme


class AskedRate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The rate that a TPP asks for. `rate` and `contract_id` are of an agreed one alone. `exchanged` False: nothing is sold or bought, for the
    payment leaves an account in the currency that the payee is paid in."""

    type: RateType
    unit_currency: str
    rate: Decimal | None = None
    contract_id: str | None = None
    exchanged: bool = True


class QuoteRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`amount` is in `currency`, in which the payee is paid, or in the one that is sold for it. `is_binding`: for a payment that is made
    now, at a rate of any type. `until`: of one for a later day the end of that day, up to which a quote that binds the bank must last."""

    amount: Money
    currency: str
    bearer: ChargeBearer
    rate: AskedRate
    is_binding: bool = False
    until: datetime | None = None


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """An amount that the payer is charged in addition."""

    bearer: ChargeBearer
    amount: Money


class Quote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The offer of a bank: it debits `sold` and the charges, and pays `bought`. `expires_at` None: it does not bind the bank."""

    id: str
    type: RateType
    unit_currency: str
    rate: Decimal
    sold: Money
    bought: Money
    charges: tuple[Charge, ...] = ()
    contract_id: str | None = None
    expires_at: datetime | None = None

    @property
    def charged(self) -> Money:
        """All charges together: they are in the currency that is sold."""
        return Money(self.sold.currency, sum(charge.amount.minor for charge in self.charges))

    @property
    def debit(self) -> Money:
        """The amount that leaves the payer's account."""
        return Money(self.sold.currency, self.sold.minor + self.charged.minor)


class Unquoted(StrEnum):
    """Why a bank quotes nothing: the member of the request that it does not take."""

    CURRENCY = "currency"
    AMOUNT = "amount"
    BEARER = "bearer"
    RATE = "rate"
    CONTRACT = "contract"
    UNTIL = "until"


def convert(amount: Money, currency: str, rate: Decimal, unit_currency: str) -> Money:
    """The amount in the other currency, rounded half up to its minor unit."""
    major = Decimal(amount.minor).scaleb(-exponent(amount.currency), _CONTEXT)
    exact = _CONTEXT.multiply(major, rate) if amount.currency == unit_currency else _CONTEXT.divide(major, rate)
    minor = exact.scaleb(exponent(currency), _CONTEXT).quantize(Decimal(1), ROUND_HALF_UP, _CONTEXT)
    return Money(currency, int(minor))


def check_quote(quote: Quote, asked: QuoteRequest) -> None:
    """Raises ValueError for an offer that is none for this request, or whose amounts do not follow from its rate."""
    currencies = {asked.currency, quote.sold.currency}
    amount = asked.amount
    other = quote.sold if amount.currency == asked.currency else quote.bought
    if (
        quote.bought.currency != asked.currency
        or amount not in (quote.sold, quote.bought)
        or len(currencies) != 1 + asked.rate.exchanged
    ):
        raise ValueError("of other amounts than were asked about")
    if (quote.type, quote.unit_currency, quote.contract_id) != (
        asked.rate.type,
        asked.rate.unit_currency,
        asked.rate.contract_id,
    ):
        raise ValueError("of another rate than was asked for")
    if quote.unit_currency not in currencies or not is_rate(quote.rate) or asked.rate.rate not in (None, quote.rate):
        raise ValueError("not a rate, or another than was agreed")
    if convert(amount, other.currency, quote.rate, quote.unit_currency) != other:
        raise ValueError("the amounts do not follow from the rate")
    is_sayable = quote.sold.minor > 0 and quote.bought.minor > 0 and quote.debit.is_sayable() and quote.bought.is_sayable()
    charges = (charge.amount for charge in quote.charges)
    if not is_sayable or any(charge.currency != quote.sold.currency or charge.minor <= 0 for charge in charges):
        raise ValueError("an amount of nothing, or too large, or a charge in another currency")
    if quote.expires_at is None and (asked.is_binding or asked.rate.type is not RateType.INDICATIVE):
        raise ValueError("a rate that binds the bank to nothing")
    if asked.until is not None and quote.expires_at is not None and quote.expires_at < asked.until:
        raise ValueError("a rate that ends before the payment is made")


def is_rate(rate: Decimal) -> bool:
    """Above zero, and with no more digits than every reader keeps."""
    return rate.is_finite() and rate > 0 and len(rate.as_tuple().digits) <= DIGITS_MAX and abs(rate.adjusted()) <= DIGITS_MAX
