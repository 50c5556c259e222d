"""Repeated refusals are one record of each client, reason and window."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.pipeline.refusals import WINDOW_SECONDS, Refusals, RefusalWindows
from gateway.ports import Access
from kernel.errors import Overloaded
from tests.world.brands import START
from tests.world.gateway.world import GatewayWorld

REFUSED = Access(
    brand="main",
    operation="read_balances",
    dialect="book",
    caller_id="client-1",
    actor="client:client-1",
    consent_id="consent-1",
    psu_present=True,
    account_ids=(),
    status=429,
    outcome="rate_exceeded",
    at=START,
    interaction_id="i",
    milliseconds=1.0,
    rule="default",
)


class Written:
    def __init__(self) -> None:
        self.taken: list[Refusals] = []
        self.full = False

    def __call__(self, ended: Refusals) -> None:
        if self.full:
            raise Overloaded("full")
        self.taken.append(ended)


@pytest.fixture
def written() -> Written:
    return Written()


@pytest.fixture
def seconds() -> list[float]:
    return [0.0]


@pytest.fixture
def windows(written, seconds) -> RefusalWindows:
    return RefusalWindows(written, lambda: seconds[0], windows_max=3)


def test_refusals_of_one_window_are_counted_and_written_once(windows, written, seconds):
    for number in range(4496):
        windows.record(replace(REFUSED, interaction_id=str(number), at=START + timedelta(milliseconds=number)))
    windows.end()
    assert (len(windows), written.taken) == (1, [])
    seconds[0] = WINDOW_SECONDS
    windows.end()
    (ended,) = written.taken
    assert (ended.count, ended.first.interaction_id) == (4496, "0")
    assert ended.last_at == START + timedelta(milliseconds=4495)
    assert len(windows) == 0


def test_each_client_and_reason_has_its_own(windows, written):
    for changes in ({}, {"caller_id": "client-2"}, {"rule": "unattended"}, {}):
        windows.record(replace(REFUSED, **changes))
    windows.end(early=True)
    assert [ended.count for ended in written.taken] == [2, 1, 1]


def test_the_number_of_windows_is_bounded_and_the_oldest_ends_early(windows, written):
    for number in range(4):
        windows.record(replace(REFUSED, caller_id=f"client-{number}"))
    assert len(windows) == 3
    assert [ended.first.caller_id for ended in written.taken] == ["client-0"]


def test_what_cannot_be_written_now_is_offered_again(windows, written, seconds):
    windows.record(REFUSED)
    written.full, seconds[0] = True, WINDOW_SECONDS
    windows.end()
    assert (len(windows), written.taken) == (1, [])
    written.full = False
    windows.end()
    assert [ended.count for ended in written.taken] == [1]


async def test_a_stop_writes_the_windows_that_are_open(windows, written):
    async with windows.lifetime():
        windows.record(REFUSED)
    assert [ended.count for ended in written.taken] == [1]


async def test_a_caller_who_is_refused_without_end_leaves_no_records_of_access():
    made = GatewayWorld()
    made.decisions.exceeded = {"default"}
    for _ in range(5):
        assert await made.code() == "rate_exceeded"
    assert made.records.taken == []
    assert {(access.outcome, access.rule) for access in made.refusals.taken} == {("rate_exceeded", "default")}
