"""Instructions of several executions for the bank's own people: found by state, and read as a whole story."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.orders import PaymentOrder
from kernel.banking.planned.instructions import LIVE_INSTRUCTIONS, Instruction, InstructionState
from kernel.storage.sealed import Sealer
from orders.instructions.machine import InstructionEvent
from orders.instructions.rows import load_events, load_instruction, open_instruction
from orders.rows.executions import load_executions
from orders.rows.search import longest_first
from orders.tables import instructions

EXECUTIONS_READ_MAX = 200  # of the story of one instruction, the last ones


@dataclass(frozen=True, slots=True, kw_only=True)
class SoughtInstructions:
    """`until`: whose state began then or before, in protocol time; `tpp` is the id of a client or of an organisation."""

    states: frozenset[InstructionState] = LIVE_INSTRUCTIONS
    until: datetime | None = None
    consent_id: str = ""
    tpp: str = ""


@dataclass(frozen=True, slots=True)
class Aged:
    """An instruction, and since when it is in its state (protocol time)."""

    instruction: Instruction
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEvent:
    """One version of an instruction and what made it. `execution`: the payment that it ordered, by its number."""

    version: int
    event: InstructionEvent
    before: InstructionState | None
    after: InstructionState
    execution: int | None
    reason: str | None
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionStory:
    """With its events, oldest first, and its last executions, the first of them first."""

    aged: Aged
    events: tuple[PastEvent, ...]
    executions: tuple[PaymentOrder, ...]


async def search_instructions(
    connection: AsyncConnection, sealer: Sealer, brand: str, sought: SoughtInstructions, *, at_most: int
) -> tuple[Aged, ...]:
    """Those that have been in their state longest first."""
    found = await connection.execute(longest_first(instructions, brand, sought, at_most))
    return tuple(Aged(open_instruction(sealer, row), row.since) for row in found)


async def load_story(connection: AsyncConnection, sealer: Sealer, brand: str, instruction_id: str) -> InstructionStory | None:
    """None if there is no such instruction."""
    found = await load_instruction(connection, sealer, brand, instruction_id)
    if found is None:
        return None
    mine = (instructions.c.brand == brand, instructions.c.id == instruction_id)
    since = (await connection.execute(sa.select(instructions.c.since).where(*mine))).scalar_one()
    return InstructionStory(
        aged=Aged(found, since),
        events=tuple(map(_read, await load_events(connection, brand, instruction_id))),
        executions=await load_executions(connection, sealer, brand, instruction_id, at_most=EXECUTIONS_READ_MAX),
    )


def _read(row: sa.Row[tuple[object, ...]]) -> PastEvent:
    return PastEvent(
        version=row.version,
        event=InstructionEvent(row.event),
        before=None if row.from_state is None else InstructionState(row.from_state),
        after=InstructionState(row.to_state),
        execution=row.execution,
        reason=row.reason,
        at=row.at,
        cause=row.cause,
    )
