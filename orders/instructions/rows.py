"""Instructions of several executions as they are stored: one row each, and their history, append-only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel import json
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import AccountReference
from kernel.banking.orders import Reason
from kernel.banking.planned.instructions import LIVE_INSTRUCTIONS, Instruction, InstructionState, InstructionTerms
from kernel.banking.signers import Signature, SigningRule
from kernel.storage.sealed import SealBroken, Sealer
from orders.instructions.machine import InstructionEvent
from orders.rows.orders import OrderMoved, document_place
from orders.tables import instruction_events, instructions

_KEPT = ("kind", "consent_id", "client_id", "organisation_id", "psu_id")  # for life: believed only where the columns say the same


EXECUTING = frozenset({InstructionEvent.EXECUTE, InstructionEvent.COMPLETE})  # each makes one execution


@dataclass(frozen=True, slots=True)
class Change:
    """One version, the event that made it, and the state before (None: it is the first)."""

    before: InstructionState | None
    event: InstructionEvent
    after: Instruction


class _Details(msgspec.Struct):
    terms: InstructionTerms
    payer: AccountReference
    refund_account: AccountIdentifier | None
    signing_rules: tuple[SigningRule, ...]
    kept: tuple[str | None, ...]


class _Signing(msgspec.Struct):
    signatures: tuple[Signature, ...]


async def insert_instruction(connection: AsyncConnection, sealer: Sealer, instruction: Instruction, since: datetime) -> None:
    details = _Details(
        instruction.terms, instruction.payer, instruction.refund_account, instruction.signing_rules, _kept(instruction)
    )
    await connection.execute(
        instructions.insert().values(
            brand=instruction.brand,
            id=instruction.id,
            kind=instruction.kind,
            consent_id=instruction.consent_id,
            client_id=instruction.client_id,
            organisation_id=instruction.organisation_id,
            lodged_as=instruction.lodged_as,
            created_at=instruction.created_at,
            psu_id=instruction.psu_id,
            document=sealer.seal(instruction.document, *document_place(instruction.brand, instruction.id)),
            details=sealer.seal(json.encode(details), *_place("details", instruction)),
            since=since,
            **_moving(sealer, instruction),
        )
    )


async def update_instruction(
    connection: AsyncConnection, sealer: Sealer, before: Instruction, after: Instruction, since: datetime
) -> None:
    """`since`: when its state began, if it has moved. Raises OrderMoved unless the row is the one that was read."""
    mine = (instructions.c.brand == before.brand, instructions.c.id == before.id, instructions.c.version == before.version)
    moved = {} if after.state is before.state else {"since": since}
    written = await connection.execute(instructions.update().where(*mine).values(**_moving(sealer, after), **moved))
    if written.rowcount != 1:
        raise OrderMoved(f"instruction {before.id} version {before.version}")


async def postpone(connection: AsyncConnection, instruction: Instruction, turns_at: datetime) -> None:
    """Its next turn is later, and nothing else of it changes."""
    mine = (instructions.c.brand == instruction.brand, instructions.c.id == instruction.id)
    await connection.execute(instructions.update().where(*mine).values(turns_at=turns_at))


async def load_instruction(connection: AsyncConnection, sealer: Sealer, brand: str, instruction_id: str) -> Instruction | None:
    """The current version, with its document. Decide on it only while its row is locked (orders/locks.py: INSTRUCTION)."""
    mine = (instructions.c.brand == brand, instructions.c.id == instruction_id, instructions.c.state.is_not(None))
    row = (await connection.execute(sa.select(instructions).where(*mine))).one_or_none()
    return None if row is None else open_instruction(sealer, row)


async def load_instructions(
    connection: AsyncConnection, sealer: Sealer, brand: str, consent_ids: Sequence[str]
) -> tuple[Instruction, ...]:
    """Those under these consents."""
    rows = instructions.c
    theirs = (rows.brand == brand, rows.consent_id.in_(consent_ids), rows.state.is_not(None))
    found = await connection.execute(sa.select(instructions).where(*theirs).order_by(rows.created_at, rows.id))
    return tuple(open_instruction(sealer, row) for row in found)


def open_instruction(sealer: Sealer, row: sa.Row[Any]) -> Instruction:
    """From a row of the table. Raises SealBroken where what is written in clear is not what was sealed when it was placed."""
    details = msgspec.json.decode(sealer.open(row.details, "instructions", "details", row.brand, row.id), type=_Details)
    if details.kept != _kept(row):
        raise SealBroken(f"instruction {row.id} is not as it was placed")
    signing = msgspec.json.decode(sealer.open(row.signing, "instructions", "signing", row.brand, row.id), type=_Signing)
    return Instruction(
        id=row.id,
        brand=row.brand,
        version=row.version,
        state=InstructionState(row.state),
        kind=row.kind,
        reason=None if row.reason is None else Reason(row.reason),
        consent_id=row.consent_id,
        client_id=row.client_id,
        organisation_id=row.organisation_id,
        psu_id=row.psu_id,
        terms=details.terms,
        payer=details.payer,
        created_at=row.created_at,
        updated_at=row.updated_at,
        made=row.made,
        turns_at=row.turns_at,
        refund_account=details.refund_account,
        signing_rules=details.signing_rules,
        signatures=signing.signatures,
        lodged_as=row.lodged_as,
        document=sealer.open(row.document, *document_place(row.brand, row.id)),
    )


async def insert_event(connection: AsyncConnection, change: Change, at: datetime, cause: str) -> None:
    """`at` is protocol time."""
    after = change.after
    await connection.execute(
        instruction_events.insert().values(
            brand=after.brand,
            instruction_id=after.id,
            version=after.version,
            event=change.event.value,
            from_state=None if change.before is None else change.before.value,
            to_state=after.state.value,
            execution=after.made if change.event in EXECUTING else None,
            reason=None if after.reason is None else after.reason.value,
            at=at,
            cause=cause,
        )
    )


async def load_events(connection: AsyncConnection, brand: str, instruction_id: str) -> tuple[sa.Row[Any], ...]:
    """Oldest first."""
    rows = instruction_events.c
    mine = sa.select(instruction_events).where(rows.brand == brand, rows.instruction_id == instruction_id)
    return tuple(await connection.execute(mine.order_by(rows.version)))


def _kept(one: Instruction | sa.Row[Any]) -> tuple[str | None, ...]:
    return tuple(getattr(one, name) for name in _KEPT)


def _moving(sealer: Sealer, instruction: Instruction) -> Mapping[str, Any]:
    """The columns that a change may move. While there is more to order, `executions` is above what there is, and nothing of it is removed
    (orders/commands/past_rows.py)."""
    signing = json.encode(_Signing(instruction.signatures))
    return {
        "version": instruction.version,
        "state": instruction.state.value,
        "reason": None if instruction.reason is None else instruction.reason.value,
        "made": instruction.made,
        "executions": instruction.made + (1 if instruction.state in LIVE_INSTRUCTIONS else 0),
        "signing": sealer.seal(signing, *_place("signing", instruction)),
        "updated_at": instruction.updated_at,
        "turns_at": instruction.turns_at,
    }


def _place(column: str, instruction: Instruction) -> tuple[str, ...]:
    return ("instructions", column, instruction.brand, instruction.id)
