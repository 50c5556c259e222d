"""Read the report of a file of payments, in the form of the file."""

import asyncio
from dataclasses import dataclass

from gateway.files.ports import Files
from gateway.pipeline.exchange import Exchange, present
from gateway.ports import Payments
from kernel.banking import commands
from kernel.banking.planned.files import MEDIA_TYPES, FileTerms, WrittenFile
from kernel.clock import Clock
from kernel.errors import OrderUnknown
from kernel.identifiers import is_identifier
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadReport:
    payments: Payments
    payment_files: Files
    clock: Clock
    operations = (Operation.READ_PAYMENT_REPORT,)

    async def run(self, exchange: Exchange) -> WrittenFile:
        command: commands.ReadReport = exchange.command
        if not is_identifier(command.payment_id):
            raise OrderUnknown("not an identifier")
        caller = present(exchange.caller)
        report = await self.payments.instructions.read_report(exchange.brand, caller, command.payment_id)
        terms = report.instruction.terms
        if not isinstance(terms, FileTerms):
            raise OrderUnknown(f"it is an instruction of kind {report.instruction.kind}")
        file = await self.payment_files.read(exchange.brand, report.instruction.consent_id)
        if not file:
            raise OrderUnknown("its file is kept no more")
        data = await asyncio.to_thread(command.writers[terms.file_type], report, file, self.clock.now())
        return WrittenFile(data, MEDIA_TYPES[terms.file_type])
