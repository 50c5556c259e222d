"""Records in which order each transaction locks rows, and holds it to the one order (kernel/storage/database.py)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from kernel.storage.database import Database

ORDER = (
    *("decisions", "journeys", "backchannel_requests", "pushed_requests"),  # what makes an answer this one's to give
    *("attempts of a PSU", "attempts of an address"),
    *("consents", "authorisations", "account_references", "token_families", "clients"),
)


@dataclass
class LockOrder:
    """`locked` holds each transaction's rows, by the names of ORDER, in the order in which it locked them."""

    locked: dict[int, list[str]] = field(default_factory=dict)
    finished: list[list[str]] = field(default_factory=list)

    def note(self, connection: Any, statement: Any, *_: Any) -> None:
        table = locked_by(statement)
        locked = self.locked.setdefault(id(connection), [])
        if table in ORDER and table not in locked:  # what is locked is not waited for again
            locked.append(table)

    def end(self, connection: Any) -> None:
        if locked := self.locked.pop(id(connection), None):
            self.finished.append(locked)

    def breaches(self) -> list[list[str]]:
        """The transactions that locked a row after one that comes later in the order."""
        return [locked for locked in self.finished if [*map(ORDER.index, locked)] != sorted(map(ORDER.index, locked))]


def locked_by(statement: Any) -> str:
    """Whose rows a statement locks, "" if none: SQLite, which has one writer, is not told to, but the statement is the same."""
    if isinstance(statement, sa.Select):
        if statement._for_update_arg is None:
            return ""
        name = statement.get_final_froms()[0].name
    elif isinstance(statement, sa.Update | sa.Delete) or getattr(statement, "_post_values_clause", None) is not None:
        name = statement.table.name
    else:
        return ""
    if name != "attempts":
        return name
    is_of_address = any(str(value).startswith("peer/") for value in statement.compile().params.values())
    return "attempts of an address" if is_of_address else "attempts of a PSU"


@contextmanager
def keeping_lock_order(database: Database) -> Iterator[None]:
    """Fails, when the body has succeeded, for what it wrote in another order."""
    order, engine = LockOrder(), database._writers.sync_engine
    listeners = (("before_execute", order.note), ("commit", order.end), ("rollback", order.end))
    for event, listener in listeners:
        sa.event.listen(engine, event, listener)
    try:
        yield
    finally:
        for event, listener in listeners:
            sa.event.remove(engine, event, listener)
    if breaches := order.breaches():
        raise AssertionError(f"locked in another order than {ORDER}: {breaches}")
