"""A kind of consent: what differs between access to accounts, a payment, recurring payments and funds checks, as data and pure functions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

from kernel.banking.consents import AccountAccess, AccountIdentity, AccountReference, Consent


class JourneyStage(StrEnum):
    """One part of a PSU's journey. Each kind has them in its own order."""

    LOGIN = "login"
    AUTHENTICATE = "authenticate"  # strong customer authentication: alone, before anything is shown
    CHOOSE = "choose"  # the page that shows the terms, where the PSU chooses accounts and answers
    CHECK = "check"  # the same page, where the PSU chooses the account and does not answer yet
    CONFIRM = "confirm"  # strong customer authentication for exactly what was chosen (dynamic linking)


T = TypeVar("T")  # the terms of the kind, one of kernel/banking/consents.py: Terms


@dataclass(frozen=True, slots=True)
class Chosen:
    """An account that a PSU chose; `identity` None: the one who asks for the approval did not say."""

    account: AccountReference
    identity: AccountIdentity | None


def open_nothing(_consent: Consent, chosen: tuple[Chosen, ...]) -> tuple[AccountAccess, ...]:
    """The accounts are named, and nothing of them may be read: they pay, or are asked for funds."""
    return tuple(AccountAccess(each.account, frozenset()) for each in chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T]):
    """`stages` in their order."""

    name: str  # one of kernel/banking/consents.py: ConsentKind
    terms: type[T]
    stages: tuple[JourneyStage, ...]
    is_given_once: bool  # agreed to once: neither again nor to other terms
    is_asked_elsewhere: bool  # a PSU may answer it on the dashboard, asked at the backchannel
    check: Callable[[T], None]  # of what is asked for: raises FieldMissing or FieldInvalid
    settle: Callable[[Consent, tuple[Chosen, ...]], tuple[AccountAccess, ...]]  # what its PSU opens of the accounts chosen
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
