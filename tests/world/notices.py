"""A world of notices on a real database: events of the outbox as its dispatcher hands them over, and clients that subscribed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from consent.store.tables import OUTBOX
from kernel.banking.notices import Notice, NoticeKind, Poll, PolledNotices, Subscription, SubscriptionForm, SubscriptionTerms
from kernel.clock import Clock, ManualClock
from kernel.commands.runner import Commands
from kernel.ids import Ids, SeededIds
from kernel.outbox.envelopes import render_envelope
from kernel.outbox.ports import Envelope
from kernel.storage.database import Database
from kernel.storage.journal import Event
from notices import tables
from notices.room import Room
from notices.services import Notices
from notices.sink import NoticeSink
from notices.waits import Waits
from openapi.uk_obie.v4_0.name import NAME
from tests.harness.lock_order import keeping_lock_order
from tests.world.brands import BRAND, START
from tests.world.orders import commands_of

CALLBACK = "https://tpp.example/open-banking/v4.0/event-notifications"
ACME = "acme"


def terms_of(**changes: Any) -> SubscriptionTerms:
    return SubscriptionTerms(**{"form": SubscriptionForm.EVENTS, "lodged_as": NAME, "stated_version": "4.0", **changes})


@dataclass
class NoticesWorld:
    room: Room
    clock: Clock
    made: int = field(default=0)

    @property
    def notices(self) -> Notices:
        return Notices(room=self.room)

    @property
    def sink(self) -> NoticeSink:
        return NoticeSink(self.room)

    async def subscribe(self, client_id: str = ACME, **terms: Any) -> Subscription:
        return await self.notices.subscribe(BRAND, client_id, terms_of(**terms))

    def event(self, kind: str = "consent.revoked", *, subject: str = "c-1", version: int = 3, **data: Any) -> Envelope:
        """An event of acme's that happens a moment later; each has an id of its own."""
        self.pass_time(timedelta(milliseconds=1))
        facts = {"client_id": ACME, "lodged_as": NAME, "kind": "accounts", **data}
        event = Event(
            brand=BRAND.name,
            id=self.room.ids.uuid(),
            kind=kind,
            aggregate_id=subject,
            aggregate_version=version,
            at=self.clock.wall(),
            body=facts,
        )
        return render_envelope(event, BRAND.issuer)

    async def happen(self, kind: str = "consent.revoked", **facts: Any) -> str:
        """An event that is delivered to the sink: its id."""
        envelope = self.event(kind, **facts)
        await self.sink.deliver(envelope)
        return envelope.id

    async def poll(self, client_id: str = ACME, *, most: int = 10, **asked: Any) -> PolledNotices:
        return await self.notices.poll(BRAND, client_id, Poll(most=most, **asked))

    async def pending(self, client_id: str = ACME) -> list[str]:
        return [notice.id for notice in (await self.poll(client_id, most=1_000)).notices]

    async def kept(self) -> list[sa.Row[Any]]:
        """Every notice, those that ended included."""
        return await self._rows(tables.notices)

    async def subscribed(self) -> list[sa.Row[Any]]:
        return await self._rows(tables.subscriptions)

    async def _rows(self, table: sa.Table) -> list[sa.Row[Any]]:
        async with self.room.database.read() as connection:
            return list(await connection.execute(sa.select(table)))

    def pass_time(self, by: timedelta) -> None:
        """On a clock that stands still until it is moved; another one passes by itself."""
        if isinstance(self.clock, ManualClock):
            self.clock.advance(by)


def notice_of(**changes: Any) -> Notice:
    facts: dict[str, Any] = {
        "id": "5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55",
        "client_id": ACME,
        "kind": NoticeKind.CONSENT_STOPPED,
        "subject": "consent",
        "subject_id": "c-1",
        "subject_version": 3,
        "product": "accounts",
        "occurred_at": START,
        "made_at": START + timedelta(seconds=2),
        "lodged_as": NAME,
    }
    return Notice(**{**facts, **changes})


def room_of(commands: Commands, clock: Clock, ids: Ids) -> Room:
    return Room(commands=commands, clock=clock, ids=ids, outbox=OUTBOX, waits=Waits())


@asynccontextmanager
async def notices_world(url: str) -> AsyncIterator[NoticesWorld]:
    clock = ManualClock(START)
    async with Database.open(url) as database:
        room = room_of(commands_of(database, clock), clock, SeededIds("notices"))
        with keeping_lock_order(database):
            yield NoticesWorld(room=room, clock=clock)
