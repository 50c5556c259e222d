"""Let instructions turn whose time has come: the next execution of one is ordered, one that lacks signatures is rejected.

No network is touched: the execution, its history and the next version of the instruction are one transaction under the lock of the
instruction. A process that is killed before its commit has ordered nothing, one that is killed after it has ordered once; and the table
takes one order for each number of an instruction.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa

from kernel.banking.orders import OrderState, PaymentOrder, RailStatus, Reason
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.executions import Execution
from kernel.banking.planned.files import FileTerms
from kernel.banking.planned.instructions import Instruction, InstructionState
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.cut_offs import start_of
from kernel.storage.sealed import SealBroken
from orders.changes import write_execution
from orders.commands.advance import ACTOR
from orders.instructions.changes import change_instruction
from orders.instructions.dues import due_at
from orders.instructions.machine import InstructionEvent
from orders.instructions.rows import open_instruction, postpone
from orders.room import Room
from orders.rows.executions import count_executions, has_execution
from orders.rows.ripe import Place, Turned, turn_rows, turning
from orders.tables import instructions
from orders.tracked import FIRST_FENCE, Tracked

FILE_TURN_MAX = 16  # executions of one file in one turn
FILE_WAITING_MAX = 64  # executions of one file that are ordered and not handed on yet: others' payments come in between
FILE_PAUSE = timedelta(seconds=1)  # of a file that has as many
Postponed = tuple[Instruction, datetime]
_WAITING = (OrderState.RECEIVED, OrderState.ACCEPTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnInstructions:
    """The next `most` after a place, each by one execution, a file by some. One that cannot be read is passed over: it holds up no other."""

    name = "turn_instructions"
    locks = ()  # what another transaction holds has its turn later
    room: Room
    brand: Brand
    most: int
    after: Place | None = None

    async def handle(self, unit: UnitOfWork) -> Turned:
        ripe, later = turning(instructions, self.brand, self.room.clock.now()), list[Postponed]()
        turn = partial(self._turn, unit, later)
        turned = await turn_rows(unit.connection, instructions, ripe, turn, most=self.most, after=self.after)
        for instruction, turns_at in later:  # last: rows of instructions are locked after those of orders
            await postpone(unit.connection, instruction, turns_at)
        return turned

    async def _turn(self, unit: UnitOfWork, later: list[Postponed], row: sa.Row[Any]) -> str | None:
        """The fault of a row that nothing can be done with, in one word. `later` takes those that are postponed."""
        try:
            instruction = open_instruction(self.room.sealer, row)
        except Exception as fault:
            return type(fault).__name__
        if instruction.state is InstructionState.AWAITING_AUTHORISATION:
            changes = {"turns_at": None, "reason": Reason.SIGNATURES_LATE}
            await change_instruction(unit, self.room, instruction, InstructionEvent.REJECT, actor=ACTOR, **changes)
            return None
        if instruction.state is not InstructionState.ACTIVE or instruction.signatures_missing:
            return "unsigned"
        return await self._order_next(unit, later, instruction)

    async def _order_next(self, unit: UnitOfWork, later: list[Postponed], instruction: Instruction) -> str | None:
        now, most = self.room.clock.now(), await self._room_for(unit, instruction)
        if not most:
            later.append((instruction, now + FILE_PAUSE))
            return None
        current, following = self._take(self._upcoming(instruction), most)
        if not current or await has_execution(unit.connection, self.brand.name, instruction.id, current[0].number):
            return "ordered"  # its row says that there is more to order than there is
        turns_at = start_of(current[0].made_on, self.brand.zone)
        if turns_at > now:  # its day was closed since it was found: no money moves then
            later.append((instruction, turns_at))
            return None
        payments = await self._payments(unit, instruction, current)
        if len(payments) != len(current):
            return "lost"  # the rows of its file are not there, or not as we wrote them
        await self._execute(unit, instruction, current, payments, following)
        return None

    async def _room_for(self, unit: UnitOfWork, instruction: Instruction) -> int:
        """The executions that may be ordered in one turn: of a file no more than the bank keeps up with."""
        if not isinstance(instruction.terms, FileTerms):
            return 1
        after = instruction.made - FILE_WAITING_MAX
        waiting = await count_executions(unit.connection, self.brand.name, instruction.id, _WAITING, after=after)
        return min(FILE_TURN_MAX, FILE_WAITING_MAX - waiting)

    def _take(self, upcoming: Iterator[Execution], most: int) -> tuple[list[Execution], Execution | None]:
        """The first of them, those that are due together with it, and the one that follows."""
        now = self.room.clock.now()
        taken: list[Execution] = []
        for each in upcoming:
            if taken and (len(taken) == most or start_of(each.made_on, self.brand.zone) > now):
                return taken, each
            taken.append(each)
        return taken, None

    async def _payments(self, unit: UnitOfWork, instruction: Instruction, current: Sequence[Execution]) -> Sequence[PaymentTerms]:
        if not isinstance(instruction.terms, FileTerms):
            return [each.payment for each in current if each.payment is not None]
        first, consents = current[0].number, self.room.consents
        try:
            return await consents.payments_of_file(
                unit.connection, self.brand, instruction.consent_id, first=first, most=len(current)
            )
        except SealBroken:
            return ()

    def _upcoming(self, instruction: Instruction) -> Iterator[Execution]:
        due_on = None if instruction.turns_at is None else instruction.turns_at.astimezone(self.brand.zone).date()
        return instruction.terms.executions_after(self.brand.cut_off, instruction.made, due_on)

    async def _execute(
        self,
        unit: UnitOfWork,
        instruction: Instruction,
        current: Sequence[Execution],
        payments: Sequence[PaymentTerms],
        following: Execution | None,
    ) -> None:
        """Order the next executions, and look when the one after them falls due."""
        now = self.room.clock.wall()
        for each, payment in zip(current, payments, strict=True):
            order = self._order(instruction, each, payment)
            tracked = Tracked(order=order, fence=FIRST_FENCE, tries=0, submissions=0, since=now, due_at=now, turns_at=None)
            await write_execution(unit, self.room, tracked, actor=ACTOR)
        event = InstructionEvent.COMPLETE if following is None else InstructionEvent.EXECUTE
        turns_at = None if following is None else due_at(instruction.terms, following, self.brand, self.room.clock.now())
        made = current[-1].number
        await change_instruction(unit, self.room, instruction, event, actor=ACTOR, made=made, turns_at=turns_at)

    def _order(self, instruction: Instruction, current: Execution, payment: PaymentTerms) -> PaymentOrder:
        now = self.room.clock.now()
        return PaymentOrder(
            id=self.room.ids.uuid(),
            brand=self.brand.name,
            version=1,
            state=OrderState.RECEIVED,
            rail_status=RailStatus.RECEIVED,
            instruction_id=instruction.id,
            execution=current.number,
            kind=instruction.kind,
            consent_id=instruction.consent_id,
            client_id=instruction.client_id,
            organisation_id=instruction.organisation_id,
            psu_id=instruction.psu_id,
            terms=payment,
            cross_border=instruction.cross_border,
            payer=instruction.payer,
            uetr=self.room.ids.uuid(),
            created_at=now,
            updated_at=now,
            execute_at=start_of(current.made_on, self.brand.zone),
            lodged_as=instruction.lodged_as,
        )
