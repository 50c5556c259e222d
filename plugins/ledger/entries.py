"""The entries that the ledger accepts, and the checks that refuse others before anything is written: double entry.

An entry is a set of legs that sum to zero in every currency. A leg of a customer's account carries the line that its holder
reads; a leg of the bank's own account carries none.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.banking.accounts import AccountCategory, AccountStatus, AccountType
from kernel.banking.money import Money
from kernel.errors import Problem
from plugins.ledger.documents import Identity, Narrative

LEGS_MIN = 2


class EntryUnbalanced(Problem):
    code, public = "entry_unbalanced", "The entry does not balance."


class EntryMismatched(Problem):
    code, public = "entry_mismatched", "The entry does not fit its account."


class EntryTooLarge(Problem):
    code, public = (
        "entry_too_large",
        "The amount, or the balance that it leads to, has more than thirteen digits before the point.",
    )


class PendingUnknown(Problem):
    code, public = "pending_unknown", "There is no such pending transaction."


class Right(StrEnum):
    """The rights of a customer on an account. Each includes the ones before it."""

    VIEW = "view"
    INITIATE = "initiate"
    APPROVE = "approve"


class Holder(msgspec.Struct, frozen=True):
    """`position` orders the accounts of one customer."""

    customer_id: str
    right: Right
    position: int = 0


class AccountOpening(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's account as it is opened. `credit_line` is what may be spent beyond the balance."""

    id: str
    currency: str
    type: AccountType
    category: AccountCategory
    product: str
    opened_at: datetime
    identity: Identity
    holders: tuple[Holder, ...]
    status: AccountStatus = AccountStatus.ENABLED
    eligible: bool = True
    credit_line: Money | None = None
    servicer_bic: str | None = None
    product_id: str | None = None  # of the catalogue
    switched: bool | None = None  # None: the switch service does not know the account
    signatures: int | None = None  # that a payment from it needs; None: of every holder who may approve


def signatures_of(opening: AccountOpening) -> int:
    """The number of holders who must agree to a payment: all of those who may, unless the account was opened with fewer in mind."""
    approving = sum(holder.right is Right.APPROVE for holder in opening.holders)
    return opening.signatures if opening.signatures is not None else max(1, approving)


class StatusChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of an account's status, and its instant. `switched`: the account moved to another bank. See AccountOpening."""

    status: AccountStatus
    at: datetime
    eligible: bool
    switched: bool | None = None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The transaction that the holder reads. `id` is the transaction's; `settles` is the id of the pending transaction that it books."""

    id: str
    booked_at: datetime
    narrative: Narrative
    value_at: datetime | None = None
    code: str | None = None
    settles: bool = False


class Leg(msgspec.Struct, frozen=True):
    """One side of an entry: a positive amount raises the account's balance."""

    account_id: str
    amount: Money
    line: Line | None = None


class LedgerEntry(msgspec.Struct, frozen=True):
    """`id` makes the entry unique: a second entry with it is refused by the database."""

    id: str
    legs: tuple[Leg, ...]
    kind: str = "transfer"


class PendingPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment announced and not yet booked. A debit holds its amount until it is booked or released."""

    id: str
    account_id: str
    amount: Money
    booked_at: datetime  # when it is expected to be booked
    narrative: Narrative
    code: str | None = None


class AccountFacts(msgspec.Struct, frozen=True):
    """The facts of an account that posting needs, read under the ledger's lock."""

    id: str
    internal: bool
    currency: str
    status: str
    balance_minor: int


def check_balanced(entries: Sequence[LedgerEntry]) -> None:
    """Raises EntryUnbalanced unless every entry has two legs or more, none of zero, that sum to zero in each currency."""
    for entry in entries:
        if len(entry.legs) < LEGS_MIN:
            raise EntryUnbalanced(f"entry {entry.id} has {len(entry.legs)} legs")
        sums: Counter[str] = Counter()
        for leg in entry.legs:
            if leg.amount.minor == 0:
                raise EntryUnbalanced(f"entry {entry.id} moves nothing on one of its legs")
            sums[leg.amount.currency] += leg.amount.minor
        if any(sums.values()):
            raise EntryUnbalanced(
                f"entry {entry.id} does not sum to zero in {sorted(key for key, total in sums.items() if total)}"
            )


def check_sayable(account_id: str, sum_of: Money) -> None:
    """Raises EntryTooLarge for an amount, or a balance, that could be neither stored for long nor written."""
    if not sum_of.is_sayable():
        raise EntryTooLarge(f"account {account_id}")


def check_fits(account: AccountFacts | None, account_id: str, amount: Money, *, has_line: bool) -> AccountFacts:
    """The account, if it can take the amount. Raises EntryMismatched or EntryTooLarge."""
    if account is None:
        raise EntryMismatched(f"account {account_id} is unknown")
    if account.currency != amount.currency:
        raise EntryMismatched(f"account {account_id} is in {account.currency}, the leg in {amount.currency}")
    if account.status == AccountStatus.DELETED:
        raise EntryMismatched(f"account {account_id} is closed")
    if has_line == account.internal:
        raise EntryMismatched(f"account {account_id}: a customer's account needs a line, the bank's own takes none")
    check_sayable(account_id, amount)
    return account
