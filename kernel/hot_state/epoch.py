"""The epoch under which the hot state's versions are trusted: one row in the database, confirmed by every worker every second.

A version subject in the hot state carries the epoch as its prefix. A worker that finds a server which may hold an old snapshot, or
cannot write a change to it, commits a new epoch: every version under the old one is then out of use. A worker trusts the hot state for
TRUST_SECONDS after it last read the row, and only if the row names the run of the server that it is connected to: so a worker
that was paused, cut off from the database or left behind on another server asks the database instead.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.clock import Clock
from kernel.storage.database import Database, Instant

TRUST_SECONDS = 2.0  # of trust in the hot state after a confirmation; a worker that commits an epoch waits as long
CONFIRM_SECONDS = 1.0  # between two confirmations of the epoch by one worker
READ_SECONDS_MAX = 1.0  # for one read of the epoch's row
FOREIGN_SECONDS_MAX = 10.0  # after which a worker whose server the row does not name commits an epoch for it
_ROW = 1  # the id of the only row

log = structlog.get_logger(__name__)


def epoch_table(metadata: sa.MetaData) -> sa.Table:
    """One row for all brands: they share the hot state's server, and lose it together."""
    return sa.Table(
        "hot_state_epoch",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
    )


class Epoch:
    """`adopt` is what a hot state is given as `on_restart`. `monotonic` counts seconds, also while the machine is suspended."""

    def __init__(self, database: Database, table: sa.Table, clock: Clock, monotonic: Callable[[], float]) -> None:
        self._database = database
        self._table = table
        self._clock = clock
        self._monotonic = monotonic
        self._run_id: str | None = None  # of the server that this worker is connected to
        self._named_run_id: str | None = None  # of the server that the row names
        self._confirmed_at = float("-inf")
        self._foreign_since: float | None = None
        self._owes_advance = False
        self.number = 0  # none known yet

    def subject(self, subject: str) -> str:
        """The hot state's present name for a version subject."""
        return f"e{self.number}:{subject}"

    def is_trusted(self) -> bool:
        """May the hot state be believed about versions at this moment?"""
        return (
            self._run_id is not None
            and self._run_id == self._named_run_id
            and not self._owes_advance
            and self._monotonic() - self._confirmed_at < TRUST_SECONDS
        )

    async def adopt(self, run_id: str) -> None:
        """Before a (new) connection is used: unless the row names this run of the server already, commit a new epoch for it."""
        started = self._monotonic()
        number = await self._write(lambda epoch, named: (epoch, named) if named == run_id else (epoch + 1, run_id))
        self._run_id = run_id
        self._note(number, run_id, started)

    async def advance(self) -> None:
        """Commit a new epoch. Until that succeeds this worker trusts nothing, and `confirm` tries again."""
        self._owes_advance = True
        started = self._monotonic()
        named = ""

        def move(epoch: int, run_id: str) -> tuple[int, str]:
            nonlocal named
            named = run_id
            return epoch + 1, run_id

        number = await self._write(move)
        self._owes_advance = False
        self._note(number, named, started)

    def owe_advance(self) -> None:
        """Ask for a new epoch without waiting for it: the next `confirm` commits it."""
        self._owes_advance = True

    async def confirm(self) -> None:
        """Read the row: trust lasts from the moment at which the read began."""
        if self._owes_advance:
            await self.advance()
        started = self._monotonic()
        columns = self._table.c
        async with asyncio.timeout(READ_SECONDS_MAX), self._database.read() as connection:
            row = (await connection.execute(sa.select(columns.epoch, columns.run_id).where(columns.id == _ROW))).one_or_none()
        if row is None:
            return
        self._note(row.epoch, row.run_id, started)
        foreign_for = started - self._foreign_since if self._foreign_since is not None else 0
        if self._run_id is not None and foreign_for > FOREIGN_SECONDS_MAX:
            await self.adopt(self._run_id)

    def _note(self, number: int, named_run_id: str, started: float) -> None:
        if number < self.number:
            return  # read before the newest was written
        if number > self.number:
            log.info("hot_state_epoch", epoch=number, run_id=named_run_id)
        self.number, self._named_run_id = number, named_run_id
        self._confirmed_at = max(self._confirmed_at, started)
        if self._run_id is None or named_run_id == self._run_id:
            self._foreign_since = None
        elif self._foreign_since is None:
            self._foreign_since = started

    async def _write(self, move: Callable[[int, str], tuple[int, str]]) -> int:
        """Replace (epoch, run id) by what `move` makes of them; the epoch that stands then."""

        async def work(connection: AsyncConnection) -> int:
            return await self._move(connection, move, self._clock.wall())

        try:
            return await self._database.write(work)
        except IntegrityError:  # another worker wrote the first row: now there is one to lock
            return await self._database.write(work)

    async def _move(self, connection: AsyncConnection, move: Callable[[int, str], tuple[int, str]], now: datetime) -> int:
        table = self._table
        query = sa.select(table.c.epoch, table.c.run_id).where(table.c.id == _ROW).with_for_update()
        row = (await connection.execute(query)).one_or_none()
        if row is None:
            epoch, run_id = move(0, "")
            await connection.execute(table.insert().values(id=_ROW, epoch=epoch, run_id=run_id, changed_at=now))
            return epoch
        epoch, run_id = move(row.epoch, row.run_id)
        if (epoch, run_id) != (row.epoch, row.run_id):
            values = {"epoch": epoch, "run_id": run_id, "changed_at": now}
            await connection.execute(table.update().where(table.c.id == _ROW).values(**values))
        return epoch
