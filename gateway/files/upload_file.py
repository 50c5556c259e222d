"""Upload the file of a consent: it is compared with what its TPP said of it, read, and kept whole, or nothing is.

The bytes are in a spool until they are read. One file is read at a time, in a thread: a large one holds up no other call.
"""

import asyncio
import base64
import hashlib
from dataclasses import dataclass, field

from gateway.consents.named_consent import load_named
from gateway.files.judgement import check_payments
from gateway.files.ports import Files
from gateway.pipeline.exchange import Exchange, present
from gateway.pipeline.idempotency import use_of
from gateway.ports import Consents
from kernel.banking import commands
from kernel.banking.consents import Consent, ConsentState
from kernel.banking.planned.files import MEDIA_TYPES, FilePayment, FileTerms
from kernel.clock import Clock
from kernel.errors import ConsentMismatch, ConsentNotAuthorised, FieldDateInvalid, MediaTypeUnsupported
from kernel.http.message import Request
from kernel.operations import Operation


@dataclass(frozen=True)
class UploadFile:
    consents: Consents
    payment_files: Files
    clock: Clock
    turn: asyncio.Semaphore = field(init=False, default_factory=lambda: asyncio.Semaphore(1))
    operations = (Operation.UPLOAD_PAYMENT_FILE,)

    async def run(self, exchange: Exchange) -> None:
        """A repeat is answered from its key, and its file is not read again."""
        command: commands.UploadFile = exchange.command
        consent, use = await load_named(self.consents, exchange, command.consent_id), use_of(exchange)
        if await self.payment_files.was_uploaded(use):
            return
        terms = self._terms_of(consent)
        _check_media_type(exchange.request, terms)
        paths = exchange.dialect.paths
        async with self.turn:
            data = await _bytes_of(exchange.request)
            if _hash_of(exchange.request, data) != terms.hash:
                raise ConsentMismatch("another file than was announced", path=paths["file_hash"])
            payments: list[FilePayment] = await asyncio.to_thread(command.readers[terms.file_type], data, exchange.brand.zone)
            payments = check_payments(terms, payments, paths)
            try:
                await self.payment_files.upload(
                    exchange.brand, present(exchange.caller), consent.id, use, data=data, payments=payments
                )
            except FieldDateInvalid as refusal:
                raise FieldDateInvalid(refusal.detail, public=refusal.public, path=paths[refusal.path]) from None

    def _terms_of(self, consent: Consent) -> FileTerms:
        """Raises ConsentNotAuthorised where no file is awaited (any more)."""
        state = consent.effective_state(self.clock.now())
        if state is not ConsentState.AWAITING_UPLOAD or not isinstance(consent.terms, FileTerms):
            raise ConsentNotAuthorised(f"the consent is {state}, and awaits no file")
        return consent.terms


def _check_media_type(request: Request, terms: FileTerms) -> None:
    """The policy has let through those of every type of file: raises MediaTypeUnsupported for that of another type than was announced."""
    said = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if said != MEDIA_TYPES[terms.file_type]:
        raise MediaTypeUnsupported(f"{said}, and the file was announced as {terms.file_type}")


def _hash_of(request: Request, data: bytes) -> str:
    digest = hashlib.sha256(data).digest() if request.spool is None else request.spool.sha256
    return base64.b64encode(digest).decode()


async def _bytes_of(request: Request) -> bytes:
    if request.spool is None:
        return request.body
    return b"".join([block async for block in request.spool.blocks()])
