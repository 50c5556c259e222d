"""Places for questions to addresses that others named: so many at a time in all, of one host, and on behalf of one owner.

Hosts that stay silent hold the places of whoever named them, and nobody else's: a question of another owner finds one free.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass

TOTAL_MAX = 32  # questions under way
HOST_MAX = 8  # of them to one host
OWNER_MAX = 4  # and on behalf of one owner: eight of them must be silent before anyone waits
WAITING_MAX = 256
WAIT_SECONDS_MAX = 2.0  # for a place

Key = tuple[str, str]  # "total", "host" or "owner", and whose


class NoPlace(Exception):
    """None came free in time. That says nothing about the host."""


@dataclass(slots=True)
class Place:
    """Held until `release`."""

    _places: "Places"
    _keys: tuple[Key, ...]

    def release(self) -> None:
        keys, self._keys = self._keys, ()
        self._places.give_back(keys)


class Places:
    def __init__(self, *, total: int = TOTAL_MAX, host: int = HOST_MAX, owner: int = OWNER_MAX) -> None:
        self._limits = {"total": total, "host": host, "owner": owner}
        self._taken: Counter[Key] = Counter()
        self._waiting: list[tuple[tuple[Key, ...], asyncio.Future[None]]] = []

    async def take(self, host: str, owner: str) -> Place:
        """A place, as soon as there is one; without an owner, of the host alone. Raises NoPlace."""
        keys: tuple[Key, ...] = (("total", ""), ("host", host), *((("owner", owner),) if owner else ()))
        if not self._fits(keys):
            await self._wait(keys)
        else:
            self._taken.update(keys)
        return Place(self, keys)

    def give_back(self, keys: tuple[Key, ...]) -> None:
        """And hand on what fits to those who wait, the first first."""
        self._taken.subtract(keys)
        self._taken = +self._taken  # without those of whom nothing is under way
        for waiter in list(self._waiting):
            wanted, granted = waiter
            if not granted.done() and self._fits(wanted):
                self._taken.update(wanted)
                granted.set_result(None)

    def _fits(self, keys: tuple[Key, ...]) -> bool:
        return all(self._taken[key] < self._limits[key[0]] for key in keys)

    async def _wait(self, keys: tuple[Key, ...]) -> None:
        if len(self._waiting) >= WAITING_MAX:
            raise NoPlace("too many wait")
        waiter = (keys, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                await asyncio.shield(waiter[1])
        except BaseException as error:
            if waiter[1].done() and not waiter[1].cancelled():  # granted at the same moment
                self.give_back(keys)
            waiter[1].cancel()
            if isinstance(error, TimeoutError):
                raise NoPlace("no place came free in time") from None
            raise
        finally:
            self._waiting.remove(waiter)
