"""The entries that the ledger accepts, and the checks that refuse others before anything is written: double entry.

An entry is a set of legs that sum to zero in every currency. A leg of a customer's account carries the line that its holder
reads; a leg of the bank's own account carries none.
"""

from datetime import date, datetime
from decimal import Decimal

import msgspec

from kernel.banking.money import Money
from plugins.ledger.documents import Narrative
from plugins.ledger.refusals import EntryTooLarge, EntryUnbalanced

LEGS_MIN = 2  # what one account gives, another takes
LEGS_MAX = 32_767  # what the number of a leg can count to


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The transaction that the holder reads. `id` is the transaction's; `settles` is set if it books the pending transaction of that id.
    Without `booked_at` it is booked, and of value, at the moment in which its entry is recorded."""

    id: str
    narrative: Narrative
    booked_at: datetime | None = None
    value_at: datetime | None = None
    code: str | None = None
    settles: bool = False


class Leg(msgspec.Struct, frozen=True):
    """One side of an entry: a positive amount raises the account's balance."""

    account_id: str
    amount: Money
    line: Line | None = None


class Capture(msgspec.Struct, frozen=True):
    """The end of a hold by the entry that spends it: `amount` is positive and at most what is held, and the rest is free again."""

    hold_id: str
    amount: Money


class AppliedRate(msgspec.Struct, frozen=True, kw_only=True):
    """The rate between the two currencies of an entry, and where it comes from. A quote is used once."""

    rate: Decimal
    source: str
    quote_id: str | None = None


class LedgerEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """`id` makes the entry unique: the same entry again is the same fact, another one with its id is refused. `forced`: booked although
    an account may not be able to pay. `value_date`: None for the day of the booking. `cause` refers to what caused it, None for itself."""

    id: str
    legs: tuple[Leg, ...]
    kind: str = "transfer"
    captures: tuple[Capture, ...] = ()
    cause: str | None = None
    value_date: date | None = None
    applied_rate: AppliedRate | None = None
    reverses: str | None = None
    forced: bool = False

    def ending(self) -> set[str]:
        """The ids of the holds and the pending transactions that it ends, if they are there."""
        ids = {leg.line.id for leg in self.legs if leg.line is not None and leg.line.settles}
        return ids.union(capture.hold_id for capture in self.captures)

    def is_same(self, other: "LedgerEntry") -> bool:
        """Do both ask for the same? Lines are words, and an instant in them may differ the second time."""
        ours, theirs = (
            msgspec.structs.replace(entry, legs=tuple(Leg(leg.account_id, leg.amount) for leg in entry.legs))
            for entry in (self, other)
        )
        return ours == theirs


class PendingPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment announced and not yet booked. A debit holds its amount until it is booked or released."""

    id: str
    account_id: str
    amount: Money
    booked_at: datetime  # when it is expected to be booked
    narrative: Narrative
    code: str | None = None


def check_balanced(entry: LedgerEntry) -> None:
    """Raises EntryUnbalanced unless the entry has two legs or more, none of zero, that sum to zero in each currency."""
    if not LEGS_MIN <= len(entry.legs) <= LEGS_MAX:
        raise EntryUnbalanced(f"entry {entry.id} has {len(entry.legs)} legs")
    sums: dict[str, int] = {}
    for leg in entry.legs:
        amount = leg.amount
        if amount.minor == 0:
            raise EntryUnbalanced(f"entry {entry.id} moves nothing on one of its legs")
        sums[amount.currency] = sums.get(amount.currency, 0) + amount.minor
    if any(sums.values()):
        unequal = sorted(currency for currency, total in sums.items() if total)
        raise EntryUnbalanced(f"entry {entry.id} does not sum to zero in {unequal}")


def check_sayable(account_id: str, sum_of: Money) -> None:
    """Raises EntryTooLarge for an amount, or a balance, that could be neither stored for long nor written."""
    if not sum_of.is_sayable():
        raise EntryTooLarge(f"account {account_id}")
