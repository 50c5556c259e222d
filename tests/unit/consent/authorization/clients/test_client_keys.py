"""Keys by address: fetched when needed, believed for a while, and never a lever against somebody else's host."""

import asyncio
import json

import msgspec
import pytest

from consent.authorization.clients.client_keys import COOL_DOWN_SECONDS, FRESH_SECONDS, STALE_SECONDS_MAX, ClientKeys
from kernel.errors import Overloaded
from tests.harness.addresses import Addresses
from tests.world.clients import CLIENT
from tests.world.keys import KEYS

ADDRESS = "https://tpp.example/jwks"
REMOTE = msgspec.structs.replace(CLIENT, jwks={}, jwks_uri=ADDRESS)


class Watch:
    def __init__(self) -> None:
        self.seconds = 1000.0
        self.addresses = Addresses({ADDRESS: json.dumps({"keys": [KEYS["acme-1"].jwk]}).encode()})
        self.keys = ClientKeys(self.addresses, lambda: self.seconds)

    def publish(self, *names: str, others: tuple[dict, ...] = ()) -> None:
        self.addresses.pages[ADDRESS] = json.dumps({"keys": [*(KEYS[name].jwk for name in names), *others]}).encode()


async def test_what_was_fetched_is_believed_for_five_minutes():
    watch = Watch()
    for _ in range(3):
        assert set(await watch.keys.of(REMOTE, "acme-1")) == {"acme-1"}
    assert len(watch.addresses.asked) == 1
    watch.seconds += FRESH_SECONDS + 1
    await watch.keys.of(REMOTE, "acme-1")
    assert len(watch.addresses.asked) == 2


@pytest.mark.spec("OIDC-CORE-10.1.1")
async def test_an_unknown_kid_is_looked_up_but_not_each_time():
    watch = Watch()
    await watch.keys.of(REMOTE, "acme-1")
    watch.publish("acme-1", "curve-1")
    assert "curve-1" not in await watch.keys.of(REMOTE, "curve-1")  # asked a moment ago
    watch.seconds += COOL_DOWN_SECONDS
    assert "curve-1" in await watch.keys.of(REMOTE, "curve-1")
    for kid in ("invented", ["a list"], 7, None):
        await watch.keys.of(REMOTE, kid)
    assert len(watch.addresses.asked) == 2


async def test_the_last_good_answer_outlives_an_outage_for_a_day():
    watch = Watch()
    await watch.keys.of(REMOTE)
    watch.addresses.pages.clear()
    watch.seconds += FRESH_SECONDS + 1
    assert set(await watch.keys.of(REMOTE)) == {"acme-1"}
    watch.seconds += STALE_SECONDS_MAX
    with pytest.raises(Overloaded):
        await watch.keys.of(REMOTE)


async def test_callers_at_the_same_time_ask_once():
    watch = Watch()
    await asyncio.gather(*(watch.keys.of(REMOTE) for _ in range(10)))
    assert len(watch.addresses.asked) == 1


async def test_what_is_not_for_us_is_left_out():
    watch = Watch()
    watch.publish(
        "acme-1",
        others=(
            {"kty": "RSA", "kid": "old", "alg": "RS256", "n": "AQAB", "e": "AQAB"},
            {"kty": "oct", "kid": "k", "k": "AA"},
            {},
        ),
    )
    assert set(await watch.keys.of(REMOTE)) == {"acme-1"}


@pytest.mark.parametrize("page", [b"", b"[]", b"{}", b'{"keys": {}}', b'{"keys": [7]}', b"\xff", b"x" * 70_000])
async def test_an_answer_that_is_no_key_set_is_no_answer(page: bytes):
    watch = Watch()
    watch.addresses.pages[ADDRESS] = page
    with pytest.raises(Overloaded):
        await watch.keys.of(REMOTE)


async def test_an_address_is_asked_and_remembered_on_behalf_of_its_organisation():
    """What another organisation's client makes of the same address neither helps nor harms."""
    watch = Watch()
    other = msgspec.structs.replace(REMOTE, id="other", organisation_id="org-other")
    await watch.keys.of(REMOTE)
    await watch.keys.of(msgspec.structs.replace(REMOTE, id="sibling"))
    assert watch.addresses.owners == [REMOTE.organisation_id]
    watch.addresses.pages.clear()
    with pytest.raises(Overloaded):
        await watch.keys.of(other)
    assert watch.addresses.owners == [REMOTE.organisation_id, "org-other"]
    assert set(await watch.keys.of(REMOTE, "acme-1")) == {"acme-1"}
