"""The rate of a payment abroad whose payer agreed to that of its day: asked for on that day, before the amount is held.

A bank that gives none is asked again while the day lasts, by business time; then the order is rejected, for the reason that the bank gave
last.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from kernel.banking.abroad.cross_border import quote_request
from kernel.banking.abroad.exchange import QuoteRequest, Unquoted
from kernel.banking.orders import PaymentOrder, Reason
from kernel.banking.planned.ahead import end_of
from kernel.brand import Brand

REASONS: Mapping[Unquoted, Reason] = MappingProxyType(
    {
        Unquoted.CURRENCY: Reason.CURRENCY_NOT_ALLOWED,
        Unquoted.AMOUNT: Reason.AMOUNT_NOT_ALLOWED,
        Unquoted.BEARER: Reason.UNSUPPORTED,
        Unquoted.RATE: Reason.UNSUPPORTED,
        Unquoted.CONTRACT: Reason.UNSUPPORTED,
        Unquoted.UNTIL: Reason.DATE_TOO_LATE,
    }
)
UNANSWERED = Reason.INSTRUCTED_AGENT_FAILED  # of a bank that did not answer


def asked_for(order: PaymentOrder) -> QuoteRequest:
    """Only for an order of a payment abroad."""
    assert order.cross_border is not None
    return quote_request(order.terms.amount, order.cross_border, is_binding=True)


def is_day_over(order: PaymentOrder, brand: Brand, now: datetime) -> bool:
    """True once the day on which it is to be made has passed; `now` is business time."""
    planned = order.execute_at or order.created_at
    return now >= end_of(planned.astimezone(brand.zone).date(), brand)
