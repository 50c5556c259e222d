"""The moved clock: business time runs ahead of the machine's by an offset that is stored, so that it survives a restart.

Time only moves forward, because booked entries stay. Protocol time cannot be moved.
"""

import re
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from kernel.clock import SystemClock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import FieldInvalid
from kernel.storage.database import Database

METADATA = sa.MetaData()
OFFSETS = sa.Table(
    "clock_offsets",
    METADATA,
    sa.Column("brand", sa.String(64), primary_key=True),
    sa.Column("seconds", sa.BigInteger, nullable=False),
)
OFFSET_MAX = timedelta(days=3660)
_DURATION = re.compile(r"P(?=.)(?:(?P<weeks>\d{1,4})W|(?:(?P<days>\d{1,5})D)?(?:T(?=.)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,8})S)?)?)", re.ASCII)  # fmt: skip


def parse_duration(text: str) -> timedelta:
    """An ISO 8601 duration of weeks, or days and time: `P90D`, `PT1H30M`. Raises FieldInvalid."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise FieldInvalid(public="advance must be an ISO 8601 duration such as P90D or PT1H.", path="advance")
    return timedelta(**{unit: int(value) for unit, value in match.groupdict().items() if value is not None})


class MovedClock:
    """One brand's clock and its stored offset."""

    def __init__(self, database: Database, brand: str) -> None:
        self._database = database
        self._brand = brand
        self.clock = SystemClock()
        self._commands = Commands(database=database, clock=self.clock)

    async def load(self) -> None:
        async with self._database.read() as connection:
            seconds = await connection.scalar(sa.select(OFFSETS.c.seconds).where(OFFSETS.c.brand == self._brand))
        self.clock.offset = timedelta(seconds=seconds or 0)

    async def advance(self, by: timedelta) -> None:
        """Move business time forward. Raises FieldInvalid beyond ten years in all."""
        self.clock.offset = timedelta(seconds=await self._commands.run(AdvanceClock(self._brand, by)))


@dataclass(frozen=True, slots=True)
class AdvanceClock:
    """The offset in seconds that it leads to."""

    name = "advance_clock"
    locks = ()
    brand: str
    by: timedelta

    async def handle(self, unit: UnitOfWork) -> int:
        where = OFFSETS.c.brand == self.brand
        before = await unit.connection.scalar(sa.select(OFFSETS.c.seconds).where(where).with_for_update())
        after = (before or 0) + int(self.by.total_seconds())
        if timedelta(seconds=after) > OFFSET_MAX:
            raise FieldInvalid(public="The clock can be moved ten years ahead in all.", path="advance")
        if before is None:
            await unit.connection.execute(OFFSETS.insert().values(brand=self.brand, seconds=after))
        else:
            await unit.connection.execute(OFFSETS.update().where(where).values(seconds=after))
        return after
