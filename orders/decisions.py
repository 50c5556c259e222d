"""The decisions of an order's worker on what it has learned: pure functions, from an order as it is to its next steps.

The order is read again under its lock when a decision is made, so it may have moved since its worker asked: a decision that does not fit
any more is None, and changes nothing. DESIGN section 7: no answer is never a failure, and nothing is submitted again unless it is
proven that it never arrived.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from kernel.banking.orders import OrderState, Reason
from orders.changes import Step
from orders.machine import OrderEvent, judge
from orders.pace import Pace
from orders.ports import Progress
from orders.tracked import Attempt, Tracked

SUBMITTED_STATES = frozenset({OrderState.SUBMITTED, OrderState.UNKNOWN})
STOPPED_STATES = frozenset({OrderState.REJECTED, OrderState.CANCELLED})
STOPPING_STATES = STOPPED_STATES | {OrderState.ACCEPTED}
MISSING = "missing"  # the end of an attempt that never arrived


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


def on_reserved(situation: Situation) -> Decision | None:
    """The amount is held: the submission begins."""
    if situation.state is not OrderState.RECEIVED:
        return None
    steps = (Step(event=OrderEvent.RESERVE), Step(event=OrderEvent.SUBMIT))
    return Decision(steps=steps, continues=True, begins=True)


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
    step = Step(event=event, reported=progress.status, reason=progress.reason, evidence=evidence)
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


def on_absence(situation: Situation) -> Decision | None:
    """The upstream has never received the order. That counts once nothing can be on its way to it any more."""
    if situation.state not in SUBMITTED_STATES:
        return None
    attempt = situation.attempt
    if attempt is None or situation.now >= attempt.arrives_until:
        return Decision(steps=(Step(event=OrderEvent.MISS),), continues=True, ends=MISSING)
    silence = on_silence(situation)
    return silence and replace(silence, due_at=min(attempt.arrives_until, situation.pause()))


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


def _no_news(situation: Situation) -> Decision | None:
    if situation.state not in SUBMITTED_STATES:
        return None
    if situation.state is OrderState.SUBMITTED and _is_overdue(situation):
        return Decision(steps=(Step(event=OrderEvent.LOSE),), due_at=situation.pause(0))
    return Decision(due_at=situation.pause())


def _is_overdue(situation: Situation) -> bool:
    attempt = situation.attempt
    return attempt is not None and situation.now - attempt.began_at >= situation.pace.final_within
