"""The link of a browser's journey to its authorisation: both are locked, or moved on, in one transaction."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.authentication.attempt_counts import Hold
from consent.customer.session.problems import FormStale, JourneyAnswered, JourneyUnknown
from consent.customer.session.session import Session
from consent.store.rows.journeys import Journey, Notice, Stage, load_journey, update_unmoved
from kernel.commands.unit_of_work import UnitOfWork
from kernel.ids import hash_secret


def holds(session: Session) -> Hold:
    """The journey stays where it is. Another login may have led it to another authorisation meanwhile."""

    async def hold(connection: AsyncConnection) -> str:
        return authorisation_of(await load_held(connection, session))

    return hold


def moves(journey: Journey, **changes: Any) -> Hold:
    """The journey moves on, if it is as it was read."""

    async def hold(connection: AsyncConnection) -> str:
        if not await update_unmoved(connection, journey, **changes):
            raise FormStale("the journey has moved on")
        return authorisation_of(journey)

    return hold


@dataclass(frozen=True, slots=True)
class PutNotice:
    """Store the notice for the next page of a journey. A journey that has moved on stays as it is."""

    name = "put_notice"
    locks = ()
    journey: Journey
    notice: Notice

    async def handle(self, unit: UnitOfWork) -> None:
        await update_unmoved(unit.connection, self.journey, notice=self.notice)


async def load_held(connection: AsyncConnection, session: Session) -> Journey:
    """The journey as it is now, locked. Raises JourneyUnknown or JourneyAnswered."""
    current = await load_journey(connection, session.journey.brand, hash_secret(session.secret), lock=True)
    if current is None:
        raise JourneyUnknown("another login took its place")
    if current.stage is Stage.DONE:
        raise JourneyAnswered(current.id)
    return current


def authorisation_of(journey: Journey) -> str:
    assert journey.authorisation_id is not None
    return journey.authorisation_id
