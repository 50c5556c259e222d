"""Review: an accepted order that waits for people, because a doubt was found or one of them raised it, and until when it may wait.

UK Payment Services Regulations 2017 regulation 86(2A) to (2D), of 30 October 2024: a payment may be delayed until the end of the fourth
business day after it was received.
"""

from datetime import UTC, datetime, time, timedelta

from kernel.banking.orders import PaymentOrder
from kernel.brand import Brand
from kernel.cut_offs import WEEKEND
from orders.machine import OrderEvent
from orders.tracked import Tracked

BUSINESS_DAYS_MAX = 4  # after the day on which a payment was received


def waits_until(brand: Brand, before: Tracked, event: OrderEvent | None) -> datetime | None:
    """The moment (business time) at which an order that `event` puts under review is refused, unless people have decided. None for any other event, and
    for an order that may have been submitted: its end is for people, and for the bank, to name."""
    if event is not OrderEvent.HOLD_FOR_REVIEW or before.submissions > 0:
        return None
    return end_of_delay(brand, before.order)


def has_last_day(brand: Brand, order: PaymentOrder, now: datetime) -> bool:
    """True once the last business day that an order may wait for has begun. `now` is business time."""
    return now >= end_of_delay(brand, order) - timedelta(days=1)


def end_of_delay(brand: Brand, order: PaymentOrder) -> datetime:
    """The end of the last business day that an order may wait for, in the brand's zone. One for a later day is received on that day."""
    closed = frozenset() if brand.cut_off is None else brand.cut_off.closed
    received = max(order.created_at, order.execute_at or order.created_at)
    day, left = received.astimezone(brand.zone).date(), BUSINESS_DAYS_MAX
    while left:
        day += timedelta(days=1)
        left -= day.weekday() not in WEEKEND and day not in closed
    return datetime.combine(day + timedelta(days=1), time(), brand.zone).astimezone(UTC)
