"""The age of the oldest settlement, return, recall, break and statement in each state that is no end: a gauge for every member of their enums."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from orders.recalls.recall import OPEN_RECALLS
from orders.recalls.tables import recalls
from orders.reconciliation.broken import OPEN_BREAKS
from orders.reconciliation.chain import QUARANTINED
from orders.reconciliation.tables import breaks, statements
from orders.settlement.settled import OPEN_SETTLEMENTS
from orders.settlement.tables import returns, settlements


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The rows of one kind: the column of its state, the moment from which it ages, and the states that are no end."""

    noun: str
    state: sa.Column[Any]
    since: sa.Column[datetime]
    states: frozenset[StrEnum]


KINDS = (
    Kept(noun="settlement", state=settlements.c.state, since=settlements.c.computed_at, states=frozenset(OPEN_SETTLEMENTS)),
    Kept(noun="return", state=returns.c.state, since=returns.c.received_at, states=frozenset(OPEN_SETTLEMENTS)),
    Kept(noun="recall", state=recalls.c.state, since=recalls.c.since, states=frozenset(OPEN_RECALLS)),
    Kept(noun="break", state=breaks.c.state, since=breaks.c.opened_at, states=frozenset(OPEN_BREAKS)),
    Kept(noun="statement", state=statements.c.verdict, since=statements.c.imported_at, states=frozenset(QUARANTINED)),
)


@dataclass(slots=True, kw_only=True)
class ReconciliationAges:
    """Read whenever the metrics are, counted by `refresh`."""

    database: Database
    clock: Clock
    brand: Brand
    _found: dict[tuple[str, str], tuple[datetime, int]] = field(default_factory=dict)

    def watch(self, telemetry: Telemetry) -> None:
        for kind in KINDS:
            for state in sorted(kind.states):
                labels = {"brand": self.brand.name, "state": state.value}
                key = (kind.noun, state.value)
                oldest, number = (
                    f"Age of the oldest {kind.noun} in a state.",
                    f"Number of each {kind.noun} in a state that is no end.",
                )
                telemetry.watch(f"{kind.noun}_age_seconds", oldest, self._reader(key), **labels)
                telemetry.watch(f"{kind.noun}s_open", number, self._counter(key), **labels)

    async def refresh(self) -> None:
        found: dict[tuple[str, str], tuple[datetime, int]] = {}
        async with self.database.read() as connection:
            for kind in KINDS:
                states = [state.value for state in kind.states]
                count = sa.select(kind.state, sa.func.min(kind.since), sa.func.count()).group_by(kind.state)
                mine = (kind.state.table.c.brand == self.brand.name, kind.state.in_(states))
                rows = await connection.execute(count.where(*mine))
                found |= {(kind.noun, state): (since, number) for state, since, number in rows}
        self._found = found

    def _age(self, key: tuple[str, str]) -> float:
        """In seconds; 0 where none is in the state."""
        found = self._found.get(key)
        return 0.0 if found is None else max(0.0, (self.clock.wall() - found[0]).total_seconds())

    def _reader(self, key: tuple[str, str]) -> Callable[[], float]:
        return lambda: self._age(key)

    def _counter(self, key: tuple[str, str]) -> Callable[[], float]:
        return lambda: self._found[key][1] if key in self._found else 0
