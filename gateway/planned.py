"""The port of planned payments: what was placed through payment initiation and is still to be made (gateway/ports.py: Payments.planned)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from kernel.banking.records.listing import RecordPage
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from kernel.brand import Brand


class PlannedPayments(Protocol):
    """Those of accounts, by the upstream's own ids: at most `limit` that come after a position (created_at, account_id, id), newest first,
    and how many there are in all. The package of orders satisfies it."""

    async def standing_orders(
        self, brand: Brand, account_ids: Sequence[str], after: tuple[datetime, str, str] | None, limit: int
    ) -> RecordPage[StandingOrder]: ...

    async def scheduled_payments(
        self, brand: Brand, account_ids: Sequence[str], after: tuple[datetime, str, str] | None, limit: int
    ) -> RecordPage[ScheduledPayment]: ...
