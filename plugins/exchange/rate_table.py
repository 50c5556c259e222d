"""The rates of the built-in bank: a table of middle rates, a margin, contracts and charges. Deterministic: the same question, the same rate.

The bank sells its own currency against others. Its rate is the middle rate with the margin to its favour, rounded to RATE_PLACES decimals, also
to its favour: down where it says how much a unit of its own currency buys, up where it says what a unit of the other costs.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Context, Decimal

from kernel.banking.abroad.exchange import Charge, ChargeBearer, Quote, QuoteRequest, RateType, Unquoted, convert
from kernel.banking.money import Money

HOME = "GBP"
PLAIN = "EUR"  # the other currency in which the bank keeps accounts that pay
RATE_PLACES = Decimal("0.000001")
BINDING_FOR = timedelta(
    minutes=30
)  # how long the bank stands by a rate of its own, and by the rate of an order that waits for signatures
MARGIN = Decimal("0.015")
MARGIN_AHEAD = Decimal("0.005")  # in addition, for a rate of its own that it fixes for a later day
AHEAD_MAX = timedelta(days=90)  # to the end of such a day
MIDDLE_RATES: Mapping[str, Decimal] = {  # units of the currency for one pound
    "AUD": Decimal("2.0135"),
    "CAD": Decimal("1.8452"),
    "CHF": Decimal("1.0674"),
    "DKK": Decimal("8.5127"),
    "EUR": Decimal("1.1405"),
    "JPY": Decimal("206.31"),
    "NOK": Decimal("13.4216"),
    "NZD": Decimal("2.3098"),
    "PLN": Decimal("4.8311"),
    "SEK": Decimal("12.5563"),
    "TND": Decimal("3.8917"),
    "USD": Decimal("1.3237"),
}
CHARGES: Mapping[ChargeBearer, Money] = {  # to the payer, in addition
    ChargeBearer.SHARED: Money(HOME, 100),
    ChargeBearer.SERVICE_LEVEL: Money(HOME, 100),
    ChargeBearer.PAYER: Money(HOME, 600),  # those of the banks on the way too
}
_CONTEXT = Context(prec=40)  # digits of a calculation before it is rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A rate that the bank agreed with customers, by their numbers, as units of `currency` for one of its own. It is good for payments from
    their accounts alone."""

    currency: str
    rate: Decimal
    customers: frozenset[str]


CONTRACTS: Mapping[str, Contract] = {
    "FX-2026-0042": Contract(currency="EUR", rate=Decimal("1.1500"), customers=frozenset({"10004417"}))
}  # Alice's


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTable:
    middle: Mapping[str, Decimal] = field(default_factory=lambda: MIDDLE_RATES)
    margin: Decimal = MARGIN
    margin_ahead: Decimal = MARGIN_AHEAD
    contracts: Mapping[str, Contract] = field(default_factory=lambda: CONTRACTS)
    charges: Mapping[ChargeBearer, Money] = field(default_factory=lambda: CHARGES)

    def quote(self, asked: QuoteRequest, quote_id: str, now: datetime) -> Quote | Unquoted:
        """Bound to it for a while, or until the end of the later day, unless the rate is indicative and nothing is paid yet."""
        if not asked.rate.exchanged:
            return _without_exchange(asked, quote_id, now)
        is_bound = asked.is_binding or asked.rate.type is not RateType.INDICATIVE
        charge = self.charges.get(asked.bearer)
        if asked.currency not in self.middle or asked.amount.currency not in (asked.currency, HOME):
            return Unquoted.CURRENCY
        if asked.rate.unit_currency not in (asked.currency, HOME):
            return Unquoted.RATE
        if charge is None:
            return Unquoted.BEARER
        if is_bound and asked.until is not None and asked.until > now + AHEAD_MAX:
            return Unquoted.UNTIL
        rate = self._agreed(asked) if asked.rate.type is RateType.AGREED else self._own(asked)
        if isinstance(rate, Unquoted):
            return rate
        sold, bought = _amounts(asked, rate)
        quote = Quote(
            id=quote_id,
            type=asked.rate.type,
            unit_currency=asked.rate.unit_currency,
            rate=rate,
            sold=sold,
            bought=bought,
            charges=(Charge(bearer=asked.bearer, amount=charge),),
            contract_id=asked.rate.contract_id,
            expires_at=(asked.until or now + BINDING_FOR) if is_bound else None,
        )
        is_sayable = sold.minor > 0 and bought.minor > 0 and quote.debit.is_sayable() and bought.is_sayable()
        return quote if is_sayable else Unquoted.AMOUNT

    def is_for(self, contract_id: str, customers: Collection[str | None]) -> bool:
        """True if the contract is one of these customers'."""
        contract = self.contracts.get(contract_id)
        return contract is not None and not contract.customers.isdisjoint(customers)

    def _own(self, asked: QuoteRequest) -> Decimal:
        is_ahead = asked.until is not None and asked.rate.type is RateType.ACTUAL
        middle, margin = self.middle[asked.currency], self.margin + (self.margin_ahead if is_ahead else 0)
        if asked.rate.unit_currency == HOME:
            return _CONTEXT.multiply(middle, 1 - margin).quantize(RATE_PLACES, ROUND_DOWN, _CONTEXT).normalize()
        return _CONTEXT.divide(1 + margin, middle).quantize(RATE_PLACES, ROUND_UP, _CONTEXT).normalize()

    def _agreed(self, asked: QuoteRequest) -> Decimal | Unquoted:
        """A contract has its rate in units of the other currency: in no other form is it exact."""
        contract = self.contracts.get(asked.rate.contract_id or "")
        if contract is None or contract.currency != asked.currency:
            return Unquoted.CONTRACT
        if asked.rate.unit_currency != HOME or asked.rate.rate != contract.rate:
            return Unquoted.RATE
        return contract.rate


def _without_exchange(asked: QuoteRequest, quote_id: str, now: datetime) -> Quote | Unquoted:
    """One to one, and without a charge: a payment in euro costs what one at home does (Regulation (EU) 2021/1230)."""
    if asked.currency != PLAIN or asked.amount.currency != PLAIN:
        return Unquoted.CURRENCY
    if asked.bearer not in (ChargeBearer.SHARED, ChargeBearer.SERVICE_LEVEL):
        return Unquoted.BEARER
    if asked.amount.minor <= 0 or not asked.amount.is_sayable():
        return Unquoted.AMOUNT
    return Quote(
        id=quote_id,
        type=asked.rate.type,
        unit_currency=PLAIN,
        rate=Decimal(1),
        sold=asked.amount,
        bought=asked.amount,
        expires_at=now + BINDING_FOR,
    )


def _amounts(asked: QuoteRequest, rate: Decimal) -> tuple[Money, Money]:
    """The amounts that are sold and bought: one is asked for, the other follows."""
    amount, unit = asked.amount, asked.rate.unit_currency
    if amount.currency == asked.currency:
        return convert(amount, HOME, rate, unit), amount
    return amount, convert(amount, asked.currency, rate, unit)
