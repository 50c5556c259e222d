"""Snapshots of one worker: bounded, the newest, loaded once for all who ask."""

import asyncio

import pytest

from kernel.hot_state.snapshots import SnapshotCache


class Store:
    """Snapshots are (id, version). A load is answered when it is let go, with what was stored when it began."""

    def __init__(self):
        self.versions = {}
        self.loads = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self, key):
        self.loads.append(key)
        version = self.versions.get(key)
        await self.gate.wait()
        if version == "broken":
            raise ConnectionError(key)
        return None if version is None else (key, version)


def version_of(snapshot):
    return snapshot[1]


async def turn():
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def cache(store):
    return SnapshotCache(store.load, version_of, size=2)


async def test_loads_once_and_remembers(store, cache):
    store.versions["a"] = 1
    assert cache.cached("a") is None
    assert await cache.get("a") == ("a", 1)
    store.versions["a"] = 2
    assert await cache.get("a") == ("a", 1)
    assert cache.cached("a") == ("a", 1)
    assert store.loads == ["a"]


async def test_reloads_what_has_moved(store, cache):
    store.versions["a"] = 1
    await cache.get("a")
    store.versions["a"] = 2
    assert await cache.reload("a") == ("a", 2)
    assert await cache.get("a") == ("a", 2)


async def test_does_not_remember_that_something_is_missing(store, cache):
    assert await cache.get("a") is None
    store.versions["a"] = 1
    assert await cache.get("a") == ("a", 1)


async def test_forgets_what_is_gone(store, cache):
    store.versions["a"] = 1
    await cache.get("a")
    del store.versions["a"]
    assert await cache.reload("a") is None
    assert cache.cached("a") is None


async def test_forgets_the_least_recently_used(store, cache):
    store.versions |= {"a": 1, "b": 1, "c": 1}
    await cache.get("a")
    await cache.get("b")
    await cache.get("a")
    await cache.get("c")
    assert (cache.cached("a"), cache.cached("b"), cache.cached("c")) == (("a", 1), None, ("c", 1))
    assert len(cache) == 2


async def test_many_who_miss_at_once_share_one_load(store, cache):
    store.versions["a"] = 1
    store.gate.clear()
    waiting = [asyncio.ensure_future(cache.get("a")) for _ in range(50)]
    await turn()
    waiting += [asyncio.ensure_future(cache.get("a")) for _ in range(50)]
    await turn()
    store.gate.set()
    assert await asyncio.gather(*waiting) == [("a", 1)] * 100
    assert store.loads == ["a"]


async def test_a_reload_does_not_return_what_was_read_before_it_was_asked_for(store, cache):
    """The version that moved is only in the database since then."""
    store.versions["a"] = 1
    store.gate.clear()
    before = asyncio.ensure_future(cache.get("a"))
    await turn()
    store.versions["a"] = 2
    after = [asyncio.ensure_future(cache.reload("a")) for _ in range(50)]
    await turn()
    store.gate.set()
    assert await before == ("a", 1)
    assert await asyncio.gather(*after) == [("a", 2)] * 50
    assert store.loads == ["a", "a"]
    assert cache.cached("a") == ("a", 2)


async def test_a_slow_load_does_not_replace_what_is_newer(store):
    """A replica may lag: what was seen once stays seen."""
    answers = [("a", 2), ("a", 1)]

    async def load(key):
        return answers.pop(0)

    cache = SnapshotCache(load, version_of, size=2)
    await cache.get("a")
    assert await cache.reload("a") == ("a", 2)


async def test_everyone_hears_of_a_failure_and_the_next_tries_again(store, cache):
    store.versions["a"] = "broken"
    failures = await asyncio.gather(cache.get("a"), cache.get("a"), return_exceptions=True)
    assert [type(failure) for failure in failures] == [ConnectionError] * 2
    store.versions["a"] = 1
    assert await cache.get("a") == ("a", 1)


async def test_who_goes_does_not_take_the_load_along(store, cache):
    store.versions["a"] = 1
    store.gate.clear()
    first, second = asyncio.ensure_future(cache.get("a")), asyncio.ensure_future(cache.get("a"))
    await turn()
    first.cancel()
    await turn()
    store.gate.set()
    assert await second == ("a", 1)


async def test_a_failure_after_all_callers_left_does_no_harm(store, cache):
    store.versions["a"] = "broken"
    store.gate.clear()
    asked = asyncio.ensure_future(cache.get("a"))
    await turn()
    asked.cancel()
    store.gate.set()
    await turn()
    assert cache.cached("a") is None
