"""Records what is asked of a database, and the transactions that it commits, so that a test can say how much, and that nothing was written
or locked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from kernel.storage.database import Database


@dataclass
class Statements:
    all: list[str] = field(default_factory=list)
    commits: int = 0

    def note(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.all.append(statement)

    def commit(self, _connection: Any) -> None:
        self.commits += 1

    @property
    def writing(self) -> list[str]:
        """The statements that write, lock, or begin to (SQLite's BEGIN IMMEDIATE)."""
        return [text for text in self.all if not text.startswith("SELECT") or "FOR UPDATE" in text or "advisory" in text]


@contextmanager
def statements_of(database: Database) -> Iterator[Statements]:
    statements = Statements()
    engines = {database._readers.sync_engine, database._writers.sync_engine}
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", statements.note)
        sa.event.listen(engine, "commit", statements.commit)
    try:
        yield statements
    finally:
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", statements.note)
            sa.event.remove(engine, "commit", statements.commit)
