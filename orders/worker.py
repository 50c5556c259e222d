"""The worker of one brand: it takes what is due, wherever it was placed, and first of all what this process has just accepted.

There is no singleton: each process of a cluster runs one, and the claims keep them apart. A worker that is killed leaves its orders to
the others once their leases have run out. One that is stopped takes nothing more, and finishes what it has.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog

from kernel.storage.lease import LeaseLost
from orders.ages import Ages
from orders.commands.advance import Advanced
from orders.commands.claim import ClaimDue, TurnWaiting, due
from orders.instructions.turn import TurnInstructions
from orders.room import Room
from orders.rows.ripe import Place, turning
from orders.submitter import Submitter
from orders.tables import instructions, orders
from orders.tracked import Claim

AT_ONCE_MAX = 32  # orders of one worker
LOOK_EVERY_SECONDS = 1.0  # for what is due
PASSED_OVER_KNOWN_MAX = 1_000  # orders, of which a worker remembers that it has logged them
GRACE_SECONDS = 10.0  # for the orders that a stopping worker has

log = structlog.get_logger(__name__)


@dataclass(slots=True, kw_only=True)
class Worker:
    """`count_unreadable` counts orders whose time has come and that cannot be read: they are passed over."""

    submitter: Submitter
    ages: Ages
    count_unreadable: Callable[[], None]
    at_once: int = AT_ONCE_MAX
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _passed_over: set[str] = field(default_factory=set)
    _turned_to: Place | None = None
    _ordered_to: Place | None = None
    _is_stopping: bool = False
    _is_over: bool = False

    @property
    def room(self) -> Room:
        return self.submitter.room

    @property
    def free(self) -> int:
        """The number of orders that it could take now."""
        return 0 if self._is_stopping else self.at_once - len(self._running)

    def begin(self, claim: Claim, known: Advanced | None = None) -> None:
        """Carry on an order that is claimed for this worker. `known`: as it was placed by this process. Once the worker is over, it is left
        to others: they take it when its claim has run out."""
        if self._is_over:
            log.info("order_left_to_others", order_id=claim.order_id)
            return
        task = asyncio.get_running_loop().create_task(self._advance(claim, known))
        self._running.add(task)
        task.add_done_callback(self._end)

    async def run(self) -> None:
        """Look for work until cancelled. A failure is logged, and tried again."""
        while True:
            self._woken.clear()  # first: what ends while it looks wakes it
            try:
                found = await self.look()
            except Exception:  # the database is away: so is the work
                log.exception("orders_not_looked_for", brand=self.submitter.brand.name)
                found = 0
            if not found:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), LOOK_EVERY_SECONDS)

    async def look(self) -> int:
        """Take what is due now, as much as it has room for: how many. Only reads, where there is nothing to do."""
        brand, room = self.submitter.brand, self.room
        await self.ages.refresh()
        async with room.database.read() as connection:
            now = room.clock.now()
            has_ripe = (await connection.execute(orders.select().where(*turning(orders, brand, now)).limit(1))).first()
            has_planned = (
                await connection.execute(instructions.select().where(*turning(instructions, brand, now)).limit(1))
            ).first()
        if has_ripe is not None:
            await self._turn()
        if has_planned is not None:
            await self._order()
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

    async def _turn(self) -> None:
        room, brand = self.room, self.submitter.brand
        turned = await room.commands.run(TurnWaiting(room=room, brand=brand, most=self.at_once, after=self._turned_to))
        self._turned_to = turned.after
        self._report(turned.passed_over)

    async def _order(self) -> None:
        """The executions that are due of instructions, until there are none or there is too much to do."""
        room, brand, more = self.room, self.submitter.brand, True
        while more:
            command = TurnInstructions(room=room, brand=brand, most=self.at_once, after=self._ordered_to)
            turned = await room.commands.run(command)
            self._ordered_to = turned.after
            self._report(turned.passed_over)
            more = turned.number == self.at_once

    def _report(self, passed_over: Mapping[str, str]) -> None:
        brand = self.submitter.brand
        if len(self._passed_over) > PASSED_OVER_KNOWN_MAX:
            self._passed_over.clear()
        for order_id, fault in passed_over.items():
            if order_id not in self._passed_over:
                self._passed_over.add(order_id)
                self.count_unreadable()
                log.error("order_passed_over", brand=brand.name, order_id=order_id, fault=fault)

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
        """Wait for the orders that it has, for a while: also for one that was accepted before the worker stopped, and begins now."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                while self._running:
                    await asyncio.wait([*self._running])
        self._is_over = self._is_stopping
        left = [*self._running]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._woken.set()

    async def _advance(self, claim: Claim, known: Advanced | None) -> None:
        try:
            await self.submitter.advance(claim, known)
        except LeaseLost:
            log.info("order_taken_by_another", order_id=claim.order_id)
        except Exception:  # the order is due again when the claim has run out
            log.exception("order_not_advanced", order_id=claim.order_id)
