"""Read a payment back, by the TPP that ordered it."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Payments
from kernel.banking import commands
from kernel.banking.orders import PaymentOrder
from kernel.errors import OrderUnknown
from kernel.identifiers import is_identifier
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadPayment:
    payments: Payments
    operations = (Operation.READ_PAYMENT, Operation.READ_PAYMENT_DETAILS)

    async def run(self, exchange: Exchange) -> PaymentOrder:
        command: commands.ReadPayment = exchange.command
        if not is_identifier(command.payment_id):
            raise OrderUnknown("not an identifier")
        return await self.payments.read(exchange.brand, present(exchange.caller), command.payment_id)
