"""Holds every transaction to the house's lock order (kernel/commands/locks.py), also those without a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from consent.store.locks import RECURRING, TABLES
from consent.store.tables import locks
from consent.store.tables.consents import attempts
from kernel.commands.locks import LockOrderBroken, Rank
from kernel.storage.database import Database
from notices.locks import TABLES as NOTICE_TABLES
from orders.locks import TABLES as ORDER_TABLES
from orders.operators.locks import TABLES as OPERATOR_TABLES
from orders.reconciliation.locks import TABLES as RECONCILED_TABLES
from orders.settlement.locks import TABLES as SETTLEMENT_TABLES
from sandbox.decisions.tables import STORED_DECISIONS

PLACES = {
    table.name: (rank, place)
    for place, (table, rank) in enumerate(
        (
            (STORED_DECISIONS, Rank.ANSWER),
            *TABLES,
            *ORDER_TABLES,
            *SETTLEMENT_TABLES,
            *NOTICE_TABLES,
            *RECONCILED_TABLES,
            *OPERATOR_TABLES,
        )
    )
}


@dataclass
class LockOrder:
    """`locked` holds each transaction's tables in the order in which it locked rows of them."""

    locked: dict[int, list[str]] = field(default_factory=dict)
    breaches: list[str] = field(default_factory=list)

    def note(self, connection: Any, statement: Any, *_: Any) -> None:
        """Raises LockOrderBroken at the statement; remembered too, should someone take it for an ordinary failure."""
        table = locked_by(statement)
        locked = self.locked.setdefault(id(connection), [])
        if not table or table in locked:  # what is locked is not waited for again
            return
        if locked and place_of(table) < max(map(place_of, locked)):
            breach = f"{table} after {', '.join(locked)}"
            self.breaches.append(breach)
            raise LockOrderBroken(breach)
        locked.append(table)

    def end(self, connection: Any) -> None:
        self.locked.pop(id(connection), None)


def place_of(locked: str) -> tuple[int, int]:
    name, _, holder = locked.partition(" of a ")
    rank, place = PLACES[name]
    earlier = {"peer": Rank.PEER, "psu": Rank.PSU}
    return earlier.get(holder, rank), place


def locked_by(statement: Any) -> str:
    """The table whose rows a statement locks, "" if none: SQLite, which has one writer, needs no lock, but the statement is the same."""
    if isinstance(statement, sa.Select):
        if statement._for_update_arg is None or statement._for_update_arg.skip_locked:  # which waits for no one
            return ""
        name = statement.get_final_froms()[0].name
    elif isinstance(statement, sa.Update | sa.Delete) or getattr(statement, "_post_values_clause", None) is not None:
        name = statement.table.name
    else:
        return ""
    if name not in PLACES:
        return ""
    if name == locks.name:
        return f"{name} of a psu" if names_a_psu(statement) else name
    if name != attempts.name:
        return name
    is_of_peer = names(statement, "peer/")
    return f"{name} of a {'peer' if is_of_peer else 'psu'}"


def names_a_psu(statement: Any) -> bool:
    """Of a named lock: whether its kind is of the PSU's rank, which comes before rows of consents."""
    return names(statement, f"{RECURRING.name}/")


def names(statement: Any, beginning: str) -> bool:
    """True if a value within the statement begins so. The statement is not compiled for that: it took a seventh of a test's time."""
    return any(
        str(each.value).startswith(beginning) for each in visitors.iterate(statement) if isinstance(each, sa.BindParameter)
    )


@contextmanager
def keeping_lock_order(database: Database) -> Iterator[None]:
    """A statement out of order fails; so does the body at its end, if the failure was swallowed."""
    order, engine = LockOrder(), database._writers.sync_engine
    listeners = (("before_execute", order.note), ("commit", order.end), ("rollback", order.end))
    for event, listener in listeners:
        sa.event.listen(engine, event, listener)
    try:
        yield
    finally:
        for event, listener in listeners:
            sa.event.remove(engine, event, listener)
    if order.breaches:
        raise AssertionError(f"locked out of order: {order.breaches}")
