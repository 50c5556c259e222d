"""Open the key store that configuration names, and with it the sealer of this server's data."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from kernel.config import ConfigurationRefused
from kernel.storage.key_store import KeyStore
from kernel.storage.sealed import SealBroken, Sealer
from plugins.key_stores.sealing_file import SealingFile
from plugins.key_stores.vault_transit import Address, VaultTransit, read_token
from portcullis.compose.keys.sealing_keys import load_sealer, read_wrapped_keys, unwrap_sealer, wrap_file
from portcullis.settings.schema import Settings


@dataclass(frozen=True, slots=True)
class Keys:
    """The sealer of data, and the key store that wraps signing keys."""

    sealer: Sealer
    store: KeyStore


class Succeeding:
    """A key store that takes over from another: it wraps everything, and the one before opens what it wrapped itself."""

    def __init__(self, store: KeyStore, before: KeyStore) -> None:
        self.name = store.name
        self._store = store
        self._before = before

    def wrapped(self, value: bytes) -> bool:
        return self._store.wrapped(value) or self._before.wrapped(value)

    async def wrap(self, material: bytes, *place: str) -> bytes:
        return await self._store.wrap(material, *place)

    async def unwrap(self, value: bytes, *place: str) -> bytes:
        for store in (self._store, self._before):
            if store.wrapped(value):
                return await store.unwrap(value, *place)
        raise SealBroken("no key store of ours wrapped it")


@asynccontextmanager
async def open_keys(settings: Settings) -> AsyncIterator[Keys]:
    """`settings` have passed check_production. Raises ConfigurationRefused or KeyStoreFailed: a server without keys does not start."""
    assert settings.sealing_keys is not None
    if settings.key_store != VaultTransit.name:
        sealer = await asyncio.to_thread(load_sealer, settings.sealing_keys)
        yield Keys(sealer, SealingFile(sealer))
        return
    async with open_vault(settings) as vault:
        wrapped = await asyncio.to_thread(read_wrapped_keys, settings.sealing_keys, vault.name, vault.wrapped)
        await vault.check()
        sealer = await unwrap_sealer(wrapped, vault)
        yield Keys(sealer, Succeeding(vault, before=SealingFile(sealer)))


@asynccontextmanager
async def open_vault(settings: Settings) -> AsyncIterator[VaultTransit]:
    """Asked nothing yet. Raises KeyStoreFailed."""
    chosen = settings.vault_transit
    assert chosen is not None
    token = (lambda: settings.vault_token) if chosen.token_file is None else partial(read_token, chosen.token_file)
    address = Address(url=chosen.url, mount=chosen.mount, key=chosen.key, namespace=chosen.namespace, token=token)
    async with VaultTransit.open(address, chosen.authorities) as vault:
        yield vault


async def wrap_sealing_keys(settings: Settings) -> str:
    """The content of `sealing_keys` for a server whose keys Vault keeps, from the keys that are there, plain or wrapped before. Raises
    ConfigurationRefused or KeyStoreFailed."""
    assert settings.sealing_keys is not None
    if settings.key_store != VaultTransit.name:
        raise ConfigurationRefused(f"key_store: is {settings.key_store}, which uses plain keys; set it to {VaultTransit.name}")
    async with open_vault(settings) as vault:
        await vault.check()
        return await wrap_file(settings.sealing_keys, vault)
