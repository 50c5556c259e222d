"""The backlog of clients: the age of the oldest pending notice, and the number of addresses that were given up."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.storage.database import Database
from notices.tables import notices, subscriptions

COUNT_EVERY = timedelta(seconds=10)  # between two counts of notices that wait
COUNT_KEPT = timedelta(seconds=60)  # of such a count: after that this server does not say, because another one sends


@dataclass(slots=True, kw_only=True)
class Backlog:
    """Of one brand: counted now and then by the server that sends, and read whenever the metrics are."""

    database: Database
    clock: Clock
    brand: Brand
    _oldest: datetime | None = field(default=None, init=False)
    _unresponsive: int = field(default=0, init=False)
    _counted_at: datetime | None = field(default=None, init=False)

    async def refresh(self) -> None:
        """Count again, if the last count is old."""
        now = self.clock.wall()
        if self._counted_at is not None and now - self._counted_at < COUNT_EVERY:
            return
        subscribed = (subscriptions.c.brand == self.brand.name, subscriptions.c.callback_url.is_not(None))
        waiting = notices.join(
            subscriptions,
            sa.and_(subscriptions.c.brand == notices.c.brand, subscriptions.c.client_id == notices.c.client_id),
        )
        oldest = sa.select(sa.func.min(notices.c.made_at)).select_from(waiting).where(*subscribed, notices.c.ended_at.is_(None))
        given_up = sa.select(sa.func.count()).where(*subscribed, subscriptions.c.unresponsive_since.is_not(None))
        async with self.database.read() as connection:
            self._oldest = await connection.scalar(oldest)
            self._unresponsive = await connection.scalar(given_up) or 0
        self._counted_at = now

    def age_seconds(self) -> float:
        """Of the oldest notice that an address has not got; 0 without one."""
        if not self._is_known:
            return math.nan
        return 0.0 if self._oldest is None else max(0.0, (self.clock.wall() - self._oldest).total_seconds())

    def unresponsive(self) -> float:
        """The number of addresses that were given up."""
        return self._unresponsive if self._is_known else math.nan

    @property
    def _is_known(self) -> bool:
        return self._counted_at is not None and self.clock.wall() - self._counted_at < COUNT_KEPT
