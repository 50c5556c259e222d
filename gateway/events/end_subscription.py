"""End the subscription of the calling client, and the notices that it has not got."""

from dataclasses import dataclass

from gateway.events.client import client_of
from gateway.events.ports import Notices
from gateway.pipeline.exchange import Exchange
from kernel.banking import commands
from kernel.operations import Operation


@dataclass(frozen=True)
class EndSubscription:
    notices: Notices
    operations = (Operation.END_SUBSCRIPTION,)

    async def run(self, exchange: Exchange) -> None:
        command: commands.EndSubscription = exchange.command
        await self.notices.end(exchange.brand, client_of(exchange), command.subscription_id, command.form)
