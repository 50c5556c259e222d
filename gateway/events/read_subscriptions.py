"""Read the subscription of the calling client: a collection of one, or of none."""

from dataclasses import dataclass

from gateway.events.client import client_of
from gateway.events.ports import Notices
from gateway.pipeline.exchange import Exchange
from kernel.banking import commands
from kernel.banking.notices import Subscription
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadSubscriptions:
    notices: Notices
    operations = (Operation.READ_SUBSCRIPTIONS,)

    async def run(self, exchange: Exchange) -> Subscription | None:
        command: commands.ReadSubscriptions = exchange.command
        return await self.notices.subscription(exchange.brand, client_of(exchange), command.form)
