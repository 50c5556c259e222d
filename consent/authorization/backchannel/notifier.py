"""Notify a client that its customer has answered: one POST with the auth_req_id, to the address that the client has registered by then.
CIBA section 10.2.

The notification is the same for yes and no; the client gets the answer at the token endpoint. The answered row holds the pending
notification, so it survives a killed server. Any response of the client's address completes it: a refusal is not retried, a redirect is not
followed. Only a POST without a response is repeated, a few times. A client may be notified twice if the server dies between the POST and
its record.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa
import structlog

from consent.authorization.clients.rows import load_client
from consent.store.tables.oauth import backchannel_requests
from kernel import json
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.http.outbound.fetcher import Unanswered
from kernel.storage.database import Database
from kernel.storage.lease import Lease
from kernel.storage.sealed import Sealer

NOTIFY_EVERY_SECONDS = 1.0  # between two looks for clients to notify
BATCH_ROWS = 16  # notified at the same time
ATTEMPTS_MAX = 3  # to notify a client of one answer; it may poll for it after that
RETRY_AFTER = timedelta(seconds=15)  # longer than one attempt may take

log = structlog.get_logger(__name__)


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """`token` is the client's own, by which it knows us."""

    auth_req_id: str
    token: str


class Notify(Protocol):
    """The port that POSTs to an address which a client registered; kernel/http/outbound/fetcher.py implements it."""

    async def notify(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """The status of the answer. Raises Unanswered."""
        ...


def seal_notification(sealer: Sealer, brand: str, request_id: str, notification: Notification) -> bytes:
    return sealer.seal(json.encode(notification), *_place(brand, request_id))


@dataclass(frozen=True, slots=True)
class TakeNotifications:
    """The rows whose attempt is due, a bounded number: the next attempt of each is due only if no answer is noted."""

    name = "take_notifications"
    locks = ()
    brand: str
    now: datetime

    async def handle(self, unit: UnitOfWork) -> list[sa.Row[Any]]:
        due = (backchannel_requests.c.brand == self.brand, backchannel_requests.c.notify_at <= self.now)
        found = sa.select(backchannel_requests.c.id).where(*due).limit(BATCH_ROWS)
        taken = await unit.connection.execute(
            backchannel_requests.update()
            .where(*due, backchannel_requests.c.id.in_(found))
            .values(notify_at=self.now + RETRY_AFTER, notify_attempts=backchannel_requests.c.notify_attempts + 1)
            .returning(
                backchannel_requests.c.id,
                backchannel_requests.c.client_id,
                backchannel_requests.c.notification,
                backchannel_requests.c.notify_attempts,
            )
        )
        return list(taken)


@dataclass(frozen=True, slots=True)
class CloseNotification:
    """Sent, or given up: the client's token is not needed any more."""

    name = "close_notification"
    locks = ()  # its only statement locks the request
    brand: str
    request_id: str

    async def handle(self, unit: UnitOfWork) -> None:
        await unit.connection.execute(
            backchannel_requests.update()
            .where(backchannel_requests.c.brand == self.brand, backchannel_requests.c.id == self.request_id)
            .values(notification=None, notify_at=None)
        )


@dataclass(slots=True, kw_only=True)
class Notifier:
    """`run` is the work of a singleton (kernel/storage/lease.py). `unanswered` counts attempts without an answer since the start."""

    database: Database
    commands: Commands
    clock: Clock
    sealer: Sealer
    notify: Notify
    brand: Brand
    unanswered: int = 0

    async def run(self, lease: Lease) -> None:
        """Send every notification that is due. Raises LeaseLost."""
        while due := await self._take_due(lease):
            outcomes = await asyncio.gather(*(self._send(lease, row) for row in due), return_exceptions=True)
            for outcome in outcomes:  # each row has had its turn before one of them ends the run
                if outcome is not None:
                    raise outcome

    async def _take_due(self, lease: Lease) -> list[sa.Row[Any]]:
        """Rows whose attempt is this one's to make: the next one is due only if this server does not note an answer."""
        now = self.clock.wall()
        mine = (backchannel_requests.c.brand == self.brand.name, backchannel_requests.c.notify_at <= now)
        async with self.database.read() as connection:  # nearly always there is nothing to do, and nothing is written
            if (await connection.execute(sa.select(backchannel_requests.c.id).where(*mine).limit(1))).first() is None:
                return []

        return await self.commands.run(TakeNotifications(self.brand.name, now), guard=lease.check_fence)

    async def _send(self, lease: Lease, row: sa.Row[Any]) -> None:
        address = await self._load_address(row.client_id)
        if address is None or await self._is_answered(address, row) or row.notify_attempts >= ATTEMPTS_MAX:
            await self.commands.run(CloseNotification(self.brand.name, row.id), guard=lease.check_fence)

    async def _load_address(self, client_id: str) -> str | None:
        """The client's registered address; None for a client that is gone or no longer registered for ping, so that its former address
        gets no notification."""
        async with self.database.read() as connection:
            client = await load_client(connection, self.brand.name, client_id)
        return client.backchannel_client_notification_endpoint if client is not None and client.active else None

    async def _is_answered(self, address: str, row: sa.Row[Any]) -> bool:
        try:
            sealed = self.sealer.open(row.notification, *_place(self.brand.name, row.id))
            notification = msgspec.json.decode(sealed, type=Notification)
        except Exception:  # a retry would fail in the same way: the notification is dropped
            log.exception("notification_unreadable", request_id=row.id)
            return True
        body = json.encode({"auth_req_id": notification.auth_req_id})
        headers = {"Authorization": f"Bearer {notification.token}", "Content-Type": "application/json"}
        try:
            status = await self.notify.notify(address, body, headers)
        except Unanswered as error:
            self.unanswered += 1
            log.warning("client_not_notified", request_id=row.id, attempt=row.notify_attempts, reason=str(error))
            return False
        log.info("client_notified", request_id=row.id, status=status)
        return True


def _place(brand: str, request_id: str) -> tuple[str, ...]:
    return ("backchannel_requests", "notification", brand, request_id)
