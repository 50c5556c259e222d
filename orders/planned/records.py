"""Planned payments in the words in which a bank keeps its own: a standing order, and a payment for a later day."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from kernel.banking.abroad.planned import InternationalStandingOrderTerms
from kernel.banking.accounts import Counterparty
from kernel.banking.money import Money
from kernel.banking.orders import PaymentOrder
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.files import FileTerms
from kernel.banking.planned.instructions import Instruction, InstructionTerms
from kernel.banking.planned.recurrence import Recurrence, Unit
from kernel.banking.planned.standing_orders import StandingOrderTerms
from kernel.banking.records.mandates import Frequency, MandateStatus
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from kernel.brand import Brand
from kernel.cut_offs import start_of

Made = tuple[datetime, Money]  # a payment that was ordered: for when, and its amount

_FREQUENCIES: Mapping[tuple[Unit, int], Frequency] = MappingProxyType(
    {
        (Unit.DAY, 1): Frequency.DAILY,
        (Unit.DAY, 7): Frequency.WEEKLY,
        (Unit.DAY, 14): Frequency.FORTNIGHTLY,
        (Unit.DAY, 28): Frequency.FOUR_WEEKLY,
        (Unit.WORKING_DAY, 1): Frequency.WORKING_DAYS,
        (Unit.WEEK, 1): Frequency.WEEKLY,
        (Unit.WEEK, 2): Frequency.FORTNIGHTLY,
        (Unit.WEEK, 4): Frequency.FOUR_WEEKLY,
        (Unit.MONTH, 1): Frequency.MONTHLY,
        (Unit.MONTH, 2): Frequency.TWO_MONTHLY,
        (Unit.MONTH, 3): Frequency.QUARTERLY,
        (Unit.MONTH, 4): Frequency.FOUR_MONTHLY,
        (Unit.MONTH, 5): Frequency.FIVE_MONTHLY,
        (Unit.MONTH, 6): Frequency.HALF_YEARLY,
        (Unit.MONTH, 12): Frequency.YEARLY,
        (Unit.WEEK_OF_MONTH, 1): Frequency.MONTHLY,
        (Unit.QUARTER_DAY, 1): Frequency.QUARTERLY,
    }
)
_WITH_DAY = MappingProxyType({Frequency.WEEKLY: Unit.WEEK, Frequency.MONTHLY: Unit.MONTH})  # of the week, of the month


def frequency_of(recurrence: Recurrence) -> tuple[Frequency, int | None]:
    """With its day of the week or month. An interval that has no word, such as three weeks, is unknown: the next day says when."""
    frequency = _FREQUENCIES.get((recurrence.unit, recurrence.every), Frequency.UNKNOWN)
    is_said = _WITH_DAY.get(frequency) is recurrence.unit and recurrence.day is not None and recurrence.day > 0
    return frequency, recurrence.day if is_said else None


def standing_order_of(brand: Brand, instruction: Instruction, previous: Made | None) -> StandingOrder:
    """Only for one that is still to make a payment. `previous`: its last one."""
    terms, calendar = standing_order_in(instruction.terms), brand.cut_off
    due_on = None if instruction.turns_at is None else instruction.turns_at.astimezone(brand.zone).date()
    upcoming = next(terms.executions_after(calendar, instruction.made, due_on), None)
    frequency, day = frequency_of(terms.recurrence)
    recurring = terms.recurring_amount or terms.payment.amount
    has_end = terms.last_on is not None or terms.payments is not None
    return StandingOrder(
        id=instruction.id,
        account_id=instruction.payer.upstream_id,
        created_at=instruction.created_at,
        status=MandateStatus.ACTIVE,
        payee=_payee_of(terms.payment),
        reference=_reference_of(terms.payment),
        frequency=frequency,
        day=day,
        payments=terms.payments,
        first_at=start_of(terms.first_on, brand.zone),
        first_amount=terms.payment.amount,
        previous_at=None if previous is None else previous[0],
        previous_amount=None if previous is None else previous[1],
        next_at=None if upcoming is None else start_of(upcoming.made_on, brand.zone),
        next_amount=recurring if upcoming is None or upcoming.payment is None else upcoming.payment.amount,
        final_at=None if terms.last_on is None else start_of(terms.last_on, brand.zone),
        final_amount=(terms.last_amount or recurring) if has_end else None,
    )


def standing_order_in(terms: InstructionTerms) -> StandingOrderTerms:
    """Of one abroad the payments as its TPP asked for them, in the currency of the instruction."""
    if isinstance(terms, FileTerms):
        raise TypeError("a file of payments is no standing order")
    return terms.standing_order if isinstance(terms, InternationalStandingOrderTerms) else terms


def scheduled_payment_of(order: PaymentOrder) -> ScheduledPayment:
    """Only for one that waits for its day."""
    return ScheduledPayment(
        id=order.id,
        account_id=order.payer.upstream_id,
        created_at=order.created_at,
        due_at=order.execute_at or order.created_at,
        amount=order.terms.amount,
        payee=_payee_of(order.terms),
        reference=_reference_of(order.terms),
    )


def _payee_of(terms: PaymentTerms) -> Counterparty:
    return Counterparty(name=terms.creditor_name, identifier=terms.creditor_account, agent_bic=terms.creditor_bic)


def _reference_of(terms: PaymentTerms) -> str | None:
    return terms.reference or terms.remittance
