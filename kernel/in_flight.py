"""One question at a time for each key, however many wait for its answer. A caller who goes takes nothing from the others; when all have
gone, the question is given up."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Asking(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class InFlight(Generic[T]):
    def __init__(self) -> None:
        self._askings: dict[Hashable, _Asking[T]] = {}

    async def run(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The answer of `ask`, or what it raises, for all who ask for `key` until it comes."""
        asking = self._askings.get(key)
        if asking is None:
            asking = self._askings[key] = _Asking(asyncio.create_task(ask(), name="asked once"))
            asking.task.add_done_callback(lambda done: self._settle(key, done))
        asking.waiting += 1
        try:
            return await asyncio.shield(asking.task)
        finally:
            asking.waiting -= 1
            if not asking.waiting and not asking.task.done():
                self._give_up(key, asking)

    def _give_up(self, key: Hashable, asking: _Asking[T]) -> None:
        """The next caller asks again."""
        del self._askings[key]
        asking.task.cancel()

    def _settle(self, key: Hashable, task: asyncio.Task[T]) -> None:
        asking = self._askings.get(key)
        if asking is not None and asking.task is task:
            del self._askings[key]
        if not task.cancelled():
            task.exception()  # seen, even if everyone who waited has gone away
