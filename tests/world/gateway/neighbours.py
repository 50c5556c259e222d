"""Hand-made neighbours of the gateway that remember what they were asked."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gateway.ports import Access
from kernel.access import AccessToken, Caller, Client, TokenFamily
from kernel.banking.consents import AccountReference, Consent, ConsentLodgement, ConsentState
from kernel.brand import Brand
from kernel.certificates.certificate import Certificate
from kernel.commands.idempotency import Idempotency
from kernel.errors import ConsentUnknown, Overloaded, Problem, TokenInvalid
from kernel.hot_state.checks import Allowed, Check, Current, Exceeded, FirstUse, Fresh, Moved, Replayed, Verdict, VersionIs
from kernel.hot_state.subjects import client_subject, consent_subject, family_subject
from tests.world.gateway.snapshots import CONSENT


@dataclass
class Tokens:
    known: dict[str, AccessToken | Problem] = field(default_factory=dict)
    version: int = 1
    stored_version: int = 1
    verified: int = 0

    def verify(self, brand: Brand, presented: str) -> AccessToken:
        self.verified += 1
        token = self.known.get(presented, TokenInvalid("it was never issued"))
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

    async def lodge(
        self,
        brand: Brand,
        caller: Caller,
        lodgement: ConsentLodgement,
        use: Idempotency | None = None,
        *,
        complete: Callable[[], Awaitable[ConsentLodgement]] | None = None,
    ) -> Consent:
        lodgement = lodgement if complete is None else await complete()
        self.lodged.append(lodgement)
        return msgspec.structs.replace(
            CONSENT,
            id="consent-9",
            state=ConsentState.AWAITING,
            access=(),
            kind=lodgement.kind,
            terms=lodgement.terms,
            lodged_as=lodgement.lodged_as,
            document=lodgement.document,
        )

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


@dataclass
class Customers:
    """Which customer of the bank a PSU is."""

    known: dict[str, str] = field(default_factory=lambda: {"psu-1": "customer-1"})

    async def customer_of(self, brand: Brand, psu_id: str) -> str | None:
        return self.known.get(psu_id)
