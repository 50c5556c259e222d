"""A payment that its payer agrees to now and that is made on a later day. Days are the bank's own.

UK Open Banking R/W 4.0, Domestic Scheduled Payment Consents ("RequestedExecutionDateTime": the day on which the payer's account is debited).
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from kernel.banking.payments import PaymentTerms
from kernel.cut_offs import start_of


class ScheduledTerms(msgspec.Struct, frozen=True, kw_only=True, tag="scheduled"):
    """`asked_on` is the day that its TPP asked for, `made_on` the one on which the bank makes it; None: its bank has not looked at its
    calendar yet."""

    payment: PaymentTerms
    asked_on: date
    made_on: date | None = None

    @property
    def day(self) -> date:
        return self.made_on or self.asked_on

    @property
    def plan(self) -> tuple[str, ...]:
        """The terms in addition to the payment's, as an authentication is linked to them."""
        return (self.day.isoformat(),)

    def due_at(self, zone: ZoneInfo) -> datetime:
        """The instant from which it is made: the first of its day."""
        return start_of(self.day, zone)
