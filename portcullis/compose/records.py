"""Queued journal entries, written a group at a time: data accesses, refusals by window, and tokens that store nothing else.

The time of each consent's last use is written with the accesses, so that a read of data never waits for it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from consent.store.rows.last_used import Use, record_uses
from gateway.pipeline.refusals import Refusals
from gateway.ports import Access
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.storage.journal import Entry
from policies.access_record import ALLOWED


@dataclass(frozen=True, slots=True)
class RecordEntries:
    name = "record_entries"
    locks = ()
    entries: Sequence[Entry]

    async def handle(self, unit: UnitOfWork) -> None:
        unit.record(*self.entries)


@dataclass(frozen=True, slots=True)
class RecordAccesses:
    """Two statements for a group, however large. `ahead`: how far business time, which a PSU reads, is ahead of an access's protocol time."""

    name = "record_accesses"
    locks = ()  # the uses are written in the order of their consents
    accesses: Sequence[Access]
    ahead: timedelta

    async def handle(self, unit: UnitOfWork) -> None:
        await record_uses(unit.connection, (_use(access, self.ahead) for access in self.accesses if _returned_data(access)))
        unit.record(*(_entry(access) for access in self.accesses))


def entry_writer(commands: Commands) -> Callable[[Sequence[Entry]], Awaitable[None]]:
    async def write(entries: Sequence[Entry]) -> None:
        await commands.run(RecordEntries(entries))

    return write


def access_writer(commands: Commands, clock: Clock) -> Callable[[Sequence[Access]], Awaitable[None]]:
    async def write(accesses: Sequence[Access]) -> None:
        await commands.run(RecordAccesses(accesses, clock.now() - clock.wall()))

    return write


def refusals_entry(refusals: Refusals) -> Entry:
    """The entry of one caller's refusals for one reason within one window. Operation, consent and interaction are the first one's."""
    first = refusals.first
    return Entry(
        brand=first.brand,
        kind="access.refused",
        aggregate_id=first.caller_id,
        at=first.at,
        actor=first.actor,
        interaction_id=first.interaction_id,
        facts={
            "outcome": first.outcome,
            "rule": first.rule,
            "status": first.status,
            "operation": first.operation,
            "dialect": first.dialect,
            "consent_id": first.consent_id,
            "count": refusals.count,
            "until": (refusals.last_at or first.at).isoformat(),
        },
    )


def _returned_data(access: Access) -> bool:
    return bool(access.account_ids) and access.outcome == ALLOWED


def _use(access: Access, ahead: timedelta) -> Use:
    return Use(access.brand, access.consent_id, access.at + ahead, access.psu_present)


def _entry(access: Access) -> Entry:
    return Entry(
        brand=access.brand,
        kind="data.accessed",
        aggregate_id=access.consent_id or access.caller_id,
        at=access.at,
        actor=access.actor,
        interaction_id=access.interaction_id,
        facts={
            "operation": access.operation,
            "dialect": access.dialect,
            "accounts": list(access.account_ids),
            "psu_present": int(access.psu_present),
            "status": access.status,
            "outcome": access.outcome,
        },
    )
