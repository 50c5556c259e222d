"""The age of the oldest order in each state that is not terminal, and how many are in it: a gauge for every member of the enum. Likewise of
the messages of the last day that a person must ask their sender about."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

import sqlalchemy as sa

from kernel.banking.orders import OPEN_STATES, OrderState
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from orders.instructions.ages import InstructionAges
from orders.rows.inbox import ODD_EFFECTS, Effect
from orders.tables import inbox, orders

REFRESH_EVERY = timedelta(seconds=10)  # how old a count may be that the metrics show
ODD_WATCHED = timedelta(days=1)  # for which the metrics show a message that fits no order; it is kept for longer


class Overdue(StrEnum):
    """An act that an order waits for, though its time has come."""

    RELEASE = "release"  # it was refused or cancelled, and the bank has not confirmed that nothing is held for it
    FALL_DUE = "fall_due"  # its day has come


Subject = OrderState | Effect | Overdue


class OtherAges(Protocol):
    """Gauges of what is kept next to orders, which are counted with them."""

    def watch(self, telemetry: Telemetry) -> None: ...

    async def refresh(self) -> None: ...


@dataclass(slots=True, kw_only=True)
class Ages:
    """Counted by a query now and then, and read whenever the metrics are."""

    database: Database
    clock: Clock
    brand: Brand
    others: tuple[OtherAges, ...] = ()
    _oldest: dict[Subject, tuple[datetime, int]] = field(default_factory=dict)
    _counted_at: datetime | None = None
    instructions: InstructionAges = field(init=False)

    def __post_init__(self) -> None:
        self.instructions = InstructionAges(database=self.database, clock=self.clock, brand=self.brand)

    def watch(self, telemetry: Telemetry) -> None:
        self.instructions.watch(telemetry)
        for each in self.others:
            each.watch(telemetry)
        for state in sorted(OPEN_STATES):
            labels = {"brand": self.brand.name, "state": state.value}
            telemetry.watch("order_age_seconds", "Age of the oldest order in a state.", self._reader(state), **labels)
            telemetry.watch("orders_open", "Orders in a state that is not terminal.", self._counter(state), **labels)
        oldest, odd = (
            "Age of the oldest message of the last day that fits no order.",
            "Messages of the last day that fit no order.",
        )
        for effect in sorted(ODD_EFFECTS):
            labels = {"brand": self.brand.name, "effect": effect.value}
            telemetry.watch("inbox_age_seconds", oldest, self._reader(effect), **labels)
            telemetry.watch("inbox_messages", odd, self._counter(effect), **labels)

        late = (
            "Age of the oldest order to which something should have been done.",
            "Orders to which something should have been done.",
        )
        for overdue in Overdue:
            labels = {"brand": self.brand.name, "act": overdue.value}
            telemetry.watch("order_overdue_seconds", late[0], self._reader(overdue), **labels)
            telemetry.watch("orders_overdue", late[1], self._counter(overdue), **labels)

    async def refresh(self) -> None:
        """Count again, if the last count is old."""
        now = self.clock.wall()
        if self._counted_at is not None and now - self._counted_at < REFRESH_EVERY:
            return
        count = sa.select(orders.c.state, sa.func.min(orders.c.since), sa.func.count()).group_by(orders.c.state)
        states = [state.value for state in OPEN_STATES]
        async with self.database.read() as connection:
            rows = await connection.execute(count.where(orders.c.brand == self.brand.name, orders.c.state.in_(states)))
            found: dict[Subject, tuple[datetime, int]] = {OrderState(state): (since, number) for state, since, number in rows}
            odd = await connection.execute(self._odd_messages(now))
            for overdue, question in self._overdue().items():
                since, number = (await connection.execute(question)).one()
                found |= {overdue: (since, number)} if number else {}
            self._oldest = found | {Effect(effect): (since, number) for effect, since, number in odd}
        await self.instructions.refresh()
        for each in self.others:
            await each.refresh()
        self._counted_at = now

    def _odd_messages(self, now: datetime) -> sa.Select[Any]:
        rows, effects = inbox.c, [effect.value for effect in ODD_EFFECTS]
        count = sa.select(rows.effect, sa.func.min(rows.received_at), sa.func.count()).group_by(rows.effect)
        return count.where(rows.brand == self.brand.name, rows.effect.in_(effects), rows.received_at > now - ODD_WATCHED)

    def _overdue(self) -> dict[Overdue, sa.Select[Any, int]]:
        rows, mine = orders.c, orders.c.brand == self.brand.name
        ended = rows.state.in_([OrderState.REJECTED.value, OrderState.CANCELLED.value])
        waits = (rows.state == OrderState.SCHEDULED.value, rows.turns_at <= self.clock.now())
        return {
            Overdue.RELEASE: sa.select(sa.func.min(rows.since), sa.func.count()).where(mine, ended, rows.due_at.is_not(None)),
            Overdue.FALL_DUE: sa.select(sa.func.min(rows.turns_at), sa.func.count()).where(mine, *waits),
        }

    def age(self, state: Subject) -> float:
        """In seconds; 0 without an order in the state, or a message of that effect."""
        since = self._oldest.get(state)
        return 0.0 if since is None else max(0.0, (self.clock.wall() - since[0]).total_seconds())

    def _reader(self, state: Subject) -> Callable[[], float]:
        return lambda: self.age(state)

    def _counter(self, state: Subject) -> Callable[[], float]:
        return lambda: self._oldest[state][1] if state in self._oldest else 0
