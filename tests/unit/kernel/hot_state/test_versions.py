"""Versions settled by the hot state or the database, and changes after which no caller is served the version before."""

import asyncio
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from kernel.clock import ManualClock
from kernel.errors import ConsentUnknown, Overloaded
from kernel.hot_state.checks import (
    CLOSED_SECONDS,
    Allowed,
    Current,
    Exceeded,
    FirstUse,
    Fresh,
    Moved,
    Replayed,
    Unavailable,
    Unknown,
    VersionIs,
    WithinCount,
    WithinRate,
)
from kernel.hot_state.epoch import FOREIGN_SECONDS_MAX, TRUST_SECONDS, Epoch, epoch_table
from kernel.hot_state.in_process import InProcessHotState
from kernel.hot_state.versions import Versions
from kernel.ids import SeededIds
from kernel.storage.database import Database
from tests.harness.patience import PATIENCE_SECONDS

S = "main/consent/1"
CLOCK = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))


class Seconds:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Line:
    """A hot state behind a line that can be cut, and that counts what passes."""

    def __init__(self, hot_state):
        self._hot_state = hot_state
        self.cut = False
        self.asked = []
        self.before_answer = lambda: None

    async def decide(self, checks, *, spend=True):
        self.asked.append((tuple(checks), spend))
        verdicts = (Unavailable(),) * len(checks) if self.cut else await self._hot_state.decide(checks, spend=spend)
        self.before_answer()
        return verdicts

    async def fill(self, subject, version, fill_token):
        if not self.cut:
            await self._hot_state.fill(subject, version, fill_token)

    async def close(self, subjects):
        return not self.cut and await self._hot_state.close(subjects)

    async def publish(self, versions):
        return not self.cut and await self._hot_state.publish(versions)

    async def born_at(self):
        return await self._hot_state.born_at()


class Worker:
    """One worker: the versions in the database are a dictionary, shared with others or not."""

    def __init__(self, database, table, seconds, stored, *, workers=1, shared=None):
        self.stored = stored
        self.loads = []
        self.pauses = []
        self.epoch = Epoch(database, table, CLOCK, seconds)
        self.hot_state = shared or InProcessHotState(seconds, CLOCK, SeededIds("hot"))
        self.line = Line(self.hot_state)
        local = InProcessHotState(seconds, CLOCK, SeededIds("local"))
        self.versions = Versions(
            self.epoch, self.line, local, seconds, load_version=self.load_version, workers=workers, pause=self.pause
        )

    async def pause(self, seconds):
        self.pauses.append(seconds)

    async def load_version(self, subject):
        self.loads.append(subject)
        return self.stored.get(subject)

    async def decide(self, *checks, spend=True):
        return await self.versions.decide(checks, spend=spend)

    async def ask(self, version):
        return (await self.decide(VersionIs(S, version)))[0]

    async def change(self, *, during=lambda: None):
        async def write():
            during()
            self.stored[S] += 1
            return "done", {S: self.stored[S]}

        return await self.versions.change([S], write)


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
async def tables(sqlite_url):
    metadata = sa.MetaData()
    table = epoch_table(metadata)
    async with Database.open(sqlite_url) as database:
        await database.write(lambda connection: connection.run_sync(metadata.create_all))
        yield database, table


@pytest.fixture
async def worker(tables, seconds):
    worker = Worker(*tables, seconds, {S: 1})
    await worker.epoch.adopt("run")
    return worker


async def test_asks_the_database_once_and_remembers(worker):
    assert await worker.ask(1) == Current()
    assert await worker.ask(1) == Current()
    assert worker.loads == [S]


async def test_says_what_moved(worker):
    worker.stored[S] = 3
    assert await worker.ask(1) == Moved(3)
    assert await worker.ask(3) == Current()


async def test_a_thing_that_is_gone_has_moved_to_nothing(worker):
    assert await worker.decide(VersionIs("main/consent/none", 1)) == (Moved(0),)


async def test_the_hot_state_knows_subjects_by_their_epoch(worker):
    await worker.ask(1)
    (((question,), _),) = worker.line.asked
    assert question == VersionIs(f"e1:{S}", 1)


async def test_spends_once_when_the_database_had_to_be_asked(worker):
    rate, use = WithinRate("main/r", 5, 60), FirstUse("main/j", 60)
    assert await worker.decide(VersionIs(S, 1), rate, use) == (Current(), Allowed(5, 4, 12), Fresh())
    assert await worker.decide(VersionIs(S, 1), rate, use) == (Current(), Allowed(5, 4, 12), Replayed())


async def test_spends_in_the_first_call_when_the_hot_state_knew(worker):
    await worker.ask(1)
    worker.line.asked.clear()
    assert await worker.decide(VersionIs(S, 1), WithinRate("main/r", 5, 60)) == (Current(), Allowed(5, 4, 12))
    assert len(worker.line.asked) == 1


async def test_spends_nothing_on_a_version_that_moved(worker):
    worker.stored[S] = 2
    use = FirstUse("main/j", 60)
    for _ in range(2):
        assert await worker.decide(VersionIs(S, 1), use) == (Moved(2), Fresh())
    assert await worker.decide(VersionIs(S, 2), use) == (Current(), Fresh())


async def test_spends_nothing_when_only_looking(worker):
    for _ in range(2):
        assert await worker.decide(VersionIs(S, 1), FirstUse("main/j", 60), spend=False) == (Current(), Fresh())


async def test_two_seconds_after_its_last_confirmation_the_hot_state_is_not_believed(worker, seconds):
    """The worker may have been paused while another revoked under a new epoch."""
    await worker.ask(1)
    worker.stored[S] = 2  # what never reached the hot state
    seconds.now += TRUST_SECONDS - 0.01
    assert await worker.ask(1) == Current()
    seconds.now += 0.02
    assert await worker.ask(1) == Moved(2)
    await worker.versions.confirm()
    assert worker.versions.is_trusted


async def test_an_answer_that_came_after_a_pause_is_not_believed(worker, seconds):
    await worker.ask(1)
    worker.stored[S] = 2

    def pause():
        seconds.now += 10

    worker.line.before_answer = pause
    assert await worker.ask(1) == Moved(2)


async def test_an_answer_under_an_epoch_that_was_succeeded_meanwhile_is_not_believed(worker, seconds):
    """A worker that wakes from a pause may read the new epoch before it reads the old answer."""
    await worker.ask(1)
    worker.stored[S] = 2

    def wake():
        seconds.now += 10
        worker.epoch._note(2, "run", seconds.now)

    worker.line.before_answer = wake
    assert await worker.ask(1) == Moved(2)


async def test_limits_spent_before_a_pause_are_not_spent_again(worker, seconds):
    await worker.ask(1)
    worker.line.before_answer = lambda: setattr(seconds, "now", seconds.now + 10)
    assert await worker.decide(VersionIs(S, 1), FirstUse("main/j", 60)) == (Current(), Fresh())


@pytest.mark.parametrize("meanwhile", ["a pause", "a new epoch"])
async def test_a_first_use_spent_on_a_version_that_had_moved_is_never_called_a_replay(worker, seconds, meanwhile):
    """A caller that learns that a version moved asks again, with the same proof: it would be refused as used before, by itself alone."""
    await worker.ask(1)
    worker.stored[S] = 2

    def wake():
        seconds.now += 10
        if meanwhile == "a new epoch":
            worker.epoch._note(2, "run", seconds.now)

    worker.line.before_answer = wake
    with pytest.raises(Overloaded):
        await worker.decide(VersionIs(S, 1), WithinRate("main/r", 5, 60), FirstUse("main/j", 60))
    assert await worker.decide(VersionIs(S, 1), FirstUse("main/k", 60), spend=False) == (Moved(2), Fresh())


async def test_limits_spent_on_a_version_that_had_moved_are_counted_again(worker, seconds):
    await worker.ask(1)
    worker.stored[S] = 2
    worker.line.before_answer = lambda: setattr(seconds, "now", seconds.now + 10)
    count = WithinCount("main/c", 3, 60)
    assert await worker.decide(VersionIs(S, 1), count) == (Moved(2), Allowed(3, 2, 60))
    assert await worker.decide(VersionIs(S, 2), count) == (Current(), Allowed(3, 1, 50))


async def test_limits_are_kept_while_versions_are_not_believed(worker, seconds):
    seconds.now += 10
    count = WithinCount("main/c", 2, 60)
    assert (await worker.decide(VersionIs(S, 1), count))[1] == Allowed(2, 1, 60)
    assert (await worker.decide(VersionIs(S, 1), count))[1] == Allowed(2, 0, 60)
    assert (await worker.decide(VersionIs(S, 1), count))[1] == Exceeded(2, 60)


async def test_during_an_outage_each_worker_grants_its_share(tables, seconds):
    worker = Worker(*tables, seconds, {S: 1}, workers=4)
    await worker.epoch.adopt("run")
    worker.line.cut = True
    rate = WithinRate("main/r", 10, 60)
    assert [type((await worker.decide(rate))[0]) for _ in range(3)] == [Allowed, Allowed, Exceeded]
    assert worker.versions.limited_locally == 3


async def test_during_an_outage_no_first_use_is_granted(worker):
    """And what is refused spends nothing of the local share."""
    worker.line.cut = True
    rate = WithinRate("main/r", 10, 60)
    assert await worker.decide(VersionIs(S, 1), rate, FirstUse("main/j", 60)) == (Current(), Allowed(10, 10, 0), Unavailable())
    assert await worker.decide(VersionIs(S, 2), rate) == (Moved(1), Allowed(10, 10, 0))


async def test_a_change_is_seen_at_once_by_who_shares_the_hot_state(worker, tables, seconds):
    other = Worker(*tables, seconds, worker.stored, shared=worker.hot_state)
    await other.epoch.adopt("run")
    assert await other.ask(1) == Current()
    assert await worker.change() == "done"
    assert await other.ask(1) == Moved(2)
    assert worker.pauses == []
    assert other.loads == [S]


async def test_during_a_change_the_database_is_asked(worker):
    await worker.ask(1)
    seen = []

    async def write():
        seen.append(await worker.ask(1))
        worker.stored[S] = 2
        seen.append(await worker.ask(1))
        return None, {S: 2}

    await worker.versions.change([S], write)
    assert seen == [Current(), Moved(2)]


@pytest.mark.parametrize("cut", ["before", "during"])
async def test_a_change_that_cannot_be_published_moves_the_epoch_and_waits(worker, tables, seconds, cut):
    other = Worker(*tables, seconds, worker.stored, shared=worker.hot_state)
    await other.epoch.adopt("run")
    await other.ask(1)
    worker.line.cut = cut == "before"
    await worker.change(during=lambda: setattr(worker.line, "cut", True))
    assert worker.pauses == [TRUST_SECONDS]
    assert worker.epoch.number == 2
    await other.versions.confirm()
    assert await other.ask(1) == Moved(2)


async def test_a_change_under_an_epoch_that_was_succeeded_moves_it_again(worker, tables, seconds):
    """Another worker may have asked the database under the new epoch before this change was committed."""
    other = Worker(*tables, seconds, worker.stored, shared=worker.hot_state)
    await other.epoch.adopt("run")
    await other.epoch.advance()
    await other.ask(1)
    await worker.change()
    assert worker.pauses == [TRUST_SECONDS]
    await other.versions.confirm()
    assert await other.ask(1) == Moved(2)


async def test_a_change_that_took_longer_than_its_subjects_stay_closed_moves_the_epoch(worker, seconds):
    await worker.change(during=lambda: setattr(seconds, "now", seconds.now + CLOSED_SECONDS))
    assert worker.pauses == [TRUST_SECONDS]


async def test_a_change_of_a_subject_that_was_not_named_moves_the_epoch(worker):
    async def write():
        return None, {S: 2, "main/family/9": 2}

    await worker.versions.change([S], write)
    assert worker.pauses == [TRUST_SECONDS]


async def test_a_refused_change_leaves_nothing_closed(worker):
    await worker.ask(1)

    async def write():
        raise ConsentUnknown

    with pytest.raises(ConsentUnknown):
        await worker.versions.change([S], write)
    worker.loads.clear()
    assert await worker.ask(1) == Current()
    assert worker.loads == []


async def test_a_subject_that_did_not_change_is_open_again(worker):
    async def write():
        return None, {}

    await worker.versions.change([S], write)
    worker.loads.clear()
    assert await worker.ask(1) == Current()
    assert worker.loads == []


async def test_after_a_failure_of_unknown_outcome_the_database_is_asked(worker, seconds):
    """It may have been committed, at an unknown time: until the time limit nothing is believed."""
    await worker.ask(1)

    async def write():
        raise ConnectionError("lost while committing")

    with pytest.raises(ConnectionError):
        await worker.versions.change([S], write)
    assert await worker.ask(1) == Current()
    worker.stored[S] = 2
    assert await worker.ask(1) == Moved(2)


async def test_after_a_failure_of_unknown_outcome_during_an_outage_the_epoch_moves(worker):
    await worker.ask(1)
    worker.line.cut = True

    async def write():
        worker.stored[S] = 2
        raise ConnectionError("lost while committing")

    with pytest.raises(ConnectionError):
        await worker.versions.change([S], write)
    worker.line.cut = False
    assert await worker.ask(1) == Moved(2)
    await worker.versions.confirm()
    assert worker.epoch.number == 2
    assert await worker.ask(1) == Moved(2)


async def test_a_change_ends_even_if_its_caller_goes(worker):
    began, go_on = asyncio.Event(), asyncio.Event()

    async def write():
        began.set()
        await go_on.wait()
        worker.stored[S] = 2
        return None, {S: 2}

    async with worker.versions.lifetime():
        caller = asyncio.ensure_future(worker.versions.change([S], write))
        await began.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert await worker.hot_state.decide([VersionIs(f"e1:{S}", 1)]) == (Unknown(None),)
        go_on.set()
    assert await worker.hot_state.decide([VersionIs(f"e1:{S}", 2)]) == (Current(),)


async def test_running_confirms_the_epoch(worker, seconds, monkeypatch):
    confirm, confirmed = worker.epoch.confirm, asyncio.Event()

    async def confirm_once():
        await confirm()
        confirmed.set()

    monkeypatch.setattr(worker.epoch, "confirm", confirm_once)
    seconds.now += 10
    assert not worker.versions.is_trusted
    async with worker.versions.lifetime(), asyncio.timeout(PATIENCE_SECONDS):
        await confirmed.wait()
        assert worker.versions.is_trusted


async def test_a_server_left_behind_is_adopted_after_a_while(worker, tables, seconds):
    """Or else a worker would ask the database for ever, should the one that moved on have died."""
    other = Worker(*tables, seconds, worker.stored)
    await other.epoch.adopt("another run")
    await worker.versions.confirm()
    assert not worker.versions.is_trusted
    seconds.now += FOREIGN_SECONDS_MAX + 1
    await worker.versions.confirm()
    assert worker.versions.is_trusted
    assert worker.epoch.number == 3
    await other.versions.confirm()
    assert not other.versions.is_trusted
