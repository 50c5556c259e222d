"""An order as the machine works with it: the order, and what only its workers need."""

from dataclasses import dataclass
from datetime import datetime

from kernel.banking.orders import PaymentOrder

FIRST_FENCE = 1  # of the worker that an order is made for


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """`since` is when its state began, in protocol time; `tries` the questions that brought no news since then."""

    order: PaymentOrder
    fence: int
    tries: int
    submissions: int
    since: datetime
    due_at: datetime | None
    turns_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A submission, written down before it was sent. After `arrives_until` (protocol time) it is under way nowhere."""

    number: int
    began_at: datetime
    arrives_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A worker's hold on an order. Once another has taken it, the fence is higher, and nothing is written under this one."""

    order_id: str
    fence: int
    until: datetime  # protocol time
