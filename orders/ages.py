"""The age of the oldest order in each state that is not terminal, and how many are in it: a gauge for every member of the enum."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from kernel.banking.orders import OPEN_STATES, OrderState
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from orders.tables import orders

REFRESH_EVERY = timedelta(seconds=10)  # how old a count may be that the metrics show


@dataclass(slots=True, kw_only=True)
class Ages:
    """Counted by a query now and then, and read whenever the metrics are."""

    database: Database
    clock: Clock
    brand: Brand
    _oldest: dict[OrderState, tuple[datetime, int]] = field(default_factory=dict)
    _counted_at: datetime | None = None

    def watch(self, telemetry: Telemetry) -> None:
        for state in sorted(OPEN_STATES):
            labels = {"brand": self.brand.name, "state": state.value}
            telemetry.watch("order_age_seconds", "Age of the oldest order in a state.", self._reader(state), **labels)
            telemetry.watch("orders_open", "Orders in a state that is not terminal.", self._counter(state), **labels)

    async def refresh(self) -> None:
        """Count again, if the last count is old."""
        now = self.clock.wall()
        if self._counted_at is not None and now - self._counted_at < REFRESH_EVERY:
            return
        count = sa.select(orders.c.state, sa.func.min(orders.c.since), sa.func.count()).group_by(orders.c.state)
        states = [state.value for state in OPEN_STATES]
        async with self.database.read() as connection:
            rows = await connection.execute(count.where(orders.c.brand == self.brand.name, orders.c.state.in_(states)))
            self._oldest = {OrderState(state): (since, number) for state, since, number in rows}
        self._counted_at = now

    def age(self, state: OrderState) -> float:
        """In seconds; 0 without an order in the state."""
        since = self._oldest.get(state)
        return 0.0 if since is None else max(0.0, (self.clock.wall() - since[0]).total_seconds())

    def _reader(self, state: OrderState) -> Callable[[], float]:
        return lambda: self.age(state)

    def _counter(self, state: OrderState) -> Callable[[], float]:
        return lambda: self._oldest[state][1] if state in self._oldest else 0
