"""Remove what the law no longer asks to be kept: one singleton per brand, in bounded batches, under a lease."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Command, Commands
from kernel.storage.lease import Lease, LeaseLost
from orders.commands.past_rows import RemoveMessages, RemoveOrders
from orders.instructions.past_rows import RemoveInstructions

CLEAN_EVERY_SECONDS = 600.0  # between two runs
BATCH_ROWS = 200  # of one transaction
BATCHES_MAX = 20  # per table and run


class Removal(Protocol):
    """A command that removes at most `most` rows whose time has passed, and returns how many."""

    name: str

    def __call__(self, *, brand: Brand, now: datetime, most: int) -> Command[int]: ...


REMOVALS: tuple[Removal, ...] = (RemoveOrders, RemoveInstructions, RemoveMessages)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Janitor:
    """`run` is the work of a singleton (kernel/storage/lease.py). `commands` are those of the tables that `removals` empty."""

    commands: Commands
    clock: Clock
    brand: Brand
    removals: tuple[Removal, ...] = REMOVALS

    async def run(self, lease: Lease) -> None:
        """Every table, even if others fail. Raises LeaseLost."""
        for removal in self.removals:
            try:
                await self._remove(removal, lease)
            except LeaseLost:
                raise
            except Exception:  # the next run may succeed
                log.exception("past_rows_not_removed", what=removal.name, brand=self.brand.name)

    async def _remove(self, removal: Removal, lease: Lease) -> None:
        for _ in range(BATCHES_MAX):
            command = removal(brand=self.brand, now=self.clock.wall(), most=BATCH_ROWS)
            if await self.commands.run(command, guard=lease.check_fence) < BATCH_ROWS:
                break
