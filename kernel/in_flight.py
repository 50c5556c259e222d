"""One question at a time for each key, however many wait for its answer. A caller who goes takes nothing from the others; when all have
gone, the question is given up."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Question(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class InFlight(Generic[T]):
    def __init__(self) -> None:
        self._questions: dict[Hashable, _Question[T]] = {}

    async def run(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The answer of `ask`, or what it raises, for all who ask for `key` until it comes."""
        question = self._questions.get(key)
        if question is None:
            question = self._questions[key] = _Question(asyncio.create_task(ask(), name="asked once"))
            question.task.add_done_callback(lambda done: self._settle(key, done))
        question.waiting += 1
        try:
            return await asyncio.shield(question.task)
        finally:
            question.waiting -= 1
            if not question.waiting and not question.task.done():
                self._give_up(key, question)

    def _give_up(self, key: Hashable, question: _Question[T]) -> None:
        """The next caller asks again."""
        del self._questions[key]
        question.task.cancel()

    def _settle(self, key: Hashable, task: asyncio.Task[T]) -> None:
        question = self._questions.get(key)
        if question is not None and question.task is task:
            del self._questions[key]
        if not task.cancelled():
            task.exception()  # seen, even if everyone who waited has gone away
