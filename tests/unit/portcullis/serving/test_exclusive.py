"""The lock of a server's life: a server that loses it stops."""

import asyncio

import pytest

from kernel.config import ConfigurationRefused
from kernel.storage.database import Database
from portcullis.serving import exclusive
from portcullis.serving.exclusive import server_lock
from tests.harness.damage.connections import break_lock_holders
from tests.harness.patience import PATIENCE_SECONDS


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(exclusive, "WATCH_SECONDS", 0.02)


async def test_one_server_alone(database_url):
    stopped = asyncio.Event()
    async with server_lock(database_url, alone=True, stop=stopped.set):
        for alone in (True, False):
            with pytest.raises(ConfigurationRefused):
                await server_lock(database_url, alone=alone).__aenter__()
        assert not stopped.is_set()
    async with server_lock(database_url, alone=True):
        pass


async def test_a_server_whose_lock_is_lost_is_stopped(postgresql_url):
    stopped = asyncio.Event()
    async with Database.open(postgresql_url) as database, server_lock(postgresql_url, alone=True, stop=stopped.set):
        await break_lock_holders(database)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await stopped.wait()
