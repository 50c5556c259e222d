"""The commands of callers, in canonical words: a dialect decodes its request into one of these, a use case answers it.

Account ids here are the ids that the caller knows (AccountReference.id), never the upstream's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from kernel.banking.accounts import TransactionStatus
from kernel.banking.consents import Consent, ConsentLodgement
from kernel.banking.money import Money
from kernel.banking.notices import Poll, SubscriptionForm, SubscriptionTerms
from kernel.banking.orders import OrderRequest
from kernel.banking.planned.files import FilePayment, FileType
from kernel.banking.planned.instructions import InstructionRequest
from kernel.banking.planned.reports import WriteReport

BreachPath = Callable[[str, int | None], str]  # by a member of kernel/banking/terms.py: VrpParameter


def no_path(_parameter: str, _index: int | None) -> str:
    """For a consent that has no parameters."""
    return ""


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
    """Order the payment of a consent. `check_agreed` raises ConsentMismatch where the order differs from what the PSU agreed to;
    `breach_path` is the path of the parameter that it breaches, of those that are a list with its place."""

    request: OrderRequest | InstructionRequest
    check_agreed: Callable[[Consent], None]
    breach_path: BreachPath = no_path


@dataclass(frozen=True, slots=True)
class ReadPayment:
    payment_id: str


@dataclass(frozen=True, slots=True)
class UploadFile:
    """Upload the file of a consent. `readers` read the payments of one, by its type, in a thread of their own; they raise Field problems."""

    consent_id: str
    readers: Mapping[FileType, Callable[[bytes, tzinfo], list[FilePayment]]]


@dataclass(frozen=True, slots=True)
class ReadFile:
    consent_id: str


@dataclass(frozen=True, slots=True)
class ReadReport:
    """`writers` write the report of a file, by the type of the file, in a thread of their own."""

    payment_id: str
    writers: Mapping[FileType, WriteReport]


@dataclass(frozen=True, slots=True)
class ConfirmFunds:
    """Ask if the account of a consent could pay what was agreed to; under one to many payments, `amount`, which is no more than one payment
    may be. `reference` is the caller's own. `breach_path` as in PlacePayment."""

    consent_id: str
    amount: Money | None = None
    reference: str | None = None
    breach_path: BreachPath = no_path


@dataclass(frozen=True, slots=True)
class CheckFunds:
    """Ask if the account of a consent to checks of funds has an amount. `reference` is the caller's own. The paths are those of the
    members that a refusal names: the consent, and the currency."""

    consent_id: str
    amount: Money
    reference: str
    consent_path: str
    currency_path: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`callback_path` is the path that a refusal of the address names."""

    terms: SubscriptionTerms
    callback_path: str


@dataclass(frozen=True, slots=True)
class ReadSubscriptions:
    form: SubscriptionForm


@dataclass(frozen=True, slots=True)
class ChangeSubscription:
    subscription_id: str
    terms: SubscriptionTerms
    callback_path: str


@dataclass(frozen=True, slots=True)
class EndSubscription:
    subscription_id: str
    form: SubscriptionForm


@dataclass(frozen=True, slots=True)
class PollNotices:
    poll: Poll
