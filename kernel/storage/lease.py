"""A row that one process of a cluster holds for a while, so that a job runs once; its fencing number makes that hold for writes.

A holder that was paused may think that it still holds the lease. So each of its write transactions begins with `check_fence`: that
locks the row, the next holder waits for the commit, and a holder that was succeeded is stopped. Times are protocol time: clocks of a
cluster that disagree make a lease change hands early or late, never a fenced write by two.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import NoReturn

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.clock import Clock
from kernel.ids import Ids
from kernel.storage.database import Database, Instant

LEASE_SECONDS = 15.0  # a lease lasts from its last renewal
RENEW_SECONDS = 5.0  # between two renewals: two may fail
RELEASE_SECONDS_MAX = 2.0  # to give the lease up when the server stops

log = structlog.get_logger(__name__)


class LeaseLost(Exception):
    """Another holder has taken the lease: the work under it is theirs now."""


def lease_table(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "lease",
        metadata,
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
    )


Pause = Callable[[float], Awaitable[None]]
Work = Callable[["Lease"], Awaitable[None]]


class Lease:
    """The lease `name` of one brand, as one process sees it."""

    def __init__(
        self,
        database: Database,
        table: sa.Table,
        clock: Clock,
        ids: Ids,
        *,
        brand: str,
        name: str,
        seconds: float = LEASE_SECONDS,
    ) -> None:
        self._database = database
        self._table = table
        self._clock = clock
        self._holder = ids.uuid()
        self._brand = brand
        self._lasts = timedelta(seconds=seconds)
        self._row = sa.and_(table.c.brand == brand, table.c.name == name)
        self.name = name
        self._expires_at = clock.wall()
        self.fence: int | None = None  # while we believe to hold it

    async def acquire(self) -> bool:
        """Take the lease if it is free, expired or ours. Each taking raises the fence."""
        until = self._clock.wall() + self._lasts
        try:
            self.fence = await self._database.write(lambda connection: self._take(connection, until))
        except IntegrityError:  # another process wrote the first row
            self.fence = None
        self._expires_at = until
        return self.fence is not None

    async def renew(self) -> None:
        """Hold it for longer, from now. Raises LeaseLost."""
        until = self._clock.wall() + self._lasts
        if not await self._set_expiry(until):
            self._lose()
        self._expires_at = until

    async def release(self) -> None:
        """Let another have it at once."""
        await self._set_expiry(self._clock.wall())
        self.fence = None

    async def check_fence(self, connection: AsyncConnection) -> None:
        """First in each write transaction of the holder. Raises LeaseLost if another has taken the lease."""
        query = sa.select(self._table.c.fence).where(self._row).with_for_update(read=True)
        if self.fence is None or (await connection.execute(query)).scalar_one_or_none() != self.fence:
            self._lose()

    async def hold(self, work: Work) -> bool:
        """Acquire, renew while `work` runs, release; False at once if another holds it. Raises what `work` raises, or LeaseLost,
        having cancelled `work`, if the lease was taken or could not be renewed in time."""
        if not await self.acquire():
            return False
        tasks = [asyncio.ensure_future(work(self)), asyncio.ensure_future(self._keep_renewed())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
            return True
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._let_go()

    async def _keep_renewed(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self.renew()
            except LeaseLost:
                raise
            except Exception as error:  # the next attempt may succeed, while the lease lasts
                log.warning("lease_not_renewed", lease=self.name, error=repr(error))
                if self._clock.wall() >= self._expires_at:
                    self._lose()

    async def _let_go(self) -> None:
        if self.fence is None:
            return
        try:
            async with asyncio.timeout(RELEASE_SECONDS_MAX):
                await self.release()
        except Exception as error:  # then it expires by itself
            log.warning("lease_not_released", lease=self.name, error=repr(error))

    def _lose(self) -> NoReturn:
        self.fence = None
        raise LeaseLost(self.name)

    async def _set_expiry(self, at: datetime) -> bool:
        """Is the lease still ours?"""
        mine = sa.and_(self._row, self._table.c.holder == self._holder, self._table.c.fence == (self.fence or 0))

        async def work(connection: AsyncConnection) -> bool:
            return (await connection.execute(self._table.update().where(mine).values(expires_at=at))).rowcount == 1

        return await self._database.write(work)

    async def _take(self, connection: AsyncConnection, until: datetime) -> int | None:
        table, now = self._table, self._clock.wall()
        query = sa.select(table.c.holder, table.c.fence, table.c.expires_at).where(self._row).with_for_update()
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            values = {"brand": self._brand, "name": self.name, "holder": self._holder, "fence": 1, "expires_at": until}
            await connection.execute(table.insert().values(**values))
            return 1
        if row.holder != self._holder and row.expires_at > now:
            return None
        fence: int = row.fence + 1
        values = {"holder": self._holder, "fence": fence, "expires_at": until}
        await connection.execute(table.update().where(self._row).values(**values))
        return fence


async def run_singleton(name: str, lease: Lease, every_seconds: float, work: Work, *, pause: Pause = asyncio.sleep) -> None:
    """Run `work` every `every_seconds` for as long as this process holds the lease, and wait for it otherwise; until cancelled.

    `work` receives the lease, to check its fence in each transaction. A failure of one run is logged and does not end the loop.
    """

    async def repeat(held: Lease) -> None:
        log.info("singleton_began", singleton=name, fence=held.fence)
        while True:
            try:
                await work(held)
            except LeaseLost:
                raise
            except Exception:  # after any error the next run may succeed
                log.exception("singleton_failed", singleton=name)
            await pause(every_seconds)

    while True:
        try:
            await lease.hold(repeat)
        except LeaseLost:
            log.warning("singleton_lost_its_lease", singleton=name)
        except Exception:  # the database is away: so is the work
            log.exception("singleton_failed", singleton=name)
        await pause(every_seconds)
