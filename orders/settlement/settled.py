"""The settlement of a cycle, and the state of it and of a return: fixed before its entry is booked."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.banking.money import Money
from orders.settlement.ports import OwnItem


class SettlementState(StrEnum):
    FIXED = "fixed"  # written down, and its entry is not known to be booked
    BOOKED = "booked"


ENDED_SETTLEMENTS = frozenset({SettlementState.BOOKED})
OPEN_SETTLEMENTS = frozenset(SettlementState) - ENDED_SETTLEMENTS  # each has a gauge of its age


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """The payments of a cycle each way, counted and summed: both sums are positive."""

    count_out: int
    sum_out: Money
    count_in: int
    sum_in: Money

    @property
    def net(self) -> Money:
        """Positive for what the bank receives."""
        return Money(self.sum_in.currency, self.sum_in.minor - self.sum_out.minor)


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """`number` is above 1 for what became known of a cycle after it was settled."""

    rail: str
    currency: str
    cycle: str
    number: int
    state: SettlementState
    position: Position
    entry_id: str
    computed_at: datetime

    @property
    def cause(self) -> str:
        """Of its entry: the cycle, and the count and sum of its payments each way."""
        position = self.position
        out, into = position.sum_out.decimal(), position.sum_in.decimal()
        return f"cycle {self.cycle}: {position.count_out} out of {out}, {position.count_in} in of {into}"


def position_of(items: Sequence[OwnItem], currency: str) -> Position:
    out = [item.amount.minor for item in items if item.amount.minor < 0]
    into = [item.amount.minor for item in items if item.amount.minor > 0]
    return Position(count_out=len(out), sum_out=Money(currency, -sum(out)), count_in=len(into), sum_in=Money(currency, sum(into)))
