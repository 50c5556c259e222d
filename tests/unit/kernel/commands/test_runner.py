"""A command runs whole or not at all, in one lock order, and once for each idempotency key. On both databases."""

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.clock import ManualClock
from kernel.commands.idempotency import (
    Idempotency,
    Outcome,
    digest_of_json,
    fingerprint_of,
    idempotency_table,
    take_key,
)
from kernel.commands.locks import LockKind, LockOrderBroken, Rank, locks_table
from kernel.commands.runner import Commands, VersionsUnannounced
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import IdempotencyConflict, Overloaded, Problem
from kernel.storage.database import Database
from kernel.storage.journal import Entry, Event, Journal, journal_table, outbox_table

START = datetime(2026, 7, 1, tzinfo=UTC)
METADATA = sa.MetaData()
THINGS = sa.Table("things", METADATA, sa.Column("id", sa.String(64), primary_key=True), sa.Column("count", sa.Integer))
LOCKS, KEYS, JOURNAL, OUTBOX = (make(METADATA) for make in (locks_table, idempotency_table, journal_table, outbox_table))


def _thing(_brand, key):
    return sa.select(THINGS).where(THINGS.c.id == key).with_for_update()


THING = LockKind("thing", Rank.CONSENT, _thing)
NAME = LockKind("name", Rank.NAME)


class Versions:
    def __init__(self):
        self.closed, self.published, self.fails = [], {}, False

    async def change(self, subjects, write):
        self.closed += subjects
        value, versions = await write()
        if self.fails:
            raise ConnectionError("killed between commit and answer")
        self.published |= versions
        return value


@dataclass
class World:
    commands: Commands
    clock: ManualClock
    versions: Versions

    async def rows(self, table):
        async with self.commands.database.read() as connection:
            return [*(await connection.execute(sa.select(table)))]


@pytest.fixture
async def world(database_url):
    clock, versions = ManualClock(START), Versions()
    async with Database.open(database_url) as database:
        await database.write(lambda connection: connection.run_sync(METADATA.create_all))
        journal = Journal(JOURNAL, OUTBOX)
        runner = Commands(database=database, clock=clock, versions=versions, journal=journal, locks=LOCKS, idempotency_keys=KEYS)
        yield World(runner, clock, versions)


@dataclass
class MakeThing:
    name = "make_thing"
    thing_id: str = "a"
    refusal: Exception | None = None
    locks: tuple = ()
    order: tuple = ()  # locks that are taken only when it is handled
    seen: list = field(default_factory=list)

    async def handle(self, unit: UnitOfWork) -> Outcome:
        for lock in self.order:
            self.seen.append(await unit.lock(lock))
        await unit.connection.execute(THINGS.insert().values(id=self.thing_id, count=1))
        unit.record(Entry(brand="main", kind="thing.made", aggregate_id=self.thing_id, at=START, actor="system"))
        event = Event(brand="main", id=self.thing_id, kind="thing.made", aggregate_id="t", aggregate_version=1, at=START)
        unit.publish(event)
        unit.move(f"main/thing/{self.thing_id}", 2)
        if self.refusal is not None:
            raise self.refusal
        return Outcome(resource_id=self.thing_id, outcome="made")


@dataclass
class Count:
    name = "count"
    locks: tuple
    alone: int = 0

    async def handle(self, unit: UnitOfWork) -> int:
        count = (await unit.connection.execute(sa.select(sa.func.count()).select_from(THINGS))).scalar_one()
        await unit.connection.execute(THINGS.insert().values(id=f"{count}", count=count))
        return count


def use(key="k", body=b'{"amount": 1}', path=None, **facts):
    named = {"brand": "main", "client_id": "acme", "endpoint": "POST /things", **facts}
    return Idempotency(key=key, fingerprint=fingerprint_of(hashlib.sha256(body).digest(), path or {}), **named)


async def test_state_journal_outbox_and_versions_go_together(world):
    await world.commands.run(MakeThing(), closing=["main/thing/a"])
    assert [len(await world.rows(table)) for table in (THINGS, JOURNAL, OUTBOX)] == [1, 1, 1]
    assert (world.versions.closed, world.versions.published) == (["main/thing/a"], {"main/thing/a": 2})


async def test_a_refusal_leaves_nothing(world):
    with pytest.raises(Problem):
        await world.commands.run(MakeThing(refusal=Problem()), closing=["main/thing/a"])
    assert [len(await world.rows(table)) for table in (THINGS, JOURNAL, OUTBOX)] == [0, 0, 0]
    assert world.versions.published == {}


async def test_versions_that_no_worker_was_warned_of_are_not_committed(world):
    with pytest.raises(VersionsUnannounced):
        await world.commands.run(MakeThing())
    assert await world.rows(THINGS) == []


async def test_the_guard_comes_before_everything(world):
    async def guard(connection):
        assert (await connection.execute(sa.select(THINGS))).first() is None
        raise Overloaded("another holds the lease")

    command = MakeThing(order=(THING.of("main", "a"),))
    with pytest.raises(Overloaded):
        await world.commands.run(command, closing=["main/thing/a"], guard=guard)
    assert command.seen == []


async def test_declared_locks_are_taken_in_the_house_order_and_their_rows_are_at_hand(world):
    await world.commands.run(MakeThing("b"), closing=["x"])

    class Read:
        name = "read"
        locks = (NAME.of("main", "n"), THING.of("main", "b"), THING.of("main", "a"))

        async def handle(self, unit):
            assert list(unit._held) == [THING.of("main", "a"), THING.of("main", "b"), NAME.of("main", "n")]
            return unit.locked(THING.of("main", "b")).count, unit.locked(THING.of("main", "a"))

    assert await world.commands.run(Read()) == (1, None)


@pytest.mark.parametrize("second", [THING.of("main", "a"), THING.of("main", "c")], ids=["earlier kind", "earlier rank"])
async def test_a_lock_out_of_order_raises(world, second):
    with pytest.raises(LockOrderBroken):
        await world.commands.run(MakeThing(order=(NAME.of("main", "n"), second)), closing=["x"])
    with pytest.raises(LockOrderBroken):
        await world.commands.run(MakeThing(order=(THING.of("main", "d"), second)), closing=["x"])
    assert await world.rows(THINGS) == []


async def test_a_name_is_held_by_one_command_at_a_time(world):
    """Count, then insert: without the lock two of them count the same."""
    counts = await asyncio.gather(*(world.commands.run(Count((NAME.of("main", "n"),))) for _ in range(8)))
    assert sorted(counts) == list(range(8))


async def test_sharers_of_a_name_hold_it_together_and_one_alone_waits_for_them(world):
    if world.commands.database.is_sqlite:
        pytest.skip("one writer at a time")
    await world.commands.run(Count((NAME.of("main", "n"),)))  # from now on the name has a row
    holding, release, order = asyncio.Barrier(3), asyncio.Event(), []

    class Share:
        name, locks = "share", (NAME.shared("main", "n"),)

        async def handle(self, unit):
            await holding.wait()
            await release.wait()
            order.append("shared")

    class Alone:
        name, locks = "alone", (NAME.of("main", "n"),)

        async def handle(self, unit):
            order.append("alone")

    async with asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(world.commands.run(Share()))
        await holding.wait()  # both hold it
        alone = group.create_task(world.commands.run(Alone()))
        await waiting_for_a_lock(world)
        assert not alone.done()
        release.set()
    assert order == ["shared", "shared", "alone"]


async def waiting_for_a_lock(world):
    waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    async with world.commands.database.read() as connection:
        while not (await connection.execute(waiting)).scalar_one():  # noqa: ASYNC110  the server has no event for it
            await asyncio.sleep(0)


async def test_a_repeat_finds_what_the_first_use_made(world):
    first = await world.commands.run_once(MakeThing("a"), use(), closing=["x"])
    again = await world.commands.run_once(MakeThing("b"), use(), closing=["x"])
    assert (first, again) == (
        Outcome(resource_id="a", outcome="made"),
        Outcome(resource_id="a", outcome="made", is_replay=True),
    )
    assert [len(await world.rows(table)) for table in (THINGS, JOURNAL, OUTBOX)] == [1, 1, 1]


@pytest.mark.parametrize("other", [{"body": b'{"amount":1}'}, {"path": {"ThingId": "2"}}], ids=str)
async def test_another_body_or_resource_under_the_same_key_is_refused(world, other):
    first = {"path": {"ThingId": "1"}}
    await world.commands.run_once(MakeThing("a"), use(**first), closing=["x"])
    assert (await world.commands.run_once(MakeThing("b"), use(**first), closing=["x"])).is_replay
    with pytest.raises(IdempotencyConflict):
        await world.commands.run_once(MakeThing("b"), use(**{**first, **other}), closing=["x"])
    assert len(await world.rows(THINGS)) == 1


async def test_a_key_of_the_release_before_answers_for_the_rest_of_its_day(world):
    body = b'{"b": [2], "a": 1}'
    before = replace(use(), fingerprint=digest_of_json(body))
    await world.commands.run_once(MakeThing("a"), before, closing=["x"])
    again = replace(use(body=body), former=digest_of_json(body))
    assert (await world.commands.run_once(MakeThing("b"), again, closing=["x"])).resource_id == "a"
    other = replace(use(), former=digest_of_json(b"{}"))
    with pytest.raises(IdempotencyConflict):
        await world.commands.run_once(MakeThing("b"), other, closing=["x"])


@pytest.mark.parametrize("other", [{"key": "l"}, {"client_id": "borough"}, {"endpoint": "o"}, {"brand": "other"}], ids=str)
async def test_a_key_is_its_brands_clients_and_endpoints_own(world, other):
    await world.commands.run_once(MakeThing("a"), use(), closing=["x"])
    event = OUTBOX.delete()
    await world.commands.database.write(lambda connection: connection.execute(event))
    assert not (await world.commands.run_once(MakeThing("b"), use(**other), closing=["x"])).is_replay


async def test_only_what_was_committed_is_kept(world):
    with pytest.raises(Problem):
        await world.commands.run_once(MakeThing("a", Problem()), use(), closing=["x"])
    assert await world.rows(KEYS) == []
    assert not (await world.commands.run_once(MakeThing("a"), use(body=b"2"), closing=["x"])).is_replay


async def test_first_uses_at_once_make_one_thing(world):
    uses = [world.commands.run_once(MakeThing(f"{number}"), use(), closing=["x"]) for number in range(8)]
    made = await asyncio.gather(*uses)
    assert len({outcome.resource_id for outcome in made}) == 1
    assert [outcome.is_replay for outcome in made].count(False) == 1
    assert len(await world.rows(THINGS)) == 1


async def test_of_first_uses_at_once_with_other_bodies_one_is_carried_out(world):
    uses = [world.commands.run_once(MakeThing(f"{n}"), use(body=b"%d" % n), closing=["x"]) for n in range(6)]
    made = await asyncio.gather(*uses, return_exceptions=True)
    assert [type(outcome) for outcome in made].count(Outcome) == 1
    assert [type(outcome) for outcome in made].count(IdempotencyConflict) == 5
    assert len(await world.rows(THINGS)) == 1


async def test_what_was_committed_and_never_answered_is_answered_to_the_repeat(world):
    world.versions.fails = True
    with pytest.raises(ConnectionError):
        await world.commands.run_once(MakeThing("a"), use(), closing=["x"])
    world.versions.fails = False
    again = await world.commands.run_once(MakeThing("b"), use(), closing=["x"])
    assert again == Outcome(resource_id="a", outcome="made", is_replay=True)


@dataclass
class Interrupted:
    """A connection before whose second statement something else happens."""

    connection: AsyncConnection
    meanwhile: Callable[[], Awaitable[None]]
    count: int = 0

    @property
    def dialect(self):
        return self.connection.dialect

    async def execute(self, statement):
        self.count += 1
        if self.count == 2:
            await self.meanwhile()
        return await self.connection.execute(statement)


async def test_a_key_that_was_found_is_not_swept_before_it_is_read(world):
    """By a sweeper whose clock is ahead."""
    await world.commands.run_once(MakeThing("a"), use(), closing=["x"])
    database, sweepers = world.commands.database, []

    async def sweep(connection):
        ended = sa.select(KEYS.c.key_hash).where(KEYS.c.expires_at <= START + timedelta(days=2))
        found = [*await connection.scalars(ended.with_for_update(skip_locked=True))]
        return (await connection.execute(KEYS.delete().where(KEYS.c.key_hash.in_(found)))).rowcount

    async def meanwhile():
        sweepers.append(asyncio.create_task(database.write(sweep)))
        if not database.is_sqlite:  # there it waits for its turn to write
            await asyncio.wait(sweepers)

    found = await database.write(lambda connection: take_key(Interrupted(connection, meanwhile), KEYS, use(), START))
    assert found == Outcome(resource_id="a", outcome="made", is_replay=True)
    assert await sweepers[0] == (1 if database.is_sqlite else 0)


async def test_a_key_is_forgotten_after_a_day(world):
    await world.commands.run_once(MakeThing("a"), use(), closing=["x"])
    world.clock.advance(timedelta(hours=24) - timedelta(microseconds=1))
    assert (await world.commands.run_once(MakeThing("b"), use(), closing=["x"])).is_replay
    world.clock.advance(timedelta(microseconds=1))
    await world.commands.database.write(lambda connection: connection.execute(OUTBOX.delete()))
    assert not (await world.commands.run_once(MakeThing("b"), use(), closing=["x"])).is_replay


KILLED = """
import asyncio, os, sys
from tests.unit.kernel.commands.test_runner import *

async def main(url):
    async with Database.open(url) as database:
        runner = Commands(
            database=database, clock=ManualClock(START), versions=Versions(), journal=Journal(JOURNAL, OUTBOX),
            locks=LOCKS, idempotency_keys=KEYS,
        )
        if sys.argv[2] == "before":
            class Killed(MakeThing):
                async def handle(self, unit):
                    await super().handle(unit)
                    os._exit(9)
            await runner.run_once(Killed("a"), use(), closing=["x"])
        await runner.run_once(MakeThing("a"), use(), closing=["x"])
        os._exit(9)

asyncio.run(main(sys.argv[1]))
"""


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_process_that_is_killed_around_its_commit(world, database_url, moment):
    killed = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", KILLED, database_url, moment], check=False)
    assert killed.returncode == 9
    again = await world.commands.run_once(MakeThing("b"), use(), closing=["x"])
    assert (again.resource_id, again.is_replay) == (("b", False) if moment == "before" else ("a", True))
    assert len(await world.rows(THINGS)) == 1
