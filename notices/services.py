"""Notices as clients use them, through the gateway: a subscription, and polls."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

import structlog

from kernel.banking.notices import (
    Poll,
    PolledNotices,
    Subscription,
    SubscriptionForm,
    SubscriptionTerms,
)
from kernel.brand import Brand
from notices.commands.acknowledge import Acknowledge
from notices.commands.subscribe import ChangeSubscription, EndSubscription, Subscribe
from notices.room import Room
from notices.rows.notices import load_pending
from notices.rows.subscriptions import load_subscription
from notices.waits import LOOK_EVERY_SECONDS, WAIT_SECONDS_MAX

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Implements gateway/ports.py Notices."""

    room: Room

    async def subscribe(self, brand: Brand, client_id: str, terms: SubscriptionTerms) -> Subscription:
        """Raises SubscriptionExists."""
        command = Subscribe(room=self.room, brand=brand.name, client_id=client_id, terms=terms)
        return await self.room.commands.run(command)

    async def subscription(self, brand: Brand, client_id: str, form: SubscriptionForm) -> Subscription | None:
        async with self.room.database.read() as connection:
            found = await load_subscription(connection, brand.name, client_id)
        return found if found is not None and found.terms.form is form else None

    async def change(self, brand: Brand, client_id: str, subscription_id: str, terms: SubscriptionTerms) -> Subscription:
        """Raises SubscriptionUnknown."""
        command = ChangeSubscription(
            room=self.room, brand=brand.name, client_id=client_id, subscription_id=subscription_id, terms=terms
        )
        return await self.room.commands.run(command)

    async def end(self, brand: Brand, client_id: str, subscription_id: str, form: SubscriptionForm) -> None:
        """Raises SubscriptionUnknown."""
        command = EndSubscription(
            room=self.room, brand=brand.name, client_id=client_id, subscription_id=subscription_id, form=form
        )
        await self.room.commands.run(command)

    async def poll(self, brand: Brand, client_id: str, poll: Poll) -> PolledNotices:
        """End what the client has got, and give it more. A poll that waits returns when there is something, after a while, or when the
        server stops."""
        if poll.acknowledged or poll.refused:
            await self._acknowledge(brand, client_id, poll.acknowledged, poll)
        found = await self._look(brand, client_id, poll.most)
        if found.notices or not poll.waits or not poll.most:
            return found
        with self.room.waits.place(brand.name, client_id) as woken:
            return found if woken is None else await self._wait(brand, client_id, poll.most, woken)

    async def set_aside(self, brand: Brand, client_id: str, unrendered: Collection[str]) -> None:
        """End those that cannot be given, so that they hold up no other."""
        now = self.room.clock.wall()
        command = Acknowledge(brand=brand.name, client_id=client_id, acknowledged=(), refused={}, now=now, unrendered=unrendered)
        await self.room.commands.run(command)

    async def _acknowledge(self, brand: Brand, client_id: str, acknowledged: Collection[str], poll: Poll) -> None:
        command = Acknowledge(
            brand=brand.name,
            client_id=client_id,
            acknowledged=acknowledged,
            refused=poll.refused,
            now=self.room.clock.wall(),
        )
        for notice_id in await self.room.commands.run(command):
            log.warning("notice_refused", client_id=client_id, notice_id=notice_id, reason=poll.refused[notice_id])

    async def _wait(self, brand: Brand, client_id: str, most: int, woken: asyncio.Event) -> PolledNotices:
        loop = asyncio.get_running_loop()
        until = loop.time() + WAIT_SECONDS_MAX
        while True:
            woken.clear()
            found = await self._look(brand, client_id, most)
            left = until - loop.time()
            if found.notices or left <= 0 or self.room.waits.is_closed:
                return found
            try:
                async with asyncio.timeout(min(left, LOOK_EVERY_SECONDS)):
                    await woken.wait()
            except TimeoutError:
                pass

    async def _look(self, brand: Brand, client_id: str, most: int) -> PolledNotices:
        async with self.room.database.read() as connection:
            found = await load_pending(connection, brand.name, client_id, at_most=most + 1)
        return PolledNotices(notices=found[:most], has_more=len(found) > most)
