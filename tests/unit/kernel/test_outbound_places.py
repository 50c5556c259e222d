"""kernel/http/outbound_places.py: nobody's silent hosts take the places of others."""

import asyncio

import pytest

from kernel.http import outbound_places
from kernel.http.outbound_places import NoPlace, Places


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_owner_takes_its_share_and_leaves_the_rest(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outbound_places, "WAIT_SECONDS_MAX", 0)
    made = Places(total=4, host=4, owner=2)
    for number in range(2):
        await made.take(f"{number}.example", "hostile")
    with pytest.raises(NoPlace):
        await made.take("2.example", "hostile")
    for owner in ("honest", ""):
        await made.take("keys.example", owner)
    with pytest.raises(NoPlace):
        await made.take("keys.example", "another")  # none is left in all


async def test_a_host_has_a_share_whoever_asks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outbound_places, "WAIT_SECONDS_MAX", 0)
    made = Places(total=9, host=2, owner=9)
    for owner in ("one", "two"):
        await made.take("keys.example", owner)
    with pytest.raises(NoPlace):
        await made.take("keys.example", "three")
    assert await made.take("other.example", "three")


async def test_a_place_that_comes_free_goes_to_the_first_whom_it_fits():
    made = Places(total=2, host=2, owner=1)
    held = [await made.take("a.example", "a"), await made.take("b.example", "b")]
    order: list[str] = []

    async def take(owner: str) -> None:
        await made.take(f"{owner}.example", owner)
        order.append(owner)

    async with asyncio.TaskGroup() as waiting:
        for owner in ("a", "c", "d"):
            waiting.create_task(take(owner))
        await settle()
        held[1].release()  # of `b`: the first in the queue has its share still
        await settle()
        assert order == ["c"]
        held[0].release()
        held[0].release()  # once is all that counts
        await settle()
        assert order == ["c", "a"]
        made.give_back((("total", ""), ("host", "c.example"), ("owner", "c")))


async def test_whoever_stops_waiting_leaves_nothing_behind():
    made = Places(total=1, host=1, owner=1)
    held = await made.take("a.example", "a")
    waiting = asyncio.create_task(made.take("b.example", "b"))
    await settle()
    held.release()  # it is granted, and goes before it hears of it
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await made.take("c.example", "c")


async def test_so_many_wait_and_no_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outbound_places, "WAITING_MAX", 1)
    made = Places(total=1, host=1, owner=1)
    held = await made.take("a.example", "a")
    waiting = asyncio.create_task(made.take("a.example", "a"))
    await settle()
    with pytest.raises(NoPlace, match="too many"):
        await made.take("a.example", "a")
    held.release()
    assert await waiting
