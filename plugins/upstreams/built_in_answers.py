"""The built-in bank's answers about payments, from the transfers of its ledger, and the time that each may take."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from kernel.banking.orders import RailStatus, Reason
from kernel.clock import Clock
from kernel.errors import Overloaded, UpstreamFailed, UpstreamTimedOut
from orders.ports import Progress, Refused, Reserved
from plugins.ledger.transfers.transfers import ENDED, Transfer, TransferState
from plugins.rails.ports import Rail, RailSilent

T = TypeVar("T")

SECONDS_MAX = 8.0  # for one question: longer than a rail may take to answer one


def reservation_of(transfer: Transfer) -> Reserved | Refused:
    if transfer.state in ENDED:
        return Refused(transfer.reason or Reason.UNSPECIFIED_BY_AGENT)
    return Reserved("" if transfer.asked is None else transfer.asked.rail)


def progress_of(transfer: Transfer) -> Progress:
    """Of one that was submitted and is not answered yet: it is in process."""
    if transfer.state in ENDED:
        status = RailStatus.CANCELLED if transfer.state is TransferState.CANCELLED else RailStatus.REJECTED
        return Progress(status=status, at=transfer.at, reason=transfer.reason or Reason.UNSPECIFIED_BY_AGENT)
    return Progress(status=transfer.status or RailStatus.IN_PROCESS, at=transfer.at, reason=transfer.reason)


def own_word(clock: Clock, status: RailStatus, reason: Reason | None = None) -> Progress:
    """A word of this bank, from now on."""
    return Progress(status=status, at=clock.now(), reason=reason)


@asynccontextmanager
async def bounded() -> AsyncIterator[None]:
    """Raises UpstreamTimedOut for what takes too long or finds the database busy, UpstreamFailed for what breaks."""
    try:
        async with asyncio.timeout(SECONDS_MAX):
            yield
    except (TimeoutError, Overloaded) as error:
        raise UpstreamTimedOut(type(error).__name__) from None
    except SQLAlchemyError as error:
        raise UpstreamFailed(type(error).__name__) from None


async def answered(rail: Rail, answer: Awaitable[T]) -> T:
    """Raises UpstreamTimedOut."""
    try:
        return await answer
    except RailSilent as silence:
        raise UpstreamTimedOut(f"{rail.name}: {silence}") from None
