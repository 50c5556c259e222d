"""The port of a rail: what carries a payment to another bank. A rail knows a payment by its UETR and by nothing else."""

from datetime import datetime
from typing import Protocol

import msgspec

from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason
from orders.pace import RailPace


class RailSilent(Exception):
    """No answer that can be understood: what has become of the question is unknown. The text is for the log."""


class RailPayment(msgspec.Struct, frozen=True, kw_only=True):
    """One credit transfer between banks. `uetr` was set once and stays the same in every question about it. `amount` is what the payee is
    paid."""

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
    cross_border: CrossBorder | None = None


class RailReport(msgspec.Struct, frozen=True, kw_only=True):
    """The word of a rail on one payment, in the words of ISO 20022. `at` is when it became so; `cycle` names the settlement that a paid
    one is part of, where the rail settles later."""

    uetr: str
    status: RailStatus
    at: datetime
    reason: Reason | None = None
    cycle: str | None = None


class RailNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A report that a rail sends of its own accord: a late answer. `id` is the rail's own, the same until it is acknowledged."""

    id: str
    report: RailReport


class Rail(Protocol):
    """A rail. Every method is bounded by a deadline of its own, and raises RailSilent."""

    @property
    def name(self) -> str:
        """A constant of ours, which names the bank's own accounts for this rail."""
        ...

    @property
    def pace(self) -> RailPace:
        """The time that a payment may take on its way, and until its end must be known."""
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


class NoticingRail(Protocol):
    """A rail that keeps late answers until they are acknowledged. Every method is bounded, and raises RailSilent."""

    @property
    def name(self) -> str: ...

    async def notices(self) -> tuple[RailNotice, ...]:
        """Those that are not acknowledged, oldest first; a bounded number."""
        ...

    async def acknowledge(self, notice_id: str) -> None:
        """It need not be sent again. A repeat changes nothing."""
        ...
