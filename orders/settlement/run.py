"""Settlement by itself: one singleton for each account over which a rail settles, under a lease."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kernel.brand import Brand
from kernel.storage.lease import Lease
from orders.settlement.cycle_settlement import CycleSettlement

SETTLE_EVERY_SECONDS = 20.0  # how late a cycle may be settled after it closed; a look at the calendar alone costs nothing
LOOK_FOR_LATE_EVERY = timedelta(hours=1)  # for payments that become known after their cycle was settled


@dataclass(slots=True, kw_only=True)
class SettlementRun:
    """`run` is the work of a singleton (kernel/storage/lease.py): it reads the books once a cycle has closed, and now and then between. One
    that was succeeded fixes nothing more; an entry that two book at once is the same entry."""

    settlement: CycleSettlement
    brand: Brand
    _settled_in: str = field(default="", init=False)  # the cycle that was open
    _settled_at: datetime | None = field(default=None, init=False)

    async def run(self, lease: Lease) -> None:
        """Raises LeaseLost."""
        await self.settlement.complete_returns(self.brand)
        now = self.settlement.room.clock.wall()
        cycle = self.settlement.calendar.cycle_of(now).id
        is_late = self._settled_at is None or now - self._settled_at >= LOOK_FOR_LATE_EVERY
        if cycle == self._settled_in and not is_late:
            return
        await self.settlement.run(self.brand, lease.check_fence)
        self._settled_in, self._settled_at = cycle, now
