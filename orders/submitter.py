"""Carry one order on, as far as it goes now: ask the upstream, write down what was learned, and so on until there is nothing to do at once.

No question is asked within a transaction. What is sent is written down first (an attempt), so that a worker that takes the order over
knows that it may have arrived, and asks for it in place of sending it again. Any failure of the upstream's adapter is no answer.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import structlog

from kernel.banking.orders import OrderState
from kernel.brand import Brand
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from kernel.storage.lease import LeaseLost
from orders.commands.advance import Advanced, AdvanceOrder
from orders.decisions import (
    Decide,
    on_absence,
    on_accepted,
    on_given_up,
    on_refused,
    on_released,
    on_report,
    on_reserved,
    on_silence,
    on_unanswered,
    on_unreserved,
)
from orders.ports import PaymentsUpstream, Reserved
from orders.room import Room
from orders.rows.orders import load_order
from orders.tracked import Claim, Tracked

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitter:
    """`count_defect` counts answers that were late or broken, by what was asked and the problem's code."""

    room: Room
    brand: Brand
    upstream: PaymentsUpstream
    count_defect: Callable[[str, str], None]

    async def advance(self, claim: Claim) -> None:
        """Carry the order on while the claim lasts. Raises LeaseLost, Overloaded, or what the database raises: then the order is due
        again once the claim has run out."""
        async with self.room.database.read() as connection:
            tracked = await load_order(connection, self.room.sealer, self.brand.name, claim.order_id)
        if tracked is None or tracked.fence != claim.fence:
            raise LeaseLost(f"order {claim.order_id}")
        step = STEPS.get(tracked.order.state)
        while step is not None and self.room.clock.wall() < claim.until:  # one that was paused asks nothing of the upstream
            advanced = await self._commit(claim, await step(self, tracked))
            if advanced is None:
                return
            tracked = advanced.tracked
            step = STEPS.get(tracked.order.state) if advanced.begun is None else _submit

    async def _commit(self, claim: Claim, decide: Decide) -> Advanced | None:
        return await self.room.commands.run(AdvanceOrder(room=self.room, brand=self.brand, claim=claim, decide=decide))

    async def ask(self, question: str, answer: Awaitable[Decide], otherwise: Decide) -> Decide:
        """The decision that the answer leads to; `otherwise`, without one."""
        try:
            return await answer
        except (UpstreamTimedOut, UpstreamFailed) as problem:
            self.count_defect(question, problem.code)
        except Exception:  # a fault of the adapter says nothing of the payment
            log.exception("upstream_answer_unreadable", upstream=self.upstream.name, question=question)
            self.count_defect(question, UpstreamFailed.code)
        return otherwise


Step = Callable[[Submitter, Tracked], Awaitable[Decide]]


async def _reserve(submitter: Submitter, tracked: Tracked) -> Decide:
    async def answer() -> Decide:
        reserved = await submitter.upstream.reserve(submitter.brand, tracked.order.transfer)
        return on_reserved if isinstance(reserved, Reserved) else partial(on_refused, reason=reserved.reason)

    return await submitter.ask("reserve", answer(), on_unreserved)


async def _begin(submitter: Submitter, tracked: Tracked) -> Decide:
    """A submission; once too many went missing, the upstream is asked to carry the order out never."""
    if tracked.submissions < submitter.room.pace.submissions_max:
        return on_accepted

    async def answer() -> Decide:
        return partial(on_given_up, progress=await submitter.upstream.cancel(submitter.brand, tracked.order.id))

    return await submitter.ask("cancel", answer(), on_unanswered)


async def _submit(submitter: Submitter, tracked: Tracked) -> Decide:
    async def answer() -> Decide:
        return partial(on_report, progress=await submitter.upstream.submit(submitter.brand, tracked.order.transfer))

    return await submitter.ask("submit", answer(), on_silence)


async def _inquire(submitter: Submitter, tracked: Tracked) -> Decide:
    async def answer() -> Decide:
        progress = await submitter.upstream.status(submitter.brand, tracked.order.id)
        return on_absence if progress is None else partial(on_report, progress=progress)

    return await submitter.ask("status", answer(), on_silence)


async def _release(submitter: Submitter, tracked: Tracked) -> Decide:
    async def answer() -> Decide:
        await submitter.upstream.release(submitter.brand, tracked.order.id)
        return on_released

    return await submitter.ask("release", answer(), on_unanswered)


# The first step of a worker that takes an order in a state; the others wait for people, for time, or for nothing.
STEPS: Mapping[OrderState, Step] = MappingProxyType(
    {
        OrderState.RECEIVED: _reserve,
        OrderState.ACCEPTED: _begin,
        OrderState.SUBMITTED: _inquire,
        OrderState.UNKNOWN: _inquire,
        OrderState.REJECTED: _release,
        OrderState.CANCELLED: _release,
    }
)
