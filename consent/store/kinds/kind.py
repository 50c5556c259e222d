"""A kind of consent: what differs between access to accounts, a payment, recurring payments and funds checks, as data and pure functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from consent.store.kinds.words import ACCOUNT_TYPES, Facts
from kernel.banking.accounts import AccountType
from kernel.banking.consents import AccountAccess, AccountIdentity, AccountReference, Consent, ConsentState
from kernel.brand import Brand


class JourneyStage(StrEnum):
    """One part of a PSU's journey. Each kind has them in its own order."""

    LOGIN = "login"
    AUTHENTICATE = "authenticate"  # strong customer authentication: alone, before anything is shown
    CHOOSE = "choose"  # the page that shows the terms, where the PSU chooses accounts and answers
    CHECK = "check"  # the same page, where the PSU chooses the account and does not answer yet
    CONFIRM = "confirm"  # strong customer authentication for exactly what was chosen (dynamic linking)


T = TypeVar("T")  # the terms of the kind, one of kernel/banking/consents.py: Terms
Number = tuple[str, str]  # scheme and identification of an account
PAYING_TYPES = frozenset({ACCOUNT_TYPES[AccountType.CURRENT], ACCOUNT_TYPES[AccountType.SAVINGS]})


class Choosable(Protocol):
    """An account of the PSU's, as it may be chosen."""

    @property
    def type(self) -> str:
        """Of consent/store/kinds/words.py: ACCOUNT_TYPES."""
        ...

    @property
    def currency(self) -> str: ...

    @property
    def signatures(self) -> int:
        """That a payment from it needs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The texts of a journey's pages for one kind of consent."""

    invitation: str  # for what the TPP has sent the PSU
    steps: tuple[str, str, str]
    steps_fixed: tuple[str, str, str]  # where no account is left to choose
    refusal: str
    nothing_done: str  # after an end without an agreement
    agreement: "Agreement | None" = None  # for a kind whose page is the template `agreement`


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The page of a standing agreement. `{client}` is the TPP, `{payee}` who is paid."""

    heading: str
    facts: str  # the heading over the facts
    question: str  # for the account
    fixed: str  # in its place, where the consent names the account
    unlisted: str  # why an account of the PSU's is not there
    approval: str
    closing: str
    without_account: str

    def about(self, *, client: str, payee: str) -> "Agreement":
        """With the names in their places."""
        return Agreement(**{one.name: getattr(self, one.name).format(client=client, payee=payee) for one in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Terms in words. `summary` names them in a row of the dashboard, and says what `lead` says; `rest` is the rest of what the PSU
    agrees to."""

    summary: str
    lead: Facts = ()
    rest: Facts = ()
    payee: str = ""
    amount: str = ""
    when: str = ""  # a payment is made, "" for at once: "on 3 December 2026"

    @property
    def facts(self) -> Facts:
        return (*self.lead, *self.rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A kind's rows on the dashboard. A standing has the `{date}` since which it is so."""

    heading: str  # of the section in which they stand
    standings: Mapping[ConsentState, str]
    over: str  # the standing of every other state
    may_be_stopped: bool  # by the PSU, there
    stopped: str = ""  # what stopping means for `{client}`
    has_checks: bool = False  # what its TPP asked under it stands on a page of its own
    may_cancel_orders: bool = False  # by the PSU, on the page of one that is not due yet
    thing: str = "payment"  # that is cancelled so, as its PSU calls it


AGREEMENT_STANDINGS: Mapping[ConsentState, str] = {
    ConsentState.AUTHORISED: "Allowed now.",
    ConsentState.PARTIALLY_AUTHORISED: "Not allowed yet. Others must agree too.",
    ConsentState.SUSPENDED: "Paused since {date}.",
    ConsentState.REVOKED_BY_PSU: "You stopped it on {date}.",
    ConsentState.WITHDRAWN_BY_TPP: "They withdrew it on {date}.",
    ConsentState.EXPIRED: "The time for it ran out on {date}.",
}
AGREEMENT_OVER = "It ended on {date}."


@dataclass(frozen=True, slots=True)
class Chosen:
    """An account that a PSU chose; `identity` None: the one who asks for the approval did not say."""

    account: AccountReference
    identity: AccountIdentity | None


def open_nothing(_consent: Consent, chosen: tuple[Chosen, ...]) -> tuple[AccountAccess, ...]:
    """The accounts are named, and nothing of them may be read: they pay, or are asked for funds. An order may name one by its numbers."""
    return tuple(AccountAccess(each.account, frozenset(), each.identity) for each in chosen)


def any_account(_terms: Any) -> frozenset[Number]:
    return frozenset()


def of_any_type(_terms: Any, _account: Choosable) -> bool:
    return True


def as_asked_for(terms: T, _brand: Brand, _now: datetime) -> tuple[T, datetime | None]:
    """Of a kind that has nothing to do with the bank's calendar."""
    return terms, None


def can_pay(currency: str, account: Choosable) -> bool:
    """True if the account can pay in that currency: no exchange is made, and cards and loans make no payments."""
    return account.currency == currency and account.type in PAYING_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T]):
    """`stages` in their order. `plan` is asked when a consent is lodged, at a moment of business time: the terms with the days that the bank's
    calendar makes of them, and by when it must be used; it raises FieldDateInvalid, with the canonical name of the member as its path."""

    name: str  # one of kernel/banking/consents.py: ConsentKind
    terms: type[T]
    stages: tuple[JourneyStage, ...]
    page: str  # a template of consent/customer/pages/templates/, and the one for a PSU without a fitting account
    page_without_account: str
    wording: Wording
    row: Row | None  # None: the dashboard shows it as access to data
    describe: Callable[[T], Description]
    is_given_once: bool  # agreed to once: neither again nor to other terms
    may_be_asked_by_backchannel: bool  # a client may ask for it at the backchannel; its PSU answers on the dashboard
    is_of_one_account: bool  # the PSU chooses exactly one
    may_be_amended: bool  # its client may ask for other terms of what stands
    check: Callable[[T], None]  # of what is asked for: raises FieldMissing or FieldInvalid
    settle: Callable[[Consent, tuple[Chosen, ...]], tuple[AccountAccess, ...]]  # what its PSU opens of the accounts chosen
    numbers: Callable[[T], frozenset[Number]] = any_account  # of the only accounts that the terms allow; empty: any
    fits: Callable[[T, Choosable], bool] = of_any_type  # whether an account may be chosen
    plan: Callable[[T, Brand, datetime], tuple[T, datetime | None]] = as_asked_for
    first_state: ConsentState = ConsentState.AWAITING
    has_limits: bool = False  # its customer reads how much of each is used
    single_use: timedelta | None = None  # how long one for a single use may be used, from the moment at which its PSU agreed

    @property
    def is_linked(self) -> bool:
        """Strong authentication follows the page and is good for exactly what it showed."""
        return JourneyStage.CONFIRM in self.stages

    def valid_until(self, consent: Consent, agreed_at: datetime) -> datetime | None:
        """When the consent ends if its PSU agrees now."""
        if consent.is_recurring or self.single_use is None:
            return consent.valid_until
        end = agreed_at + self.single_use
        return end if consent.valid_until is None else min(end, consent.valid_until)


AnyKind = Kind[Any]
