"""Queued journal entries, written a group at a time: data accesses, refusals by window, and tokens that store nothing else.

With the accesses goes when each consent was last used, so that whoever reads data never waits for that.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.store.rows.last_used import Use, record_uses
from gateway.pipeline.refusals import Refusals
from gateway.ports import Access
from kernel.clock import Clock
from kernel.storage.database import Database
from kernel.storage.journal import Entry, Journal
from policies.access_record import ALLOWED


def entry_writer(database: Database, journal: Journal) -> Callable[[Sequence[Entry]], Awaitable[None]]:
    async def write(entries: Sequence[Entry]) -> None:
        async def work(connection: AsyncConnection) -> None:
            await journal.record(connection, *entries)

        await database.write(work)

    return write


def access_writer(database: Database, journal: Journal, clock: Clock) -> Callable[[Sequence[Access]], Awaitable[None]]:
    """Two statements for a group, however large."""

    async def write(accesses: Sequence[Access]) -> None:
        ahead = clock.now() - clock.wall()  # an access tells its protocol time, a PSU reads business time

        async def work(connection: AsyncConnection) -> None:
            await journal.record(connection, *(_entry(access) for access in accesses))
            await record_uses(connection, (_use(access, ahead) for access in accesses if _told_data(access)))

        await database.write(work)

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


def _told_data(access: Access) -> bool:
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
