"""The life of an instruction of several executions, as one table: any pair that it lacks is refused.

Its executions are orders of their own (orders/machine.py). What becomes of one moves no other, and not the instruction.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from kernel.banking.planned.instructions import InstructionState
from orders.machine import TransitionRefused


class InstructionEvent(StrEnum):
    RECEIVE = "receive"  # the first: it has no state before
    SIGN = "sign"  # and others must still
    COMPLETE_SIGNATURES = "complete_signatures"
    EXECUTE = "execute"  # an execution is ordered, and another will be
    COMPLETE = "complete"  # the last one is ordered
    REJECT = "reject"
    CANCEL = "cancel"


_S, _E = InstructionState, InstructionEvent

TRANSITIONS: Mapping[tuple[InstructionState, InstructionEvent], InstructionState] = MappingProxyType(
    {
        (_S.AWAITING_AUTHORISATION, _E.SIGN): _S.AWAITING_AUTHORISATION,
        (_S.AWAITING_AUTHORISATION, _E.COMPLETE_SIGNATURES): _S.ACTIVE,
        (_S.AWAITING_AUTHORISATION, _E.REJECT): _S.REJECTED,
        (_S.AWAITING_AUTHORISATION, _E.CANCEL): _S.CANCELLED,
        (_S.ACTIVE, _E.EXECUTE): _S.ACTIVE,
        (_S.ACTIVE, _E.COMPLETE): _S.COMPLETED,
        (_S.ACTIVE, _E.CANCEL): _S.CANCELLED,
    }
)


def next_state(state: InstructionState, event: InstructionEvent) -> InstructionState:
    """The state that `event` leads to. Raises TransitionRefused."""
    following = TRANSITIONS.get((state, event))
    if following is None:
        raise TransitionRefused(f"no {event} from {state}")
    return following
