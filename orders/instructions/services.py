"""Instructions of several executions as others use them: TPPs through the gateway, signers through the bank's pages."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import msgspec

from kernel.access import Caller
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import Consent
from kernel.banking.orders import REFUSED_STATES, PaymentOrder
from kernel.banking.planned.files import FileTerms
from kernel.banking.planned.instructions import Instruction, InstructionDetails, InstructionRequest
from kernel.banking.planned.reports import FileReport
from kernel.banking.signers import Signature
from kernel.brand import Brand
from kernel.commands.idempotency import Idempotency
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import OrderUnknown
from kernel.hot_state.subjects import consent_subject
from openapi.owners import is_owner
from orders.instructions.answer import CancelInstruction, hold_awaiting, refuse, sign
from orders.instructions.place import PlaceInstruction
from orders.instructions.report import load_report
from orders.instructions.rows import load_instruction, load_instructions
from orders.room import Room
from orders.rows.executions import count_executions, load_executions
from orders.rows.signers import load_signed, load_unsigned
from orders.tables import instructions

EXECUTIONS_SHOWN_MAX = 1_000  # of one instruction, the last ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    room: Room

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
        """As PaymentOrders.place (orders/services.py)."""
        if refund_account is not None:
            earlier = await self.room.commands.find_earlier(use)
            if earlier is not None:
                return await self._load(brand, earlier.resource_id)
            request = msgspec.structs.replace(request, refund_account=await refund_account())
        command = PlaceInstruction(room=self.room, brand=brand, caller=caller, request=request, check_agreed=check_agreed)
        placed = await self.room.commands.run_once(command, use, closing=(consent_subject(brand.name, request.consent_id),))
        return await self._load(brand, placed.resource_id)

    async def read(self, brand: Brand, caller: Caller, instruction_id: str) -> Instruction:
        """Raises OrderUnknown for an id that is unknown, or not this caller's."""
        instruction = await self._load(brand, instruction_id)
        if not is_owner(caller, instruction):
            raise OrderUnknown("another's")
        if not isinstance(instruction.terms, FileTerms):
            return instruction
        async with self.room.database.read() as connection:
            refused = await count_executions(connection, brand.name, instruction_id, REFUSED_STATES)
        return msgspec.structs.replace(instruction, refused=refused)

    async def read_details(self, brand: Brand, caller: Caller, instruction_id: str) -> InstructionDetails:
        """With its executions. Raises as `read`."""
        return InstructionDetails(await self.read(brand, caller, instruction_id), await self.executions(brand, instruction_id))

    async def read_report(self, brand: Brand, caller: Caller, instruction_id: str) -> FileReport:
        """Of a file of payments. Raises as `read`."""
        return await load_report(self.room, brand, await self.read(brand, caller, instruction_id))

    async def executions(self, brand: Brand, instruction_id: str) -> tuple[PaymentOrder, ...]:
        """The last ones, the first of them first."""
        async with self.room.database.read() as connection:
            return await load_executions(connection, self.room.sealer, brand.name, instruction_id, at_most=EXECUTIONS_SHOWN_MAX)

    async def find(self, brand: Brand, instruction_id: str) -> Instruction | None:
        """Its owner is not checked."""
        async with self.room.database.read() as connection:
            return await load_instruction(connection, self.room.sealer, brand.name, instruction_id)

    async def of_consents(self, brand: Brand, consent_ids: Sequence[str]) -> dict[str, Instruction]:
        async with self.room.database.read() as connection:
            found = await load_instructions(connection, self.room.sealer, brand.name, consent_ids)
        return {each.consent_id: each for each in found}

    async def awaiting(self, brand: Brand, customer_id: str, *, at_most: int) -> tuple[Instruction, ...]:
        """Those that wait for this customer's signature, the longest first."""
        room = self.room
        async with room.database.read() as connection:
            now = room.clock.now()
            ids = await load_unsigned(
                connection, room.sealer, brand.name, customer_id, now=now, at_most=at_most, table=instructions
            )
        return tuple([await self._load(brand, each) for each in ids])

    async def signed_by(self, brand: Brand, customer_id: str, *, at_most: int) -> tuple[Instruction, ...]:
        """Those that several must sign and this customer signed, the last changed first."""
        room = self.room
        async with room.database.read() as connection:
            ids = await load_signed(connection, room.sealer, brand.name, customer_id, at_most=at_most, table=instructions)
        return tuple([await self._load(brand, each) for each in ids])

    async def find_awaiting(self, brand: Brand, instruction_id: str, customer_id: str) -> Instruction | None:
        found = await self.find(brand, instruction_id)
        return found if found is not None and self.room.is_awaited(found, found.turns_at, customer_id) else None

    async def read_awaiting(self, unit: UnitOfWork, brand: Brand, instruction_id: str, customer_id: str) -> Instruction:
        """Not locked. Raises OrderUnknown or OrderStateForbids."""
        found = await load_instruction(unit.connection, self.room.sealer, brand.name, instruction_id)
        if found is None:
            raise OrderUnknown(instruction_id)
        self.room.check_awaited(found, found.turns_at, customer_id)
        return found

    async def sign_within(self, unit: UnitOfWork, brand: Brand, instruction_id: str, signature: Signature) -> Instruction:
        held = await hold_awaiting(unit, self.room, brand, instruction_id, signature.customer_id)
        return await sign(unit, self.room, brand, held, signature)

    async def refuse_within(
        self, unit: UnitOfWork, brand: Brand, instruction_id: str, *, customer_id: str, psu_id: str
    ) -> Instruction:
        return await refuse(unit, self.room, await hold_awaiting(unit, self.room, brand, instruction_id, customer_id), psu_id)

    async def cancel(self, brand: Brand, instruction_id: str, *, customer_id: str, psu_id: str) -> Instruction:
        """Raises OrderUnknown or OrderStateForbids."""
        command = CancelInstruction(
            room=self.room, brand=brand, instruction_id=instruction_id, customer_id=customer_id, psu_id=psu_id
        )
        return await self.room.commands.run(command)

    async def _load(self, brand: Brand, instruction_id: str) -> Instruction:
        found = await self.find(brand, instruction_id)
        if found is None:
            raise OrderUnknown(instruction_id)
        return found
