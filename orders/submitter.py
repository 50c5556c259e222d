"""Carry one order on, as far as it goes now: ask the upstream, write down what was learned, and so on until there is nothing to do at once.

No question is asked within a transaction. What is sent is written down first (an attempt), so that a worker that takes the order over
knows that it may have arrived, and asks for it in place of sending it again. Any failure of the upstream's adapter is no answer.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import structlog

from kernel.banking.abroad.exchange import Quote
from kernel.banking.abroad.rate_of_day import REASONS, UNANSWERED, asked_for, is_day_over
from kernel.banking.orders import OrderState
from kernel.brand import Brand
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from kernel.storage.lease import LeaseLost
from orders.commands.advance import Advanced, AdvanceOrder
from orders.commands.review import has_last_day
from orders.decisions import (
    STOPPED_STATES,
    Decide,
    on_absence,
    on_accepted,
    on_doubt,
    on_given_up,
    on_priced,
    on_refused,
    on_released,
    on_report,
    on_reserved,
    on_reserved_first,
    on_resolved,
    on_silence,
    on_unanswered,
    on_unpriced,
    on_unreserved,
    on_unresolved,
    on_unreviewed,
    on_unsigned,
    resolution_of,
)
from orders.machine import OrderEvent
from orders.ports import PaymentsUpstream, Reserved
from orders.room import Room
from orders.rows.history import load_events
from orders.rows.orders import load_order
from orders.tracked import Claim, Tracked

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitter:
    """`count_defect` counts answers that were late or broken, by what was asked and the problem's code; `count_unsigned` orders that were
    due although they lack a signature: somebody has changed the database."""

    room: Room
    brand: Brand
    upstream: PaymentsUpstream
    count_defect: Callable[[str, str], None]
    count_unsigned: Callable[[], None]

    async def advance(self, claim: Claim, known: Advanced | None = None) -> None:
        """Carry the order on while the claim lasts. `known`: as its claim left it, where that is known. Raises LeaseLost, Overloaded, or
        what the database raises: then the order is due again once the claim has run out."""
        advanced: Advanced | None = known or Advanced(tracked=await self._load(claim), begun=None)
        while advanced is not None and self.room.clock.wall() < claim.until:  # one that was paused asks nothing of the upstream
            step = _first_step(advanced.tracked) if advanced.begun is None else _submit
            if step is None:
                return
            advanced = await self._commit(claim, await step(self, advanced.tracked))

    async def _load(self, claim: Claim) -> Tracked:
        """Raises LeaseLost."""
        async with self.room.database.read() as connection:
            tracked = await load_order(connection, self.room.sealer, self.brand.name, claim.order_id)
        if tracked is None or tracked.fence != claim.fence:
            raise LeaseLost(f"order {claim.order_id}")
        return tracked

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
        if not isinstance(reserved, Reserved):
            return partial(on_refused, reason=reserved.reason)
        follow = on_reserved if submitter.room.reviews is None else on_reserved_first
        return partial(follow, rail=reserved.rail)

    return await submitter.ask("reserve", answer(), on_unreserved)


async def _price(submitter: Submitter, tracked: Tracked) -> Decide:
    """Have the bank bind itself to the rate of the day; then the amount is held."""
    order, room = tracked.order, submitter.room
    is_over = is_day_over(order, submitter.brand, room.clock.now())

    async def answer() -> Decide:
        quote = await submitter.upstream.quote(submitter.brand, asked_for(order))
        if isinstance(quote, Quote):
            return partial(on_priced, quote=quote)
        return partial(on_unpriced, reason=REASONS[quote], is_over=is_over)

    return await submitter.ask("quote", answer(), partial(on_unpriced, reason=UNANSWERED, is_over=is_over))


async def _begin(submitter: Submitter, tracked: Tracked) -> Decide:
    """A submission; once too many went missing, the upstream is asked to carry the order out never."""
    if tracked.submissions < submitter.room.pace.submissions_max:
        return await _review(submitter, tracked)

    async def answer() -> Decide:
        return partial(on_given_up, progress=await submitter.upstream.cancel(submitter.brand, tracked.order.id))

    return await submitter.ask("cancel", answer(), on_unanswered)


async def _review(submitter: Submitter, tracked: Tracked) -> Decide:
    """A submission, unless people must look at the order first: once, and not after a submission that may have arrived. A review that
    answers no more leaves the amount held no longer than people may have it held."""
    reviews, order = submitter.room.reviews, tracked.order
    if reviews is None or tracked.submissions > 0:
        return on_accepted

    async def answer() -> Decide:
        async with submitter.room.database.read() as connection:
            history = await load_events(connection, submitter.room.sealer, submitter.brand.name, order.id)
        if any(each.event is OrderEvent.PASS_REVIEW for each in history):
            return on_accepted
        doubt = await reviews.find_doubt(submitter.brand, order)
        return on_accepted if doubt is None else partial(on_doubt, doubt=doubt)

    is_last_day = has_last_day(submitter.brand, order, submitter.room.clock.now())
    return await submitter.ask("review", answer(), partial(on_unreviewed, is_last_day=is_last_day))


async def _submit(submitter: Submitter, tracked: Tracked) -> Decide:
    async def answer() -> Decide:
        return partial(on_report, progress=await submitter.upstream.submit(submitter.brand, tracked.order.transfer))

    return await submitter.ask("submit", answer(), on_silence)


async def _inquire(submitter: Submitter, tracked: Tracked) -> Decide:
    asked_at = submitter.room.clock.wall()

    async def answer() -> Decide:
        progress = await submitter.upstream.status(submitter.brand, tracked.order.id)
        absence = partial(on_absence, asked_at=asked_at, version=tracked.order.version)
        return absence if progress is None else partial(on_report, progress=progress)

    return await submitter.ask("status", answer(), on_silence)


async def _close(submitter: Submitter, tracked: Tracked) -> Decide:
    """Have the bank's books agree with an order that has ended: with the end that people named, or with nothing held."""
    resolution = None
    if tracked.submissions:
        async with submitter.room.database.read() as connection:
            history = await load_events(connection, submitter.room.sealer, submitter.brand.name, tracked.order.id)
        resolution = resolution_of(history)
    if resolution is None:
        return await _release(submitter, tracked)

    async def answer() -> Decide:
        return partial(on_resolved, progress=await submitter.upstream.resolve(submitter.brand, tracked.order.id, resolution))

    return await submitter.ask("resolve", answer(), on_unresolved)


async def _leave(submitter: Submitter, tracked: Tracked) -> Decide:
    """The rules of signing are sealed, the state is not: only a change of the database behind our back leads here."""
    log.critical("order_lacks_signatures", order_id=tracked.order.id, state=tracked.order.state.value)
    submitter.count_unsigned()
    return on_unsigned


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
        OrderState.SETTLED: _close,
        OrderState.REJECTED: _close,
        OrderState.CANCELLED: _close,
    }
)


def _first_step(tracked: Tracked) -> Step | None:
    step = STEPS.get(tracked.order.state)
    if step is None or not tracked.order.signatures_missing:
        return _price if step is _reserve and tracked.order.is_unpriced else step
    return _release if tracked.order.state in STOPPED_STATES else _leave
