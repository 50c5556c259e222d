"""The commands of callers, in canonical words: a dialect decodes its request into one of these, a use case answers it.

Account ids here are the ids that the caller knows (AccountReference.id), never the upstream's own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kernel.banking.accounts import TransactionStatus
from kernel.banking.consents import Consent, ConsentLodgement
from kernel.banking.orders import OrderRequest


@dataclass(frozen=True, slots=True)
class LodgeConsent:
    """`until_path` is the path that a refusal of its end names, where it is not the dialect's usual one."""

    lodgement: ConsentLodgement
    until_path: str | None = None


@dataclass(frozen=True, slots=True)
class ReadConsent:
    consent_id: str


@dataclass(frozen=True, slots=True)
class ReadAuthorisations:
    """`authorisation_id` None: of all authorisations of the consent."""

    consent_id: str
    authorisation_id: str | None = None


@dataclass(frozen=True, slots=True)
class WithdrawConsent:
    consent_id: str


@dataclass(frozen=True, slots=True)
class ListAccounts:
    """All accounts the consent covers; `with_balances` as in ReadAccount."""

    with_balances: bool = False


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

    `cursor` is the opaque text of an earlier answer's `next_cursor`; `page_size` and `status` None leave the choice to us. `number` is
    the number of the page, from 1, where pages have numbers: then there is a `page_size`, and no cursor and no `status`.
    """

    account_id: str | None = None
    booked_from: datetime | None = None
    booked_to: datetime | None = None
    cursor: str | None = None
    page_size: int | None = None
    status: TransactionStatus | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class ReadRecords:
    """Beneficiaries, direct debits, standing orders or scheduled payments, as the operation says; `account_id` None: of all accounts
    the consent covers. `cursor`, `page_size` and `number` as in ReadTransactions."""

    account_id: str | None = None
    cursor: str | None = None
    page_size: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class ReadProducts:
    """`account_id` None: of all accounts the consent covers."""

    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReadOffers:
    """`account_id` None: of all accounts the consent covers."""

    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReadParties:
    """Those of one account."""

    account_id: str


@dataclass(frozen=True, slots=True)
class ReadPsuParty:
    """The PSU who gave the consent."""


@dataclass(frozen=True, slots=True)
class ReadStatements:
    """`account_id` None: of all accounts the consent covers. Only statements whose period lies within the bounds, which are inclusive
    instants; None is unbounded. `cursor`, `page_size` and `number` as in ReadTransactions."""

    account_id: str | None = None
    starts_from: datetime | None = None
    ends_to: datetime | None = None
    cursor: str | None = None
    page_size: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class ReadStatement:
    account_id: str
    statement_id: str


@dataclass(frozen=True, slots=True)
class ReadStatementFile:
    account_id: str
    statement_id: str
    media_type: str


@dataclass(frozen=True, slots=True)
class ReadStatementTransactions:
    """The entries of a statement, booked ones only. `cursor`, `page_size` and `number` as in ReadTransactions."""

    account_id: str
    statement_id: str
    cursor: str | None = None
    page_size: int | None = None
    number: int | None = None


@dataclass(frozen=True, slots=True)
class DescribeToken:
    """Describe the token of the call: its client, scope and consent."""


@dataclass(frozen=True, slots=True)
class PlacePayment:
    """Order the payment of a consent. `check_agreed` raises ConsentMismatch where the order differs from what the PSU agreed to."""

    request: OrderRequest
    check_agreed: Callable[[Consent], None]


@dataclass(frozen=True, slots=True)
class ReadPayment:
    payment_id: str


@dataclass(frozen=True, slots=True)
class ConfirmFunds:
    """Ask if the account of a consent could pay what was agreed to."""

    consent_id: str
