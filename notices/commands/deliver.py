"""Read what is due for the addresses of clients, and record what became of it: both under the fence of the dispatcher's lease."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog

from kernel.banking.notices import Notice, Subscription
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.storage.journal import Entry
from notices.locks import SUBSCRIPTION
from notices.pace import is_unresponsive, pause_after
from notices.rows.notices import Ending, end, has_pending, load_next
from notices.rows.subscriptions import of_client, read
from notices.tables import ERROR_CHARACTERS_MAX, subscriptions

CLIENTS_PER_ROUND = 16  # clients whose notices are read, sent and recorded together
NOTICES_PER_CLIENT = 16  # of one client in one round, each of another resource: no long list holds up the other clients

SYSTEM = "system"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """A subscription whose address may be asked, and the notices that are next."""

    subscription: Subscription
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeDueNotices:
    """Those that have waited longest first. `now` is protocol time."""

    name = "take_due_notices"
    locks = ()
    brand: str
    now: datetime

    async def handle(self, unit: UnitOfWork) -> list[Due]:
        query = sa.select(subscriptions).where(*due_of(self.brand, self.now)).order_by(subscriptions.c.due_at)
        rows = (await unit.connection.execute(query.limit(CLIENTS_PER_ROUND))).all()
        return [
            Due(read(row), await load_next(unit.connection, self.brand, row.client_id, at_most=NOTICES_PER_CLIENT))
            for row in rows
        ]


def due_of(brand: str, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (subscriptions.c.brand == brand, subscriptions.c.due_at <= now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The outcome of one round of one client: ids that its address took and refused (why), those that could not be sent, and, if it ended the
    round, the failure."""

    subscription: Subscription
    taken: Sequence[str] = ()
    refused: Mapping[str, str] = field(default_factory=dict)
    unrendered: Sequence[str] = ()
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSent:
    """A failure of an address that was changed meanwhile says nothing about the new one. `now` is protocol time."""

    name = "record_sent"
    brand: str
    sent: Sent
    now: datetime

    @property
    def locks(self) -> Sequence[Lock]:
        return (SUBSCRIPTION.of(self.brand, self.sent.subscription.client_id),)

    async def handle(self, unit: UnitOfWork) -> None:
        sent, client_id = self.sent, self.sent.subscription.client_id
        await end(unit.connection, self.brand, client_id, sent.taken, ending=Ending.DELIVERED, now=self.now)
        for notice_id, error in sent.refused.items():
            await end(unit.connection, self.brand, client_id, [notice_id], ending=Ending.REFUSED, now=self.now, error=error)
        await end(unit.connection, self.brand, client_id, sent.unrendered, ending=Ending.UNRENDERED, now=self.now)
        row = unit.locked(self.locks[0])
        if row is None or row.id != sent.subscription.id or row.callback_url != sent.subscription.terms.callback_url:
            return
        values = self._failure(unit, row) if sent.failure else await self._success(unit)
        await unit.connection.execute(subscriptions.update().where(*of_client(self.brand, client_id)).values(**values))

    async def _success(self, unit: UnitOfWork) -> dict[str, Any]:
        is_left = await has_pending(unit.connection, self.brand, self.sent.subscription.client_id)
        return {"attempts": 0, "failing_since": None, "last_error": "", "due_at": self.now if is_left else None}

    def _failure(self, unit: UnitOfWork, row: sa.Row[Any]) -> dict[str, Any]:
        has_moved = bool(self.sent.taken or self.sent.refused)
        attempts = 1 if has_moved else row.attempts + 1
        since = self.now if has_moved or row.failing_since is None else row.failing_since
        facts = {"client_id": row.client_id, "attempts": attempts, "reason": self.sent.failure}
        failure = {"attempts": attempts, "failing_since": since, "last_error": self.sent.failure[:ERROR_CHARACTERS_MAX]}
        if not is_unresponsive(attempts, since, self.now):
            log.warning("callback_failed", **facts)
            return failure | {"due_at": self.now + pause_after(attempts)}
        log.error("callback_unresponsive", **facts)
        unit.record(
            Entry(
                brand=self.brand,
                kind="subscription.unresponsive",
                aggregate_id=row.id,
                at=self.now,
                actor=SYSTEM,
                facts={"client_id": row.client_id},
            )
        )
        return failure | {"due_at": None, "unresponsive_since": self.now}
