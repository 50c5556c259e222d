"""Subscribe, change a subscription, and end it. The first one of a brand registers notices as a sink of the outbox: until then no event is
planned for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kernel.banking.notices import Subscription, SubscriptionForm, SubscriptionTerms
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import SubscriptionExists, SubscriptionUnknown
from kernel.observability.interaction import interaction_id
from kernel.storage.database import insert_into
from kernel.storage.journal import Entry
from notices.locks import SUBSCRIPTION
from notices.room import SINK, Room
from notices.rows.notices import ENDED_KEPT, Ending, has_pending, pending_of
from notices.rows.subscriptions import columns_of, of_client, read
from notices.tables import notices, subscriptions

AFRESH: dict[str, Any] = {"attempts": 0, "failing_since": None, "unresponsive_since": None, "last_error": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """Raises SubscriptionExists for a client that has one."""

    name = "subscribe"
    room: Room
    brand: str
    client_id: str
    terms: SubscriptionTerms

    @property
    def locks(self) -> Sequence[Lock]:
        return (SUBSCRIPTION.of(self.brand, self.client_id),)

    async def handle(self, unit: UnitOfWork) -> Subscription:
        now = self.room.clock.wall()
        made = Subscription(id=self.room.ids.uuid(), client_id=self.client_id, terms=self.terms, created_at=now)
        row = {"brand": self.brand, "client_id": self.client_id, "id": made.id, "created_at": now, "due_at": None}
        insert = insert_into(unit.connection, subscriptions).values(**row, **columns_of(self.terms), **AFRESH)
        if not (await unit.connection.execute(insert.on_conflict_do_nothing())).rowcount:
            raise SubscriptionExists(f"client {self.client_id} has one")
        sinks = self.room.outbox.sinks
        registered = insert_into(unit.connection, sinks).values(brand=self.brand, sink=SINK, registered_at=now)
        await unit.connection.execute(registered.on_conflict_do_nothing())
        unit.record(_entry(self.room, self.brand, "subscription.made", made.id, self.client_id))
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSubscription:
    """Pending notices go to the new address. Raises SubscriptionUnknown."""

    name = "change_subscription"
    room: Room
    brand: str
    client_id: str
    subscription_id: str
    terms: SubscriptionTerms

    @property
    def locks(self) -> Sequence[Lock]:
        return (SUBSCRIPTION.of(self.brand, self.client_id),)

    async def handle(self, unit: UnitOfWork) -> Subscription:
        known = _known(self, unit, self.terms.form)
        is_due = self.terms.callback_url is not None and await has_pending(unit.connection, self.brand, self.client_id)
        values = {**columns_of(self.terms), **AFRESH, "due_at": self.room.clock.wall() if is_due else None}
        await unit.connection.execute(subscriptions.update().where(*of_client(self.brand, self.client_id)).values(**values))
        unit.record(_entry(self.room, self.brand, "subscription.changed", known.id, self.client_id))
        return Subscription(id=known.id, client_id=self.client_id, terms=self.terms, created_at=known.created_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSubscription:
    """Pending notices are not given any more. Raises SubscriptionUnknown."""

    name = "end_subscription"
    room: Room
    brand: str
    client_id: str
    subscription_id: str
    form: SubscriptionForm

    @property
    def locks(self) -> Sequence[Lock]:
        return (SUBSCRIPTION.of(self.brand, self.client_id),)

    async def handle(self, unit: UnitOfWork) -> None:
        known, now = _known(self, unit, self.form), self.room.clock.wall()
        await unit.connection.execute(subscriptions.delete().where(*of_client(self.brand, self.client_id)))
        ended = {"ended_at": now, "ended_as": Ending.UNSUBSCRIBED, "expires_at": now + ENDED_KEPT}
        await unit.connection.execute(notices.update().where(*pending_of(self.brand, self.client_id)).values(**ended))
        unit.record(_entry(self.room, self.brand, "subscription.ended", known.id, self.client_id))


def _known(command: ChangeSubscription | EndSubscription, unit: UnitOfWork, form: SubscriptionForm) -> Subscription:
    row = unit.locked(SUBSCRIPTION.of(command.brand, command.client_id))
    if row is None or row.id != command.subscription_id or row.form != form:
        raise SubscriptionUnknown(command.subscription_id)
    return read(row)


def _entry(room: Room, brand: str, kind: str, subscription_id: str, client_id: str) -> Entry:
    return Entry(
        brand=brand,
        kind=kind,
        aggregate_id=subscription_id,
        at=room.clock.wall(),
        actor=f"client:{client_id}",
        interaction_id=interaction_id.get(),
        facts={"client_id": client_id},
    )
