"""Accounts as they are opened and as their status changes: what the ledger is given about them, and who holds them."""

from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.banking.accounts import AccountCategory, AccountStatus, AccountType
from kernel.banking.money import Money
from plugins.ledger.documents import Identity


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
