"""The answers of a core bank about payments. Each one about an order names the order, and its amount where the bank has it: an answer
to another question must be noticed."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from kernel.banking.abroad.exchange import Quote, Unquoted
from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason

RAIL_CHARACTERS_MAX = 64  # of the name of a rail

ReasonCode = Annotated[
    str,
    Meta(
        pattern="^[A-Z0-9]{4}$",
        description="ISO 20022 ExternalStatusReason1Code. A code that Portcullis has no word for counts as MS03.",
    ),
]


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """`reason` says why nothing is held, and is there if and only if nothing is. `rail` is the bank's name for what will carry the payment."""

    order_id: str
    amount: Money
    reserved: bool
    reason: ReasonCode | None = None
    rail: Annotated[str, Meta(max_length=RAIL_CHARACTERS_MAX)] = ""

    def __post_init__(self) -> None:
        if self.reserved != (self.reason is None):
            raise ValueError("a reason belongs to a refusal")


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The progress of an order. `at`: since when. `amount`: absent only of an order that was never submitted. `reason`: of a refusal.
    Paid stays paid, and refused stays refused: money that comes back is a payment of its own."""

    order_id: str
    status: RailStatus
    at: datetime
    amount: Money | None = None
    reason: ReasonCode | None = None


class Released(msgspec.Struct, frozen=True, kw_only=True):
    order_id: str


class Funds(msgspec.Struct, frozen=True, kw_only=True):
    account_id: str
    amount: Money
    available: bool


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A quote, or the member of the question for which there is none. `amount` and `currency` are the question's. Rates are decimals as
    texts: units of the other currency for one of `unit_currency`, at most 15 digits; the amount that follows from one is rounded half up
    to its minor unit. Charges are the payer's, in addition, in the currency that is sold."""

    amount: Money
    currency: str
    quote: Quote | None = None
    refused: Unquoted | None = None

    def __post_init__(self) -> None:
        if (self.quote is None) == (self.refused is None):
            raise ValueError("a quote, or why there is none")


def reason_of(code: str | None) -> Reason | None:
    """A code that is none of ours is that of a bank which does not say why."""
    if code is None:
        return None
    return Reason(code) if code in _CODES else Reason.UNSPECIFIED_BY_AGENT


_CODES = frozenset(Reason)
