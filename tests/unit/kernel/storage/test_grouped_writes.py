"""Records that may wait: queued, written in groups, refused when there is no room, lost by no orderly stop."""

import asyncio

import pytest

from kernel.errors import Overloaded
from kernel.storage import grouped_writes
from kernel.storage.grouped_writes import GROUP_MAX, GroupedWrites


class Journal:
    """Remembers groups; fails the first `failures` times."""

    def __init__(self, failures: int = 0) -> None:
        self.groups: list[list[int]] = []
        self.failures = failures
        self.written = asyncio.Event()

    async def write(self, group: list[int]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("no database")
        self.groups.append(group)
        self.written.set()


async def test_writes_what_came_together_as_one_group_within_fifty_milliseconds():
    """The linger is what decides, however busy the machine is."""
    assert grouped_writes.LINGER_SECONDS <= 0.05
    journal = Journal()
    async with GroupedWrites.lifetime(journal.write, "records") as records:
        for number in range(5):
            records.record(number)
        await journal.written.wait()
        assert journal.groups == [[0, 1, 2, 3, 4]]
        assert len(records) == 0
        journal.written.clear()
        records.record(9)
        await journal.written.wait()
    assert len(journal.groups) == 2


async def test_a_full_group_does_not_linger_and_groups_are_bounded(monkeypatch):
    monkeypatch.setattr(grouped_writes, "LINGER_SECONDS", 60)
    journal = Journal()
    async with GroupedWrites.lifetime(journal.write, "records") as records:
        for number in range(GROUP_MAX * 2):
            records.record(number)
        await journal.written.wait()
    assert [len(group) for group in journal.groups] == [GROUP_MAX, GROUP_MAX]


async def test_refuses_when_there_is_no_room():
    async with GroupedWrites.lifetime(Journal().write, "records", capacity=2) as records:
        records.record(1)
        records.record(2)
        with pytest.raises(Overloaded):
            records.record(3)


async def test_keeps_what_could_not_be_written_and_tries_again_in_order():
    journal = Journal(failures=2)
    async with GroupedWrites.lifetime(journal.write, "records", retry_seconds=0) as records:
        for number in range(3):
            records.record(number)
        await journal.written.wait()
    assert [each for group in journal.groups for each in group] == [0, 1, 2]


async def test_an_orderly_stop_loses_nothing_and_takes_nothing_more():
    journal = Journal()
    async with GroupedWrites.lifetime(journal.write, "records") as records:
        for number in range(GROUP_MAX + 1):
            records.record(number)
    assert sum(len(group) for group in journal.groups) == GROUP_MAX + 1
    with pytest.raises(Overloaded):
        records.record(0)


async def test_a_stop_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(grouped_writes, "DRAIN_SECONDS_MAX", 0.01)

    async def never(group: list[int]) -> None:
        await asyncio.Event().wait()

    async with GroupedWrites.lifetime(never, "records") as records:
        records.record(1)
    assert len(records) == 1


async def test_a_write_that_hangs_is_tried_again(monkeypatch):
    monkeypatch.setattr(grouped_writes, "WRITE_SECONDS_MAX", 0.01)
    journal, hang = Journal(), [True]

    async def write(group: list[int]) -> None:
        if hang.pop() if hang else False:
            await asyncio.Event().wait()
        await journal.write(group)

    async with GroupedWrites.lifetime(write, "records", retry_seconds=0) as records:
        records.record(1)
        await journal.written.wait()
    assert len(journal.groups) == 1


async def test_an_idle_queue_stops_at_once():
    async with GroupedWrites.lifetime(Journal().write, "records"):
        pass


async def test_a_record_that_can_never_be_written_is_dropped_alone():
    written: list[int] = []
    done = asyncio.Event()

    async def write(group: list[int]) -> None:
        if 2 in group:
            raise LookupError("no room for a two")
        written.extend(group)
        if 4 in group:
            done.set()

    refused = GroupedWrites.lifetime(write, "records", retry_seconds=0, is_refused=lambda error: isinstance(error, LookupError))
    async with refused as records:
        for number in range(5):
            records.record(number)
        await done.wait()
    assert (written, records.refused, len(records)) == ([0, 1, 3, 4], 1, 0)


async def test_an_outage_among_single_writes_loses_nothing_and_doubles_nothing():
    written: list[int] = []
    done, outages = asyncio.Event(), [True]

    async def write(group: list[int]) -> None:
        if 0 in group:
            raise LookupError("refused")
        if group == [2] and outages:
            outages.pop()
            raise OSError("no database")
        written.extend(group)
        if 3 in group:
            done.set()

    refused = GroupedWrites.lifetime(write, "records", retry_seconds=0, is_refused=lambda error: isinstance(error, LookupError))
    async with refused as records:
        for number in range(4):
            records.record(number)
        await done.wait()
    assert written == [1, 2, 3]
