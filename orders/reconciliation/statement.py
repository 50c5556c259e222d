"""Statements of an account that another keeps for the bank, as they are reconciled: in no message's own form."""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from kernel.banking.money import Money


class Kind(StrEnum):
    STATEMENT = "statement"
    NOTICE = "notice"


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """Positive for money of the account's owner."""

    amount: Money
    day: date


class References(msgspec.Struct, frozen=True, kw_only=True):
    """The names that payment and booking go by; None where the sender gave none."""

    servicer: str | None = None
    batch: str | None = None  # of the instruction that it was part of
    instruction: str | None = None
    end_to_end: str | None = None
    uetr: str | None = None
    transaction: str | None = None
    clearing: str | None = None  # the clearing system's own, such as a cycle


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One payment of an entry. `amount` is signed; `account` is that of the other side, `reason` of a payment that came back."""

    amount: Money
    references: References
    name: str | None = None
    account: str | None = None
    remittance: str | None = None
    reason: str | None = None


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """One entry: a signed amount, and the payments that it is made of, as far as they are named."""

    amount: Money
    booked_on: date | None
    value_on: date | None
    references: References
    is_reversal: bool = False
    parts: tuple[Part, ...] = ()


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """`sequence` is its number of the year, if its sender counts; balances are there in a statement, and not in a notice."""

    kind: Kind
    id: str
    account: str
    currency: str
    created_at: datetime
    sequence: int | None = None
    opening: Balance | None = None
    closing: Balance | None = None
    entries: tuple[Booked, ...] = ()
