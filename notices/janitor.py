"""Remove notices whose time has passed: one singleton per brand, in bounded batches, under a lease."""

from dataclasses import dataclass

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.storage.lease import Lease
from notices.commands.past_rows import RemoveNotices

CLEAN_EVERY_SECONDS = 600.0  # between two runs of the janitor of notices
BATCH_ROWS = 200  # notices that one transaction of their janitor removes
BATCHES_MAX = 20  # of one run of the janitor of notices


@dataclass(frozen=True, slots=True, kw_only=True)
class Janitor:
    """`run` is the work of a singleton (kernel/storage/lease.py)."""

    commands: Commands
    clock: Clock
    brand: Brand

    async def run(self, lease: Lease) -> None:
        """Raises LeaseLost."""
        for _ in range(BATCHES_MAX):
            command = RemoveNotices(brand=self.brand, now=self.clock.wall(), most=BATCH_ROWS)
            if await self.commands.run(command, guard=lease.check_fence) < BATCH_ROWS:
                break
