"""The results of use cases, in canonical words: dialects encode these. A consent is answered as the `Consent` itself.

`account_id` is the id that the caller knows (AccountReference.id); the ids inside `account`, `balance` and `transaction` are
the upstream's own and never leave us, save the `id` of a transaction, party or other record, which is stable and opaque.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from kernel.banking.accounts import Account, Balance, Transaction
from kernel.banking.consents import AccountReference
from kernel.banking.money import Money
from kernel.banking.records.parties import Party

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Numbered:
    """One page among those of a listing that is counted: its number, from 1, how many rows a page has, and how many there are in all."""

    number: int
    size: int
    records: int

    @property
    def pages(self) -> int:
        return -(-self.records // self.size)


@dataclass(frozen=True, slots=True)
class BalanceView:
    """LIST_BALANCES and READ_BALANCES answer a tuple of these."""

    account_id: str
    balance: Balance


@dataclass(frozen=True, slots=True)
class AccountView:
    """LIST_ACCOUNTS answers a tuple of these, READ_ACCOUNT one. `balances` None: they were not asked for."""

    reference: AccountReference
    account: Account
    balances: tuple[BalanceView, ...] | None = None


@dataclass(frozen=True, slots=True)
class TransactionView:
    account_id: str
    transaction: Transaction


@dataclass(frozen=True, slots=True)
class TransactionsView:
    """LIST_TRANSACTIONS and READ_TRANSACTIONS answer one page, newest first. `next_cursor` None: there is no older row.

    The span available is that of the bank's records for these accounts, not of the page. `numbered`: where pages have numbers."""

    rows: tuple[TransactionView, ...]
    next_cursor: str | None = None
    first_available: datetime | None = None
    last_available: datetime | None = None
    numbered: Numbered | None = None


@dataclass(frozen=True, slots=True)
class RecordView(Generic[Record]):
    """A Beneficiary, DirectDebit, StandingOrder, ScheduledPayment, Product, Offer, AccountParty or Statement. LIST_PRODUCTS,
    READ_PRODUCT, LIST_OFFERS, READ_OFFERS and READ_PARTIES answer a tuple of these, READ_PARTY and READ_STATEMENT one."""

    account_id: str
    record: Record


@dataclass(frozen=True, slots=True)
class RecordsView(Generic[Record]):
    """One page, newest first. `next_cursor` None: there is no older row. Only statements carry the available span.
    `numbered`: where pages have numbers."""

    rows: tuple[RecordView[Record], ...]
    next_cursor: str | None = None
    first_available: datetime | None = None
    last_available: datetime | None = None
    numbered: Numbered | None = None


@dataclass(frozen=True, slots=True)
class PsuPartyView:
    """The result of READ_PSU_PARTY: the PSU's party, independent of accounts."""

    party: Party


@dataclass(frozen=True, slots=True)
class FundsView:
    """The result of CONFIRM_PAYMENT_FUNDS, as it was at `at` (business time). `reference` is the caller's own, if it gave one."""

    id: str
    consent_id: str
    amount: Money
    is_available: bool
    at: datetime
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class SignedNotices:
    """The result of POLL_NOTICES: notices as signed tokens, by their ids, the oldest first."""

    tokens: tuple[tuple[str, str], ...]
    has_more: bool
