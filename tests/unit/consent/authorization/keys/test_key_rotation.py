"""Signing keys succeeded on real databases: on schedule with an overlap, in an emergency without; fenced, known to every worker, recorded."""

import asyncio
import json
from datetime import timedelta

import pytest

from consent.authorization.keys.refresh import key_refresh, refresh_keys
from consent.authorization.keys.ring import PURPOSES, KeyPurpose, KeyRing, KeySet, KeyState, algorithms_of, key_place
from consent.authorization.keys.rotation import begin_rotation, prepare_keys, rotate_keys
from consent.authorization.keys.rotator import KeyRotator
from consent.authorization.keys.schedule import RECORD_KEPT, TRUSTED_AFTER_USE
from consent.authorization.tokens.verify import TokenVerifier
from consent.settings import KeySchedule
from kernel.errors import TokenExpired, TokenInvalid
from kernel.jose.jwt import generate_key
from kernel.storage.key_store import KeyStoreFailed
from kernel.storage.lease import LEASE_SECONDS, Lease, LeaseLost
from kernel.storage.sealed import SealBroken
from plugins.key_stores.sealing_file import SealingFile
from tests.harness.books.reader import Row
from tests.harness.damage.keys import change_key, plant_key, raise_key_version, remove_keys
from tests.harness.keys import key_pool
from tests.harness.patience import PATIENCE_SECONDS
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.keys import unb64

SCHEDULE = KeySchedule()


async def rotate(world: AuthorizationWorld) -> None:
    """One run of the singleton."""
    held = lease_of(world)
    assert await held.acquire()
    await KeyRotator(world.services, BRAND).run(held)
    await held.release()


def lease_of(world: AuthorizationWorld) -> Lease:
    return world.lease("keys")


async def token_of(world: AuthorizationWorld) -> str:
    return (await world.token(world.acme, "client_credentials")).json["access_token"]


def kid_of(token: str) -> str:
    return json.loads(unb64(token.split(".", maxsplit=1)[0]))["kid"]


async def shown(world: AuthorizationWorld) -> set[str]:
    return {key["kid"] for key in (await world.call("GET", "/jwks")).json["keys"]}


async def rows(world: AuthorizationWorld) -> list[Row]:
    return await world.books.oauth.signing_keys(BRAND.name)


def present(world: AuthorizationWorld) -> KeySet:
    return world.services.keys._set(BRAND.name)


def other_worker(world: AuthorizationWorld) -> KeyRing:
    return KeyRing(world.database, SealingFile(world.services.sealer), key_pool())


async def test_a_scheduled_rotation_breaks_nothing(oauth_anywhere: AuthorizationWorld):
    """Published a day ahead, then used; what the key before signed is verified for as long as it may live; then it is gone."""
    world = oauth_anywhere
    first, began = await shown(world), world.clock.wall()
    world.clock.advance(SCHEDULE.rotate_every - SCHEDULE.publish_ahead)
    await rotate(world)
    both = await shown(world)
    assert first < both
    assert len(both) == 2 * len(PURPOSES)
    assert kid_of(await token_of(world)) in first
    world.clock.advance(began + SCHEDULE.rotate_every - world.clock.wall() - timedelta(seconds=1))
    old_token = await token_of(world)
    await rotate(world)
    assert kid_of(await token_of(world)) in first
    world.clock.advance(timedelta(seconds=1))
    await rotate(world)
    new_token = await token_of(world)
    assert kid_of(new_token) in both - first
    assert await shown(world) == both
    for token in (old_token, new_token):
        world.verifier.verify(BRAND, token)
    world.clock.advance(TRUSTED_AFTER_USE)
    await rotate(world)
    assert await shown(world) == both - first
    with pytest.raises(TokenInvalid):
        world.verifier.verify(BRAND, old_token)
    with pytest.raises(TokenExpired):
        world.verifier.verify(BRAND, new_token)
    world.clock.advance(RECORD_KEPT)
    await rotate(world)
    assert {row.kid for row in await rows(world)} == both - first


async def test_an_emergency_refuses_what_the_keys_before_signed_and_goes_on_with_others(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    tokens, before = await world.tokens(world.acme), await shown(world)
    world.verifier.verify(BRAND, tokens["access_token"])
    assert await rotate_keys(world.services, BRAND.name) == 2
    with pytest.raises(TokenInvalid):
        world.verifier.verify(BRAND, tokens["access_token"])
    assert await shown(world) & before == set()
    assert len(await shown(world)) == len(PURPOSES)
    refreshed = (await world.token(world.acme, "refresh_token", refresh_token=tokens["refresh_token"])).json
    assert world.verifier.verify(BRAND, refreshed["access_token"]).consent_id is not None
    assert kid_of(refreshed["access_token"]) in await shown(world)
    await world.tokens(world.acme)


async def test_an_emergency_also_ends_keys_that_wait_and_keys_that_leave(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    await begin_rotation(world.services, BRAND.name)
    world.clock.advance(SCHEDULE.publish_ahead)
    await rotate(world)
    await begin_rotation(world.services, BRAND.name)
    assert {row.state for row in await rows(world)} == {"published", "active", "retiring"}
    await rotate_keys(world.services, BRAND.name)
    fresh = await shown(world)
    assert [row for row in await rows(world) if row.kid not in fresh and (row.state, row.private_jwk) != ("retired", b"")] == []


async def test_a_private_half_is_kept_no_longer_than_it_signs(oauth_anywhere: AuthorizationWorld):
    """What is stored of a key that only verifies is its public half; of a retired one, nothing."""
    world = oauth_anywhere
    await begin_rotation(world.services, BRAND.name)
    world.clock.advance(SCHEDULE.publish_ahead)
    await rotate(world)
    for row in await rows(world):
        jwk = json.loads(world.services.sealer.open(row.private_jwk, *key_place(BRAND.name, row.kid)))
        assert ("d" in jwk) == (row.state == "active")
    assert all((key.private is None) == (key.state is KeyState.RETIRING) for key in present(world).keys)
    world.clock.advance(TRUSTED_AFTER_USE)
    await rotate(world)
    assert {row.private_jwk for row in await rows(world) if row.state == "retired"} == {b""}


@pytest.mark.parametrize("state", [KeyState.PUBLISHED, KeyState.ACTIVE, KeyState.RETIRING])
async def test_a_key_that_was_written_into_the_database_is_not_trusted(oauth: AuthorizationWorld, state: KeyState):
    """With write access to the database one still cannot add a key of their own, nor move one of ours to another name."""
    (row, *_) = await rows(oauth)
    await plant_key(oauth.database, row, kid="planted", state=state.value)
    await raise_key_version(oauth.database, 2)
    with pytest.raises(SealBroken):
        await oauth.services.keys.load(BRAND.name)


@pytest.mark.parametrize("state", [KeyState.ACTIVE, KeyState.RETIRING])
@pytest.mark.parametrize("knows_it", [True, False], ids=["a worker that knows the key", "a worker that does not"])
async def test_a_key_is_not_moved_to_another_purpose_in_the_database(oauth: AuthorizationWorld, state: KeyState, knows_it: bool):
    """What an id_token is signed with would else verify access tokens."""
    world = oauth
    if state is KeyState.RETIRING:
        await begin_rotation(world.services, BRAND.name)
        world.clock.advance(SCHEDULE.publish_ahead)
        await rotate(world)
    ring = world.services.keys if knows_it else other_worker(world)
    await ring.load(BRAND.name)
    row = next(row for row in await rows(world) if (row.purpose, row.alg, row.state) == ("id_token", "ES256", state.value))
    await change_key(world.database, row.kid, purpose=KeyPurpose.ACCESS_TOKEN.value)
    await raise_key_version(world.database, 9)
    with pytest.raises(SealBroken):
        await (ring if knows_it else other_worker(world)).load(BRAND.name)


async def test_a_key_that_was_wrapped_without_its_purpose_is_read(oauth: AuthorizationWorld):
    """As every key was at first. It is so until it is succeeded."""
    for row in await rows(oauth):
        place = key_place(BRAND.name, row.kid)
        jwk = json.loads(oauth.services.sealer.open(row.private_jwk, *place))
        assert jwk.pop("purpose") == row.purpose
        wrapped = oauth.services.sealer.seal(json.dumps(jwk).encode(), *place)
        await change_key(oauth.database, row.kid, private_jwk=wrapped)
    keys = await other_worker(oauth).load(BRAND.name)
    assert keys.document == oauth.services.keys.document(BRAND.name)


async def test_two_rotators_and_an_emergency_at_once_leave_one_key_for_each_purpose(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    world.clock.advance(SCHEDULE.rotate_every)
    held = lease_of(world)
    assert await held.acquire()
    runs = [KeyRotator(world.services, BRAND).run(held) for _ in range(2)]
    await asyncio.gather(*runs, *(rotate_keys(world.services, BRAND.name) for _ in range(2)))
    active = [(row.purpose, row.alg) for row in await rows(world) if row.state == "active"]
    assert sorted(active) == sorted((purpose.value, alg) for purpose, alg in PURPOSES)


async def test_a_rotator_that_lost_its_lease_writes_nothing(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    world.clock.advance(SCHEDULE.rotate_every)
    stale, successor = lease_of(world), lease_of(world)
    assert await stale.acquire()
    world.clock.advance(timedelta(seconds=LEASE_SECONDS))
    assert await successor.acquire()
    with pytest.raises(LeaseLost):
        await KeyRotator(world.services, BRAND).run(stale)
    assert len(await rows(world)) == len(PURPOSES)
    assert world.services.keys.version(BRAND.name) == 1


async def test_a_run_with_nothing_due_writes_nothing(oauth: AuthorizationWorld):
    await rotate(oauth)
    assert oauth.services.keys.version(BRAND.name) == 1


async def test_a_database_of_an_earlier_version_is_given_the_keys_that_it_lacks(oauth_anywhere: AuthorizationWorld):
    """And keeps those that it has: what they signed goes on."""
    world = oauth_anywhere
    token, kept = await token_of(world), {row.kid for row in await rows(world) if row.purpose in ("access_token", "id_token")}
    added = [purpose.value for purpose in KeyPurpose if purpose not in (KeyPurpose.ACCESS_TOKEN, KeyPurpose.ID_TOKEN)]
    await remove_keys(world.database, added)
    await asyncio.gather(*(prepare_keys(world.services, BRAND.name) for _ in range(3)))
    assert len(await rows(world)) == len(PURPOSES)
    assert kept < {row.kid for row in await rows(world)}
    world.verifier.verify(BRAND, token)
    for purpose, alg in PURPOSES:
        assert world.services.keys.signing_key(BRAND.name, purpose, alg).alg == alg


async def test_keys_of_a_purpose_that_a_later_version_knows_are_left_alone(oauth: AuthorizationWorld):
    """Two versions serve one database while a cluster is brought up to date."""
    (row, *_) = await rows(oauth)
    await plant_key(oauth.database, row, kid="later", purpose="of tomorrow")
    keys = await oauth.services.keys.load(BRAND.name)
    assert "later" not in {key.kid for key in keys.keys}


def test_each_purpose_has_an_algorithm_and_none_shares_a_key():
    assert {purpose for purpose, _ in PURPOSES} == set(KeyPurpose)
    assert len(set(PURPOSES)) == len(PURPOSES)
    assert algorithms_of(KeyPurpose.AUTHORIZATION_RESPONSE) == ("PS256", "ES256")


async def test_a_key_of_one_purpose_verifies_nothing_of_another(oauth: AuthorizationWorld):
    keys = [set(oauth.services.keys.verification_keys(BRAND.name, purpose)) for purpose in KeyPurpose]
    assert len(set.union(*keys)) == sum(map(len, keys)) == len(PURPOSES)


async def test_an_idle_worker_learns_of_new_keys_within_a_second(oauth: AuthorizationWorld):
    """Its tokens and its JWK Set would otherwise be of keys that other servers refuse."""
    ring = other_worker(oauth)
    await ring.load(BRAND.name)
    services = type(oauth.services)(
        **{**{name: getattr(oauth.services, name) for name in oauth.services.__slots__}, "keys": ring}
    )
    waited: list[float] = []
    followed = asyncio.Event()

    async def pause(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) > 1:  # it has looked once
            followed.set()
        await asyncio.sleep(0)

    await rotate_keys(oauth.services, BRAND.name)
    assert ring.version(BRAND.name) == 1
    async with key_refresh(services, [BRAND], pause=pause):
        await asyncio.wait_for(followed.wait(), PATIENCE_SECONDS)
    assert ring.version(BRAND.name) == 2
    assert waited[0] <= 1.0
    assert TokenVerifier(ring, oauth.clock).verify(BRAND, await token_of(oauth))


async def test_keys_that_are_current_are_not_loaded_again(oauth: AuthorizationWorld):
    await refresh_keys(oauth.services, BRAND.name)
    before = oauth.database.statements
    await refresh_keys(oauth.services, BRAND.name)
    assert oauth.database.statements == before


class Counting(SealingFile):
    """A key store that says how often it was asked, and may fail."""

    unwrapped = 0
    failing = False

    async def unwrap(self, value: bytes, *place: str) -> bytes:
        if self.failing:
            raise KeyStoreFailed("away")
        self.unwrapped += 1
        return await super().unwrap(value, *place)


async def test_each_key_is_unwrapped_once_and_a_scheduled_rotation_does_not_need_the_store(oauth: AuthorizationWorld):
    """A key is opened when it is published, a day before it is used."""
    store = Counting(oauth.services.sealer)
    ring = KeyRing(oauth.database, store, generate_key)
    for _ in range(3):
        await ring.load(BRAND.name)
    assert store.unwrapped == len(PURPOSES)
    await begin_rotation(oauth.services, BRAND.name)
    await ring.load(BRAND.name)
    assert store.unwrapped == 2 * len(PURPOSES)
    store.failing = True
    oauth.clock.advance(SCHEDULE.publish_ahead)
    await rotate(oauth)
    await ring.load(BRAND.name)
    assert TokenVerifier(ring, oauth.clock).verify(BRAND, await token_of(oauth))


async def test_a_worker_that_cannot_open_the_new_keys_trusts_nothing_it_should_not(oauth: AuthorizationWorld):
    """It fails, and goes on failing, until the key store answers: no token is judged by keys that were revoked."""
    store = Counting(oauth.services.sealer)
    ring = KeyRing(oauth.database, store)
    await ring.load(BRAND.name)
    await rotate_keys(oauth.services, BRAND.name)
    store.failing = True
    for _ in range(2):
        with pytest.raises(KeyStoreFailed):
            await ring.load(BRAND.name)
    assert ring.version(BRAND.name) == 1
    store.failing = False
    assert (await ring.load(BRAND.name)).version == 2


async def test_each_change_of_keys_is_in_the_journal(oauth: AuthorizationWorld):
    await begin_rotation(oauth.services, BRAND.name)
    await rotate_keys(oauth.services, BRAND.name, actor="operator")
    entries = [entry for entry in await oauth.books.records.entries() if entry.kind.startswith("keys.")]
    assert [(entry.kind, entry.actor) for entry in entries] == [
        ("keys.issued", "system"),
        ("keys.published", "operator"),
        ("keys.revoked", "operator"),
    ]
    facts = [json.loads(entry.facts) for entry in entries]
    assert [fact["version"] for fact in facts] == [1, 2, 3]
    assert set(facts[2]["retired"]) == set(facts[0]["kids"]) | set(facts[1]["kids"])


async def test_beginning_a_rotation_twice_publishes_one_successor(oauth: AuthorizationWorld):
    assert await begin_rotation(oauth.services, BRAND.name) == 2
    assert await begin_rotation(oauth.services, BRAND.name) == 2
    assert len(await shown(oauth)) == 2 * len(PURPOSES)
