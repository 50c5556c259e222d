"""What a caller may ask for, in canonical words: a dialect decodes its request into one of these, a use case answers it.

Account ids here are the ids that the caller knows (AccountReference.id), never the upstream's own.
"""

from dataclasses import dataclass
from datetime import datetime

from kernel.banking.accounts import TransactionStatus
from kernel.banking.consents import ConsentLodgement


@dataclass(frozen=True, slots=True)
class LodgeConsent:
    lodgement: ConsentLodgement


@dataclass(frozen=True, slots=True)
class ReadConsent:
    consent_id: str


@dataclass(frozen=True, slots=True)
class WithdrawConsent:
    consent_id: str


@dataclass(frozen=True, slots=True)
class ListAccounts:
    """All accounts the consent covers."""


@dataclass(frozen=True, slots=True)
class ReadAccount:
    """`with_balances`: answer with the account's balances too, as far as the consent permits."""

    account_id: str
    with_balances: bool = False


@dataclass(frozen=True, slots=True)
class ReadBalances:
    """`account_id` None: of all accounts the consent covers."""

    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReadTransactions:
    """`account_id` None: of all accounts the consent covers. Bounds are inclusive booking instants (UTC), None is unbounded.

    `cursor` is the opaque text of an earlier answer's `next_cursor`; `page_size` and `status` None leave the choice to us.
    """

    account_id: str | None = None
    booked_from: datetime | None = None
    booked_to: datetime | None = None
    cursor: str | None = None
    page_size: int | None = None
    status: TransactionStatus | None = None


@dataclass(frozen=True, slots=True)
class DescribeToken:
    """Who am I: the token's own client, scope and consent."""
