"""The desk at which commands of notices meet each other and those of consents: one client that subscribed, and one notice that it has not got."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from kernel.banking.notices import Subscription, SubscriptionForm
from notices.commands.acknowledge import Acknowledge
from notices.commands.deliver import RecordSent, Sent, TakeDueNotices
from notices.commands.make import MakeNotice
from notices.commands.past_rows import RemoveNotices
from notices.commands.resend import ResendNotices
from notices.commands.subscribe import ChangeSubscription, EndSubscription, Subscribe
from notices.facts import Fact, read_fact
from notices.room import Room
from notices.rows.notices import PENDING_KEPT
from tests.harness.damage.rows import empty
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.notices import ACME, CALLBACK, NoticesWorld, room_of, terms_of

Act = Callable[[], Awaitable[Any]]


@dataclass
class NoticeDesk:
    """`pending` is the notice; `fact` becomes another."""

    room: Room
    subscription: Subscription
    pending: str
    fact: Fact

    @classmethod
    async def make(cls, world: AuthorizationWorld) -> "NoticeDesk":
        services = world.services
        await empty(world.database, "notice_subscriptions", "notices")  # of an earlier scene
        room = room_of(services.commands, services.clock, services.ids)
        notices = NoticesWorld(room=room, clock=world.clock)
        subscription = await notices.subscribe(callback_url=CALLBACK)
        pending = await notices.happen()
        fact = read_fact(notices.event(version=4))
        assert fact is not None
        return cls(room, subscription, pending, fact)

    def run(self, command: Any) -> Act:
        return lambda: self.room.commands.run(command)

    def subscribe(self) -> Act:
        return self.run(Subscribe(room=self.room, brand=BRAND.name, client_id=ACME, terms=terms_of()))

    def change(self) -> Act:
        of = {"room": self.room, "brand": BRAND.name, "client_id": ACME, "subscription_id": self.subscription.id}
        return self.run(ChangeSubscription(**of, terms=terms_of(callback_url=CALLBACK)))

    def end(self) -> Act:
        of = {"room": self.room, "brand": BRAND.name, "client_id": ACME, "subscription_id": self.subscription.id}
        return self.run(EndSubscription(**of, form=SubscriptionForm.EVENTS))

    def make_notice(self) -> Act:
        return self.run(MakeNotice(room=self.room, brand=BRAND.name, fact=self.fact))

    def acknowledge(self) -> Act:
        now = self.room.clock.wall()
        return self.run(
            Acknowledge(brand=BRAND.name, client_id=ACME, acknowledged=[self.pending], refused={self.fact.id: "x"}, now=now)
        )

    def take_due(self) -> Act:
        return self.run(TakeDueNotices(brand=BRAND.name, now=self.room.clock.wall()))

    def record_sent(self) -> Act:
        sent = Sent(
            subscription=self.subscription, taken=[self.pending], refused={self.fact.id: "status 400"}, failure="status 500"
        )
        return self.run(RecordSent(brand=BRAND.name, sent=sent, now=self.room.clock.wall()))

    def resend(self) -> Act:
        now = self.room.clock.wall()
        return self.run(ResendNotices(brand=BRAND.name, client_id=ACME, since=now - PENDING_KEPT, now=now))

    def remove(self) -> Act:
        return self.run(RemoveNotices(brand=BRAND, now=self.room.clock.wall() + PENDING_KEPT, most=500))


NOTICE_ACTS: Mapping[type, Callable[[NoticeDesk], Act]] = MappingProxyType(
    {
        Subscribe: NoticeDesk.subscribe,
        ChangeSubscription: NoticeDesk.change,
        EndSubscription: NoticeDesk.end,
        MakeNotice: NoticeDesk.make_notice,
        Acknowledge: NoticeDesk.acknowledge,
        TakeDueNotices: NoticeDesk.take_due,
        RecordSent: NoticeDesk.record_sent,
        ResendNotices: NoticeDesk.resend,
        RemoveNotices: NoticeDesk.remove,
    }
)
