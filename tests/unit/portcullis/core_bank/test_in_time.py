"""The clock of a core bank in a process of its own, which another process moves."""

from datetime import timedelta
from typing import Any

import pytest

from kernel.errors import Overloaded
from kernel.storage.database import Database
from portcullis.core_bank.serve import answered_in_time
from sandbox.clock import OFFSETS, MovedClock
from tests.world.brands import BRAND


@pytest.fixture
async def database(database_url: str):
    async with Database.open(database_url) as opened:
        await opened.write(lambda connection: connection.run_sync(OFFSETS.metadata.create_all))
        yield opened


async def test_the_bank_answers_at_the_time_to_which_the_clock_was_moved(database: Database):
    theirs, ours = MovedClock(database, BRAND.name), MovedClock(database, BRAND.name)
    asked: list[timedelta] = []

    async def handle(_request: Any) -> Any:
        asked.append(ours.clock.offset)

    answer: Any = answered_in_time(ours, handle)
    await answer(None)
    await theirs.advance(timedelta(days=7))
    await answer(None)
    assert asked == [timedelta(), timedelta(days=7)]


async def test_a_database_that_is_away_leaves_the_time_that_was_read_last(database: Database, monkeypatch: pytest.MonkeyPatch):
    moved = MovedClock(database, BRAND.name)
    await moved.advance(timedelta(days=1))

    async def away() -> None:
        raise Overloaded("away")

    async def handle(_request: Any) -> Any:
        return moved.clock.offset

    monkeypatch.setattr(moved, "load", away)
    answer: Any = answered_in_time(moved, handle)
    assert await answer(None) == timedelta(days=1)
