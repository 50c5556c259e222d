"""kernel/turns.py: work that takes long holds up its own key, and no other."""

import asyncio

import pytest

from kernel.errors import Overloaded
from kernel.turns import Key, Turn, TurnLimits, Turns


def turns(*, total: int, host: int, owner: int, waiting: int = 9, wait_seconds: float = 200.0) -> Turns:
    return Turns(TurnLimits(total=total, each={"host": host, "owner": owner}, waiting=waiting, wait_seconds=wait_seconds))


async def take(made: Turns, host: str, owner: str) -> Turn:
    keys: list[Key] = [("host", host)] + ([("owner", owner)] if owner else [])
    return await made.take(*keys)


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_owner_takes_its_share_and_leaves_the_rest():
    made = turns(total=4, host=4, owner=2, wait_seconds=0)
    for number in range(2):
        await take(made, f"{number}.example", "hostile")
    with pytest.raises(Overloaded):
        await take(made, "2.example", "hostile")
    for owner in ("honest", ""):
        await take(made, "keys.example", owner)
    with pytest.raises(Overloaded):
        await take(made, "keys.example", "another")  # none is left in all


async def test_a_host_has_a_share_of_all_owners_together():
    made = turns(total=9, host=2, owner=9, wait_seconds=0)
    for owner in ("one", "two"):
        await take(made, "keys.example", owner)
    with pytest.raises(Overloaded):
        await take(made, "keys.example", "three")
    assert await take(made, "other.example", "three")


async def test_a_turn_that_comes_free_goes_to_the_first_whom_it_fits():
    made = turns(total=2, host=2, owner=1)
    held = [await take(made, "a.example", "a"), await take(made, "b.example", "b")]
    order: list[str] = []

    async def take_in_turn(owner: str) -> None:
        await take(made, f"{owner}.example", owner)
        order.append(owner)

    async with asyncio.TaskGroup() as waiting:
        for owner in ("a", "c", "d"):
            waiting.create_task(take_in_turn(owner))
        await settle()
        held[1].release()  # of `b`: the first in the queue has its share still
        await settle()
        assert order == ["c"]
        held[0].release()
        held[0].release()  # once is all that counts
        await settle()
        assert order == ["c", "a"]
        made.give_back((("total", ""), ("host", "c.example"), ("owner", "c")))


async def test_who_stops_waiting_leaves_nothing_behind():
    made = turns(total=1, host=1, owner=1)
    held = await take(made, "a.example", "a")
    waiting = asyncio.create_task(take(made, "b.example", "b"))
    await settle()
    held.release()  # it is granted, and goes before it hears of it
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await take(made, "c.example", "c")


async def test_so_many_wait_and_no_more():
    made = turns(total=1, host=1, owner=1, waiting=1)
    held = await take(made, "a.example", "a")
    waiting = asyncio.create_task(take(made, "a.example", "a"))
    await settle()
    with pytest.raises(Overloaded, match="wait for a turn"):
        await take(made, "a.example", "a")
    held.release()
    assert await waiting
