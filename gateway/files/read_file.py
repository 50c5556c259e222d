"""Read the file of a consent back, as it came."""

from dataclasses import dataclass

from gateway.consents.named_consent import load_named
from gateway.files.ports import Files
from gateway.pipeline.exchange import Exchange
from gateway.ports import Consents
from kernel.banking import commands
from kernel.banking.planned.files import MEDIA_TYPES, FileTerms, WrittenFile
from kernel.errors import ConsentNotAuthorised
from kernel.operations import Operation


@dataclass(frozen=True)
class ReadFile:
    consents: Consents
    payment_files: Files
    operations = (Operation.READ_PAYMENT_FILE,)

    async def run(self, exchange: Exchange) -> WrittenFile:
        command: commands.ReadFile = exchange.command
        consent = await load_named(self.consents, exchange, command.consent_id)
        data = await self.payment_files.read(exchange.brand, consent.id)
        if not data or not isinstance(consent.terms, FileTerms):
            raise ConsentNotAuthorised("no file has come, or it is kept no more")
        return WrittenFile(data, MEDIA_TYPES[consent.terms.file_type])
