"""Deliver the events of the outbox to one sink, at least once and in order of each aggregate: one singleton per brand and sink, under a lease.

Lanes are found by their time and never by an id: no event is missed because its transaction committed late. An event that fails holds up the later ones of
its aggregate, and nothing else. What was delivered is recorded afterwards, under the fence of the lease: a dispatcher that dies in
between leaves the next one to deliver the same events again, with the same ids; one that has lost its lease records nothing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa
import structlog

from kernel import json
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.outbox.envelopes import render_envelope
from kernel.outbox.outcomes import Outcome, RecordOutcomes
from kernel.outbox.pace import DELIVER_SECONDS_MAX
from kernel.outbox.ports import Sink, SinkClosed, SinkRefused, SinkUnanswered
from kernel.outbox.tables import Outbox
from kernel.storage.journal import Event
from kernel.storage.lease import Lease

DELIVER_EVERY_SECONDS = 1.0  # between two looks for what is due
LANES_PER_ROUND = 64  # aggregates whose events are read, delivered and recorded together
EVENTS_PER_LANE = 16  # of one aggregate in one round: no long history holds up the others for long
ROUND_SECONDS_MAX = 5.0  # until a round begins no further event, and records what it has

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeDue:
    """Read the events that are next in lanes that are due, in order: those whose wait is longest first."""

    name = "take_due_events"
    locks = ()
    outbox: Outbox
    brand: str
    sink: str
    due: tuple[sa.ColumnElement[bool], ...]

    async def handle(self, unit: UnitOfWork) -> list[sa.Row[Any]]:
        events, lanes = self.outbox.events, self.outbox.lanes
        first = (
            sa.select(lanes.c.brand, lanes.c.aggregate_id, lanes.c.next_version, lanes.c.due_at)
            .where(*self.due)
            .order_by(lanes.c.due_at)
            .limit(LANES_PER_ROUND)
            .subquery()
        )
        place = sa.func.row_number().over(partition_by=events.c.aggregate_id, order_by=events.c.aggregate_version).label("place")
        joined = first.join(
            events,
            sa.and_(
                events.c.brand == first.c.brand,
                events.c.aggregate_id == first.c.aggregate_id,
                events.c.aggregate_version >= first.c.next_version,
                events.c.planned_at.is_not(None),
            ),
        )
        numbered = sa.select(events, first.c.due_at, place).select_from(joined).subquery()
        ordered = sa.select(numbered).where(numbered.c.place <= EVENTS_PER_LANE)
        rows = await unit.connection.execute(
            ordered.order_by(numbered.c.due_at, numbered.c.aggregate_id, numbered.c.aggregate_version)
        )
        return list(rows)


@dataclass(slots=True, kw_only=True)
class Dispatcher:
    """`run` is the work of a singleton (kernel/storage/lease.py). `delivered` counts since the start."""

    outboxes: tuple[Outbox, ...]
    commands: Commands
    clock: Clock
    brand: Brand
    sink: Sink
    delivered: int = 0

    async def run(self, lease: Lease) -> None:
        """Deliver all that is due. Raises LeaseLost."""
        for outbox in self.outboxes:
            while await self._deliver_round(outbox, lease):
                pass

    async def _deliver_round(self, outbox: Outbox, lease: Lease) -> bool:
        """Can more be delivered now?"""
        rows = await self._take_due(outbox, lease)
        lanes = [[_event(row) for row in lane] for _, lane in groupby(rows, key=lambda row: row.aggregate_id)]
        pace = _Pace(asyncio.Semaphore(self.sink.at_once), asyncio.get_running_loop().time() + ROUND_SECONDS_MAX)
        outcomes = await asyncio.gather(*(self._deliver_lane(lane, pace) for lane in lanes))
        moved = [outcome for outcome in outcomes if outcome.has_moved]
        if moved:
            command = RecordOutcomes(
                outbox=outbox, brand=self.brand.name, sink=self.sink.name, outcomes=moved, now=self.clock.wall()
            )
            await self.commands.run(command, guard=lease.check_fence)
        return bool(rows) and not any(outcome.is_closed for outcome in outcomes)

    async def _take_due(self, outbox: Outbox, lease: Lease) -> list[sa.Row[Any]]:
        """Under the fence: who has lost the lease sends nothing more."""
        lanes, name = outbox.lanes.c, self.brand.name
        due = (lanes.brand == name, lanes.sink == self.sink.name, lanes.due_at <= self.clock.wall())
        async with self.commands.database.read() as connection:  # nearly always there is nothing to do, and nothing is written
            if (await connection.execute(sa.select(lanes.aggregate_id).where(*due).limit(1))).first() is None:
                return []
        command = TakeDue(outbox=outbox, brand=name, sink=self.sink.name, due=due)
        return await self.commands.run(command, guard=lease.check_fence)

    async def _deliver_lane(self, events: Sequence[Event], pace: "_Pace") -> Outcome:
        """Its events in order, until one fails or the round is over."""
        outcome = Outcome(aggregate_id=events[0].aggregate_id)
        for event in events:
            async with pace.turns:
                if pace.is_over:
                    return outcome
                try:
                    await self._deliver(event)
                except SinkClosed:
                    return outcome.closed()
                except SinkUnanswered as error:
                    return outcome.failed(event, str(error), refused=False)
                except SinkRefused as error:
                    return outcome.failed(event, str(error), refused=True)
            self.delivered += 1
            outcome = outcome.delivered(event)
        return outcome

    async def _deliver(self, event: Event) -> None:
        envelope = render_envelope(event, self.brand.issuer)
        try:
            async with asyncio.timeout(DELIVER_SECONDS_MAX):
                await self.sink.deliver(envelope)
        except (SinkClosed, SinkUnanswered, SinkRefused):
            raise
        except TimeoutError:
            raise SinkUnanswered("no answer in time") from None
        except Exception as error:  # a fault of the sink's own must not hold up other events
            log.exception("sink_failed", sink=self.sink.name, event_id=event.id)
            raise SinkRefused(f"the sink failed: {type(error).__name__}") from None


@dataclass(frozen=True, slots=True)
class _Pace:
    """Of one round."""

    turns: asyncio.Semaphore
    until: float

    @property
    def is_over(self) -> bool:
        return asyncio.get_running_loop().time() >= self.until


def _event(row: sa.Row[Any]) -> Event:
    return Event(
        brand=row.brand,
        id=row.id,
        kind=row.kind,
        aggregate_id=row.aggregate_id,
        aggregate_version=row.aggregate_version,
        at=row.at,
        body=json.decode(row.body, dict[str, Any]),
    )
