"""Rows whose time has passed, a bounded batch at a time: what is useless is removed, what was abandoned has failed.

Neither command waits for anyone: a row that another transaction holds has its turn in a later run.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from consent.store.rows.authorisations import OPEN_STATES, SubjectKind
from consent.store.rows.journeys import JOURNEY_MAX
from consent.store.tables import idempotency_keys, locks
from consent.store.tables.consents import attempts, authorisations, closed_accounts, funds_checks, journeys
from consent.store.tables.files import file_blocks, file_pages
from consent.store.tables.oauth import backchannel_requests, codes, denied_tokens, pushed_requests
from kernel.banking.authorisations import AuthorisationStatus
from kernel.commands.unit_of_work import UnitOfWork

JOURNEYS_KEPT = timedelta(hours=1)  # so that a late visitor reads that it took too long
PUSHED_KEPT = JOURNEY_MAX + timedelta(minutes=15)  # beyond expiry: a journey may still be on its way
BACKCHANNEL_KEPT = timedelta(hours=1)  # so that a late client gets expired_token
DENIALS_KEPT = timedelta(minutes=5)  # beyond the token's own end: clocks may disagree


@dataclass(frozen=True, slots=True)
class Stale:
    """Rows of `table` are useless `kept` after `column`."""

    table: sa.Table
    column: str
    kept: timedelta


STALE = (
    Stale(journeys, "expires_at", JOURNEYS_KEPT),
    Stale(attempts, "expires_at", timedelta()),
    Stale(authorisations, "expires_at", timedelta()),
    Stale(funds_checks, "expires_at", timedelta()),
    Stale(file_blocks, "expires_at", timedelta()),
    Stale(file_pages, "expires_at", timedelta()),
    Stale(closed_accounts, "expires_at", timedelta()),
    Stale(idempotency_keys, "expires_at", timedelta()),
    Stale(locks, "expires_at", timedelta()),
    Stale(pushed_requests, "expires_at", PUSHED_KEPT),
    Stale(backchannel_requests, "expires_at", BACKCHANNEL_KEPT),
    Stale(denied_tokens, "expires_at", DENIALS_KEPT),
    Stale(codes, "expires_at", JOURNEYS_KEPT),  # none while a used code's family lives (consent/authorization/tokens/codes.py)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveStale:
    """Delete at most `most` stale rows of one table: how many. `now` is protocol time."""

    name = "remove_stale"
    locks = ()
    brand: str
    stale: Stale
    now: datetime
    most: int

    async def handle(self, unit: UnitOfWork) -> int:
        table, before = self.stale.table, self.now - self.stale.kept
        columns = table.primary_key.columns.values()[1:]  # every key begins with the brand
        key = columns[0] if len(columns) == 1 else sa.tuple_(*columns)
        is_stale = (table.c.brand == self.brand, table.c[self.stale.column] <= before)
        stale_ones = sa.select(*columns).where(*is_stale).limit(self.most).with_for_update(skip_locked=True)
        rows = await unit.connection.execute(stale_ones)
        found = [row[0] if len(columns) == 1 else tuple(row) for row in rows]
        if not found:
            return 0
        return (await unit.connection.execute(table.delete().where(*is_stale, key.in_(found)))).rowcount


@dataclass(frozen=True, slots=True, kw_only=True)
class FailAbandoned:
    """Mark at most `most` unfinished authorisations as failed (Berlin Group scaStatus `failed`), and return how many. A visit's
    authorisation is never finished, so it does not count. `now` is protocol time."""

    name = "fail_abandoned"
    locks = ()
    brand: str
    now: datetime
    most: int

    async def handle(self, unit: UnitOfWork) -> int:
        mine = (authorisations.c.brand == self.brand, authorisations.c.status.in_([state.value for state in OPEN_STATES]))
        abandoned = sa.select(authorisations.c.id).where(
            *mine, authorisations.c.subject_kind != SubjectKind.VISIT, authorisations.c.started_at < self.now - JOURNEY_MAX
        )
        found = list(await unit.connection.scalars(abandoned.limit(self.most).with_for_update(skip_locked=True)))
        if not found:
            return 0
        failed = {"status": AuthorisationStatus.FAILED.value, "ended_at": self.now}
        still = authorisations.update().where(*mine, authorisations.c.id.in_(found)).values(**failed)
        return (await unit.connection.execute(still)).rowcount
