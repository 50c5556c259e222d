"""The port of instructions to make several payments (gateway/ports.py: Payments.instructions)."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from kernel.access import Caller
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import Consent
from kernel.banking.planned.instructions import Instruction, InstructionDetails, InstructionRequest
from kernel.banking.planned.reports import FileReport
from kernel.brand import Brand
from kernel.commands.idempotency import Idempotency


class Instructions(Protocol):
    """Instructions to make several payments, as TPPs use them. The package of orders satisfies it."""

    async def place(
        self,
        brand: Brand,
        caller: Caller,
        request: InstructionRequest,
        use: Idempotency,
        *,
        check_agreed: Callable[[Consent], None],
        refund_account: Callable[[], Awaitable[AccountIdentifier | None]] | None = None,
    ) -> Instruction:
        """As Payments.place."""
        ...

    async def read(self, brand: Brand, caller: Caller, instruction_id: str) -> Instruction:
        """Raises OrderUnknown for an id that is unknown, or not this caller's."""
        ...

    async def read_report(self, brand: Brand, caller: Caller, instruction_id: str) -> FileReport:
        """Of a file of payments. Raises as `read`."""
        ...

    async def read_details(self, brand: Brand, caller: Caller, instruction_id: str) -> InstructionDetails:
        """With its executions. Raises as `read`."""
        ...
