"""A lock-out that the bank lifts before its time: passwords, codes, what was sent, and the address that asks."""

import pytest

from consent.authentication.attempts import FAILURES_MAX, PEER_FAILURES_MAX, SENT_MAX
from consent.authentication.lock_outs import unlock
from tests.unit.consent.customer.journey.test_journey_walks import begun
from tests.world.brands import BRAND
from tests.world.browser import Browser
from tests.world.pages import PageWorld


async def lift(world: PageWorld, name: str, peer: str = "") -> None:
    await unlock(world.services, BRAND, world.identity.psu(name), name, peer)


async def fresh(world: PageWorld, name: str) -> Browser:
    _, browser = await begun(world)
    return await browser.log_in(name)


async def test_wrong_passwords_are_forgiven(both_world: PageWorld):
    world = both_world
    _, browser = await begun(world)
    for _ in range(FAILURES_MAX):
        await browser.log_in("ALICE", "wrong")
    assert (await fresh(world, "alice")).path == "/login"
    await lift(world, "alice")
    assert (await fresh(world, "alice")).path == "/consent"


async def test_wrong_codes_and_what_was_sent_are_forgiven(world: PageWorld):
    browser = await fresh(world, "bob")
    for _ in range(FAILURES_MAX):
        await browser.post({"otp": "000000"})
    for _ in range(SENT_MAX):
        await fresh(world, "bob")
    assert (await fresh(world, "bob")).path == "/login"
    await lift(world, "bob")
    browser = await fresh(world, "bob")
    await browser.post({"otp": "123456"})
    assert browser.path == "/consent"


async def test_only_the_named_psu_is_unlocked(world: PageWorld):
    _, browser = await begun(world)
    for _ in range(FAILURES_MAX):
        await browser.log_in("bob", "wrong")
    await lift(world, "alice")
    assert (await fresh(world, "bob")).path == "/login"


@pytest.mark.parametrize(("peer", "path"), [("192.0.2.7", "/consent"), ("", "/login"), ("192.0.2.8", "/login")])
async def test_the_address_that_asks_is_forgiven_too(world: PageWorld, peer: str, path: str):
    """A developer's whole world is one address."""
    for number in range(PEER_FAILURES_MAX // FAILURES_MAX):
        _, browser = await begun(world)
        for _ in range(FAILURES_MAX):
            await browser.log_in(f"guess-{number}", "wrong")
    assert (await fresh(world, "alice")).path == "/login"
    await lift(world, "alice", peer)
    assert (await fresh(world, "alice")).path == path
