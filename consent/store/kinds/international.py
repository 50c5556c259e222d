"""One payment abroad, or in another currency, made at once at a rate that the bank quoted."""

from dataclasses import replace
from datetime import UTC

from consent.store.kinds.kind import Choosable, Description, Row, Wording, can_pay
from consent.store.kinds.payment import ROW as PAYMENT_ROW
from consent.store.kinds.payment import WORDING as PAYMENT_WORDING
from consent.store.kinds.payment_kinds import describe_payment, fits_signers, paying_kind
from consent.store.kinds.words import Facts, render_money, said
from kernel.banking.abroad.cross_border import CrossBorder, InternationalTerms, Priority
from kernel.banking.abroad.exchange import ChargeBearer, Quote, RateType
from kernel.banking.consents import ConsentKind, CrossBorderTerms
from kernel.banking.payments import PaymentTerms
from kernel.errors import FieldInvalid

WORDING: Wording = replace(PAYMENT_WORDING, invitation="check and confirm a payment abroad")
ROW: Row = replace(PAYMENT_ROW, heading="Payments abroad that you agreed to")
BEARERS = {
    ChargeBearer.SHARED: "You pay ours, the payee pays those of other banks",
    ChargeBearer.SERVICE_LEVEL: "You pay ours, other banks charge by the rules of the scheme",
    ChargeBearer.PAYER: "You pay ours and those of other banks",
    ChargeBearer.PAYEE: "The payee pays them",
}
CHARGES = "Charges"


def check(terms: CrossBorderTerms) -> None:
    """The bank has quoted it, and pays another currency than the account has, unless nothing is exchanged."""
    quote = terms.cross_border.quote
    if quote is None:
        raise FieldInvalid("a payment abroad without a quote")
    is_exchanged = quote.sold.currency != quote.bought.currency
    if is_exchanged != terms.cross_border.rate.exchanged or quote.bought.currency != terms.cross_border.currency:
        raise FieldInvalid("a quote of other currencies")


def describe(terms: InternationalTerms) -> Description:
    return describe_cross_border(terms.payment, terms.cross_border)


def describe_cross_border(payment: PaymentTerms, cross_border: CrossBorder, more: Facts = (), when: str = "") -> Description:
    """A payment abroad in words: what leaves the account, what arrives, and at which rate. `more` and `when` as of `describe_payment`."""
    described, quote = describe_payment(payment, more, when), cross_border.quote
    if quote is None:
        return described
    amount = render_money(quote.debit) if quote.expires_at is not None else f"about {render_money(quote.debit)}"
    others = tuple(fact for fact in described.rest if fact[0] != CHARGES)
    return replace(
        described,
        summary=f"{render_money(quote.bought)} to {payment.creditor_name}",
        lead=(("You pay", _paid(amount, quote)), ("To", payment.creditor_name)),
        rest=(
            *(_exchange(quote, cross_border) if cross_border.rate.exchanged else ()),
            *others,
            *_details(payment, cross_border),
        ),
        amount=amount,
    )


def _paid(amount: str, quote: Quote) -> str:
    return f"{amount}, including a charge of {render_money(quote.charged)}" if quote.charged.minor else amount


def _exchange(quote: Quote, cross_border: CrossBorder) -> Facts:
    other = quote.bought.currency if quote.unit_currency == quote.sold.currency else quote.sold.currency
    return (
        ("They receive", render_money(quote.bought) if quote.expires_at is not None else f"about {render_money(quote.bought)}"),
        ("Exchange rate", f"1 {quote.unit_currency} = {quote.rate:f} {other}"),
        ("The rate", _binding(quote)),
        (CHARGES, BEARERS[cross_border.bearer]),
    )


def _binding(quote: Quote) -> str:
    """Until when the rate holds, and why."""
    if quote.expires_at is None:
        return "An estimate. The rate at the moment of the payment counts"
    until = f"{quote.expires_at.astimezone(UTC):%H:%M} UTC on {quote.expires_at.astimezone(UTC):%d %B %Y}"
    if quote.type is RateType.AGREED:
        return f"As agreed in contract {quote.contract_id}, until {until}"
    return f"Fixed until {until}"


def _details(payment: PaymentTerms, cross_border: CrossBorder) -> Facts:
    return said(
        ("Bank", cross_border.agent_name or payment.creditor_bic),
        ("Bank's code", payment.creditor_bic if cross_border.agent_name else None),
        ("Payee's address", ", ".join(cross_border.creditor_address)),
        ("Purpose", cross_border.purpose),
        ("Priority", "Urgent" if cross_border.priority is Priority.URGENT else None),
    )


def fits(terms: CrossBorderTerms, account: Choosable) -> bool:
    """An account in the currency that is sold."""
    quote = terms.cross_border.quote
    return quote is not None and can_pay(quote.sold.currency, account) and fits_signers(terms.payment, account)


INTERNATIONAL = replace(
    paying_kind(ConsentKind.INTERNATIONAL, InternationalTerms, wording=WORDING, row=ROW, check=check),
    describe=describe,
    fits=fits,
)
