"""Lets time pass for single rows of a server's database: protocol time cannot be moved. The only thing that tests ever write."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.tables.consents import journeys
from consent.store.tables.oauth import codes, pushed_requests, signing_keys
from kernel.ids import hash_secret
from kernel.storage.database import Database
from tests.harness.server import Server


async def end_journey(server: Server, cookie: str) -> None:
    await _end(server, journeys, journeys.c.secret_hash == hash_secret(cookie))


async def end_request(server: Server, request_uri: str) -> None:
    await _end(server, pushed_requests, pushed_requests.c.id == hash_secret(request_uri.rpartition(":")[2]))


async def end_code(server: Server, code: str) -> None:
    await _end(server, codes, codes.c.id == hash_secret(code))


async def activate_keys(server: Server) -> None:
    """A day passes for signing keys that wait."""
    waiting = signing_keys.update().where(signing_keys.c.state == "published")
    await _write(server, waiting.values(activates_at=_a_second_ago()))


async def _end(server: Server, table: sa.Table, which: sa.ColumnElement[bool]) -> None:
    assert await _write(server, table.update().where(which).values(expires_at=_a_second_ago())) == 1


async def _write(server: Server, statement: sa.Update) -> int:
    async with Database.open(server.database_url) as database:

        async def work(connection: AsyncConnection) -> int:
            return (await connection.execute(statement)).rowcount

        return await database.write(work)


def _a_second_ago() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=1)
