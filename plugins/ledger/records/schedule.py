"""When something that repeats is due next.

A stored mandate or order holds the date that was due next when it was written; readers get the date that is due next now.
"""

import calendar
from datetime import datetime, timedelta

import msgspec

from kernel.banking.records.direct_debits import DirectDebit
from kernel.banking.records.mandates import Frequency, MandateStatus
from kernel.banking.records.standing_orders import StandingOrder

_DAYS = {
    Frequency.INTRADAY: 1,
    Frequency.DAILY: 1,
    Frequency.WEEKLY: 7,
    Frequency.FORTNIGHTLY: 14,
    Frequency.FOUR_WEEKLY: 28,
}
_MONTHS = {
    Frequency.MONTHLY: 1,
    Frequency.TWO_MONTHLY: 2,
    Frequency.QUARTERLY: 3,
    Frequency.FOUR_MONTHLY: 4,
    Frequency.FIVE_MONTHLY: 5,
    Frequency.HALF_YEARLY: 6,
    Frequency.YEARLY: 12,
}
_SATURDAY = 5


def advance_direct_debit(mandate: DirectDebit, now: datetime) -> DirectDebit:
    """The mandate with its next collection after `now`, if there will be one."""
    next_at = _next(mandate.next_at, mandate.frequency, mandate.final_at, now, active=mandate.status is MandateStatus.ACTIVE)
    return msgspec.structs.replace(mandate, next_at=next_at)


def advance_standing_order(order: StandingOrder, now: datetime) -> StandingOrder:
    """The order with its next payment after `now`; one whose final payment is past has expired."""
    active = order.status is MandateStatus.ACTIVE
    next_at = _next(order.next_at, order.frequency, order.final_at, now, active=active)
    ended = active and order.next_at is not None and next_at is None and order.final_at is not None
    return msgspec.structs.replace(
        order,
        next_at=next_at,
        next_amount=None if next_at is None else order.next_amount,
        status=MandateStatus.EXPIRED if ended else order.status,
    )


def next_due(due: datetime, frequency: Frequency, after: datetime) -> datetime | None:
    """The first of the instants that follow `due` by the frequency, or `due` itself, that is later than `after`. None where the
    frequency does not say. A month that lacks the day has it on its last one."""
    if due > after:
        return due
    if frequency in _DAYS:
        step = timedelta(days=_DAYS[frequency])
        return due + step * ((after - due) // step + 1)
    if frequency is Frequency.WORKING_DAYS:
        due += timedelta(days=(after - due).days + 1)
        return due + timedelta(days=max(0, 7 - due.weekday()) if due.weekday() >= _SATURDAY else 0)
    if frequency not in _MONTHS:
        return None
    months = _MONTHS[frequency]
    count = max(0, (after.year - due.year) * 12 + after.month - due.month) // months
    while (moved := add_months(due, count * months)) <= after:
        count += 1
    return moved


def add_months(at: datetime, months: int) -> datetime:
    """The same day of another month, or its last day where it has no such day."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, calendar.monthrange(year, month + 1)[1]))


def _next(due: datetime | None, frequency: Frequency, final: datetime | None, now: datetime, *, active: bool) -> datetime | None:
    if due is None or not active:
        return None
    moved = next_due(due, frequency, now)
    return None if moved is None or (final is not None and moved > final) else moved
