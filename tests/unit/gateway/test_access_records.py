"""Records of access: queued, written in groups, refused when there is no room, lost by no orderly stop."""

import asyncio

import pytest

from gateway import access_records
from gateway.access_records import GROUP_MAX, QueuedAccessRecords
from gateway.ports import Access
from kernel.errors import Overloaded
from tests.unit.gateway.world import INTERACTION, START


def access(number: int) -> Access:
    return Access(
        "main", "list_accounts", "book", "client-1", "consent-1", True, (), 200, "allowed", START, INTERACTION, float(number)
    )


class Journal:
    """Remembers groups; fails the first `failures` times."""

    def __init__(self, failures: int = 0) -> None:
        self.groups: list[list[Access]] = []
        self.failures = failures
        self.written = asyncio.Event()

    async def write(self, group: list[Access]) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("no database")
        self.groups.append(group)
        self.written.set()


async def test_writes_what_came_together_as_one_group_within_fifty_milliseconds():
    journal = Journal()
    async with QueuedAccessRecords.running(journal.write) as records:
        started = asyncio.get_running_loop().time()
        for number in range(5):
            records.record(access(number))
        await journal.written.wait()
        assert asyncio.get_running_loop().time() - started < 1  # generous for a busy machine; the linger itself is 25 ms
        assert [[each.milliseconds for each in group] for group in journal.groups] == [[0, 1, 2, 3, 4]]
        assert len(records) == 0
        journal.written.clear()
        records.record(access(9))
        await journal.written.wait()
    assert len(journal.groups) == 2


async def test_a_full_group_does_not_linger_and_groups_are_bounded(monkeypatch):
    monkeypatch.setattr(access_records, "LINGER_SECONDS", 60)
    journal = Journal()
    async with QueuedAccessRecords.running(journal.write) as records:
        for number in range(GROUP_MAX * 2):
            records.record(access(number))
        await journal.written.wait()
    assert [len(group) for group in journal.groups] == [GROUP_MAX, GROUP_MAX]


async def test_refuses_when_there_is_no_room():
    async with QueuedAccessRecords.running(Journal().write, capacity=2) as records:
        records.record(access(1))
        records.record(access(2))
        with pytest.raises(Overloaded):
            records.record(access(3))


async def test_keeps_what_could_not_be_written_and_tries_again_in_order():
    journal = Journal(failures=2)
    async with QueuedAccessRecords.running(journal.write, retry_seconds=0) as records:
        for number in range(3):
            records.record(access(number))
        await journal.written.wait()
    assert [each.milliseconds for group in journal.groups for each in group] == [0, 1, 2]


async def test_an_orderly_stop_loses_nothing_and_takes_nothing_more():
    journal = Journal()
    async with QueuedAccessRecords.running(journal.write) as records:
        for number in range(GROUP_MAX + 1):
            records.record(access(number))
    assert sum(len(group) for group in journal.groups) == GROUP_MAX + 1
    with pytest.raises(Overloaded):
        records.record(access(0))


async def test_a_stop_does_not_wait_for_ever(monkeypatch):
    monkeypatch.setattr(access_records, "DRAIN_SECONDS_MAX", 0.01)

    async def never(group: list[Access]) -> None:
        await asyncio.Event().wait()

    async with QueuedAccessRecords.running(never) as records:
        records.record(access(1))
    assert len(records) == 1


async def test_a_write_that_hangs_is_tried_again(monkeypatch):
    monkeypatch.setattr(access_records, "WRITE_SECONDS_MAX", 0.01)
    journal, hang = Journal(), [True]

    async def write(group: list[Access]) -> None:
        if hang.pop() if hang else False:
            await asyncio.Event().wait()
        await journal.write(group)

    async with QueuedAccessRecords.running(write, retry_seconds=0) as records:
        records.record(access(1))
        await journal.written.wait()
    assert len(journal.groups) == 1


async def test_an_idle_queue_stops_at_once():
    async with QueuedAccessRecords.running(Journal().write):
        pass
