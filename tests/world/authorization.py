"""A brand with its authorization server on a real database, and clients that are correct in every field unless a test changes one."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from multidict import CIMultiDict, CIMultiDictProxy

from consent.app import ConsentServer
from consent.authorization.authorize.pushed import PushedRequest, load_pushed
from consent.authorization.clients.client_keys import ClientKeys
from consent.authorization.clients.metadata import ClientMetadata
from consent.authorization.clients.registry import register_client, replace_client
from consent.authorization.keys.ring import KeyRing
from consent.authorization.keys.rotation import prepare_keys
from consent.authorization.tokens.verify import TokenVerifier
from consent.services import Services
from consent.store.current_snapshots import ConsentSnapshots
from consent.store.tables import epoch, lease
from kernel.access import Role
from kernel.banking.consents import AccountsTerms, Consent, ConsentKind, ConsentLodgement, Permission
from kernel.certificates.certificate import Certificate
from kernel.clock import ManualClock
from kernel.commands.idempotency import Idempotency
from kernel.hot_state.epoch import Epoch
from kernel.hot_state.in_process import InProcessHotState
from kernel.hot_state.versions import Versions
from kernel.http.message import Request
from kernel.ids import RandomIds
from kernel.jose.jwt import Algorithm, JwtKey, generate_key
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from kernel.storage.journal import Entry
from kernel.storage.lease import Lease
from openapi.uk_obie.v4_0.dialect import DIALECT
from plugins.key_stores.sealing_file import SealingFile
from tests.harness.addresses import Addresses
from tests.harness.books.books import Books
from tests.harness.databases import migrate
from tests.harness.keys import key_pool
from tests.harness.lock_order import keeping_lock_order
from tests.world.answer import Answer
from tests.world.approval import agree, asked_by
from tests.world.brands import BRAND, START
from tests.world.certificates import certificate
from tests.world.clocks import Monotonic
from tests.world.directory import DIRECTORY
from tests.world.keys import KEYS, SigningKey
from tests.world.rooms import SEALER, make_services
from tests.world.tpp import VERIFIER, Tpp


def request_to(
    method: str,
    path: str,
    *,
    query: tuple[tuple[str, str], ...] = (),
    headers: CIMultiDict[str] | None = None,
    body: bytes = b"",
    presented: Certificate | None = None,
) -> Request:
    return Request(
        method=method,
        path=path,
        query=query,
        headers=CIMultiDictProxy(headers or CIMultiDict()),
        body=body,
        host="localhost:8443",
        peer="127.0.0.1",
        listener="mtls" if presented else "public",
        certificate=presented,
    )


@dataclass
class AuthorizationWorld:
    services: Services
    server: ConsentServer
    clock: ManualClock
    hot_state: InProcessHotState
    database: Database
    tokens_recorded: list[Entry] = field(default_factory=list)
    addresses: Addresses = field(default_factory=Addresses)
    tpps: dict[str, Tpp] = field(default_factory=dict)
    monotonic: Monotonic = field(default_factory=Monotonic)

    @property
    def acme(self) -> Tpp:
        return self.tpps["acme"]

    @property
    def borough(self) -> Tpp:
        return self.tpps["borough"]

    @property
    def verifier(self) -> TokenVerifier:
        return TokenVerifier(self.services.keys, self.clock)

    @property
    def now(self) -> int:
        """Protocol time in seconds since the epoch."""
        return int(self.clock.wall().timestamp())

    @property
    def books(self) -> Books:
        return Books(self.database.read)

    def lease(self, name: str) -> Lease:
        """One more holder of the lease of that singleton."""
        return Lease(self.database, lease, self.clock, self.services.ids, brand=BRAND.name, name=name)

    def advance(self, **by: float) -> None:
        """Both clocks go on together."""
        step = timedelta(**by)
        self.clock.advance(step)
        self.monotonic.seconds += step.total_seconds()

    def metadata(self, name: str, key: SigningKey, **changes: Any) -> ClientMetadata:
        redirect_uri = f"https://{name}.example/callback"
        facts: dict[str, Any] = {
            "client_name": name.title(),
            "organisation_id": f"org-{name}",
            "organisation_name": f"{name.title()} Ltd",
            "software_id": f"software-{name}",
            "roles": frozenset({Role.AISP}),
            "redirect_uris": (redirect_uri, f"{redirect_uri}?dummy1=lorem&dummy2=ipsum"),
            "scope": "openid accounts",
            "jwks": {"keys": [key.jwk]},
            "token_endpoint_auth_signing_alg": key.alg,
            **changes,
        }
        return ClientMetadata(**facts)

    async def register(self, name: str, key: SigningKey, **changes: Any) -> Tpp:
        client = await register_client(self.services, BRAND, self.metadata(name, key, **changes))
        self.tpps[name] = Tpp(client, key, certificate(name), next(iter(client.redirect_uris), ""), self.clock)
        return self.tpps[name]

    async def register_again(self, tpp: Tpp, **changes: Any) -> Tpp:
        """The same client with other metadata."""
        name = next(name for name, known in self.tpps.items() if known is tpp)
        client = await replace_client(self.services, BRAND, tpp.client.id, self.metadata(name, tpp.key, **changes))
        self.tpps[name] = replace(tpp, client=client)
        return self.tpps[name]

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        form: dict[str, Any] | str | None = None,
        presented: Certificate | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        sent = CIMultiDict(headers or {})
        body = b""
        if form is not None:
            body = (form if isinstance(form, str) else urlencode(form)).encode()
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        request = request_to(method, path, query=tuple((query or {}).items()), headers=sent, body=body, presented=presented)
        return Answer(await self.server.handle(BRAND, request))

    async def lodge(self, tpp: Tpp, lodged_as: str = DIALECT.name) -> Consent:
        return await self.services.store.lodge(BRAND, tpp.client.caller, _lodgement(lodged_as))

    async def lodge_once(self, tpp: Tpp) -> Consent:
        """Under one idempotency key, however often it is asked for."""
        use = Idempotency(brand=BRAND.name, client_id=tpp.client.id, endpoint="lodge", key="once", fingerprint=b"")
        return await self.services.store.lodge(BRAND, tpp.client.caller, _lodgement(DIALECT.name), use)

    async def push_object(self, tpp: Tpp, token: str, **outside: str) -> Answer:
        return await self.call("POST", "/par", form={"request": token, **outside, **tpp.credentials()})

    async def bring(self, tpp: Tpp, token: str, **outside: str) -> Answer:
        """A browser brings an object by value, with the parameters that OpenID Connect wants outside."""
        outer = {name: tpp.request_of(None)[name] for name in ("client_id", "response_type", "scope", "redirect_uri")}
        query = {name: value for name, value in {**outer, "request": token, **outside}.items() if value}
        return await self.call("GET", "/authorize", query=query)

    async def push(self, tpp: Tpp, consent_id: str | None, **changes: Any) -> Answer:
        return await self.call("POST", "/par", form={**tpp.request_of(consent_id, **changes), **tpp.credentials()})

    async def pushed_uri(self, tpp: Tpp, consent_id: str | None, **changes: Any) -> str:
        answer = await self.push(tpp, consent_id, **changes)
        assert answer.status == 201, answer.text
        return answer.json["request_uri"]

    async def visit(self, tpp: Tpp, request_uri: str, **others: str) -> Answer:
        return await self.call("GET", "/authorize", query={"client_id": tpp.client.id, "request_uri": request_uri, **others})

    async def approve(self, tpp: Tpp, request_uri: str, *, psu_id: str = "alice") -> Answer:
        """Approve as the journey does."""
        return await agree(self, await asked_by(self, tpp, request_uri), psu_id=psu_id)

    async def load_pushed(self, tpp: Tpp, request_uri: str) -> PushedRequest:
        async with self.database.read() as connection:
            return await load_pushed(connection, BRAND.name, tpp.client.id, request_uri, self.clock.wall())

    async def code(self, tpp: Tpp, **changes: Any) -> str:
        """A code for a fresh consent that the PSU approved."""
        consent = await self.lodge(tpp)
        request_uri = await self.pushed_uri(tpp, consent.id, **changes)
        return (await self.approve(tpp, request_uri)).location["code"]

    async def token(self, tpp: Tpp, grant_type: str, *, presented: Certificate | bool | None = True, **changes: Any) -> Answer:
        parameters = {"grant_type": grant_type, **tpp.credentials(), **changes}
        form = {name: value for name, value in parameters.items() if value is not None}
        shown = tpp.certificate if presented is True else presented or None
        return await self.call("POST", "/token", form=form, presented=shown)

    async def redeem(self, tpp: Tpp, code: str, /, **changes: Any) -> Answer:
        return await self.token(
            tpp, "authorization_code", **{"code": code, "redirect_uri": tpp.redirect_uri, "code_verifier": VERIFIER, **changes}
        )

    async def tokens(self, tpp: Tpp, **changes: Any) -> dict[str, Any]:
        answer = await self.redeem(tpp, await self.code(tpp, **changes))
        assert answer.status == 200, answer.text
        return answer.json

    async def family_state(self, access_token: str) -> str:
        token = self.verifier.verify(BRAND, access_token)
        assert token.family_id is not None
        family = await self.services.snapshots.family(BRAND, token.family_id, fresh=True)
        assert family is not None
        return family.state.value


async def begin(database_url: str) -> None:
    """Leave an empty database as a first start does. Making the brand's signing keys takes longer than most tests."""
    await migrate(database_url)
    async with _opened(database_url, generate_key) as world:  # not of the pool: a test's own rotation takes from there
        await prepare_keys(world.services, BRAND.name)


@asynccontextmanager
async def authorization_world(database_url: str) -> AsyncIterator[AuthorizationWorld]:
    """On a database that `begin` has prepared."""
    async with _opened(database_url, key_pool()) as world, world.hot_state.lifetime(), world.services.versions.lifetime():
        await prepare_keys(world.services, BRAND.name)
        await world.register("acme", KEYS["acme-1"], default_permissions=frozenset({Permission.ACCOUNTS_BASIC}))
        await world.register("borough", KEYS["borough-1"])
        yield world


@asynccontextmanager
async def found_world(database_url: str) -> AsyncIterator[AuthorizationWorld]:
    """On a database that a server has left: clients, keys and consents are those in it."""
    async with _opened(database_url, key_pool()) as world, world.hot_state.lifetime(), world.services.versions.lifetime():
        await prepare_keys(world.services, BRAND.name)
        yield world


@asynccontextmanager
async def _opened(database_url: str, generate: Callable[[Algorithm], JwtKey]) -> AsyncIterator[AuthorizationWorld]:
    async with Database.open(database_url) as database:
        clock, ids, monotonic = ManualClock(START), RandomIds(), Monotonic()
        hot_epoch = Epoch(database, epoch, clock, monotonic)
        hot_state = InProcessHotState(monotonic, clock, ids, on_restart=hot_epoch.adopt)
        snapshots = ConsentSnapshots(database, SEALER)
        versions = Versions(hot_epoch, hot_state, hot_state, monotonic, load_version=snapshots.load_version, pause=_no_pause)
        recorded: list[Entry] = []
        addresses = Addresses()
        services = make_services(
            database,
            clock=clock,
            ids=ids,
            versions=versions,
            snapshots=snapshots,
            keys=KeyRing(database, SealingFile(SEALER), generate),
            record_token=recorded.append,
            client_keys=ClientKeys(addresses, monotonic),
            directories={DIRECTORY.issuer: DIRECTORY},
        )
        server = ConsentServer(services, Telemetry())
        world = AuthorizationWorld(services, server, clock, hot_state, database, recorded, addresses, monotonic=monotonic)
        with keeping_lock_order(database):
            yield world


async def _no_pause(_seconds: float) -> None:
    """No other worker shares the database: there is none to wait for."""


def _lodgement(lodged_as: str) -> ConsentLodgement:
    terms = AccountsTerms(permissions=frozenset({Permission.ACCOUNTS_BASIC}))
    return ConsentLodgement(kind=ConsentKind.ACCOUNTS, lodged_as=lodged_as, terms=terms)
