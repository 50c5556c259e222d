"""The answers of those who must sign an instruction, under its lock: sign it or refuse to, in the transaction of an approval, or cancel it."""

from collections.abc import Sequence
from dataclasses import dataclass

from kernel.banking.orders import Reason
from kernel.banking.planned.instructions import Instruction
from kernel.banking.signers import Signature, missing_of
from kernel.brand import Brand
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import OrderStateForbids, OrderUnknown
from orders.instructions.changes import change_instruction
from orders.instructions.dues import due_at
from orders.instructions.machine import InstructionEvent
from orders.instructions.rows import open_instruction
from orders.locks import INSTRUCTION
from orders.room import Room


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelInstruction:
    """By one of those who signed it: nothing more is ordered. Raises OrderUnknown for another's, and OrderStateForbids once it is over."""

    name = "cancel_instruction"
    room: Room
    brand: Brand
    instruction_id: str
    customer_id: str
    psu_id: str

    @property
    def locks(self) -> Sequence[Lock]:
        return (INSTRUCTION.of(self.brand.name, self.instruction_id),)

    async def handle(self, unit: UnitOfWork) -> Instruction:
        row = unit.locked(*self.locks)
        held = None if row is None else open_instruction(self.room.sealer, row)
        if held is None or not held.is_signed_by(self.customer_id):
            raise OrderUnknown(self.instruction_id)
        if not held.may_be_cancelled(self.room.clock.now()):
            raise OrderStateForbids(f"instruction {held.id} is {held.state}")
        changes = {"turns_at": None, "reason": Reason.UNSPECIFIED_BY_CUSTOMER}
        return await change_instruction(unit, self.room, held, InstructionEvent.CANCEL, actor=f"psu:{self.psu_id}", **changes)


async def hold_awaiting(unit: UnitOfWork, room: Room, brand: Brand, instruction_id: str, customer_id: str) -> Instruction:
    """Lock one that waits for this customer. Raises OrderUnknown, or OrderStateForbids where it does not wait for them (any more)."""
    row = await unit.lock(INSTRUCTION.of(brand.name, instruction_id))
    if row is None:
        raise OrderUnknown(instruction_id)
    held = open_instruction(room.sealer, row)
    room.check_awaited(held, held.turns_at, customer_id)
    return held


async def sign(unit: UnitOfWork, room: Room, brand: Brand, held: Instruction, signature: Signature) -> Instruction:
    """The last signature makes it active; a first payment whose day has passed meanwhile is due at once."""
    signatures, actor = (*held.signatures, signature), f"psu:{signature.psu_id}"
    if missing_of(held.signing_rules, signatures):
        return await change_instruction(unit, room, held, InstructionEvent.SIGN, actor=actor, signatures=signatures)
    first = next(held.terms.executions_after(brand.cut_off))
    turns_at, completed = due_at(held.terms, first, brand, room.clock.now()), InstructionEvent.COMPLETE_SIGNATURES
    return await change_instruction(unit, room, held, completed, actor=actor, signatures=signatures, turns_at=turns_at)


async def refuse(unit: UnitOfWork, room: Room, held: Instruction, psu_id: str) -> Instruction:
    changes = {"turns_at": None, "reason": Reason.SIGNER_REFUSED}
    return await change_instruction(unit, room, held, InstructionEvent.REJECT, actor=f"psu:{psu_id}", **changes)
