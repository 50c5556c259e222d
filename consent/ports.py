"""The ports of the consent server: PSUs and their authentication, their accounts, orders that they must sign, directories. Adapters outside implement them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from kernel.banking.accounts import Account, AccountIdentifier
from kernel.banking.consents import Consent
from kernel.banking.money import Money
from kernel.banking.orders import PaymentOrder
from kernel.banking.payee_checks import PayeeCheck
from kernel.banking.planned.instructions import Placed
from kernel.banking.signers import Signature
from kernel.banking.terms import LimitUse
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.jose.jwt import JwtKey

ScaMethod = str  # the name of a Method, or of one that only other channels of the bank know


@dataclass(frozen=True, slots=True)
class Method:
    """A method of strong customer authentication, as far as the attempt depends on it. What it does is the identity provider's.
    `is_typed`: the PSU types an answer, which can be guessed, so each is counted; else they confirm out of our sight, and asking again
    guesses nothing."""

    name: ScaMethod
    is_typed: bool


DECOUPLED = Method("decoupled", is_typed=False)  # the one by which a PSU is asked who has not logged in


@dataclass(frozen=True, slots=True)
class Psu:
    """A customer as the identity provider knows them. `id` is (identity provider, subject) of one brand, mapped to `customer_id`,
    the core bank's own reference."""

    id: str
    customer_id: str
    display_name: str
    sca_methods: tuple[ScaMethod, ...]  # preferred first


@dataclass(frozen=True, slots=True)
class LinkedTerms:
    """The terms to which an authentication for a payment is linked (RTS (EU) 2018/389 article 5). Where the PSU authenticates they see
    `amount` and `payee`; their confirmation or code is good for `digest` and for nothing else."""

    amount: Money
    payee: str
    payee_account: str
    digest: str  # of every term, the consent and the account that pays


@dataclass(frozen=True, slots=True)
class ScaChallenge:
    """A started strong customer authentication. `reference` is the adapter's own; `hint` is shown to the PSU on the page."""

    method: ScaMethod
    reference: str
    hint: str
    expires_at: datetime
    confirmed: bool = False  # the method confirmed by itself at once (a simulated device)


@dataclass(frozen=True, slots=True)
class ScaEvidence:
    """The evidence of an authentication, kept with the authorisation: method, instant (protocol time: it becomes `auth_time`) and
    reference (`simulated` never in production). `linked` is the digest of the payment that it is good for, "" for none."""

    method: ScaMethod
    at: datetime
    reference: str
    simulated: bool = False
    facts: dict[str, str] = field(default_factory=dict)
    linked: str = ""


class PsuIdentity(Protocol):
    """A bank's customer authentication. Built in: password and second factor."""

    @property
    def methods(self) -> tuple[Method, ...]:
        """Those that it carries out here."""
        ...

    async def check_password(self, brand: Brand, username: str, password: str) -> Psu | None:
        """The PSU, or None. Takes the same time for an unknown user as for a wrong password. Attempts are counted by the caller."""
        ...

    async def find(self, brand: Brand, psu_id: str) -> Psu | None: ...

    async def find_by_name(self, brand: Brand, username: str) -> Psu | None:
        """The PSU whom a TPP names by their login name. It proves nothing about the PSU's identity."""
        ...

    async def find_by_customer(self, brand: Brand, customer_id: str) -> Psu | None:
        """A PSU who acts for the customer of the bank's own reference; None where none is known."""
        ...

    async def start_sca(
        self, brand: Brand, psu: Psu, method: ScaMethod, authorisation_id: str, linked: LinkedTerms | None = None
    ) -> ScaChallenge:
        """Start strong customer authentication. `linked`: the terms of a payment, shown to the PSU where they authenticate."""
        ...

    async def finish_sca(
        self, brand: Brand, psu: Psu, challenge: ScaChallenge, response: str, linked: LinkedTerms | None = None
    ) -> ScaEvidence | None:
        """Evidence, linked to `linked`; None for a wrong answer, or one to a challenge that was started for another PSU or for anything
        else. Attempts and expiry are counted by the caller."""
        ...


class CustomerAccounts(Protocol):
    """The accounts a customer may share, as the bank's own channels would list them."""

    async def accounts_of(self, brand: Brand, customer_id: str) -> tuple[Account, ...]: ...


class AccountRemoval(StrEnum):
    """Why an account is no longer there to be shared."""

    CLOSED = "closed"
    SWITCHED = "switched"  # moved to another bank


class AccountClosures(Protocol):
    """The entry for the bank's own systems to report that an account has gone. The consent store satisfies it."""

    async def remove_account(self, brand: Brand, upstream_id: str, reason: AccountRemoval) -> int:
        """Take the account out of every consent that covers it; the others of a consent stay shared. How many consents changed.
        For an hour from now no PSU who is about to choose can share it; `CustomerAccounts` must not offer it after that.
        Safe to repeat: an interrupted call is completed by the next one."""
        ...


class Orders(Protocol):
    """Payment orders, and instructions of several, as far as those who pay read and sign them. What is passed a unit of work is part of its transaction."""

    async def awaiting(self, brand: Brand, customer_id: str) -> tuple[Placed, ...]:
        """Those that wait for this customer's signature, the longest first."""
        ...

    async def of_consents(self, brand: Brand, consent_ids: Sequence[str]) -> Mapping[str, Placed]:
        """The order, or the instruction, of each consent that has one, by consent id."""
        ...

    async def uses_of(self, brand: Brand, consents: Sequence[Consent]) -> Mapping[str, tuple[LimitUse, ...]]:
        """The use of each limit now, of those that have any, by consent id."""
        ...

    async def signed_by(self, brand: Brand, customer_id: str) -> tuple[Placed, ...]:
        """Those that several must sign and this customer signed, the last changed first."""
        ...

    async def find(self, brand: Brand, order_id: str) -> Placed | None:
        """Its owner is not checked."""
        ...

    async def executions(self, brand: Brand, instruction_id: str) -> tuple[PaymentOrder, ...]:
        """The last ones of an instruction, the first of them first."""
        ...

    async def find_awaiting(self, brand: Brand, order_id: str, customer_id: str) -> Placed | None:
        """The order, if it waits for this customer."""
        ...

    async def cancel(self, brand: Brand, placed: Placed, *, customer_id: str, psu_id: str) -> Placed:
        """By one who signed it, before the day on which it is made. Raises OrderUnknown or OrderStateForbids."""
        ...

    async def read_awaiting(self, unit: UnitOfWork, brand: Brand, order_id: str, customer_id: str) -> Placed:
        """Not locked. Raises OrderUnknown, or OrderStateForbids where it does not wait for this customer (any more)."""
        ...

    async def sign_within(self, unit: UnitOfWork, brand: Brand, placed: Placed, signature: Signature) -> Placed:
        """Lock it, check again that it waits for the signer, and sign it. Raises as `read_awaiting`."""
        ...

    async def refuse_within(self, unit: UnitOfWork, brand: Brand, order_id: str, *, customer_id: str, psu_id: str) -> Placed:
        """Likewise, and reject it."""
        ...


class Payees(Protocol):
    """The check whether an account is in the name that its payer was given."""

    async def payee(self, brand: Brand, creditor_account: AccountIdentifier, name: str) -> PayeeCheck:
        """May take its time: it is asked for a page, which waits a few seconds. Raises UpstreamFailed or UpstreamTimedOut."""
        ...


@dataclass(frozen=True, slots=True)
class DirectoryKeys:
    """kid to key. `stale_seconds` is how long ago they were last confirmed, 0 while they are fresh."""

    keys: Mapping[str, JwtKey]
    stale_seconds: int = 0


class SoftwareDirectory(Protocol):
    """A directory that vouches for TPPs and their software by signed statements (RFC 7591 section 2.3)."""

    issuer: str

    async def keys(self, kid: str | None) -> DirectoryKeys:
        """The keys that verify its statements; `kid` names the one that is needed. Raises Overloaded when they cannot be fetched."""
        ...
