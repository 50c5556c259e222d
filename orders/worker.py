"""The worker of one brand: it takes what is due, wherever it was placed, and first of all what this process has just accepted.

There is no singleton: each process of a cluster runs one, and the claims keep them apart. A worker that is killed leaves its orders to
the others once their leases have run out. One that is stopped takes nothing more, and finishes what it has.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog

from kernel.storage.lease import LeaseLost
from orders.ages import Ages
from orders.commands.claim import ClaimDue, TurnWaiting, due, turning
from orders.room import Room
from orders.submitter import Submitter
from orders.tables import orders
from orders.tracked import Claim

AT_ONCE_MAX = 32  # orders of one worker
LOOK_EVERY_SECONDS = 1.0  # for what is due
GRACE_SECONDS = 10.0  # for the orders that a stopping worker has

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Worker:
    submitter: Submitter
    ages: Ages
    at_once: int = AT_ONCE_MAX
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _is_stopping: bool = False

    @property
    def room(self) -> Room:
        return self.submitter.room

    @property
    def free(self) -> int:
        """The number of orders that it could take now."""
        return 0 if self._is_stopping else self.at_once - len(self._running)

    def begin(self, claim: Claim) -> None:
        """Carry on an order that is claimed for this worker."""
        task = asyncio.get_running_loop().create_task(self._advance(claim))
        self._running.add(task)
        task.add_done_callback(self._end)

    async def run(self) -> None:
        """Look for work until cancelled. A failure is logged, and tried again."""
        while True:
            try:
                found = await self.look()
            except Exception:  # the database is away: so is the work
                log.exception("orders_not_looked_for", brand=self.submitter.brand.name)
                found = 0
            if not found:
                self._woken.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), LOOK_EVERY_SECONDS)

    async def look(self) -> int:
        """Take what is due now, as much as it has room for: how many. Only reads, where there is nothing to do."""
        brand, room = self.submitter.brand, self.room
        await self.ages.refresh()
        async with room.database.read() as connection:
            has_ripe = (await connection.execute(orders.select().where(*turning(brand, room.clock.now())).limit(1))).first()
        if has_ripe is not None:
            await room.commands.run(TurnWaiting(room=room, brand=brand, most=self.at_once))
        if self.free <= 0:
            return 0
        async with room.database.read() as connection:
            has_due = (await connection.execute(due(brand, room.clock.wall()).limit(1))).first()
        if has_due is None:
            return 0
        claims = await room.commands.run(ClaimDue(room=room, brand=brand, most=self.free))
        for claim in claims:
            self.begin(claim)
        return len(claims)

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator["Worker"]:
        """Runs while this context is open. On leaving, what it has is finished, or left to others after a while."""
        looking = asyncio.get_running_loop().create_task(self.run())
        try:
            yield self
        finally:
            self._is_stopping = True
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await self.finish()

    async def finish(self) -> None:
        """Wait for the orders that it has, for a while."""
        left = [*self._running]
        if left:
            await asyncio.wait(left, timeout=GRACE_SECONDS)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._woken.set()

    async def _advance(self, claim: Claim) -> None:
        try:
            await self.submitter.advance(claim)
        except LeaseLost:
            log.info("order_taken_by_another", order_id=claim.order_id)
        except Exception:  # the order is due again when the claim has run out
            log.exception("order_not_advanced", order_id=claim.order_id)
