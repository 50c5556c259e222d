"""The ports of payment orders: consents, the bank or rail that carries payments out, and a ledger of the same database.

Adapters outside implement them; orders never import an adapter. Every method of an upstream is bounded by a deadline of the adapter's own,
and safe to repeat: it is keyed by the id of the order. UpstreamTimedOut and UpstreamFailed mean that no answer is known, never that
nothing has happened.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.access import Caller
from kernel.banking.abroad.exchange import Quote, QuoteRequest, Unquoted
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import Consent
from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer, PaymentOrder, RailStatus, Reason
from kernel.banking.payee_checks import PayeeCheck
from kernel.banking.payments import PaymentTerms
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Reserved:
    """The amount is held for this order until it is booked or released. `rail` is the name of what will carry it, as far as the bank says."""

    rail: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is held."""

    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The word of the upstream on one payment. `at` is when it became so, by its own clock; `reason` is of a refusal; `message` is what it
    sent, as it came: evidence, and no part of what it says."""

    status: RailStatus
    at: datetime
    reason: Reason | None = None
    message: bytes = field(default=b"", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """The end of a payment as the bank's own people named it: SETTLED or REJECTED. The evidence stays in the order's history; it is known
    here by its SHA-256, in hexadecimal digits."""

    status: RailStatus
    evidence_sha256: str
    reason: Reason | None = None


class Consents(Protocol):
    """Consents to payments. The consent store satisfies it."""

    async def use(self, unit: UnitOfWork, brand: Brand, caller: Caller, consent_id: str) -> Consent:
        """Lock a consent, and use it for one payment in the transaction of the unit: one that is given once is used up, one that lasts
        stays as it is. Raises ConsentUnknown (also for another caller's), ConsentForeign, ConsentNotAuthorised (also for one that was used), ConsentExpired, ConsentRevoked or
        ConsentSuspended. The caller announces the version that moves (kernel/hot_state/subjects.py: consent_subject)."""
        ...

    async def payments_of_file(
        self, connection: AsyncConnection, brand: Brand, consent_id: str, *, first: int, most: int
    ) -> tuple[PaymentTerms, ...]:
        """At most `most` payments of the file of a consent, in the order in which they are made, from the number `first` (counted from 1)."""
        ...


class Reviews(Protocol):
    """Risk outside: it says which accepted orders people must look at before they are submitted."""

    async def find_doubt(self, brand: Brand, order: PaymentOrder) -> str | None:
        """The reason why the order waits for people, in words for them and for no customer; None: it goes on. Bounded by a deadline of its
        own, and asked again after UpstreamTimedOut, UpstreamFailed or any other failure: without an answer nothing is submitted."""
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

    async def resolve(self, brand: Brand, order_id: str, resolution: Resolution) -> Progress:
        """Bring the books to the end that people named: what is held is booked, or let go of, and a submission that arrives later carries
        out nothing. A payment that has come to an end keeps it, and is answered with that."""
        ...

    async def funds(self, brand: Brand, account_id: str, amount: Money) -> bool:
        """True if the account could pay the amount now. Nothing is held."""
        ...

    async def quote(self, brand: Brand, asked: QuoteRequest) -> Quote | Unquoted:
        """The bank's rate and charges for a payment in another currency. One that binds it is good for one order until it expires: a
        reservation that names it is refused after that, or when another order has used it."""
        ...

    async def payee(self, brand: Brand, creditor_account: AccountIdentifier, name: str) -> PayeeCheck:
        """Compare a name with that of the holder of an account."""
        ...


class SharedReserve(Protocol):
    """A ledger in the database of the orders."""

    async def reserve_within(self, unit: UnitOfWork, brand: Brand, transfer: CreditTransfer) -> Reserved | Refused:
        """PaymentsUpstream.reserve, in the transaction of the unit. Takes locks of the rank of accounts alone."""
        ...


class OrderBooks(Protocol):
    """A ledger of ours, as far as people read it."""

    async def booking(self, brand: Brand, order_id: str) -> object:
        """The transfer, hold and entry of an order, as a document."""
        ...
