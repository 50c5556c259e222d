"""Payments abroad that are planned: what one within the country is agreed to as, and the part that it does not have.

UK Open Banking R/W 4.0, International Scheduled Payment Consents, International Standing Order Consents.
"""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.executions import Execution
from kernel.banking.planned.scheduled import ScheduledTerms
from kernel.banking.planned.standing_orders import StandingOrderTerms
from kernel.cut_offs import CutOffRule


class InternationalScheduledTerms(msgspec.Struct, frozen=True, kw_only=True, tag="international_scheduled"):
    """One payment abroad, made on a later day: at the rate that binds the bank until the end of that day, or, where its payer agreed to an
    estimate, at the rate of that day."""

    scheduled: ScheduledTerms
    cross_border: CrossBorder

    @property
    def payment(self) -> PaymentTerms:
        return self.scheduled.payment

    @property
    def plan(self) -> tuple[str, ...]:
        return self.scheduled.plan

    def due_at(self, zone: ZoneInfo) -> datetime:
        return self.scheduled.due_at(zone)


class InternationalStandingOrderTerms(msgspec.Struct, frozen=True, kw_only=True, tag="international_standing_order"):
    """Payments abroad again and again, each at the rate of its day. `cross_border` has an estimate for the first one."""

    standing_order: StandingOrderTerms
    cross_border: CrossBorder

    @property
    def payment(self) -> PaymentTerms:
        return self.standing_order.payment

    @property
    def plan(self) -> tuple[str, ...]:
        return self.standing_order.plan

    @property
    def debit(self) -> Money:
        """The amount that the account pays first, as far as the bank has quoted it."""
        quote = self.cross_border.quote
        return self.payment.amount if quote is None else quote.debit

    def executions_after(
        self, calendar: CutOffRule | None = None, made: int = 0, due_on: date | None = None
    ) -> Iterator[Execution]:
        return self.standing_order.executions_after(calendar, made, due_on)
