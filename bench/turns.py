"""Operations of a bench of which several are under way at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def in_turns(items: Sequence[T], act: Callable[[T], Awaitable[R]], *, at_once: int) -> list[R]:
    """The results, in the order of the items."""
    turns = asyncio.Semaphore(at_once)

    async def in_turn(item: T) -> R:
        async with turns:
            return await act(item)

    return list(await asyncio.gather(*(in_turn(item) for item in items)))
