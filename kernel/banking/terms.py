"""Terms of recurring payments and of checks of funds. With those of access to accounts (kernel/banking/consents.py) and of one payment
(kernel/banking/payments.py) they are one tagged union, `Terms`.

UK Open Banking R/W 4.0, Domestic VRP Consents (ControlParameters) and Confirmation of Funds Consents (DebtorAccount).
"""

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


class VrpTerms(msgspec.Struct, frozen=True, kw_only=True, tag="vrp"):
    """Payments of changing amounts to one payee. `debtor_account` None: the payer chooses one."""

    individual_max: Money
    limits: tuple[PeriodicLimit, ...]
    creditor_name: str
    creditor_account: AccountIdentifier
    debtor_account: AccountIdentifier | None = None
    remittance: str | None = None


class FundsTerms(msgspec.Struct, frozen=True, kw_only=True, tag="funds"):
    """The one account of which a TPP may ask whether it has funds."""

    account: AccountIdentifier
