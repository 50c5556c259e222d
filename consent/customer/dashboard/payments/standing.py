"""The standing of a payment order in one sentence of a customer's: paid, not paid and why, on its way, or whose signature it waits for.

Directive (EU) 2015/2366 article 79: a payer learns that a payment was refused and, where the law allows it, why. What the law forbids to
tell, a suspicion of fraud above all, reads as a payment that is still being made, or was refused for no reason of the customer's.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from consent.authorization.agreement.terms import render_date, render_instant
from consent.customer.dashboard.signatures.orders import lapse_of
from kernel.banking.orders import OrderState, PaymentOrder, Reason
from kernel.banking.planned.instructions import Instruction, InstructionState, Placed
from kernel.brand import Brand

UNEXPLAINED = "Not paid. Contact us to find out more."
LATE = "not everyone who must agree did so in time"
_TOO_MUCH = "the amount is more than can be paid this way"
_BANK_AWAY = "the payee's bank could not take it"
_REASONS: Mapping[Reason, str] = MappingProxyType(  # those that a customer may always learn; all others are unexplained
    {
        Reason.ACCOUNT_NUMBER_WRONG: "the payee's account number is not right",
        Reason.CREDITOR_ACCOUNT_WRONG: "the payee's account number is not right",
        Reason.DEBTOR_ACCOUNT_WRONG: "the account to pay from can no longer be used",
        Reason.ACCOUNT_CLOSED: "one of the accounts is closed",
        Reason.CREDITOR_ACCOUNT_CLOSED: "the payee's account is closed",
        Reason.FUNDS_INSUFFICIENT: "there was not enough money in the account",
        Reason.CURRENCY_NOT_ALLOWED: "the account cannot pay in this currency",
        Reason.AMOUNT_NOT_ALLOWED: _TOO_MUCH,
        Reason.AMOUNT_ABOVE_CLEARING_LIMIT: _TOO_MUCH,
        Reason.AMOUNT_ABOVE_AGREED_LIMIT: _TOO_MUCH,
        Reason.AMOUNT_ABOVE_SETTLEMENT_LIMIT: _TOO_MUCH,
        Reason.DUPLICATE: "it had been made already",
        Reason.DUPLICATE_PAYMENT: "it had been made already",
        Reason.CREDITOR_AGENT_TIMED_OUT: _BANK_AWAY,
        Reason.INSTRUCTED_AGENT_TIMED_OUT: _BANK_AWAY,
        Reason.CREDITOR_AGENT_OFFLINE: _BANK_AWAY,
        Reason.CREDITOR_AGENT_FAILED: _BANK_AWAY,
        Reason.CREDITOR_AGENT_NOT_REGISTERED: _BANK_AWAY,
        Reason.CREDITOR_AGENT_SUSPENDED: _BANK_AWAY,
        Reason.BANK_IDENTIFIER_WRONG: "the payee's bank was not found",
        Reason.CREDITOR_ADDRESS_MISSING: "the payee's address is missing or wrong",
        Reason.SIGNER_REFUSED: "someone who must agree did not",
        Reason.SIGNATURES_LATE: LATE,
        Reason.AFTER_CUT_OFF: "it came too late in the day",
    }
)
_BEING_MADE = "Being processed."


def standing_of(brand: Brand, order: Placed, names: Mapping[str, str], now: datetime) -> str:
    """`names`: of the customers it waits for, as far as they are known; `now` is business time."""
    if isinstance(order, Instruction):
        return _OF_INSTRUCTIONS[order.state](brand, order, names, now)
    return _SENTENCES[order.state](brand, order, names, now)


Sentence = Callable[[Brand, PaymentOrder, Mapping[str, str], datetime], str]


def _being_made(_brand: Brand, _order: PaymentOrder, _names: Mapping[str, str], _now: datetime) -> str:
    return _BEING_MADE


def _waiting(brand: Brand, order: Placed, names: Mapping[str, str], now: datetime) -> str:
    if now >= lapse_of(order):
        return f"Not paid: {LATE}."
    awaited = [names[customer] for customer in order.awaited_customers if customer in names]
    if order.signatures_missing == len(order.awaited_customers) == len(awaited):
        who = " and ".join(awaited)
    else:
        who = " or ".join(awaited) or "others to sign"
    return f"Waiting for {who}, until {render_instant(brand, lapse_of(order))}."


def _scheduled(brand: Brand, order: PaymentOrder, _names: Mapping[str, str], _now: datetime) -> str:
    return _BEING_MADE if order.execute_at is None else f"To be paid on {render_date(brand, order.execute_at)}."


def _on_its_way(_brand: Brand, _order: PaymentOrder, _names: Mapping[str, str], _now: datetime) -> str:
    return "On its way. The payee's bank has not confirmed it yet."


def _paid(brand: Brand, order: PaymentOrder, _names: Mapping[str, str], _now: datetime) -> str:
    return f"Paid on {render_date(brand, order.settled_at or order.updated_at)}."


def _rejected(_brand: Brand, order: Placed, _names: Mapping[str, str], _now: datetime) -> str:
    reason = _REASONS.get(order.reason) if order.reason is not None else None
    return UNEXPLAINED if reason is None else f"Not paid: {reason}."


def _cancelled(brand: Brand, order: Placed, _names: Mapping[str, str], _now: datetime) -> str:
    return f"Not paid. It was cancelled on {render_date(brand, order.updated_at)}."


_SENTENCES: Mapping[OrderState, Sentence] = MappingProxyType(
    {
        OrderState.RECEIVED: _being_made,
        OrderState.AWAITING_AUTHORISATION: _waiting,
        OrderState.SCHEDULED: _scheduled,
        OrderState.ACCEPTED: _being_made,
        OrderState.HELD_FOR_REVIEW: _being_made,  # that a person looks at it is not for its payer to read
        OrderState.SUBMITTED: _on_its_way,
        OrderState.UNKNOWN: _on_its_way,
        OrderState.SETTLED: _paid,
        OrderState.REJECTED: _rejected,
        OrderState.CANCELLED: _cancelled,
    }
)


def _active(brand: Brand, order: Instruction, _names: Mapping[str, str], _now: datetime) -> str:
    return "Active." if order.turns_at is None else f"Next payment on {render_date(brand, order.turns_at)}."


def _completed(brand: Brand, order: Instruction, _names: Mapping[str, str], _now: datetime) -> str:
    return f"Over. Its last payment was ordered on {render_date(brand, order.updated_at)}."


def _stopped(brand: Brand, order: Instruction, _names: Mapping[str, str], _now: datetime) -> str:
    return f"Cancelled on {render_date(brand, order.updated_at)}."


_OF_INSTRUCTIONS: Mapping[InstructionState, Callable[[Brand, Instruction, Mapping[str, str], datetime], str]] = MappingProxyType(
    {
        InstructionState.AWAITING_AUTHORISATION: _waiting,
        InstructionState.ACTIVE: _active,
        InstructionState.COMPLETED: _completed,
        InstructionState.REJECTED: _rejected,
        InstructionState.CANCELLED: _stopped,
    }
)
