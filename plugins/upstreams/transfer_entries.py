"""Transfers as a rail is given them, and the entries that book them.

An entry has its order's id: however often the end of a payment is found out, its money moves once.
"""

from datetime import datetime

from kernel.banking.accounts import Counterparty
from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer
from plugins.ledger.accounts.internal import SUSPENSE_BREAKS, internal_account_id
from plugins.ledger.documents import Narrative
from plugins.ledger.postings.entries import Capture, LedgerEntry, Leg, Line
from plugins.rails.ports import RailPayment

OUT_CODE, IN_CODE = "PMNT.ICDT.FICT", "PMNT.RCDT.FICT"  # ISO 20022 bank transaction codes: credit transfers, issued and received


def rail_payment(asked: CreditTransfer, payer: Counterparty) -> RailPayment:
    return RailPayment(
        uetr=asked.uetr,
        amount=asked.amount,
        debtor_name=payer.name or "",
        debtor_account=payer.identifier,
        creditor_name=asked.creditor_name,
        creditor_account=asked.creditor_account,
        creditor_bic=asked.creditor_bic,
        remittance=asked.remittance,
        end_to_end_id=asked.end_to_end_id,
    )


def paying_entry(asked: CreditTransfer, against: str, payer: Counterparty | None, now: datetime) -> LedgerEntry:
    """The payer's debit, which spends the hold, and its other side. `payer`: as a payee of this bank sees them; None for the bank's own
    account."""
    paid = Narrative(
        information=asked.remittance or f"To {asked.creditor_name}",
        reference=asked.end_to_end_id,
        counterparty=Counterparty(asked.creditor_name, asked.creditor_account, asked.creditor_bic),
    )
    debit = Line(id=f"{asked.order_id}:out", booked_at=now, value_at=now, narrative=paid, code=OUT_CODE)
    credit = None
    if payer is not None:
        received = Narrative(
            information=asked.remittance or f"From {payer.name}", reference=asked.end_to_end_id, counterparty=payer
        )
        credit = Line(id=f"{asked.order_id}:in", booked_at=now, value_at=now, narrative=received, code=IN_CODE)
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
    legs = (Leg(breaks, _minus(asked.amount)), Leg(against, asked.amount))
    return LedgerEntry(id=asked.order_id, kind="payment_break", legs=legs, cause=asked.order_id)


def _minus(amount: Money) -> Money:
    return Money(amount.currency, -amount.minor)
