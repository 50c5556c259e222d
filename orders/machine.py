"""The life of a payment order, as one table. Any pair that the table lacks is refused; from a terminal state nothing leads away.

A report of a rail or core is judged in one place too (`judge`): what it makes of an order, given the state and the status that the order
has. DESIGN section 7; ISO 20022 pain.002 and pacs.002 for the statuses.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from kernel.banking.orders import PAID_STATUSES, REFUSED_STATUSES, OrderState, RailStatus, contradicts, follows


class OrderEvent(StrEnum):
    RECEIVE = "receive"  # the first: it has no state before
    AWAIT_SIGNATURES = "await_signatures"
    SIGN = "sign"  # and others must still
    COMPLETE_SIGNATURES = "complete_signatures"
    SCHEDULE = "schedule"
    FALL_DUE = "fall_due"
    PRICE = "price"  # the bank binds itself to a rate
    RESERVE = "reserve"
    HOLD_FOR_REVIEW = "hold_for_review"
    PASS_REVIEW = "pass_review"
    SUBMIT = "submit"  # written down before the upstream is called
    LOSE = "lose"  # no answer, or none that is final in time
    MISS = "miss"  # the upstream never received it, and cannot any more
    PROGRESS = "progress"
    SETTLE = "settle"
    REJECT = "reject"
    CANCEL = "cancel"
    PROPOSE = "propose"  # an end that a second person must approve
    NOTE = "note"  # a report that contradicts what is known: evidence, and nothing else


_S, _E = OrderState, OrderEvent

TRANSITIONS: Mapping[tuple[OrderState, OrderEvent], OrderState] = MappingProxyType(
    {
        (_S.RECEIVED, _E.AWAIT_SIGNATURES): _S.AWAITING_AUTHORISATION,
        (_S.RECEIVED, _E.SCHEDULE): _S.SCHEDULED,
        (_S.RECEIVED, _E.PRICE): _S.RECEIVED,
        (_S.RECEIVED, _E.RESERVE): _S.ACCEPTED,
        (_S.RECEIVED, _E.REJECT): _S.REJECTED,
        (_S.RECEIVED, _E.CANCEL): _S.CANCELLED,
        (_S.AWAITING_AUTHORISATION, _E.SIGN): _S.AWAITING_AUTHORISATION,
        (_S.AWAITING_AUTHORISATION, _E.COMPLETE_SIGNATURES): _S.RECEIVED,
        (_S.AWAITING_AUTHORISATION, _E.REJECT): _S.REJECTED,
        (_S.AWAITING_AUTHORISATION, _E.CANCEL): _S.CANCELLED,
        (_S.SCHEDULED, _E.FALL_DUE): _S.RECEIVED,
        (_S.SCHEDULED, _E.REJECT): _S.REJECTED,
        (_S.SCHEDULED, _E.CANCEL): _S.CANCELLED,
        (_S.ACCEPTED, _E.HOLD_FOR_REVIEW): _S.HELD_FOR_REVIEW,
        (_S.ACCEPTED, _E.SUBMIT): _S.SUBMITTED,
        (_S.ACCEPTED, _E.SETTLE): _S.SETTLED,  # a submission that was thought missing
        (_S.ACCEPTED, _E.REJECT): _S.REJECTED,
        (_S.ACCEPTED, _E.CANCEL): _S.CANCELLED,
        (_S.HELD_FOR_REVIEW, _E.PASS_REVIEW): _S.ACCEPTED,
        (_S.HELD_FOR_REVIEW, _E.SETTLE): _S.SETTLED,  # likewise
        (_S.HELD_FOR_REVIEW, _E.REJECT): _S.REJECTED,
        (_S.HELD_FOR_REVIEW, _E.CANCEL): _S.CANCELLED,
        (_S.SUBMITTED, _E.PROGRESS): _S.SUBMITTED,
        (_S.SUBMITTED, _E.LOSE): _S.UNKNOWN,
        (_S.SUBMITTED, _E.MISS): _S.ACCEPTED,
        (_S.SUBMITTED, _E.SETTLE): _S.SETTLED,
        (_S.SUBMITTED, _E.REJECT): _S.REJECTED,
        (_S.SUBMITTED, _E.CANCEL): _S.CANCELLED,
        (_S.UNKNOWN, _E.PROGRESS): _S.SUBMITTED,
        (_S.UNKNOWN, _E.MISS): _S.ACCEPTED,
        (_S.UNKNOWN, _E.SETTLE): _S.SETTLED,
        (_S.UNKNOWN, _E.REJECT): _S.REJECTED,
        (_S.UNKNOWN, _E.CANCEL): _S.CANCELLED,
        (_S.SETTLED, _E.PROGRESS): _S.SETTLED,  # the payee's account is credited too
        **{(state, _E.PROPOSE): state for state in (_S.UNKNOWN, _S.HELD_FOR_REVIEW)},
        **{(state, _E.NOTE): state for state in OrderState},
    }
)

# The status that our own acts stand for, where it is later than the one that the order has.
OWN_STATUSES: Mapping[OrderEvent, RailStatus] = MappingProxyType(
    {
        _E.AWAIT_SIGNATURES: RailStatus.PARTIALLY_SIGNED,
        _E.COMPLETE_SIGNATURES: RailStatus.TECHNICALLY_VALID,
        _E.SCHEDULE: RailStatus.PENDING,
        _E.RESERVE: RailStatus.FUNDS_CHECKED,
        _E.SUBMIT: RailStatus.IN_PROCESS,
        _E.REJECT: RailStatus.REJECTED,
        _E.CANCEL: RailStatus.CANCELLED,
    }
)

# States in which a submission may be on its way, or may have been thought missing: a report of the end is believed.
REPORTED_STATES = frozenset({_S.ACCEPTED, _S.HELD_FOR_REVIEW, _S.SUBMITTED, _S.UNKNOWN})


class TransitionRefused(Exception):
    """The order's state does not allow the event: it has moved, or the code is wrong."""


def next_state(state: OrderState, event: OrderEvent) -> OrderState:
    """The state that `event` leads to. Raises TransitionRefused."""
    following = TRANSITIONS.get((state, event))
    if following is None:
        raise TransitionRefused(f"no {event} from {state}")
    return following


def next_status(status: RailStatus, event: OrderEvent, reported: RailStatus | None) -> RailStatus:
    """The status after an event that was reported with `reported`, or that is our own act: the later one."""
    after = reported or OWN_STATUSES.get(event)
    return after if after is not None and follows(status, after) else status


def judge(state: OrderState, status: RailStatus, reported: RailStatus) -> OrderEvent | None:
    """The event that a report makes of an order; None where it says nothing new."""
    if contradicts(status, reported):
        return OrderEvent.NOTE
    if state is OrderState.SETTLED:
        return OrderEvent.PROGRESS if follows(status, reported) else None
    is_end = reported in PAID_STATUSES or reported in REFUSED_STATUSES
    if state not in REPORTED_STATES:
        return OrderEvent.NOTE if is_end and reported in PAID_STATUSES else None
    if reported in PAID_STATUSES:
        return OrderEvent.SETTLE
    if reported in REFUSED_STATUSES:
        return OrderEvent.CANCEL if reported is RailStatus.CANCELLED else OrderEvent.REJECT
    if state is OrderState.UNKNOWN or (state is OrderState.SUBMITTED and follows(status, reported)):
        return OrderEvent.PROGRESS
    return None
