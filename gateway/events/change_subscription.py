"""Change the subscription of the calling client; an address that was given up is tried again."""

from dataclasses import dataclass

from gateway.events.client import check_callback, client_of
from gateway.events.ports import Callbacks, Notices
from gateway.pipeline.exchange import Exchange
from kernel.banking import commands
from kernel.banking.notices import Subscription
from kernel.operations import Operation


@dataclass(frozen=True)
class ChangeSubscription:
    notices: Notices
    callbacks: Callbacks
    operations = (Operation.CHANGE_SUBSCRIPTION,)

    async def run(self, exchange: Exchange) -> Subscription:
        command: commands.ChangeSubscription = exchange.command
        await check_callback(self.callbacks, exchange, command.terms, command.callback_path)
        return await self.notices.change(exchange.brand, client_of(exchange), command.subscription_id, command.terms)
