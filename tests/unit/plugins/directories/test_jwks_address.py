"""Where a directory's keys come from: fresh for an hour, from the last good state during an outage, no longer than allowed."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from kernel.errors import Overloaded
from plugins.directories.jwks_address import COOL_DOWN_SECONDS, FRESH_SECONDS, JwksAddress
from plugins.directories.jwks_file import JwksFile
from tests.harness.addresses import Addresses
from tests.world.keys import KEYS

ADDRESS = "https://directory.example/jwks"


def document(*names: str) -> bytes:
    return json.dumps({"keys": [KEYS[name].jwk for name in names]}).encode()


class Watch:
    def __init__(self) -> None:
        self.seconds = 1000.0
        self.addresses = Addresses({ADDRESS: document("acme-1")})
        self.directory = JwksAddress("The Directory", ADDRESS, self.addresses, lambda: self.seconds, 24 * 3600.0)


async def test_an_outage_is_lived_through_on_the_last_good_keys_and_says_so():
    watch = Watch()
    assert (await watch.directory.keys("acme-1")).stale_seconds == 0
    watch.addresses.pages.clear()
    watch.seconds += FRESH_SECONDS + 60
    found = await watch.directory.keys("acme-1")
    assert set(found.keys) == {"acme-1"}
    assert found.stale_seconds == FRESH_SECONDS + 60
    watch.seconds += 24 * 3600
    with pytest.raises(Overloaded):
        await watch.directory.keys("acme-1")


async def test_a_new_key_of_the_directory_is_looked_up_but_not_each_time():
    watch = Watch()
    await watch.directory.keys("acme-1")
    watch.addresses.pages[ADDRESS] = document("acme-1", "curve-1")
    for _ in range(3):
        assert "curve-1" not in (await watch.directory.keys("curve-1")).keys
    watch.seconds += COOL_DOWN_SECONDS
    assert "curve-1" in (await watch.directory.keys("curve-1")).keys
    assert len(watch.addresses.asked) == 2


async def test_a_caller_with_a_known_key_waits_for_no_question(monkeypatch: pytest.MonkeyPatch):
    """An invented kid makes the directory be asked; while it stays silent the others go on."""
    watch, silent, asked = Watch(), asyncio.Event(), asyncio.Event()
    await watch.directory.keys("acme-1")
    watch.seconds += COOL_DOWN_SECONDS
    get = watch.addresses.get

    async def wait(*arguments: Any, **facts: Any) -> bytes:
        asked.set()
        await silent.wait()
        return await get(*arguments, **facts)

    monkeypatch.setattr(watch.addresses, "get", wait)
    inventing = asyncio.create_task(watch.directory.keys("invented"))
    await asked.wait()
    assert set((await watch.directory.keys("acme-1")).keys) == {"acme-1"}
    silent.set()
    await inventing


async def test_a_directory_that_never_answered_vouches_for_no_software():
    watch = Watch()
    watch.addresses.pages[ADDRESS] = b"{}"
    with pytest.raises(Overloaded):
        await watch.directory.keys(None)


async def test_a_file_is_read_again_when_it_changes(tmp_path: Path):
    path = tmp_path / "directory.jwks.json"
    directory = JwksFile("The Directory", path)
    with pytest.raises(Overloaded):
        await directory.keys(None)
    path.write_bytes(document("acme-1"))
    assert set((await directory.keys(None)).keys) == {"acme-1"}
    path.write_bytes(document("curve-1"))
    os.utime(path, ns=(1, 1))
    assert set((await directory.keys(None)).keys) == {"curve-1"}
    path.write_bytes(b"no keys")
    os.utime(path, ns=(2, 2))
    with pytest.raises(Overloaded):
        await directory.keys(None)
