"""The port of a rail: what carries a payment to another bank. A rail knows a payment by its UETR and by nothing else."""

from datetime import datetime
from typing import Protocol

import msgspec

from kernel.banking.accounts import AccountIdentifier
from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason


class RailSilent(Exception):
    """No answer that can be understood: what has become of the question is unknown. The text is for the log."""


class RailPayment(msgspec.Struct, frozen=True, kw_only=True):
    """One credit transfer between banks. `uetr` was set once and stays the same in every question about it."""

    uetr: str
    amount: Money
    debtor_name: str
    debtor_account: AccountIdentifier | None
    creditor_name: str
    creditor_account: AccountIdentifier
    creditor_bic: str | None = None
    remittance: str | None = None
    reference: str | None = None
    end_to_end_id: str | None = None


class RailReport(msgspec.Struct, frozen=True, kw_only=True):
    """The word of a rail on one payment, in the words of ISO 20022. `at` is when it became so."""

    uetr: str
    status: RailStatus
    at: datetime
    reason: Reason | None = None


class Rail(Protocol):
    """A rail. Every method is bounded by a deadline of its own, and raises RailSilent."""

    @property
    def name(self) -> str:
        """A constant of ours, which names the bank's own accounts for this rail."""
        ...

    def refuses(self, amount: Money) -> Reason | None:
        """Why the rail carries no such amount; None if it does."""
        ...

    async def submit(self, payment: RailPayment) -> RailReport:
        """Hand a payment on. A repeat under the same UETR carries nothing, and is answered with what has become of the first."""
        ...

    async def status(self, uetr: str) -> RailReport | None:
        """The latest word on a payment; None: it never came."""
        ...
