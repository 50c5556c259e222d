"""SQLite's plans for the statements that some work executes."""

from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa

from kernel.storage.database import Database


async def plans_of(database: Database, work: Callable[[], Awaitable[Any]]) -> list[str]:
    seen: list[tuple[str, tuple[Any, ...]]] = []
    note = lambda _c, _cursor, statement, parameters, *_: seen.append((statement, parameters))  # noqa: E731
    engines = {database._readers.sync_engine, database._writers.sync_engine}
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    await work()
    for engine in engines:
        sa.event.remove(engine, "before_cursor_execute", note)
    plans = []
    async with database.read() as connection:
        for statement, parameters in seen:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plans += [row.detail for row in plan]
    return plans
