"""Customers who log in at the same moment: on PostgreSQL, where rows lock one by one, from workers that share nothing but the database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from consent.authentication.attempt_turns import ATTEMPT_TURNS, turn_of
from consent.authentication.attempts import FAILURES_MAX
from kernel.errors import Overloaded
from kernel.turns import Turns
from tests.harness.damage.rows import lock_each_row
from tests.harness.databases import POSTGRESQL, Databases, migrate
from tests.harness.deadlocks import count_deadlocks
from tests.world.browser import Browser
from tests.world.customers import CODE
from tests.world.pages import PageWorld, page_world

LOGINS = 16


@pytest.fixture
async def workers(databases: Databases, tmp_path) -> AsyncIterator[tuple[PageWorld, PageWorld]]:
    """Two of one cluster."""
    with databases.database(POSTGRESQL, tmp_path, migrate) as url:
        async with page_world(url) as one, page_world(url, worker=1) as other:
            yield one, other


async def log_in_at_once(workers: tuple[PageWorld, ...], name_of: Callable[[int], str]) -> list[Browser]:
    browsers = []
    for number in range(LOGINS):
        world = workers[number % len(workers)]
        browsers.append(await world.browser().begin(await world.push(await world.lodge())))
    return list(await asyncio.gather(*(browser.log_in(name_of(number)) for number, browser in enumerate(browsers))))


async def check_no_deadlock(world: PageWorld) -> None:
    assert world.database.deadlocks == 0
    assert await count_deadlocks(world.database) == 0


async def test_right_logins_of_one_customer_at_once_all_succeed(workers):
    browsers = await log_in_at_once(workers, lambda _: "alice")
    assert [browser.path for browser in browsers] == ["/consent"] * LOGINS
    for world in workers:
        await check_no_deadlock(world)


async def test_right_logins_of_many_customers_behind_one_address_all_succeed(workers):
    for world in workers:
        world.identity.enrolled |= {f"customer-{number}": ("device",) for number in range(LOGINS)}
    browsers = await log_in_at_once(workers, lambda number: f"customer-{number}")
    assert [browser.path for browser in browsers] == ["/consent"] * LOGINS
    for world in workers:
        await check_no_deadlock(world)


async def test_right_codes_of_one_customer_at_once_all_succeed(workers):
    browsers = await log_in_at_once(workers, lambda _: "bob")
    assert {browser.path for browser in browsers} == {"/sca"}
    browsers = list(await asyncio.gather(*(browser.post({"otp": CODE}) for browser in browsers)))
    assert [browser.path for browser in browsers] == ["/consent"] * LOGINS
    for world in workers:
        await check_no_deadlock(world)


async def test_wrong_and_right_logins_at_once_end_without_a_deadlock(workers):
    for world in workers:
        world.identity.enrolled |= {f"customer-{number}": ("device",) for number in range(LOGINS)}
    browsers = await log_in_at_once(workers, lambda number: f"customer-{number}" if number % 3 else "somebody")
    assert [browser.path for browser in browsers] == ["/consent" if number % 3 else "/login" for number in range(LOGINS)]
    for world in workers:
        await check_no_deadlock(world)


async def test_no_row_is_locked_while_a_password_is_hashed(both_world):
    world, check = both_world, both_world.identity.check_password

    async def check_with_every_row_free(*arguments):
        await lock_each_row(world.database, "journeys", "attempts")
        return await check(*arguments)

    world.identity.check_password = check_with_every_row_free
    browser = await (await world.browser().begin(await world.push(await world.lodge()))).log_in("alice")
    assert browser.path == "/consent"


class TestAttemptTurns:
    async def test_attempts_of_one_subject_are_judged_one_after_the_other(self):
        turns, inside = Turns(ATTEMPT_TURNS), 0

        async def attempt():
            nonlocal inside
            async with turns.turn(turn_of("password/x")):
                inside += 1
                assert inside == 1
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(attempt() for _ in range(FAILURES_MAX * 4)))

    async def test_a_turn_that_does_not_come_is_an_overload(self):
        turns = Turns(replace(ATTEMPT_TURNS, wait_seconds=0))
        async with turns.turn(turn_of("password/x")):
            with pytest.raises(Overloaded):
                async with turns.turn(turn_of("password/x")):
                    pass
            async with turns.turn(turn_of("password/y")):
                pass
