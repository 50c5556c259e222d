"""Write an instruction: a new one, or the next version of one. Row, history, journal entry and event stand or fall together. Callers hold
its lock and pass the unit of work of their command.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from kernel.banking.planned.instructions import Instruction
from kernel.commands.unit_of_work import UnitOfWork
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry, Event
from orders.changes import Tools
from orders.instructions.machine import InstructionEvent, next_state
from orders.instructions.rows import Change, insert_event, insert_instruction, update_instruction
from orders.rows.planned import index_planned
from orders.rows.signers import index_signers

FACTS: Mapping[InstructionEvent, str] = MappingProxyType(
    {
        InstructionEvent.RECEIVE: "instruction.received",
        InstructionEvent.SIGN: "instruction.signed",
        InstructionEvent.COMPLETE_SIGNATURES: "instruction.signatures_completed",
        InstructionEvent.EXECUTE: "instruction.executed",
        InstructionEvent.COMPLETE: "instruction.completed",
        InstructionEvent.REJECT: "instruction.rejected",
        InstructionEvent.CANCEL: "instruction.cancelled",
    }
)


async def write_instruction(unit: UnitOfWork, tools: Tools, instruction: Instruction, *, actor: str) -> None:
    """A new one."""
    at = tools.clock.wall()
    await insert_instruction(unit.connection, tools.sealer, instruction, at)
    await _record(unit, tools, Change(None, InstructionEvent.RECEIVE, instruction), at, actor)
    await index_signers(unit.connection, tools.sealer, instruction)
    await index_planned(unit.connection, tools.sealer, None, instruction)


async def change_instruction(
    unit: UnitOfWork, tools: Tools, before: Instruction, event: InstructionEvent, *, actor: str, **changes: Any
) -> Instruction:
    """The version that `event` leads to. Raises TransitionRefused and OrderMoved; nothing is written then."""
    at = tools.clock.wall()
    after = msgspec.structs.replace(
        before,
        version=before.version + 1,
        state=next_state(before.state, event),
        updated_at=tools.clock.now(),
        **changes,
    )
    await update_instruction(unit.connection, tools.sealer, before, after, at)
    await _record(unit, tools, Change(before.state, event, after), at, actor)
    if after.signatures != before.signatures:
        await index_signers(unit.connection, tools.sealer, after)
    await index_planned(unit.connection, tools.sealer, before, after)
    return after


async def _record(unit: UnitOfWork, tools: Tools, change: Change, at: datetime, actor: str) -> None:
    event, after = change.event, change.after
    await insert_event(unit.connection, change, at, actor)
    facts = {"state": after.state, "reason": after.reason, "consent_id": after.consent_id, "client_id": after.client_id}
    unit.record(
        Entry(
            brand=after.brand,
            kind=FACTS[event],
            aggregate_id=after.id,
            at=at,
            actor=actor,
            interaction_id=interaction_id.get(),
            facts={**facts, "version": after.version, "executions": after.made, "account": after.payer.id},
        )
    )
    unit.publish(
        Event(
            brand=after.brand,
            id=tools.ids.uuid(),
            kind=FACTS[event],
            aggregate_id=after.id,
            aggregate_version=after.version,
            at=at,
            body={
                **facts,
                "instruction_id": after.id,
                "kind": after.kind,
                "executions": after.made,
                "organisation_id": after.organisation_id,
                "lodged_as": after.lodged_as,
            },
        )
    )
