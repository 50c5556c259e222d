"""Subscribe the calling client to notices: it has one subscription."""

from dataclasses import dataclass

from gateway.events.client import check_callback, client_of
from gateway.events.ports import Callbacks, Notices
from gateway.pipeline.exchange import Exchange
from kernel.banking import commands
from kernel.banking.notices import Subscription
from kernel.operations import Operation


@dataclass(frozen=True)
class Subscribe:
    notices: Notices
    callbacks: Callbacks
    operations = (Operation.SUBSCRIBE,)

    async def run(self, exchange: Exchange) -> Subscription:
        command: commands.Subscribe = exchange.command
        await check_callback(self.callbacks, exchange, command.terms, command.callback_path)
        return await self.notices.subscribe(exchange.brand, client_of(exchange), command.terms)
