"""The contract of every key store: what it wraps opens in its place, whole, and nowhere else."""

from collections.abc import AsyncIterator

import pytest

import plugins.key_stores
from kernel.storage.key_store import KeyStore
from kernel.storage.sealed import SealBroken, Sealer
from plugins.key_stores import KEY_STORES
from plugins.key_stores.sealing_file import SealingFile
from plugins.key_stores.vault_transit import Address, VaultTransit
from tests.harness.vault import KEY, MOUNT, TOKEN, running_vault
from tests.unit.consent.authorization.test_oauth_registries import modules

PLACE = ("signing_keys", "private_jwk", "main", "kid-1")


async def sealing_file() -> AsyncIterator[KeyStore]:
    yield SealingFile(Sealer({1: b"k" * 32, 2: b"l" * 32}))


async def vault_transit() -> AsyncIterator[KeyStore]:
    async with running_vault() as vault:
        address = Address(url=vault.url, mount=MOUNT, key=KEY, namespace="", token=lambda: TOKEN)
        async with VaultTransit.open(address) as store:
            yield store


STORES = {SealingFile: sealing_file, VaultTransit: vault_transit}


@pytest.fixture(params=KEY_STORES, ids=lambda kind: kind.name)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[KeyStore]:
    async for opened in STORES[request.param]():
        yield opened


def test_every_key_store_is_listed_once():
    assert {kind.__module__.rpartition(".")[2] for kind in KEY_STORES} == modules(plugins.key_stores)
    assert [kind.name for kind in KEY_STORES] == sorted({kind.name for kind in KEY_STORES})


@pytest.mark.parametrize("material", [b"", b"k", b"\x00\xff" * 16, b"j" * 4096], ids=["empty", "one", "binary", "long"])
async def test_what_is_wrapped_opens_whole_in_its_place(store: KeyStore, material: bytes):
    wrapped = await store.wrap(material, *PLACE)
    assert store.wrapped(wrapped)
    assert not material or len(material) < 8 or material not in wrapped
    assert await store.unwrap(wrapped, *PLACE) == material


@pytest.mark.parametrize(
    "another",
    [
        ("signing_keys", "private_jwk", "main", "kid-2"),
        ("signing_keys", "private_jwk", "other", "kid-1"),
        ("sealing_keys", "1"),
        ("signing_keys", "private_jwk", "mainkid-1"),
        ("signing_keys", "private_jwk", "mai", "nkid-1"),
    ],
)
async def test_it_opens_in_no_other_place(store: KeyStore, another: tuple[str, ...]):
    wrapped = await store.wrap(b"material", *PLACE)
    with pytest.raises(SealBroken):
        await store.unwrap(wrapped, *another)


async def test_nothing_opens_that_was_changed_or_never_wrapped(store: KeyStore):
    wrapped = await store.wrap(b"material", *PLACE)
    changed = bytearray(wrapped)
    changed[-6] = ord("A") if changed[-6] != ord("A") else ord("B")
    for value in (bytes(changed), wrapped[:-4], b"", b"material", b"vault:v1:", b"vault:v0:AAAA", b"vault:v99:AAAA"):
        with pytest.raises(SealBroken):
            await store.unwrap(value, *PLACE)


async def test_the_same_material_is_never_wrapped_alike(store: KeyStore):
    assert await store.wrap(b"material", *PLACE) != await store.wrap(b"material", *PLACE)
