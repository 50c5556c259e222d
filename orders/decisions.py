"""The decisions of an order's worker on what it has learned: pure functions, from an order as it is to its next steps.

The order is read again under its lock when a decision is made, so it may have moved since its worker asked: a decision that does not fit
any more is None, and changes nothing. DESIGN section 7: no answer is never a failure, and nothing is submitted again unless it is
proven that it never arrived.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kernel.banking.abroad.exchange import Quote
from kernel.banking.orders import PAID_STATUSES, REFUSED_STATUSES, OrderState, RailStatus, Reason, contradicts
from orders.changes import Step
from orders.machine import OrderEvent, judge
from orders.pace import Pace
from orders.ports import Progress, Resolution
from orders.rows.history import Recorded
from orders.tracked import Attempt, Tracked

SUBMITTED_STATES = frozenset({OrderState.SUBMITTED, OrderState.UNKNOWN})
STOPPED_STATES = frozenset({OrderState.REJECTED, OrderState.CANCELLED})
STOPPING_STATES = STOPPED_STATES | {OrderState.ACCEPTED}
CLOSED_STATES = STOPPED_STATES | {OrderState.SETTLED}
SIGNED_STATES = SUBMITTED_STATES | {
    OrderState.RECEIVED,
    OrderState.ACCEPTED,
    OrderState.SETTLED,
}  # of orders that have all their signatures
STAFF = "staff:"  # before the names of the people who are the cause of an event
ENDINGS = frozenset({OrderEvent.SETTLE, OrderEvent.REJECT, OrderEvent.CANCEL})
UNREVIEWED = "the review has not answered"
MISSING = "missing"  # the end of an attempt that never arrived


class AttemptMissing(Exception):
    """An order was submitted, and there is no record of what was sent: nothing is proven of it."""


@dataclass(frozen=True, slots=True)
class Situation:
    """An order under its lock, its last attempt, and the moment (protocol time)."""

    tracked: Tracked
    attempt: Attempt | None
    now: datetime
    pace: Pace

    @property
    def state(self) -> OrderState:
        return self.tracked.order.state

    def pause(self, tries: int | None = None) -> datetime:
        """The moment of the next question."""
        return self.now + self.pace.pause(self.tracked.tries if tries is None else tries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`due_at` is when a worker has something to do next; None: never. With `continues`, the worker that has the order goes on at once.
    `begins`: an attempt begins; `ends`: the last one ended, in one word."""

    steps: tuple[Step, ...] = ()
    due_at: datetime | None = None
    continues: bool = False
    begins: bool = False
    ends: str = ""


Decide = Callable[[Situation], Decision | None]


def on_unsigned(situation: Situation) -> Decision | None:
    """It should not be where it is: it stays so until people decide on it, and no worker takes it again."""
    return Decision() if situation.state in SIGNED_STATES else None


def on_reserved(situation: Situation, rail: str = "") -> Decision | None:
    """The amount is held: the submission begins."""
    if situation.state is not OrderState.RECEIVED:
        return None
    steps = (Step(event=OrderEvent.RESERVE, rail=rail), Step(event=OrderEvent.SUBMIT))
    return Decision(steps=steps, continues=True, begins=True)


def on_reserved_first(situation: Situation, rail: str = "") -> Decision | None:
    """The amount is held, and whether people must look at the order is asked next."""
    if situation.state is not OrderState.RECEIVED:
        return None
    return Decision(steps=(Step(event=OrderEvent.RESERVE, rail=rail),), due_at=situation.now, continues=True)


def on_doubt(situation: Situation, doubt: str) -> Decision | None:
    """People must look at the order before it is submitted."""
    if situation.state is not OrderState.ACCEPTED:
        return None
    return Decision(steps=(Step(event=OrderEvent.HOLD_FOR_REVIEW, evidence=doubt.encode()),))


def on_unreviewed(situation: Situation, is_last_day: bool) -> Decision | None:
    """No answer from the review: it is asked again; on the last day that the order may wait for, people look at it instead."""
    if situation.state is not OrderState.ACCEPTED:
        return None
    return on_doubt(situation, UNREVIEWED) if is_last_day else Decision(due_at=situation.pause())


def on_refused(situation: Situation, reason: Reason) -> Decision | None:
    """Nothing is held, so nothing is to be released."""
    if situation.state is not OrderState.RECEIVED:
        return None
    return Decision(steps=(Step(event=OrderEvent.REJECT, reason=reason),))


def on_unreserved(situation: Situation) -> Decision | None:
    """The bank did not say whether it holds the amount: it is asked again, but not for ever."""
    if situation.state is not OrderState.RECEIVED:
        return None
    if situation.now - situation.tracked.since < situation.pace.reserved_within:
        return Decision(due_at=situation.pause())
    refused = Step(event=OrderEvent.REJECT, reason=Reason.INSTRUCTED_AGENT_FAILED)
    return Decision(steps=(refused,), due_at=situation.now)


def on_priced(situation: Situation, quote: Quote) -> Decision | None:
    """The bank is bound to a rate: the amount is held at it next."""
    order = situation.tracked.order
    if situation.state is not OrderState.RECEIVED or not order.is_unpriced:
        return None
    return Decision(steps=(Step(event=OrderEvent.PRICE, quote=quote),), due_at=situation.now, continues=True)


def on_unpriced(situation: Situation, reason: Reason, *, is_over: bool) -> Decision | None:
    """The bank gives no rate: it is asked again until the day of the payment `is_over`."""
    order = situation.tracked.order
    if situation.state is not OrderState.RECEIVED or not order.is_unpriced:
        return None
    return Decision(steps=(Step(event=OrderEvent.REJECT, reason=reason),)) if is_over else Decision(due_at=situation.pause())


def on_accepted(situation: Situation) -> Decision | None:
    if situation.state is not OrderState.ACCEPTED:
        return None
    return Decision(steps=(Step(event=OrderEvent.SUBMIT),), continues=True, begins=True)


def on_report(situation: Situation, progress: Progress, evidence: bytes = b"") -> Decision | None:
    """The upstream's word. One that says nothing new leaves an order to be asked for again, or, once it is overdue, as unknown."""
    order = situation.tracked.order
    event = judge(order.state, order.rail_status, progress.status)
    if event is OrderEvent.PROGRESS and order.state is OrderState.UNKNOWN and _is_overdue(situation):
        event = None
    if event is None:
        return _no_news(situation)
    step = _step(event, progress, evidence)
    if event is OrderEvent.NOTE:
        return Decision(steps=(step,), due_at=situation.tracked.due_at)
    if event is OrderEvent.PROGRESS:
        is_open = order.state in SUBMITTED_STATES
        return Decision(steps=(step,), due_at=situation.pause(0) if is_open else situation.tracked.due_at)
    if event is OrderEvent.SETTLE:
        return Decision(steps=(step,), ends=progress.status.value)
    # a refused order may still have an amount held for it
    return Decision(steps=(step,), due_at=situation.now, continues=True, ends=progress.status.value)


def on_silence(situation: Situation) -> Decision | None:
    """No answer to a submission, or to a question for its status: the end is unknown, and the amount stays held."""
    if situation.state is OrderState.SUBMITTED:
        return Decision(steps=(Step(event=OrderEvent.LOSE),), due_at=situation.pause(0))
    return _no_news(situation)


def on_absence(situation: Situation, asked_at: datetime, version: int) -> Decision | None:
    """The upstream had never received the order when it was asked. That counts if nothing could be on its way to it then (its answer may
    have been long in coming), and no report has come since `version`, the order's as it was asked. Then it is sent again, and the attempt
    is written down with the finding, so that a worker that takes the order over asks for it first; after too many, it is stopped."""
    if situation.state not in SUBMITTED_STATES or situation.tracked.order.version != version:
        return None
    attempt = situation.attempt
    if attempt is None:
        raise AttemptMissing(f"order {situation.tracked.order.id} is {situation.state} without an attempt")
    counts_from = max(attempt.arrives_until, attempt.began_at + situation.pace.absence_after)
    if asked_at < counts_from:
        silence = on_silence(situation)
        return silence and replace(silence, due_at=min(counts_from, situation.pause()))
    missed = Step(event=OrderEvent.MISS)
    if situation.tracked.submissions >= situation.pace.submissions_max:
        return Decision(steps=(missed,), continues=True, ends=MISSING)
    return Decision(steps=(missed, Step(event=OrderEvent.SUBMIT)), continues=True, begins=True, ends=MISSING)


def on_given_up(situation: Situation, progress: Progress) -> Decision | None:
    """The upstream was asked never to carry out the order, after too many submissions that did not arrive."""
    if situation.state not in SUBMITTED_STATES | {OrderState.ACCEPTED}:
        return None
    decision = on_report(situation, progress)
    if decision is None or not decision.steps or decision.steps[0].event is not OrderEvent.CANCEL:
        return decision
    refused = replace(decision.steps[0], event=OrderEvent.REJECT, reason=progress.reason or Reason.INSTRUCTED_AGENT_TIMED_OUT)
    return replace(decision, steps=(refused,))


def on_unanswered(situation: Situation) -> Decision | None:
    """No answer to a request to stop the order, or to let go of what is held for it: both are safe to repeat."""
    return Decision(due_at=situation.pause()) if situation.state in STOPPING_STATES else None


def on_released(situation: Situation) -> Decision | None:
    """Nothing is held any more: there is nothing left to do."""
    return Decision() if situation.state in STOPPED_STATES else None


def resolution_of(history: Sequence[Recorded]) -> Resolution | None:
    """The end that people named of an order that may have been submitted; None where no one had to."""
    decided = next((each for each in reversed(history) if each.to_state in CLOSED_STATES and each.event in ENDINGS), None)
    if decided is None or not decided.cause.startswith(STAFF):
        return None
    status = RailStatus.SETTLED if decided.event is OrderEvent.SETTLE else RailStatus.REJECTED
    return Resolution(status=status, reason=decided.reason, evidence_sha256=hashlib.sha256(decided.evidence).hexdigest())


def on_resolved(situation: Situation, progress: Progress) -> Decision | None:
    """The bank's books after people named the end: it is done once they agree. A bank that knows another end leaves a note."""
    if situation.state not in CLOSED_STATES:
        return None
    if contradicts(situation.tracked.order.rail_status, progress.status):
        return Decision(steps=(_step(OrderEvent.NOTE, progress),))
    is_end = progress.status in PAID_STATUSES | REFUSED_STATUSES
    return Decision(due_at=None if is_end else situation.pause())


def on_unresolved(situation: Situation) -> Decision | None:
    """No answer: the order stays due until the bank has confirmed its end."""
    return Decision(due_at=situation.pause()) if situation.state in CLOSED_STATES else None


def _step(event: OrderEvent, progress: Progress, evidence: bytes = b"") -> Step:
    """The upstream's word as it was received."""
    return Step(
        event=event,
        reported=progress.status,
        reported_at=progress.at,
        reason=progress.reason,
        evidence=evidence or progress.message,
    )


def _no_news(situation: Situation) -> Decision | None:
    if situation.state not in SUBMITTED_STATES:
        return None
    if situation.state is OrderState.SUBMITTED and _is_overdue(situation):
        return Decision(steps=(Step(event=OrderEvent.LOSE),), due_at=situation.pause(0))
    ends = _final_at(situation) if situation.state is OrderState.SUBMITTED else None
    return Decision(due_at=situation.pause() if ends is None else min(situation.pause(), ends))


def _is_overdue(situation: Situation) -> bool:
    ends = _final_at(situation)
    return ends is not None and situation.now >= ends


def _final_at(situation: Situation) -> datetime | None:
    """When its end must be known."""
    attempt = situation.attempt
    return None if attempt is None else attempt.began_at + situation.pace.final_within
