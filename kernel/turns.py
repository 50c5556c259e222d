"""Turns at scarce work: so much at the same time in all, and so much of each key. The rest wait, and the first whom it fits is next.

A key is what the work is done for: a host and an owner of addresses (kernel/http/outbound/fetcher.py), or the subject of an attempt to log in
(consent/customer/journey/login.py). Work that takes long holds up its own key, and a question of another key finds a turn free.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from kernel.errors import Overloaded

Key = tuple[str, str]  # a kind of key, and its name; all work together has the kind "total" and no name
TOTAL: Key = ("total", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLimits:
    """Turns at the same time, in all and of each key of a kind; how many may wait, and for how long."""

    total: int
    each: Mapping[str, int]
    waiting: int
    wait_seconds: float


@dataclass(slots=True)
class Turn:
    """Held until `release`; a second release changes nothing."""

    _turns: "Turns"
    _keys: tuple[Key, ...]

    def release(self) -> None:
        keys, self._keys = self._keys, ()
        self._turns.give_back(keys)


class Turns:
    """In the memory of one process."""

    def __init__(self, limits: TurnLimits) -> None:
        self._limits = limits
        self._taken: Counter[Key] = Counter()
        self._waiting: list[tuple[tuple[Key, ...], asyncio.Future[None]]] = []

    async def take(self, *keys: Key) -> Turn:
        """A turn, as soon as there is one for all of the keys. Raises Overloaded where none comes in time."""
        wanted = (TOTAL, *keys)
        if self._fits(wanted):
            self._taken.update(wanted)
        else:
            await self._wait(wanted)
        return Turn(self, wanted)

    @asynccontextmanager
    async def turn(self, *keys: Key) -> AsyncIterator[None]:
        """A turn while the body runs. Raises Overloaded where none comes in time."""
        turn = await self.take(*keys)
        try:
            yield
        finally:
            turn.release()

    def give_back(self, keys: tuple[Key, ...]) -> None:
        """Give up a turn, and hand on what fits to those who wait, the first first."""
        self._taken.subtract(keys)
        self._taken = +self._taken  # keys of which nothing is under way are forgotten
        for wanted, granted in self._waiting:
            if not granted.done() and self._fits(wanted):
                self._taken.update(wanted)
                granted.set_result(None)

    def _fits(self, keys: tuple[Key, ...]) -> bool:
        return all(self._taken[key] < self._limit_of(key) for key in keys)

    def _limit_of(self, key: Key) -> int:
        return self._limits.total if key == TOTAL else self._limits.each[key[0]]

    async def _wait(self, keys: tuple[Key, ...]) -> None:
        if len(self._waiting) >= self._limits.waiting:
            raise Overloaded(f"{len(self._waiting)} wait for a turn already")
        waiter = (keys, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(self._limits.wait_seconds):
                await asyncio.shield(waiter[1])
        except BaseException as error:
            if waiter[1].done() and not waiter[1].cancelled():  # granted at the same moment
                self.give_back(keys)
            waiter[1].cancel()
            if isinstance(error, TimeoutError):
                raise Overloaded(f"no turn came within {self._limits.wait_seconds} s") from None
            raise
        finally:
            self._waiting.remove(waiter)
