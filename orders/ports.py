"""The ports of payment orders: consents, the bank or rail that carries payments out, and a ledger of the same database.

Adapters outside implement them; orders never import an adapter. Every method of an upstream is bounded by a deadline of the adapter's own,
and safe to repeat: it is keyed by the id of the order. UpstreamTimedOut and UpstreamFailed mean that no answer is known, never that
nothing has happened.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kernel.access import Caller
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import Consent
from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer, RailStatus, Reason
from kernel.banking.payee_checks import PayeeCheck
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Reserved:
    """The amount is held for this order until it is booked or released."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is held."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The word of the upstream on one payment. `at` is when it became so; `reason` is of a refusal."""

    status: RailStatus
    at: datetime
    reason: Reason | None = None


class Consents(Protocol):
    """Consents to payments. The consent store satisfies it."""

    async def consume(self, unit: UnitOfWork, brand: Brand, caller: Caller, consent_id: str) -> Consent:
        """Lock a consent, and use it up for one payment in the transaction of the unit. Raises ConsentUnknown
        (also for another caller's), ConsentForeign, ConsentNotAuthorised (also for one that was used), ConsentExpired, ConsentRevoked or
        ConsentSuspended. The caller announces the version that moves (kernel/hot_state/subjects.py: consent_subject)."""
        ...


class PaymentsUpstream(Protocol):
    """A bank's core that carries out payments, by the ids of our orders."""

    @property
    def name(self) -> str:
        """A constant of ours, by which it is counted."""
        ...

    async def reserve(self, brand: Brand, transfer: CreditTransfer) -> Reserved | Refused:
        """Hold the amount on the payer's account. A repeat returns what the first returned. Refused once the order was released."""
        ...

    async def submit(self, brand: Brand, transfer: CreditTransfer) -> Progress:
        """Carry out the payment. A repeat carries out nothing, and returns how far the first has come. An order that was cancelled
        or released is answered by its refusal, and nothing is carried out."""
        ...

    async def status(self, brand: Brand, order_id: str) -> Progress | None:
        """The progress of a submitted payment; None: no submission of it has arrived yet."""
        ...

    async def cancel(self, brand: Brand, order_id: str) -> Progress:
        """Stop the payment if that is still possible, and return what has become of it. One that never arrived is cancelled too, and a
        submission that arrives later is refused."""
        ...

    async def release(self, brand: Brand, order_id: str) -> None:
        """Let go of what is held for an order that is rejected or cancelled. Nothing is held for it from then on, though a reservation
        that was sent before arrives later."""
        ...

    async def funds(self, brand: Brand, account_id: str, amount: Money) -> bool:
        """True if the account could pay the amount now. Nothing is held."""
        ...

    async def payee(self, brand: Brand, creditor_account: AccountIdentifier, name: str) -> PayeeCheck:
        """Compare a name with that of the holder of an account."""
        ...


class SharedReserve(Protocol):
    """A ledger in the database of the orders."""

    async def reserve_within(self, unit: UnitOfWork, brand: Brand, transfer: CreditTransfer) -> Reserved | Refused:
        """PaymentsUpstream.reserve, in the transaction of the unit. Takes locks of the rank of accounts alone."""
        ...
