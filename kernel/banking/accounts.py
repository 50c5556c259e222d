"""The canonical words for accounts, balances and transactions. Upstreams answer in these; dialects translate them.

Statuses and types carry ISO 20022 meanings under plain names; each dialect has one mapping table per enum.
Instants are aware UTC datetimes.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from kernel.banking.money import Money


class AccountStatus(StrEnum):
    ENABLED = "enabled"
    DISABLED = "disabled"
    DELETED = "deleted"
    PENDING = "pending"


class AccountCategory(StrEnum):
    PERSONAL = "personal"
    BUSINESS = "business"


class AccountType(StrEnum):
    """ISO 20022 ExternalCashAccountType1Code, by name."""

    CURRENT = "current"  # CACC
    SAVINGS = "savings"  # SVGS
    CARD = "card"  # CARD
    LOAN = "loan"  # LOAN


class Scheme(StrEnum):
    SORT_CODE = "sort_code"  # six digits of sort code and eight of account number
    IBAN = "iban"
    PAN = "pan"


class AccountIdentifier(msgspec.Struct, frozen=True):
    scheme: Scheme
    identification: str
    name: str | None = None
    secondary: str | None = None


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account as the upstream knows it. `id` is the upstream's own reference and never leaves us: see AccountReference."""

    id: str
    currency: str
    category: AccountCategory
    type: AccountType
    status: AccountStatus
    status_changed_at: datetime
    name: str  # what the bank calls the account, e.g. "Everyday current account"
    nickname: str | None = None
    identifiers: tuple[AccountIdentifier, ...] = ()
    servicer_bic: str | None = None
    opened_at: datetime
    eligible: bool = True  # may be shared with third parties
    switched: bool | None = None  # moved to another bank by the switch service; None: that service does not know the account
    signatures: int = 1  # how many people must agree to a payment from it, the customer it is listed for included
    signers: tuple[str, ...] = ()  # the customers who may agree to one, where it takes several; none: the others cannot be asked


class BalanceType(StrEnum):
    """ISO 20022 ExternalBalanceType1Code, by name."""

    INTERIM_AVAILABLE = "interim_available"  # ITAV
    INTERIM_BOOKED = "interim_booked"  # ITBD
    CLOSING_BOOKED = "closing_booked"  # CLBD
    OPENING_BOOKED = "opening_booked"  # OPBD
    EXPECTED = "expected"  # XPCD


class CreditLine(msgspec.Struct, frozen=True):
    included: bool
    amount: Money | None = None


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    account_id: str
    type: BalanceType
    amount: Money  # signed: negative is a debit balance
    at: datetime
    credit_lines: tuple[CreditLine, ...] = ()


class TransactionStatus(StrEnum):
    BOOKED = "booked"
    PENDING = "pending"


class Merchant(msgspec.Struct, frozen=True):
    name: str
    category_code: str | None = None  # ISO 18245


class Counterparty(msgspec.Struct, frozen=True):
    """The party on the other side, as far as the bank knows. `agent_bic` names their bank."""

    name: str | None = None
    identifier: AccountIdentifier | None = None
    agent_bic: str | None = None


class CurrencyExchange(msgspec.Struct, frozen=True):
    """The conversion of an entry in another currency into the account's: `rate` units of the account's currency for one of
    `instructed.currency`. `instructed` has the entry's sign."""

    instructed: Money
    rate: Decimal


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of an account.

    `id` survives pending -> booked. `sequence` is the upstream's booking sequence: strictly increasing in the order in which
    entries were recorded, so that a page can say "as of". `amount` is signed: negative is a debit.
    """

    id: str
    account_id: str
    sequence: int
    amount: Money
    status: TransactionStatus
    booked_at: datetime
    value_at: datetime | None = None
    information: str
    reference: str | None = None
    code: str | None = None  # ISO 20022 bank transaction code "PMNT.ICDT.ESCT" (domain.family.subfamily)
    merchant: Merchant | None = None
    counterparty: Counterparty | None = None
    balance_after: Money | None = None
    exchange: CurrencyExchange | None = None


class TransactionPage(msgspec.Struct, frozen=True):
    """A page, newest first by (booked_at, id). `more` says whether an older row exists within the filter."""

    transactions: tuple[Transaction, ...]
    more: bool
    as_of: int  # the booking sequence this listing was taken at
    first_available: datetime | None = None
    last_available: datetime | None = None
    total: int | None = None  # of all rows within the question, where it was asked with `skip`
