"""Record what time has decided, and remove what it has made useless: one singleton per brand, in bounded batches, under a lease.

Nothing depends on when it runs: a consent that has run out is expired for every reader (kernel/banking/consents.py), a row past its
time is refused by its readers. Journal, consents, their versions, the authorisations in which a PSU was known and the token families
that these started are kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import sqlalchemy as sa
import structlog

from consent.store.consents import ConsentStore
from consent.store.past_rows import STALE, FailAbandoned, RemoveStale, Stale
from consent.store.tables.consents import consents
from kernel.banking.consents import LIVE_STATES, Consent, ConsentState
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands, Guard
from kernel.errors import Problem
from kernel.storage.lease import Lease, LeaseLost
from openapi.dialect import Rules
from openapi.rulebook import OURS, RULES

SWEEP_EVERY_SECONDS = 30.0  # between two runs of the sweeper
BATCH_ROWS = 500  # of one transaction of the sweeper
BATCHES_MAX = 20  # per table and run: a backlog of one never holds up the others for long

log = structlog.get_logger(__name__)


_UNANSWERED = tuple(state.value for state in (ConsentState.AWAITING_UPLOAD, ConsentState.AWAITING))
Overdue = tuple[str, datetime]  # a consent's id, and since when


class Record(Protocol):
    """A command of the store that records what time has decided of a consent, in one transaction that `guard` begins."""

    async def __call__(self, brand: Brand, consent_id: str, *, guard: Guard | None = None) -> Consent: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeper:
    """`run` is the work of a singleton (kernel/storage/lease.py)."""

    commands: Commands
    clock: Clock
    store: ConsentStore
    brand: Brand

    async def run(self, lease: Lease) -> None:
        """Run every stage, even if others fail. Raises LeaseLost."""
        stages = [
            ("record_expiries", self.record_expiries),
            ("record_lapses", self.record_lapses),
            ("fail_abandoned", self.fail_abandoned),
        ]
        stages += [(f"remove_{stale.table.name}", partial(self.remove, stale)) for stale in STALE]
        for name, stage in stages:
            try:
                await stage(lease)
            except LeaseLost:
                raise
            except Exception:  # the next run may succeed
                log.exception("sweep_stage_failed", stage=name, brand=self.brand.name)

    async def record_expiries(self, lease: Lease) -> int:
        """Each expiry is a change of its own, with version, journal entry and event. How many were recorded."""
        ran_out = (consents.c.state.in_([state.value for state in LIVE_STATES]), consents.c.valid_until <= self.clock.now())
        return await self._record_all(lease, self.store.expire, consents.c.valid_until, *ran_out)

    async def record_lapses(self, lease: Lease) -> int:
        """As `record_expiries`, for consents that were not authorised in time, or not by all who must sign."""
        now, rows = self.clock.now(), consents.c
        unanswered = _overdue(rows.created_at, now, lambda rules: rules.unanswered_wait)
        half_signed = _overdue(rows.state_changed_at, now, lambda rules: rules.half_signed_wait)
        recorded = await self._record_all(lease, self.store.lapse, rows.created_at, rows.state.in_(_UNANSWERED), unanswered)
        partial = rows.state == ConsentState.PARTIALLY_AUTHORISED.value
        return recorded + await self._record_all(lease, self.store.lapse, rows.state_changed_at, partial, half_signed)

    async def _record_all(self, lease: Lease, record: Record, due: sa.Column[datetime], *where: sa.ColumnElement[bool]) -> int:
        """The longest overdue first; those that cannot be recorded do not count against the batch, so that they never starve it."""
        recorded, after = 0, None
        for _ in range(BATCHES_MAX):
            found = await self._find(lease, due, *where, *_beyond(due, after))
            for consent_id, _at in found:
                recorded += await self._record(lease, record, consent_id)
            if recorded >= BATCH_ROWS or len(found) < BATCH_ROWS:
                break
            after = found[-1]
        return recorded

    async def _record(self, lease: Lease, record: Record, consent_id: str) -> bool:
        try:
            await record(self.brand, consent_id, guard=lease.check_fence)
            return True
        except LeaseLost:
            raise
        except Problem as problem:  # it was authorised, withdrawn, revoked or recorded a moment ago
            log.info("end_not_recorded", consent_id=consent_id, reason=problem.code)
        except Exception:  # such as a row that cannot be read: it must not keep the others waiting
            log.exception("end_not_recorded", consent_id=consent_id)
        return False

    async def fail_abandoned(self, lease: Lease) -> int:
        command = FailAbandoned(brand=self.brand.name, now=self.clock.wall(), most=BATCH_ROWS)
        return await self.commands.run(command, guard=lease.check_fence)

    async def remove(self, stale: Stale, lease: Lease) -> int:
        """Delete stale rows of one table, a bounded batch per transaction. How many."""
        removed = 0
        for _ in range(BATCHES_MAX):
            command = RemoveStale(brand=self.brand.name, stale=stale, now=self.clock.wall(), most=BATCH_ROWS)
            count = await self.commands.run(command, guard=lease.check_fence)
            removed += count
            if count < BATCH_ROWS:
                break
        return removed

    async def _find(self, lease: Lease, due: sa.Column[datetime], *where: sa.ColumnElement[bool]) -> list[Overdue]:
        """The consents that are longest overdue."""
        mine = sa.select(consents.c.id, due).where(consents.c.brand == self.brand.name, *where)
        async with self.commands.database.read() as connection:
            await lease.check_fence(connection)
            found = await connection.execute(mine.order_by(due, consents.c.id).limit(BATCH_ROWS))
            return [(consent_id, at) for consent_id, at in found]


def _overdue(since: sa.Column[datetime], now: datetime, wait: Callable[[Rules], timedelta]) -> sa.ColumnElement[bool]:
    """The condition that the wait granted by a consent's rules is over."""
    theirs = (sa.and_(consents.c.lodged_as == name, since <= now - wait(rules)) for name, rules in RULES.items())
    return sa.or_(sa.and_(consents.c.lodged_as.not_in(RULES), since <= now - wait(OURS)), *theirs)


def _beyond(due: sa.Column[datetime], after: Overdue | None) -> tuple[sa.ColumnElement[bool], ...]:
    if after is None:
        return ()
    consent_id, at = after
    return (due >= at, sa.or_(due > at, consents.c.id > consent_id))
