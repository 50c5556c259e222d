"""The rows of orders and of instructions that have waited long enough by business time, some at a time: one that nothing can be done with
is passed over, and holds up no other.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.brand import Brand

Place = tuple[datetime, str]  # of a row among those that wait: when it turns, and its id


@dataclass(frozen=True, slots=True)
class Turned:
    """The number that turned, and of those that were passed over the fault, by id. `after`: the place from which the next look goes on; None: from
    the first."""

    number: int
    passed_over: Mapping[str, str]
    after: Place | None


def turning(table: sa.Table, brand: Brand, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Of the rows that have waited long enough at `now` (business time)."""
    return (table.c.brand == brand.name, table.c.turns_at <= now)


async def turn_rows(
    connection: AsyncConnection,
    table: sa.Table,
    ripe: tuple[sa.ColumnElement[bool], ...],
    turn: Callable[[sa.Row[Any]], Awaitable[str | None]],
    *,
    most: int,
    after: Place | None,
) -> Turned:
    """Turn the next `most` ripe rows that no other transaction holds. `turn` returns the fault of a row that it passed over, in one word."""
    rows, found = table.c, sa.select(table).where(*ripe)
    if after is not None:
        turns_at, row_id = after
        later = sa.tuple_(sa.literal(turns_at, rows.turns_at.type), sa.literal(row_id))
        found = found.where(sa.tuple_(rows.turns_at, rows.id) > later)
    next_rows = found.order_by(rows.turns_at, rows.id).limit(most).with_for_update(skip_locked=True)
    taken = (await connection.execute(next_rows)).all()
    faults = {row.id: fault for row in taken if (fault := await turn(row)) is not None}
    has_more = len(faults) > 0 and len(taken) == most
    return Turned(len(taken) - len(faults), faults, (taken[-1].turns_at, taken[-1].id) if has_more else None)
