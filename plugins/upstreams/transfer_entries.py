"""Transfers as a rail is given them, and the entries that book them.

An entry has its order's id: however often the end of a payment is found out, its money moves once.
"""

from decimal import Decimal
from typing import Any

import msgspec

from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.abroad.exchange import Quote
from kernel.banking.accounts import Counterparty, CurrencyExchange
from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer
from plugins.ledger.accounts.internal import FEES_INCOME, FX_POSITION, SUSPENSE_BREAKS, internal_account_id
from plugins.ledger.documents import Narrative
from plugins.ledger.postings.entries import AppliedRate, Capture, LedgerEntry, Leg, Line
from plugins.ledger.postings.patterns import compose
from plugins.rails.ports import RailPayment

OUT_CODE, IN_CODE = (
    "PMNT.ICDT.DMCT",
    "PMNT.RCDT.DMCT",
)  # ISO 20022 bank transaction codes: domestic credit transfers, issued and received
ABROAD_CODE, CHARGE_CODE = (
    "PMNT.ICDT.XBCT",
    "PMNT.ICDT.CHRG",
)  # likewise: a credit transfer across a border, and its charges
CHARGE_INFORMATION = "Charge for a payment abroad"
PRICE_PLACES = Decimal("0.000001")  # of a price as a statement shows it


def rail_payment(asked: CreditTransfer, payer: Counterparty) -> RailPayment:
    return RailPayment(
        uetr=asked.uetr,
        amount=asked.amount if asked.cross_border is None else quote_of(asked.cross_border).bought,
        debtor_name=payer.name or "",
        debtor_account=payer.identifier,
        creditor_name=asked.creditor_name,
        creditor_account=asked.creditor_account,
        creditor_bic=asked.creditor_bic,
        remittance=asked.remittance,
        reference=asked.reference,
        end_to_end_id=asked.end_to_end_id,
        cross_border=asked.cross_border,
    )


def paying_entry(asked: CreditTransfer, against: str, payer: Counterparty | None) -> LedgerEntry:
    """The payer's debit, which spends the hold, and its other side. `payer`: as a payee of this bank sees them; None for the bank's own
    account."""
    if asked.cross_border is not None and asked.cross_border.rate.exchanged:
        return exchange_entry(asked, asked.cross_border, against)
    code = OUT_CODE if asked.cross_border is None else ABROAD_CODE
    debit = Line(id=f"{asked.order_id}:out", narrative=_paid(asked), code=code)
    credit = None
    if payer is not None:
        received = Narrative(
            information=asked.remittance or f"From {payer.name}",
            reference=asked.reference or asked.end_to_end_id,
            counterparty=payer,
        )
        credit = Line(id=f"{asked.order_id}:in", narrative=received, code=IN_CODE)
    return LedgerEntry(
        id=asked.order_id,
        kind="payment",
        legs=(Leg(asked.payer_account, _minus(asked.amount), debit), Leg(against, asked.amount, credit)),
        captures=(Capture(asked.order_id, asked.amount),),
        cause=asked.order_id,
    )


def breaking_entry(asked: CreditTransfer, against: str) -> LedgerEntry:
    """Of a payment that a rail has made and that the payer's account cannot take any more: people find it among the breaks."""
    breaks = internal_account_id(SUSPENSE_BREAKS, asked.amount.currency)
    if asked.cross_border is not None and asked.cross_border.rate.exchanged:
        return _compose_exchange(asked, asked.cross_border, breaks, against)
    legs = (Leg(breaks, _minus(asked.amount)), Leg(against, asked.amount))
    return LedgerEntry(id=asked.order_id, kind="payment_break", legs=legs, cause=asked.order_id)


def exchange_entry(asked: CreditTransfer, cross_border: CrossBorder, against: str) -> LedgerEntry:
    """The payer's debit and charge, which spend the hold, and what is paid in the other currency."""
    quote = quote_of(cross_border)
    paid = msgspec.structs.replace(_paid(asked), exchange=CurrencyExchange(_minus(quote.bought), _price(quote)))
    lines = {
        "payer": Line(id=f"{asked.order_id}:out", narrative=paid, code=ABROAD_CODE),
        "payer.fee": Line(
            id=f"{asked.order_id}:charge",
            narrative=Narrative(information=CHARGE_INFORMATION, reference=asked.reference or asked.end_to_end_id),
            code=CHARGE_CODE,
        ),
    }
    captures = (Capture(asked.order_id, asked.amount),)
    return _compose_exchange(asked, cross_border, asked.payer_account, against, lines=lines, captures=captures)


def _compose_exchange(asked: CreditTransfer, cross_border: CrossBorder, payer: str, against: str, **facts: Any) -> LedgerEntry:
    quote = quote_of(cross_border)
    sold, bought = quote.sold.currency, quote.bought.currency
    accounts = {
        "payer": payer,
        "payee": against,
        "position_sold": internal_account_id(FX_POSITION, sold),
        "position_bought": internal_account_id(FX_POSITION, bought),
        "fees": internal_account_id(FEES_INCOME, sold),
    }
    amounts = {"sold": quote.sold, "bought": quote.bought} | ({"fee": quote.charged} if quote.charged.minor else {})
    rate = AppliedRate(rate=quote.rate, source=f"{quote.type}, per {quote.unit_currency}", quote_id=quote.id)
    lines = facts.pop("lines", {})
    return compose("exchange_out", asked.order_id, accounts, amounts, lines, applied_rate=rate, cause=asked.order_id, **facts)


def quote_of(cross_border: CrossBorder) -> Quote:
    """That of a payment which is made: it was reserved at it."""
    assert cross_border.quote is not None
    return cross_border.quote


def _paid(asked: CreditTransfer) -> Narrative:
    return Narrative(
        information=asked.remittance or f"To {asked.creditor_name}",
        reference=asked.reference or asked.end_to_end_id,
        counterparty=Counterparty(asked.creditor_name, asked.creditor_account, asked.creditor_bic),
    )


def _price(quote: Quote) -> Decimal:
    """Of one unit of what is bought, in what is sold."""
    if quote.unit_currency == quote.bought.currency:
        return quote.rate
    return (1 / quote.rate).quantize(PRICE_PLACES)


def _minus(amount: Money) -> Money:
    return Money(amount.currency, -amount.minor)
