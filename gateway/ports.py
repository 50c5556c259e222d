"""The ports of the gateway. Adapters outside implement them; the gateway never imports an adapter.

Every method that leaves the process is bounded by a deadline of the adapter's own and raises UpstreamFailed or
UpstreamTimedOut (resource side), or the Problem subclass named in its docstring.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.instructions import Instructions
from gateway.planned import PlannedPayments
from kernel.access import AccessToken, Caller, Client, TokenFamily
from kernel.banking.abroad.exchange import Quote, QuoteRequest, Unquoted
from kernel.banking.accounts import Account, AccountIdentifier, Balance, TransactionPage
from kernel.banking.authorisations import AuthorisationState
from kernel.banking.consents import AccountReference, Consent, ConsentLodgement
from kernel.banking.money import Money
from kernel.banking.orders import OrderRequest, PaymentOrder
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import DirectDebit
from kernel.banking.records.listing import RecordPage
from kernel.banking.records.offers import Offer
from kernel.banking.records.parties import AccountParty, Party
from kernel.banking.records.products import Product
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from kernel.banking.records.statements import Statement, StatementFile, StatementPage
from kernel.brand import Brand
from kernel.certificates.certificate import Certificate
from kernel.commands.idempotency import Idempotency
from kernel.cut_offs import PaymentDay
from kernel.hot_state.checks import Check, Verdict
from kernel.jose.jwt import JwtKey

RECORDS_PER_ACCOUNT_MAX = 100  # offers or parties of one account: these are not paged


@dataclass(frozen=True, slots=True)
class Position:
    """A keyset position in a listing, newest first: the last row already given."""

    booked_at: datetime
    transaction_id: str
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Bounds are inclusive instants; None is unbounded. `as_of` None means now; a later page repeats the first page's. `skip` as in Page."""

    booked_from: datetime | None = None
    booked_to: datetime | None = None
    credits: bool = True
    debits: bool = True
    as_of: int | None = None
    after: Position | None = None
    limit: int = 100
    skip: int | None = None


@dataclass(frozen=True, slots=True)
class RecordPosition:
    """A keyset position in a listing of records, newest first: the last row already given."""

    created_at: datetime
    account_id: str
    record_id: str


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limit` rows that come after the position; None begins with the newest. `skip`, without a position, is of a page by its
    number: as many rows come before it, and the answer says how many there are in all (`total`). None: nothing is counted."""

    after: RecordPosition | None = None
    limit: int = 100
    skip: int | None = None


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """Only statements wholly inside the bounds: `starts_at` not before `starts_from`, `ends_at` not after `ends_to`. Bounds are
    inclusive instants; None is unbounded. `skip` as in Page."""

    starts_from: datetime | None = None
    ends_to: datetime | None = None
    after: RecordPosition | None = None
    limit: int = 100
    skip: int | None = None


class AccountsUpstream(Protocol):
    """A bank's accounts. Ids are the upstream's own. Unknown ids are simply absent from the answer, as are accounts without
    any data; an account id given twice is answered once.

    Records (beneficiaries, mandates, orders, offers, statements) and parties have ids that are stable and opaque, 1 to 40 visible
    ASCII characters, unique among the records of their kind: they leave us as they are. A page of records is newest first by
    (created_at, account_id, id), over all the given accounts together: see RecordPage for what holds while rows arrive. A row
    that was removed is absent from then on."""

    @property
    def name(self) -> str:
        """The name of the upstream, a constant of ours, under which its defects are counted."""
        ...

    async def accounts(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Account, ...]: ...

    async def balances(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Balance, ...]: ...

    async def transactions(self, brand: Brand, account_ids: tuple[str, ...], where: TransactionFilter) -> TransactionPage:
        """One page over all the given accounts together, newest first by (booked_at, account_id, id)."""
        ...

    async def beneficiaries(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[Beneficiary]: ...

    async def direct_debits(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[DirectDebit]:
        """Mandates of every status."""
        ...

    async def standing_orders(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[StandingOrder]:
        """Orders of every status."""
        ...

    async def scheduled_payments(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[ScheduledPayment]:
        """Those still to be made."""
        ...

    async def products(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Product, ...]:
        """At most one of each account, in the order asked for."""
        ...

    async def offers(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Offer, ...]:
        """Those in force now, at most RECORDS_PER_ACCOUNT_MAX of each account, in the order of the accounts asked for."""
        ...

    async def parties(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[AccountParty, ...]:
        """Those of each account, in the order of the accounts asked for; its principal holder first, then as the bank lists them. At
        most RECORDS_PER_ACCOUNT_MAX of each account."""
        ...

    async def party_of(self, brand: Brand, customer_id: str) -> Party | None:
        """The customer themself, by the core bank's own reference; None if it is unknown."""
        ...

    async def statements(self, brand: Brand, account_ids: tuple[str, ...], where: StatementFilter) -> StatementPage: ...

    async def statement(self, brand: Brand, account_id: str, statement_id: str) -> Statement | None:
        """One statement; None if that account has no such statement, even if another account has it."""
        ...

    async def statement_file(self, brand: Brand, account_id: str, statement_id: str, media_type: str) -> StatementFile | None:
        """The statement as its customer would print it, in exactly that media type, card numbers masked; None: that account has no such
        statement, or not in this form. At most STATEMENT_FILE_BYTES_MAX."""
        ...


class Customers(Protocol):
    """Which customer of the core bank a PSU is."""

    async def customer_of(self, brand: Brand, psu_id: str) -> str | None:
        """The core bank's own reference; None for a PSU who is no longer known."""
        ...


class Tokens(Protocol):
    """Verifies access tokens without I/O (keys are in memory)."""

    def verify(self, brand: Brand, presented: str) -> AccessToken:
        """Signature, `typ`, `iss`, `aud`, times. Raises TokenInvalid or TokenExpired. Binding is a policy's business."""
        ...

    def key_set_version(self, brand: Brand) -> int: ...

    async def load_keys(self, brand: Brand) -> None:
        """Take the current key set from the database: the version in memory is no longer the current one."""
        ...


@dataclass(frozen=True, slots=True)
class MessageSigner:
    """A TPP as one who signs bodies, and its keys by kid. `is_named`: by the name that a signature gives its issuer."""

    is_named: bool
    keys: Mapping[str, JwtKey]


class MessageKeys(Protocol):
    """The keys of signed bodies."""

    async def signer(self, brand: Brand, client_id: str, kid: str, issuer: str) -> MessageSigner:
        """The client, whose signature names a key (`kid`) and an issuer: its organisation and software, or the subject of the certificate of
        that key, if it is a qualified seal of the organisation's. Raises Overloaded where the keys cannot be had, CertificateUnchecked where
        the standing of the seal cannot."""
        ...

    def signing_key(self, brand: Brand, algorithm: str) -> JwtKey:
        """The private key by which the brand signs answers, in memory."""
        ...


class Decisions(Protocol):
    """All of a request's questions about what every worker must know, in one call."""

    async def decide(self, checks: Sequence[Check], *, spend: bool) -> tuple[Verdict, ...]:
        """One verdict per check, in order. A version question is answered `Current` or `Moved`: what the hot state does not know,
        the database does. Nothing is spent unless `spend` and every verdict allows. Raises Overloaded where that could not be kept."""
        ...


class Snapshots(Protocol):
    """Snapshots by id: the version this worker loaded last, however old, or with `fresh` the database's current one. None: there
    is no such thing."""

    async def client(self, brand: Brand, client_id: str, *, fresh: bool = False) -> Client | None: ...

    async def family(self, brand: Brand, family_id: str, *, fresh: bool = False) -> TokenFamily | None: ...

    async def consent(self, brand: Brand, consent_id: str, *, fresh: bool = False) -> Consent | None: ...


class Consents(Protocol):
    """The consent store, as TPPs use it. Each call is one transaction."""

    async def lodge(
        self,
        brand: Brand,
        caller: Caller,
        lodgement: ConsentLodgement,
        use: Idempotency | None = None,
        *,
        complete: Callable[[], Awaitable[ConsentLodgement]] | None = None,
    ) -> Consent:
        """A new consent; under a key that was used before, the one that it made, as it is now. `complete` asks the bank for the rest of a new
        lodgement; a repeat asks no bank. Raises IdempotencyConflict, and what `complete` raises."""
        ...

    async def read(self, brand: Brand, caller: Caller, consent_id: str) -> Consent:
        """Raises ConsentUnknown for an id that is unknown, withdrawn by its TPP, or not this caller's (openapi/owners.py)."""
        ...

    async def authorisation_states(self, brand: Brand, consent: Consent) -> tuple[AuthorisationState, ...]:
        """Of a consent that `read` returned, oldest first."""
        ...

    async def withdraw(self, brand: Brand, caller: Caller, consent_id: str) -> None:
        """A second withdrawal raises ConsentUnknown."""
        ...

    async def account_reference(self, brand: Brand, organisation_id: str, account_id: str) -> AccountReference | None:
        """The reference with this id, if the organisation received it by any of its consents; else None."""
        ...


class Payments(Protocol):
    """Payment orders, as TPPs use them. The package of orders satisfies it."""

    async def place(
        self,
        brand: Brand,
        caller: Caller,
        request: OrderRequest,
        use: Idempotency,
        *,
        check_agreed: Callable[[Consent], None],
        refund_account: Callable[[], Awaitable[AccountIdentifier | None]] | None = None,
        quote: Callable[[], Awaitable[Quote]] | None = None,
    ) -> PaymentOrder:
        """The new order; under a key that was used before, the one that it made, as it is now. Raises IdempotencyConflict, what the state
        of the consent forbids, and what `check_agreed`, `refund_account` and `quote` raise. `refund_account` asks for the account that a
        new order keeps for refunds, `quote` for the rate that it is made at; a repeat asks no bank."""
        ...

    @property
    def instructions(self) -> Instructions: ...

    @property
    def planned(self) -> PlannedPayments: ...

    async def read(self, brand: Brand, caller: Caller, order_id: str) -> PaymentOrder:
        """Raises OrderUnknown for an id that is unknown, or not this caller's (openapi/owners.py)."""
        ...


class CutOffs(Protocol):
    """Until when a bank carries payments out."""

    async def payment_day(self, brand: Brand, now: datetime) -> PaymentDay | None:
        """The day on which a payment that comes now is made; None: they are made at any hour. Raises UpstreamFailed or
        UpstreamTimedOut."""
        ...


class Funds(Protocol):
    """A bank's answer to whether an account could pay."""

    async def funds(self, brand: Brand, account_id: str, amount: Money) -> bool:
        """`account_id` is the bank's own. Raises UpstreamFailed or UpstreamTimedOut."""
        ...


class Rates(Protocol):
    """A bank's rates of exchange and its charges."""

    async def quote(self, brand: Brand, asked: QuoteRequest) -> Quote | Unquoted:
        """Raises UpstreamFailed or UpstreamTimedOut."""
        ...


class Organisations(Protocol):
    """TPPs that call by their certificate alone. The first such call registers them."""

    async def is_known(self, brand: Brand, organisation_id: str) -> bool:
        """Asks the database until the organisation is known, and then never again."""
        ...

    async def register(self, brand: Brand, certificate: Certificate) -> None:
        """By a qualified certificate that was accepted. Safe to repeat: the second registration changes nothing."""
        ...


class AccessRecords(Protocol):
    """Takes one record per call, without waiting for its commit; refuses with Overloaded when its queue is full."""

    def record(self, access: "Access") -> None: ...


@dataclass(frozen=True, slots=True)
class Access:
    """One access: caller, operation, accounts, instant and outcome. Log line, metric and journal entry derive from it."""

    brand: str
    operation: str
    dialect: str
    caller_id: str  # the client, or an organisation that calls by its certificate
    actor: str  # the same, as the journal names it
    consent_id: str
    psu_present: bool
    account_ids: tuple[str, ...]
    status: int
    outcome: str
    at: datetime
    interaction_id: str
    milliseconds: float
    rule: str = ""  # the limit that refused it
