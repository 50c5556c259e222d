"""The port of files of payments."""

from collections.abc import Sequence
from typing import Protocol

from kernel.access import Caller
from kernel.banking.planned.files import FilePayment
from kernel.brand import Brand
from kernel.commands.idempotency import Idempotency


class Files(Protocol):
    """The files of consents to files of payments."""

    async def was_uploaded(self, use: Idempotency) -> bool:
        """True if the key was used for this file. Raises IdempotencyConflict."""
        ...

    async def upload(
        self, brand: Brand, caller: Caller, consent_id: str, use: Idempotency, *, data: bytes, payments: Sequence[FilePayment]
    ) -> None:
        """Keep the file, and let its consent await its customer; a repeat changes nothing. Raises ConsentUnknown, ConsentNotAuthorised where no file
        is awaited (any more), ConsentExpired, FieldDateInvalid or IdempotencyConflict; nothing is kept then."""
        ...

    async def read(self, brand: Brand, consent_id: str) -> bytes:
        """As it came; empty where there is none (any more). Its owner is not checked."""
        ...
