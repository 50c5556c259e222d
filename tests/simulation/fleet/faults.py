"""The line between the workers and the bank: questions and answers are lost, doubled, delayed past the lease, overtaken and garbled."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from kernel.errors import UpstreamFailed, UpstreamTimedOut
from tests.simulation.fleet.death import Death
from tests.simulation.fleet.notes import ABSENT, FAULT, SENT, Notes
from tests.simulation.fleet.shared_clock import SharedClock

FAULTS = ("lost", "unanswered", "garbled", "doubled", "down", "slow", "late")
LATE_SECONDS = (
    1,
    20,
    45,
    55,
)  # of the shared clock, until a late question arrives: before and after its lease, within what is promised
SLOW_SECONDS = 40  # of the shared clock, for an answer that outlasts the lease


@dataclass
class FaultyLine:
    """`rate` of all questions meet a fault."""

    bank: Any
    clock: SharedClock
    notes: Notes
    death: Death
    draw: random.Random
    rate: float
    name: str = "faulty"
    under_way: set[asyncio.Task[None]] = field(default_factory=set)

    async def reserve(self, brand: Any, transfer: Any) -> Any:
        return await self._ask("reserve", lambda: self.bank.reserve(brand, transfer))

    async def submit(self, brand: Any, transfer: Any) -> Any:
        self.notes.write(SENT, transfer.order_id, self.clock.wall())
        return await self._ask("submit", lambda: self.bank.submit(brand, transfer))

    async def status(self, brand: Any, order_id: str) -> Any:
        asked_at = self.clock.wall()
        progress = await self._ask("status", lambda: self.bank.status(brand, order_id))
        if progress is None:
            self.notes.write(ABSENT, order_id, asked_at)
        return progress

    async def cancel(self, brand: Any, order_id: str) -> Any:
        return await self._ask("cancel", lambda: self.bank.cancel(brand, order_id))

    async def release(self, brand: Any, order_id: str) -> Any:
        return await self._ask("release", lambda: self.bank.release(brand, order_id))

    async def quote(self, brand: Any, asked: Any) -> Any:
        return await self._ask("quote", lambda: self.bank.quote(brand, asked))

    async def _ask(self, question: str, send: Callable[[], Awaitable[Any]]) -> Any:
        fault = self.draw.choice(FAULTS) if self.draw.random() < self.rate else ""
        if fault:
            self.notes.write(FAULT, f"{fault} {question}")
        self.death.pass_by(f"before {question}")
        if fault == "down":
            raise UpstreamFailed(fault)
        if fault == "late":
            self._send_later(self.clock.seconds(self.draw.choice(LATE_SECONDS)), send)
        if fault in ("lost", "late"):
            raise UpstreamTimedOut(fault)
        answer = await send()
        if fault == "doubled":
            answer = await send()
        if fault == "slow":
            await asyncio.sleep(self.clock.seconds(SLOW_SECONDS))
        self.death.pass_by(f"after {question}")
        if fault == "unanswered":
            raise UpstreamTimedOut(fault)
        if fault == "garbled":
            raise ValueError(fault)
        return answer

    def _send_later(self, seconds: float, send: Callable[[], Awaitable[Any]]) -> None:
        async def arrive() -> None:
            await asyncio.sleep(seconds)
            with suppress(UpstreamTimedOut, UpstreamFailed):  # no one waits for the answer
                await send()

        task = asyncio.get_running_loop().create_task(arrive())
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
