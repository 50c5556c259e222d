"""The time by which instructions are overdue, and how many there are, in each state that is not terminal: a gauge for every member of the enum."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from kernel.banking.planned.instructions import LIVE_INSTRUCTIONS, InstructionState
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from orders.tables import instructions


@dataclass(slots=True, kw_only=True)
class InstructionAges:
    """An active instruction may be years old, and nothing is wrong: what counts is how long its next turn is overdue. Read whenever the
    metrics are, counted by `refresh`."""

    database: Database
    clock: Clock
    brand: Brand
    _found: dict[InstructionState, tuple[datetime, int]] = field(default_factory=dict)

    def watch(self, telemetry: Telemetry) -> None:
        for state in sorted(LIVE_INSTRUCTIONS):
            labels = {"brand": self.brand.name, "state": state.value}
            overdue = "Time by which the turn of an instruction in a state is overdue; that of the longest overdue one."
            telemetry.watch("instruction_overdue_seconds", overdue, self._reader(state), **labels)
            telemetry.watch("instructions_open", "Instructions in a state that is not terminal.", self._counter(state), **labels)

    async def refresh(self) -> None:
        rows = instructions.c
        count = sa.select(rows.state, sa.func.min(rows.turns_at), sa.func.count()).group_by(rows.state)
        live = [state.value for state in LIVE_INSTRUCTIONS]
        async with self.database.read() as connection:
            found = await connection.execute(count.where(rows.brand == self.brand.name, rows.state.in_(live)))
            self._found = {InstructionState(state): (turns_at, number) for state, turns_at, number in found}

    def overdue(self, state: InstructionState) -> float:
        """In seconds, by business time; 0 where nothing is."""
        found = self._found.get(state)
        return 0.0 if found is None else max(0.0, (self.clock.now() - found[0]).total_seconds())

    def _reader(self, state: InstructionState) -> Callable[[], float]:
        return lambda: self.overdue(state)

    def _counter(self, state: InstructionState) -> Callable[[], float]:
        return lambda: self._found[state][1] if state in self._found else 0
