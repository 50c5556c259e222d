"""The posting patterns: each kind of business fact, and the legs that book it, in one table.

A leg names a role, a sign and an amount. A negative sign reduces a customer's balance (a debit of the bank's debt); positive and negative
legs of a pattern sum to zero for any amounts. A leg whose amount is absent is left out: a payment without a fee has two legs.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from kernel.banking.money import Money
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line
from plugins.ledger.refusals import EntryMismatched


class Side(NamedTuple):
    """`role` is whose account, `amount` which of the fact's amounts."""

    role: str
    sign: int
    amount: str


PAYER, PAYEE, CLEARING, FEES, NOSTRO, SUSPENSE = "payer", "payee", "clearing", "fees", "nostro", "suspense"
PAYABLE, RECEIVABLE, DISPUTES, LOSSES, CHARGES = "payable", "receivable", "disputes", "losses", "charges"
SOLD, BOUGHT, ROUNDING = "position_sold", "position_bought", "rounding"
POSITION, RESULT = "position", "result"
AMOUNT, FEE, CHARGE, SOLD_AMOUNT, BOUGHT_AMOUNT, REMAINDER = "amount", "fee", "charge", "sold", "bought", "remainder"

PATTERNS: dict[str, tuple[Side, ...]] = {
    "book_transfer": (Side(PAYER, -1, AMOUNT), Side(PAYEE, 1, AMOUNT), Side(PAYER, -1, FEE), Side(FEES, 1, FEE)),
    "instant_out": (Side(PAYER, -1, AMOUNT), Side(CLEARING, 1, AMOUNT), Side(PAYER, -1, FEE), Side(FEES, 1, FEE)),
    "file_out": (Side(PAYER, -1, AMOUNT), Side(CLEARING, 1, AMOUNT)),
    "credit_in": (Side(CLEARING, -1, AMOUNT), Side(PAYEE, 1, AMOUNT)),
    "credit_in_unidentified": (Side(CLEARING, -1, AMOUNT), Side(SUSPENSE, 1, AMOUNT)),
    "suspense_applied": (Side(SUSPENSE, -1, AMOUNT), Side(PAYEE, 1, AMOUNT)),
    "suspense_returned": (Side(SUSPENSE, -1, AMOUNT), Side(CLEARING, 1, AMOUNT)),
    "cycle_paid": (Side(CLEARING, -1, AMOUNT), Side(NOSTRO, 1, AMOUNT)),  # we owed the cycle: what our account there holds falls
    "cycle_received": (Side(NOSTRO, -1, AMOUNT), Side(CLEARING, 1, AMOUNT)),
    "return_received": (
        Side(CLEARING, -1, AMOUNT),
        Side(PAYER, 1, AMOUNT),
        Side(CHARGES, -1, CHARGE),
        Side(PAYER, 1, CHARGE),
    ),
    "return_payable": (Side(CLEARING, -1, AMOUNT), Side(PAYABLE, 1, AMOUNT)),  # the payer's account is closed
    "recall_accepted": (Side(PAYEE, -1, AMOUNT), Side(CLEARING, 1, AMOUNT)),
    "exchange_out": (
        Side(PAYER, -1, SOLD_AMOUNT),
        Side(SOLD, 1, SOLD_AMOUNT),
        Side(BOUGHT, -1, BOUGHT_AMOUNT),
        Side(PAYEE, 1, BOUGHT_AMOUNT),
        Side(BOUGHT, -1, REMAINDER),
        Side(ROUNDING, 1, REMAINDER),
        Side(PAYER, -1, FEE),
        Side(FEES, 1, FEE),
    ),
    "position_gained": (Side(POSITION, -1, AMOUNT), Side(RESULT, 1, AMOUNT)),  # at the end of a day, by the rates of its table
    "position_lost": (Side(RESULT, -1, AMOUNT), Side(POSITION, 1, AMOUNT)),
    "presentment": (Side(PAYER, -1, AMOUNT), Side(RECEIVABLE, 1, AMOUNT)),
    "dispute_credited": (Side(DISPUTES, -1, AMOUNT), Side(PAYER, 1, AMOUNT)),
    "dispute_won": (Side(RECEIVABLE, -1, AMOUNT), Side(DISPUTES, 1, AMOUNT)),
    "dispute_lost": (Side(LOSSES, -1, AMOUNT), Side(DISPUTES, 1, AMOUNT)),
}


def compose(
    kind: str, entry_id: str, accounts: Mapping[str, str], amounts: Mapping[str, Money], lines: Mapping[str, Line], **facts: Any
) -> LedgerEntry:
    """The entry of a fact. `accounts` by role; `amounts` positive, by name; `lines` by role for customers' accounts, and by
    `<role>.<amount>` for the legs of a further amount. `facts`: further members of the entry. Raises EntryMismatched for what the pattern
    does not know, or lacks."""
    pattern = PATTERNS[kind]
    unknown = {*amounts} - {side.amount for side in pattern} | {*accounts} - {side.role for side in pattern}
    if unknown or any(amount.minor <= 0 for amount in amounts.values()):
        raise EntryMismatched(f"{kind}: not of its pattern are {sorted(unknown)}, or an amount is not positive")
    legs = []
    for side in pattern:
        if side.amount not in amounts:
            continue
        if side.role not in accounts:
            raise EntryMismatched(f"{kind}: names no account of the {side.role}")
        amount = amounts[side.amount]
        line = lines.get(f"{side.role}.{side.amount}") or (lines.get(side.role) if _is_first(pattern, side) else None)
        legs.append(Leg(accounts[side.role], Money(amount.currency, side.sign * amount.minor), line))
    return LedgerEntry(entry_id, tuple(legs), kind, **facts)


def _is_first(pattern: tuple[Side, ...], side: Side) -> bool:
    """Of its role in the pattern: the line of a role is its first leg's."""
    return next(each for each in pattern if each.role == side.role) == side
