"""Terms of recurring payments and of checks of funds. With those of access to accounts (kernel/banking/consents.py) and of one payment
(kernel/banking/payments.py) they are one tagged union, `Terms`.

UK Open Banking R/W 4.0, Domestic VRP Consents (ControlParameters) and Confirmation of Funds Consents (DebtorAccount).
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.banking.accounts import AccountIdentifier
from kernel.banking.money import Money


class Period(StrEnum):
    DAY = "day"
    WEEK = "week"
    FORTNIGHT = "fortnight"
    MONTH = "month"
    HALF_YEAR = "half_year"
    YEAR = "year"


class Alignment(StrEnum):
    """When a period begins: with the consent, or with the calendar (a month on its first day)."""

    CONSENT = "consent"
    CALENDAR = "calendar"


class PeriodicLimit(msgspec.Struct, frozen=True, kw_only=True):
    """The sum of all payments within each period."""

    amount: Money
    period: Period
    alignment: Alignment


class VrpType(StrEnum):
    """The purpose of payments: to the payer's own account with another bank, or any other."""

    SWEEPING = "sweeping"
    OTHER = "other"


class VrpAuthentication(StrEnum):
    """The strong authentication of a single payment: by its TPP under a contract, or none."""

    BY_TPP = "by_tpp"
    NONE = "none"


class VrpPresence(StrEnum):
    """The payer's presence as the TPP orders a payment: in a session with it, or not."""

    IN_SESSION = "in_session"
    OFF_SESSION = "off_session"


class VrpParameter(StrEnum):
    """The parameters that a payment may breach, in the order in which they are judged."""

    VALID_FROM = "valid_from"
    INDIVIDUAL_MAX = "individual_max"
    LIMITS = "limits"
    TYPES = "types"
    AUTHENTICATIONS = "authentications"
    PRESENCES = "presences"


class VrpUse(msgspec.Struct, frozen=True, kw_only=True):
    """A single payment as its TPP declares it, to be held against the parameters of the consent."""

    type: VrpType
    authentication: VrpAuthentication
    presence: VrpPresence = VrpPresence.OFF_SESSION


class VrpTerms(msgspec.Struct, frozen=True, kw_only=True, tag="vrp"):
    """Payments of changing amounts to one payee. `debtor_account` None: the payer chooses one. `returns_to_payer`: the TPP wants the number
    of the account that pays, for refunds. No type or authentication: a consent from before they were asked for, under which none is agreed."""

    individual_max: Money
    limits: tuple[PeriodicLimit, ...]
    creditor_name: str
    creditor_account: AccountIdentifier
    debtor_account: AccountIdentifier | None = None
    remittance: str | None = None
    reference: str | None = None  # the payee's own, by which they know the payments
    types: tuple[VrpType, ...] = ()
    authentications: tuple[VrpAuthentication, ...] = ()
    presences: tuple[VrpPresence, ...] = (VrpPresence.OFF_SESSION,)
    valid_from: datetime | None = None  # no payment before; None: from the moment at which it was lodged
    returns_to_payer: bool = False


class LimitUse(msgspec.Struct, frozen=True, kw_only=True):
    """The use of a limit in its period now: `allowed` in all until `ends_at` (exclusive), of which `paid` is paid or on its way."""

    limit: PeriodicLimit
    allowed: Money
    paid: Money
    ends_at: datetime

    @property
    def left(self) -> Money:
        return Money(self.allowed.currency, max(0, self.allowed.minor - self.paid.minor))


class FundsTerms(msgspec.Struct, frozen=True, kw_only=True, tag="funds"):
    """The one account of which a TPP may ask whether it has funds."""

    account: AccountIdentifier
