"""Remove what the law no longer asks to be kept: one singleton per brand, in bounded batches, under a lease."""

from dataclasses import dataclass

import structlog

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.storage.lease import Lease, LeaseLost
from orders.commands.past_rows import RemoveMessages, RemoveOrders

CLEAN_EVERY_SECONDS = 600.0  # between two runs
BATCH_ROWS = 200  # of one transaction
BATCHES_MAX = 20  # per table and run

REMOVALS = (RemoveOrders, RemoveMessages)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Janitor:
    """`run` is the work of a singleton (kernel/storage/lease.py)."""

    commands: Commands
    clock: Clock
    brand: Brand

    async def run(self, lease: Lease) -> None:
        """Every table, even if others fail. Raises LeaseLost."""
        for removal in REMOVALS:
            try:
                await self._remove(removal, lease)
            except LeaseLost:
                raise
            except Exception:  # the next run may succeed
                log.exception("orders_not_removed", what=removal.name, brand=self.brand.name)

    async def _remove(self, removal: type[RemoveOrders | RemoveMessages], lease: Lease) -> None:
        for _ in range(BATCHES_MAX):
            command = removal(brand=self.brand, now=self.clock.wall(), most=BATCH_ROWS)
            if await self.commands.run(command, guard=lease.check_fence) < BATCH_ROWS:
                break
