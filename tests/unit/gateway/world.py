"""A small world for the data plane: one brand, one dialect of its own, and hand-made neighbours that remember what they were asked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from multidict import CIMultiDict, CIMultiDictProxy

from gateway.app import Gateway
from gateway.assembly import assemble, map_operations
from gateway.parts import Parts
from gateway.pipeline.calls_in_flight import CallsInFlight, InFlightLimits
from gateway.ports import Access, Page, Position, RecordPosition, StatementFilter, TransactionFilter
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from gateway.use_cases import USE_CASES
from kernel import json
from kernel.access import AccessToken, Caller, Client, Confirmation, FamilyState, Grant, Role, TokenFamily
from kernel.banking import commands
from kernel.banking.accounts import (
    Account,
    AccountCategory,
    AccountStatus,
    AccountType,
    Balance,
    BalanceType,
    Transaction,
    TransactionPage,
    TransactionStatus,
)
from kernel.banking.consents import (
    AccountAccess,
    AccountReference,
    AccountsTerms,
    Consent,
    ConsentKind,
    ConsentLodgement,
    ConsentState,
    Permission,
)
from kernel.banking.money import Money
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
from kernel.clock import ManualClock
from kernel.errors import ConsentUnknown, HeaderInvalid, Overloaded, Problem, TokenInvalid
from kernel.hot_state.checks import Allowed, Check, Current, Exceeded, FirstUse, Fresh, Moved, Replayed, Verdict, VersionIs
from kernel.hot_state.subjects import client_subject, consent_subject, family_subject, keys_subject
from kernel.http.message import Incoming, Request, Response
from kernel.ids import SeededIds
from kernel.observability.telemetry import Telemetry
from kernel.operations import Operation
from kernel.storage.cursor import CursorSealer
from kernel.storage.sealed import Sealer
from kernel.tokens.dpop_nonces import Nonces
from openapi.codec import WireRequest
from openapi.dialect import Dialect, Row, Service, WireError
from openapi.rulebook import OURS
from policies import CHAIN
from policies.parts import Parts as PolicyParts
from policies.rate_limit import Rate
from policies.unattended_limit import Unattended
from tests.harness.statuses import Statuses

START = datetime(2026, 7, 1, 9, tzinfo=UTC)
BRAND = Brand(
    name="main",
    display_name="Main Bank",
    issuer="https://localhost:8443",
    mtls_url="https://localhost:8444",
    zone=ZoneInfo("Europe/London"),
    dialects=("book",),
    resource_audience="https://localhost:8444",
)
INTERACTION = "93bac548-d2de-4546-b106-880a5018460d"
CERTIFICATE = Certificate(
    der=b"one",
    thumbprint="thumbprint-one",
    subject_dn="CN=one",
    organisation_id="org-1",
    not_before=START - timedelta(days=1),
    not_after=START + timedelta(days=365),
    serial=1,
    issuer_dn="CN=ca",
)


class Headers:
    interaction_header = "X-Interaction"

    def parse_interaction_id(self, request: Request) -> str | None:
        value = request.header("X-Interaction")
        if value is not None and len(value) != 36:
            raise HeaderInvalid("not a UUID")
        return value

    def parse_psu_present(self, request: Request) -> bool:
        return request.header("X-PSU") is not None

    def parse_consent_id(self, request: Request) -> str | None:
        return request.header("X-Consent")

    def check_headers(self, request: Request) -> None:
        if request.header("X-Date") == "wrong":
            raise HeaderInvalid("not a date", path="X-Date")


class Errors:
    """Statuses by name; a problem outside the table is unexpected."""

    body: type | None = None
    statuses: Mapping[int, Sequence[str]] = {
        401: ("certificate_", "token_", "proof_", "client_inactive", "grant_"),
        403: ("scope_", "role_", "permission_", "account_not", "consent_", "reauthentication_"),
        404: ("operation_",),
        405: ("method_",),
        406: ("media_type_unacceptable", "version_unsupported"),
        415: ("media_type_unsupported",),
        429: ("rate_",),
        503: ("overloaded", "upstream_", "caller_"),
        400: ("request_", "field_", "header_", "body_", "account_unknown", "statement_unknown", "cursor_", "version_"),
    }
    table: Mapping[type[Problem], WireError] = {}

    def wire_of(self, kind: type[Problem], row: Row | None) -> WireError:
        return WireError(self.render(kind(), row, "", None)[0])

    def render(
        self, problem: Problem, row: Row | None, error_id: str, accept: str | None
    ) -> tuple[int, str | None, bytes | None]:
        for status, prefixes in self.statuses.items():
            if problem.code.startswith(tuple(prefixes)):
                return status, "application/json", json.encode({"code": problem.code, "id": error_id, "path": problem.path})
        return 500, "application/json", json.encode({"code": "unexpected", "id": error_id})


class Body(msgspec.Struct):
    until: datetime | None = None


def decode_lodge(wire: WireRequest) -> commands.LodgeConsent:
    body = json.decode(wire.body, Body)
    return commands.LodgeConsent(
        ConsentLodgement(
            kind=ConsentKind.ACCOUNTS,
            lodged_as="book",
            terms=AccountsTerms(permissions=frozenset(Permission)),
            valid_until=body.until,
            document=wire.body,
        )
    )


def decode_transactions(wire: WireRequest) -> commands.ReadTransactions:
    query = dict(wire.query)
    moments = {name: datetime.fromisoformat(query[name]) if name in query else None for name in ("from", "to")}
    return commands.ReadTransactions(
        wire.path.get("AccountId"), moments["from"], moments["to"], query.get("page"), int(query.get("size", 0)) or None,
        TransactionStatus(query["status"]) if "status" in query else None,
    )  # fmt: skip


def plain(result: Any, rendering: Any) -> Any:
    return msgspec.to_builtins(result)


def encode_transactions(view: Any, rendering: Any) -> Any:
    return {
        "ids": [row.transaction.id for row in view.rows],
        "accounts": sorted({row.account_id for row in view.rows}),
        "self": rendering.url,
        "next": rendering.page(view.next_cursor) if view.next_cursor else None,
        "first": view.first_available,
        "last": view.last_available,
    }


CC = {"scope": "accounts", "grant": Grant.CLIENT_CREDENTIALS, "consent_kind": ConsentKind.ACCOUNTS}
AC = {"scope": "accounts", "grant": Grant.AUTHORIZATION_CODE, "consent_kind": ConsentKind.ACCOUNTS}
SEE = frozenset({Permission.ACCOUNTS_BASIC})
ROWS = (
    Row("POST", "/consents", Operation.LODGE_ACCOUNT_CONSENT, decode_lodge, plain, 201, request=Body, **CC),
    Row("GET", "/consents/{ConsentId}", Operation.READ_ACCOUNT_CONSENT, lambda w: commands.ReadConsent(w.path["ConsentId"]), plain, **CC),
    Row(
        "DELETE", "/consents/{ConsentId}", Operation.WITHDRAW_ACCOUNT_CONSENT,
        lambda w: commands.WithdrawConsent(w.path["ConsentId"]), None, 204, **CC,
    ),
    Row("GET", "/accounts", Operation.LIST_ACCOUNTS, lambda w: commands.ListAccounts(), plain, permissions=SEE, **AC),
    Row(
        "GET", "/accounts/{AccountId}", Operation.READ_ACCOUNT,
        lambda w: commands.ReadAccount(w.path["AccountId"], ("balances", "yes") in w.query), plain, permissions=SEE, **AC,
    ),
    Row(
        "GET", "/accounts/{AccountId}/balances", Operation.READ_BALANCES, lambda w: commands.ReadBalances(w.path["AccountId"]), plain,
        permissions=frozenset({Permission.BALANCES}), **AC,
    ),
    Row(
        "GET", "/balances", Operation.LIST_BALANCES, lambda w: commands.ReadBalances(), plain,
        permissions=frozenset({Permission.BALANCES}), **AC,
    ),
    Row(
        "GET", "/accounts/{AccountId}/transactions", Operation.READ_TRANSACTIONS, decode_transactions, encode_transactions,
        permissions=frozenset({Permission.TRANSACTIONS_BASIC}), **AC,
    ),
    Row(
        "GET", "/transactions", Operation.LIST_TRANSACTIONS, decode_transactions, encode_transactions,
        permissions=frozenset({Permission.TRANSACTIONS_BASIC}), **AC,
    ),
)  # fmt: skip
ROW_OF = {row.operation: row for row in ROWS}
DIALECT = Dialect(
    name="book",
    services=(Service("", "Book", "/book/v1", ROWS),),
    audience_path="/book/v1",
    headers=Headers(),  # type: ignore[arg-type]
    errors=Errors(),
    authorization=None,  # type: ignore[arg-type]
    rules=OURS,
    paths={"valid_until": "until", "transactions_to": "to"},
)


def serving(rows: Sequence[Row], base_path: str = "/book/v1", **facts: Any) -> Dialect:
    """The dialect of this world with other operations."""
    return replace(DIALECT, services=(Service("", "Book", base_path, tuple(rows)),), **facts)


CLIENT = Client(id="client-1", version=3, active=True, name="Acme", organisation_id="org-1", roles=frozenset({Role.AISP}))
CALLER = Caller(organisation_id="org-1", name="Acme", roles=frozenset({Role.AISP}), client_id="client-1", family_id="family-1")
FAMILY = TokenFamily(
    id="family-1", brand="main", version=5, client_id="client-1", consent_id="consent-1", psu_id="psu-1",
    state=FamilyState.ACTIVE, scope=("accounts",),
)  # fmt: skip
CONSENT = Consent(
    id="consent-1",
    brand="main",
    version=7,
    kind=ConsentKind.ACCOUNTS,
    state=ConsentState.AUTHORISED,
    client_id="client-1",
    organisation_id="org-1",
    lodged_as="book",
    terms=AccountsTerms(permissions=frozenset(Permission)),
    created_at=START,
    state_changed_at=START,
    psu_id="psu-1",
    access=tuple(AccountAccess(AccountReference(*ids), frozenset(Permission)) for ids in (("a1", "up1"), ("a2", "up2"))),
)


def within(**bounds: Any) -> dict[str, Any]:
    """The members of a consent that asks for everything within these bounds, members of AccountsTerms."""
    return {"terms": AccountsTerms(permissions=frozenset(Permission), **bounds)}


def opening(permissions: frozenset[Permission]) -> dict[str, Any]:
    """The members of a consent that asks for these permissions and opens them on each of its accounts."""
    access = tuple(AccountAccess(each, permissions) for each in CONSENT.accounts)
    return {"terms": AccountsTerms(permissions=permissions), "access": access}


TOKEN = AccessToken(
    jti="jti-1",
    client_id="client-1",
    subject="psu",
    scope=frozenset({"accounts"}),
    grant=Grant.AUTHORIZATION_CODE,
    expires_at=START + timedelta(minutes=5),
    confirmation=Confirmation("x5t#S256", "thumbprint-one"),
    family_id="family-1",
    consent_id="consent-1",
    audience=(BRAND.resource_audience,),
)
CC_TOKEN = msgspec.structs.replace(TOKEN, jti="jti-2", grant=Grant.CLIENT_CREDENTIALS, family_id=None, consent_id=None)


@dataclass
class Tokens:
    known: dict[str, AccessToken | Problem] = field(default_factory=dict)
    version: int = 1
    stored_version: int = 1
    verified: int = 0

    def verify(self, brand: Brand, presented: str) -> AccessToken:
        self.verified += 1
        token = self.known.get(presented, TokenInvalid("nobody issued it"))
        if isinstance(token, Problem):
            raise token
        return token

    def key_set_version(self, brand: Brand) -> int:
        return self.version

    async def load_keys(self, brand: Brand) -> None:
        self.version = self.stored_version


@dataclass
class Snapshots:
    """`cached` is what this worker loaded last, `stored` what the database has now."""

    cached: dict[str, Any] = field(default_factory=dict)
    stored: dict[str, Any] = field(default_factory=dict)
    loads: int = 0

    async def _find(self, key: str, fresh: bool) -> Any:
        if fresh or key not in self.cached:
            self.loads += 1
            self.cached[key] = self.stored.get(key)
        return self.cached[key]

    async def client(self, brand: Brand, client_id: str, *, fresh: bool = False) -> Client | None:
        return await self._find(client_subject(brand.name, client_id), fresh)

    async def family(self, brand: Brand, family_id: str, *, fresh: bool = False) -> TokenFamily | None:
        return await self._find(family_subject(brand.name, family_id), fresh)

    async def consent(self, brand: Brand, consent_id: str, *, fresh: bool = False) -> Consent | None:
        return await self._find(consent_subject(brand.name, consent_id), fresh)


@dataclass
class Decisions:
    """Knows the current versions; counts its calls. Limits allow until `exceeded` names their rule; what may be used once is
    fresh, until `used`."""

    versions: dict[str, int] = field(default_factory=dict)
    exceeded: set[str] = field(default_factory=set)
    used: bool = False
    calls: list[tuple[tuple[Check, ...], bool]] = field(default_factory=list)
    answer: Callable[[Check], Verdict | None] = lambda check: None

    async def decide(self, checks: Sequence[Check], *, spend: bool) -> tuple[Verdict, ...]:
        self.calls.append((tuple(checks), spend))
        return tuple(self.answer(check) or self._verdict(check) for check in checks)

    def _verdict(self, check: Check) -> Verdict:
        if isinstance(check, VersionIs):
            current = self.versions.get(check.subject, 0)
            return Current() if current == check.version else Moved(current)
        if isinstance(check, FirstUse):
            return Replayed() if self.used else Fresh()
        if check.rule in self.exceeded:
            return Exceeded(check.limit, 30)
        return Allowed(check.limit, check.limit - 1, 20)


@dataclass
class Consents:
    stored: dict[str, Consent] = field(default_factory=dict)
    references: dict[tuple[str, str], AccountReference] = field(default_factory=dict)
    lodged: list[ConsentLodgement] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)

    async def lodge(self, brand: Brand, caller: Caller, lodgement: ConsentLodgement) -> Consent:
        self.lodged.append(lodgement)
        return msgspec.structs.replace(CONSENT, id="consent-9", state=ConsentState.AWAITING, access=())

    async def read(self, brand: Brand, caller: Caller, consent_id: str) -> Consent:
        if consent_id not in self.stored:
            raise ConsentUnknown(consent_id)
        return self.stored[consent_id]

    async def withdraw(self, brand: Brand, caller: Caller, consent_id: str) -> None:
        self.withdrawn.append(consent_id)

    async def account_reference(self, brand: Brand, organisation_id: str, account_id: str) -> AccountReference | None:
        return self.references.get((organisation_id, account_id))


@dataclass
class Organisations:
    """`registered`: each registration that was asked for."""

    known: set[str] = field(default_factory=set)
    asked: int = 0
    registered: list[Certificate] = field(default_factory=list)

    async def is_known(self, brand: Brand, organisation_id: str) -> bool:
        self.asked += 1
        return organisation_id in self.known

    async def register(self, brand: Brand, certificate: Certificate) -> None:
        self.registered.append(certificate)
        self.known.add(certificate.organisation_id or "")


@dataclass
class Records:
    taken: list[Access] = field(default_factory=list)
    full: bool = False

    def record(self, access: Access) -> None:
        if self.full:
            raise Overloaded("full")
        self.taken.append(access)


def account(account_id: str, **facts: Any) -> Account:
    return Account(
        id=account_id, currency="GBP", category=AccountCategory.PERSONAL, type=AccountType.CURRENT, status=AccountStatus.ENABLED,
        status_changed_at=START, name="Current", opened_at=START, **facts,
    )  # fmt: skip


def balance(account_id: str, currency: str = "GBP") -> Balance:
    return Balance(account_id=account_id, type=BalanceType.INTERIM_BOOKED, amount=Money(currency, 1000), at=START)


def transaction(number: int, account_id: str = "up1", minor: int = -100, **facts: Any) -> Transaction:
    """The higher the number, the later it was booked."""
    facts = {"status": TransactionStatus.BOOKED, "booked_at": START - timedelta(days=1) + timedelta(seconds=number), **facts}
    return Transaction(
        id=f"t{number}", account_id=account_id, sequence=number, amount=Money("GBP", minor), information="tea", **facts
    )


@dataclass
class Upstream:
    """A bank with some accounts. `before` runs at each question; answers may be replaced whole."""

    account_ids: tuple[str, ...] = ("up1", "up2", "up3")
    rows: list[Transaction] = field(default_factory=list)
    records: dict[str, list[Any]] = field(default_factory=dict)  # by the port's method
    details: dict[str, Any] = field(default_factory=dict)  # of each account
    customers: dict[str, Party] = field(default_factory=dict)
    files: dict[tuple[str, str], StatementFile] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    before: Callable[[], Any] = lambda: None
    answers: Any = None
    name: str = "hand-made"

    async def _question(self, *question: Any) -> None:
        self.asked.append(question)
        waiting = self.before()
        if waiting is not None:
            await waiting

    async def accounts(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Account, ...]:
        await self._question("accounts", account_ids)
        return self.answers or tuple(account(each, **self.details) for each in account_ids if each in self.account_ids)

    async def balances(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Balance, ...]:
        await self._question("balances", account_ids)
        return self.answers or tuple(balance(each) for each in account_ids if each in self.account_ids)

    async def transactions(self, brand: Brand, account_ids: tuple[str, ...], where: TransactionFilter) -> TransactionPage:
        await self._question("transactions", account_ids, where)
        if self.answers is not None:
            return self.answers
        as_of = where.as_of if where.as_of is not None else max((row.sequence for row in self.rows), default=0)
        found = sorted(
            (row for row in self.rows if row.account_id in account_ids and row.sequence <= as_of and matches(row, where)),
            key=lambda row: (row.booked_at, row.account_id, row.id),
            reverse=True,
        )
        return TransactionPage(tuple(found[: where.limit]), len(found) > where.limit, as_of, START - timedelta(days=700), START)

    async def _page(self, what: str, account_ids: tuple[str, ...], where: Any) -> Any:
        await self._question(what, account_ids, where)
        if self.answers is not None:
            return self.answers
        found = newest_first((row for row in self.records.get(what, ()) if row.account_id in account_ids), where.after)
        return RecordPage(tuple(found[: where.limit]), len(found) > where.limit)

    async def beneficiaries(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[Beneficiary]:
        return await self._page("beneficiaries", account_ids, where)

    async def direct_debits(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[DirectDebit]:
        return await self._page("direct_debits", account_ids, where)

    async def standing_orders(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[StandingOrder]:
        return await self._page("standing_orders", account_ids, where)

    async def scheduled_payments(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[ScheduledPayment]:
        return await self._page("scheduled_payments", account_ids, where)

    async def _all(self, what: str, account_ids: tuple[str, ...]) -> Any:
        await self._question(what, account_ids)
        if self.answers is not None:
            return self.answers
        return tuple(row for each in account_ids for row in self.records.get(what, ()) if row.account_id == each)

    async def products(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Product, ...]:
        return await self._all("products", account_ids)

    async def offers(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Offer, ...]:
        return await self._all("offers", account_ids)

    async def parties(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[AccountParty, ...]:
        return await self._all("parties", account_ids)

    async def party_of(self, brand: Brand, customer_id: str) -> Party | None:
        await self._question("party_of", customer_id)
        return self.answers or self.customers.get(customer_id)

    async def statements(self, brand: Brand, account_ids: tuple[str, ...], where: StatementFilter) -> StatementPage:
        await self._question("statements", account_ids, where)
        if self.answers is not None:
            return self.answers
        rows = [row for row in self.records.get("statements", ()) if row.account_id in account_ids]
        found = newest_first((row for row in rows if is_inside(row, where)), where.after)
        ends = [instant for row in rows for instant in (row.starts_at, row.ends_at)]
        more = len(found) > where.limit
        return StatementPage(tuple(found[: where.limit]), more, min(ends, default=None), max(ends, default=None))

    async def statement(self, brand: Brand, account_id: str, statement_id: str) -> Statement | None:
        await self._question("statement", account_id, statement_id)
        rows = self.records.get("statements", ())
        return self.answers or next((row for row in rows if (row.account_id, row.id) == (account_id, statement_id)), None)

    async def statement_file(self, brand: Brand, account_id: str, statement_id: str, media_type: str) -> StatementFile | None:
        await self._question("statement_file", account_id, statement_id, media_type)
        return self.answers or self.files.get((account_id, statement_id))


def newest_first(rows: Iterable[Any], after: RecordPosition | None) -> list[Any]:
    found = sorted(rows, key=lambda row: (row.created_at, row.account_id, row.id), reverse=True)
    if after is None:
        return found
    return [
        row for row in found if (row.created_at, row.account_id, row.id) < (after.created_at, after.account_id, after.record_id)
    ]


def is_inside(row: Statement, where: StatementFilter) -> bool:
    early = where.starts_from is not None and row.starts_at < where.starts_from
    return not early and (where.ends_to is None or row.ends_at <= where.ends_to)


@dataclass
class Customers:
    """Which customer of the bank a PSU is."""

    known: dict[str, str] = field(default_factory=lambda: {"psu-1": "customer-1"})

    async def customer_of(self, brand: Brand, psu_id: str) -> str | None:
        return self.known.get(psu_id)


def matches(row: Transaction, where: TransactionFilter) -> bool:
    after: Position | None = where.after
    return (
        (where.booked_from is None or row.booked_at >= where.booked_from)
        and (where.booked_to is None or row.booked_at <= where.booked_to)
        and (where.credits if row.amount.minor > 0 else where.debits)
        and (after is None or (row.booked_at, row.account_id, row.id) < (after.booked_at, after.account_id, after.transaction_id))
    )


class Monotonic:
    """Seconds that pass only when told, or by `step` at each look."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.step = 0.0

    def __call__(self) -> float:
        self.seconds += self.step
        return self.seconds


class World:
    """Everything in order: a client with both kinds of token, a consent over two of a bank's three accounts."""

    def __init__(
        self,
        *,
        rate: Rate | None = None,
        unattended: Unattended | None = None,
        in_flight: InFlightLimits | None = None,
        dialects: tuple[Dialect, ...] = (DIALECT,),
    ) -> None:
        self.clock = ManualClock(START)
        self.monotonic = Monotonic()
        self.tokens = Tokens({"psu-token": TOKEN, "client-token": CC_TOKEN})
        self.snapshots = Snapshots()
        self.decisions = Decisions({keys_subject("main"): 1})
        self.consents = Consents({"consent-1": CONSENT}, {("org-1", "a3"): AccountReference("a3", "up3")})
        self.organisations = Organisations()
        self.records = Records()
        self.refusals = Records()
        self.statuses = Statuses()
        self.upstream = Upstream(rows=[transaction(number, ("up1", "up2", "up3")[number % 3]) for number in range(1, 31)])
        self.cursors = CursorSealer(Sealer({1: b"k" * 32}))
        for snapshot in (CLIENT, FAMILY, CONSENT):
            self.store(snapshot)
        parts = PolicyParts(
            tokens=self.tokens,
            snapshots=self.snapshots,
            consents=self.consents,
            organisations=self.organisations,
            records=self.records,
            refusals=self.refusals,
            clock=self.clock,
            certificate_status=self.statuses,
            nonces=Nonces(Sealer({1: b"k" * 32})),
            rate=rate or Rate(),
            unattended=unattended or Unattended(),
        )
        self.chain = assemble(CHAIN, parts)
        self.customers = Customers()
        self.defects: list[tuple[str, str]] = []
        self.guarded = GuardedAccounts(self.upstream, count_defect=lambda *defect: self.defects.append(defect))
        self.use_cases = map_operations(
            assemble(USE_CASES, Parts(self.guarded, self.consents, self.cursors, self.clock, self.customers))
        )
        self.dialects = dialects
        self.in_flight = CallsInFlight(in_flight or InFlightLimits())
        self.brand = replace(BRAND, dialects=tuple(dialect.name for dialect in dialects))
        self.decide_with(self.decisions)

    def decide_with(self, decisions: Any) -> None:
        self.gateway = Gateway(
            brands=[self.brand],
            dialects=self.dialects,
            chain=self.chain,
            use_cases=self.use_cases,
            decisions=decisions,
            in_flight=self.in_flight,
            clock=self.clock,
            ids=SeededIds("world"),
            monotonic=self.monotonic,
            telemetry=Telemetry(),
        )

    def store(self, snapshot: Client | TokenFamily | Consent, *, current: int | None = None) -> None:
        """Store in the database; the hot state names its version. This worker has not loaded it yet, or an older one."""
        subjects = {Client: client_subject, TokenFamily: family_subject, Consent: consent_subject}
        subject = subjects[type(snapshot)]("main", snapshot.id)
        self.snapshots.stored[subject] = snapshot
        self.decisions.versions[subject] = snapshot.version if current is None else current

    def change(self, snapshot: Any, **facts: Any) -> None:
        """A new version of a snapshot, as a command would store it."""
        self.store(msgspec.structs.replace(snapshot, version=snapshot.version + 1, **facts))

    async def ask(self, method: str = "GET", path: str = "/book/v1/accounts", **facts: Any) -> Response:
        return await self.gateway.handle(self.brand, request(method, path, **facts))

    async def code(self, *args: Any, **facts: Any) -> str:
        """The refusal's code, or `allowed`."""
        response = await self.ask(*args, **facts)
        return "allowed" if response.status < 400 else body_of(response)["code"]


def request(
    method: str = "GET",
    path: str = "/book/v1/accounts",
    *,
    token: str | None = "psu-token",
    scheme: str = "Bearer",
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    query: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
    listener: Any = "mtls",
    certificate: Certificate | None = CERTIFICATE,
    incoming: Incoming | None = None,
) -> Request:
    sent = CIMultiDict(headers)
    if token is not None:
        sent.add("Authorization", f"{scheme} {token}")
    return Request(
        method,
        path,
        tuple(query),
        CIMultiDictProxy(sent),
        body,
        host="localhost:8444",
        peer="127.0.0.1",
        listener=listener,
        certificate=certificate,
        incoming=incoming,
    )


def body_of(response: Response) -> Any:
    return msgspec.json.decode(response.body or b"null")
