"""Send to one client again: what it has not got, and what ended since a moment, with the same ids. An address that was given up is asked again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import SubscriptionUnknown
from kernel.storage.journal import Entry
from notices.commands.make import PENDING_PER_CLIENT_MAX
from notices.commands.subscribe import AFRESH
from notices.locks import SUBSCRIPTION
from notices.rows.notices import PENDING_KEPT, pending_of
from notices.rows.subscriptions import of_client
from notices.tables import notices, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendNotices:
    """Returns the number of notices that the client is now to get. `since` None: none that ended. Raises SubscriptionUnknown for a client
    that has no subscription. Instants are protocol time."""

    name = "resend_notices"
    brand: str
    client_id: str
    since: datetime | None
    now: datetime

    @property
    def locks(self) -> Sequence[Lock]:
        return (SUBSCRIPTION.of(self.brand, self.client_id),)

    async def handle(self, unit: UnitOfWork) -> int:
        row, connection = unit.locked(self.locks[0]), unit.connection
        if row is None:
            raise SubscriptionUnknown(self.client_id)
        pending = await connection.scalar(sa.select(sa.func.count()).where(*pending_of(self.brand, self.client_id))) or 0
        if self.since is not None and (room := PENDING_PER_CLIENT_MAX - pending) > 0:
            pending += await self._reopen(unit, self.since, room)
        is_due = pending > 0 and row.callback_url is not None
        values = {**AFRESH, "due_at": self.now if is_due else None}
        await connection.execute(subscriptions.update().where(*of_client(self.brand, self.client_id)).values(**values))
        unit.record(
            Entry(
                brand=self.brand,
                kind="subscription.resent",
                aggregate_id=row.id,
                at=self.now,
                actor="operator",
                facts={"client_id": self.client_id, "notices": pending},
            )
        )
        return pending

    async def _reopen(self, unit: UnitOfWork, since: datetime, room: int) -> int:
        """The newest of those that ended, as many as there is room for."""
        mine = (notices.c.brand == self.brand, notices.c.client_id == self.client_id, notices.c.ended_at.is_not(None))
        query = sa.select(notices.c.id).where(*mine, notices.c.made_at >= since).order_by(notices.c.made_at.desc()).limit(room)
        found = list(await unit.connection.scalars(query))
        fresh = {"ended_at": None, "ended_as": None, "error": "", "expires_at": self.now + PENDING_KEPT}
        if found:
            await unit.connection.execute(notices.update().where(*mine, notices.c.id.in_(found)).values(**fresh))
        return len(found)
