"""Everything the consent server's handlers need, made once by the composition root and passed to each of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from consent.authentication.attempt_turns import ATTEMPT_TURNS
from consent.authorization.clients.client_keys import ClientKeys
from consent.authorization.clients.current_clients import CurrentClients
from consent.authorization.keys.ring import KeyRing
from consent.authorization.messages.json_document import Documents
from consent.ports import CustomerAccounts, Orders, Payees, PsuIdentity, SoftwareDirectory
from consent.settings import Settings
from consent.store.current_snapshots import ConsentSnapshots
from consent.store.rows.journeys import Journey
from kernel.access import Caller
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import Consent, ConsentLodgement
from kernel.banking.orders import PaymentOrder
from kernel.banking.payee_checks import NOT_AVAILABLE, PayeeCheck
from kernel.banking.planned.instructions import Placed
from kernel.banking.signers import Signature
from kernel.banking.terms import LimitUse
from kernel.brand import Brand
from kernel.certificates.certificate import CertificateStatus
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import OrderUnknown
from kernel.hot_state.versions import Versions
from kernel.http.message import Response
from kernel.ids import Ids
from kernel.storage.database import Database
from kernel.storage.journal import Entry, Journal
from kernel.storage.sealed import Sealer
from kernel.turns import Turns
from openapi.dialect import Dialect


class Store(Protocol):
    """The consent store (consent/store/consents.py), as far as endpoints and pages use it."""

    async def lodge(self, brand: Brand, caller: Caller, lodgement: ConsentLodgement) -> Consent: ...

    async def lodge_within(self, unit: UnitOfWork, brand: Brand, caller: Caller, lodgement: ConsentLodgement) -> Consent:
        """In the transaction of the caller's command."""
        ...

    async def withdraw(self, brand: Brand, caller: Caller, consent_id: str) -> None:
        """By the TPP. Raises what forbids it where there is nothing left to withdraw."""
        ...

    async def revoke_by_psu(self, brand: Brand, psu_id: str, consent_id: str) -> Consent:
        """Raises ConsentUnknown for anyone else's, and what forbids it where there is nothing left to revoke."""
        ...


class PriorAnswers(Protocol):
    """The port of prior answers: a PSU's answers from before the page that asks was opened."""

    async def settle(
        self, services: "Services", brand: Brand, consent: Consent, pushed_id: str, journey: Journey | None
    ) -> Response | None:
        """The answer to the pushed request, with which it, and the journey that waits for it, are over; None where no answer was given.
        Raises as a page's answer does."""
        ...


class NoPriorAnswers:
    """Every request waits for its page."""

    async def settle(
        self, services: "Services", brand: Brand, consent: Consent, pushed_id: str, journey: Journey | None
    ) -> Response | None:
        return None


class NoOrders:
    """The orders of a bank that takes none."""

    async def awaiting(self, brand: Brand, customer_id: str) -> tuple[Placed, ...]:
        return ()

    async def of_consents(self, brand: Brand, consent_ids: Sequence[str]) -> Mapping[str, Placed]:
        return {}

    async def uses_of(self, brand: Brand, consents: Sequence[Consent]) -> Mapping[str, tuple[LimitUse, ...]]:
        return {}

    async def signed_by(self, brand: Brand, customer_id: str) -> tuple[Placed, ...]:
        return ()

    async def find(self, brand: Brand, order_id: str) -> Placed | None:
        return None

    async def executions(self, brand: Brand, instruction_id: str) -> tuple[PaymentOrder, ...]:
        return ()

    async def find_awaiting(self, brand: Brand, order_id: str, customer_id: str) -> Placed | None:
        return None

    async def cancel(self, brand: Brand, placed: Placed, *, customer_id: str, psu_id: str) -> Placed:
        raise OrderUnknown(placed.id)

    async def read_awaiting(self, unit: UnitOfWork, brand: Brand, order_id: str, customer_id: str) -> Placed:
        raise OrderUnknown(order_id)

    async def sign_within(self, unit: UnitOfWork, brand: Brand, placed: Placed, signature: Signature) -> Placed:
        raise OrderUnknown(placed.id)

    async def refuse_within(self, unit: UnitOfWork, brand: Brand, order_id: str, *, customer_id: str, psu_id: str) -> Placed:
        raise OrderUnknown(order_id)


class NoPayees:
    """The names of no one's accounts can be checked."""

    async def payee(self, brand: Brand, creditor_account: AccountIdentifier, name: str) -> PayeeCheck:
        return NOT_AVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """`record_token` takes the journal entry of a token that stores nothing, without waiting for its commit; it raises Overloaded
    when its queue is full."""

    database: Database
    commands: Commands
    versions: Versions
    clock: Clock
    ids: Ids
    sealer: Sealer
    journal: Journal
    snapshots: ConsentSnapshots
    clients: CurrentClients
    keys: KeyRing
    identity: PsuIdentity
    customer_accounts: CustomerAccounts
    dialects: Mapping[str, Dialect]
    store: Store
    certificate_status: CertificateStatus
    record_token: Callable[[Entry], None]
    client_keys: ClientKeys
    directories: Mapping[str, SoftwareDirectory] = field(default_factory=dict)  # by issuer; none: no client can register itself
    prior_answers: PriorAnswers = field(default_factory=NoPriorAnswers)
    orders: Orders = field(default_factory=NoOrders)
    payees: Payees = field(default_factory=NoPayees)
    settings: Settings = field(default_factory=Settings)
    attempt_turns: Turns = field(default_factory=lambda: Turns(ATTEMPT_TURNS))
    documents: Documents = field(default_factory=Documents)

    def dialects_of(self, brand: Brand) -> tuple[Dialect, ...]:
        """The brand's dialects, in its order."""
        return tuple(self.dialects[name] for name in brand.dialects)
