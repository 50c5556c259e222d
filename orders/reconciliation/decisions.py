"""The acts of people on a break: who takes care of it, a resolution that one proposes, and the approval of another.

A difference of money is resolved by an entry: by one operator as long as all that they resolve alone on a day is at most ALONE_MINOR_MAX, by
two otherwise. A wrong statement is discarded by two, and never accepted: its break is the only way to discard it. What else has no amount is
accepted as it is, by two, with a reason. An order whose end is unknown is no business of these: it leaves that state by evidence (orders/staff.py).
"""

from dataclasses import dataclass
from typing import Protocol

import msgspec

from kernel.errors import FieldInvalid
from orders.operators.operator import Operator
from orders.reconciliation.broken import OF_STATEMENTS, OPEN_BREAKS, Break, BreakClass, BreakState, Proposal
from orders.settlement.ports import Against

ALONE_MINOR_MAX = 1_000  # minor units of the differences of one currency that one operator may resolve alone on one day, in sum


class Act(Protocol):
    """An act, as a pure function of the break, and of the minor units that its operator has resolved alone on the day. Raises FieldInvalid."""

    @property
    def event(self) -> str: ...

    @property
    def by(self) -> Operator: ...

    def on(self, broken: Break, alone: int) -> Break: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    by: Operator
    owner: str
    event: str = "assigned"

    def on(self, broken: Break, _alone: int) -> Break:
        _check_open(broken)
        return msgspec.structs.replace(broken, owner=self.owner)


@dataclass(frozen=True, slots=True, kw_only=True)
class Propose:
    """`against` takes the other side of the entry; None accepts a break that has no amount."""

    by: Operator
    reason: str
    against: Against | None
    event: str = "proposed"

    def on(self, broken: Break, alone: int) -> Break:
        _check_open(broken)
        if broken.kind is BreakClass.UNKNOWN_ORDER:
            raise _refused("An order whose end is unknown is decided by `orders decide`, with evidence.")
        if broken.kind in OF_STATEMENTS:
            raise _refused("A statement in quarantine is discarded, or its break clears itself.")
        if bool(broken.effect.minor) != (self.against is not None):
            raise _refused("A difference is resolved by an entry against an account; what has no amount is accepted without one.")
        proposal = Proposal(by=self.by.name, key=self.by.key, reason=self.reason, against=self.against)
        amount = abs(broken.effect.minor)
        if not amount or amount + alone > ALONE_MINOR_MAX:
            return msgspec.structs.replace(broken, state=BreakState.PROPOSED, proposal=proposal)
        return msgspec.structs.replace(broken, state=BreakState.APPROVED, proposal=proposal, approved_by=self.by.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard:
    """Propose to leave a wrong statement out, so that the right one of its name, or its successor, is admitted."""

    by: Operator
    reason: str
    event: str = "proposed"

    def on(self, broken: Break, _alone: int) -> Break:
        _check_open(broken)
        if broken.kind not in OF_STATEMENTS:
            raise _refused("A statement is discarded by a break that is about one.")
        proposal = Proposal(by=self.by.name, key=self.by.key, reason=self.reason, discards=True)
        return msgspec.structs.replace(broken, state=BreakState.PROPOSED, proposal=proposal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """By another operator than the one who proposed, by name and by key. `proposal` is the one that they read: no other is approved."""

    by: Operator
    proposal: str
    event: str = "approved"

    def on(self, broken: Break, _alone: int) -> Break:
        proposal = broken.proposal
        if broken.state is not BreakState.PROPOSED or proposal is None:
            raise _refused(f"Nothing is proposed for this break; it is {broken.state}.")
        if self.by.is_same(proposal.by, proposal.key):
            raise _refused("Another operator than the one who proposed it must approve.")
        if self.proposal != broken.proposed:
            raise _refused("Another proposal than the one that you read is there by now: list the break again.")
        return msgspec.structs.replace(broken, state=BreakState.APPROVED, approved_by=self.by.name)


def _check_open(broken: Break) -> None:
    if broken.state not in OPEN_BREAKS - {BreakState.APPROVED}:
        raise _refused(f"This break is {broken.state}.")


def _refused(why: str) -> FieldInvalid:
    return FieldInvalid("break", public=why, path="break")
