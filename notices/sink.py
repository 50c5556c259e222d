"""Notices as a sink of the outbox: each event that is a client's to hear of becomes a notice, once, however often it is delivered."""

from dataclasses import dataclass

from kernel.errors import Problem
from kernel.outbox.ports import Envelope, SinkUnanswered
from notices.commands.make import MakeNotice
from notices.facts import Fact, read_fact
from notices.room import SINK, Room
from notices.rows.subscriptions import load_subscription
from notices.wishes import is_wanted

AT_ONCE_MAX = 4  # notices that are made at the same time, each of another consent or payment


@dataclass(frozen=True, slots=True)
class NoticeSink:
    room: Room
    name = SINK
    at_once = AT_ONCE_MAX

    async def deliver(self, envelope: Envelope) -> None:
        """Raises SinkUnanswered where the database cannot take it now."""
        fact = read_fact(envelope)
        try:
            if fact is None or not await self._is_wanted(envelope.brand, fact):
                return
            made = await self.room.commands.run(MakeNotice(room=self.room, brand=envelope.brand, fact=fact))
        except Problem as problem:
            raise SinkUnanswered(type(problem).__name__) from None
        if made:
            self.room.waits.wake(envelope.brand, fact.client_id)

    async def _is_wanted(self, brand: str, fact: Fact) -> bool:
        """Nearly always a client has no subscription, and nothing is written."""
        async with self.room.database.read() as connection:
            found = await load_subscription(connection, brand, fact.client_id)
        return found is not None and is_wanted(found, fact)
