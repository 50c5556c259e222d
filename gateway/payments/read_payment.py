"""Read a payment back, by the TPP that ordered it, under the paths of its own product."""

from dataclasses import dataclass

from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Payments
from kernel.banking import commands
from kernel.banking.planned.instructions import INSTRUCTED_KINDS, InstructionDetails, Placed
from kernel.errors import OrderUnknown
from kernel.identifiers import is_identifier
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadPayment:
    payments: Payments
    operations = (Operation.READ_PAYMENT, Operation.READ_PAYMENT_DETAILS)

    async def run(self, exchange: Exchange) -> Placed | InstructionDetails:
        command: commands.ReadPayment = exchange.command
        if not is_identifier(command.payment_id):
            raise OrderUnknown("not an identifier")
        if exchange.row.consent_kind in INSTRUCTED_KINDS:
            return await self._read_instruction(exchange, command.payment_id)
        order = await self.payments.read(exchange.brand, present(exchange.caller), command.payment_id)
        if order.kind != exchange.row.consent_kind:
            raise OrderUnknown(f"it is an order of kind {order.kind}")
        return order

    async def _read_instruction(self, exchange: Exchange, instruction_id: str) -> Placed | InstructionDetails:
        caller, instructions = present(exchange.caller), self.payments.instructions
        instruction = await instructions.read(exchange.brand, caller, instruction_id)
        if instruction.kind != exchange.row.consent_kind:
            raise OrderUnknown(f"it is an instruction of kind {instruction.kind}")
        if exchange.row.operation is Operation.READ_PAYMENT:
            return instruction
        return await instructions.read_details(exchange.brand, caller, instruction_id)
