"""A small world for the PSU's pages: one brand, real tables, hand-made customers, and a browser without sockets."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from multidict import CIMultiDict, CIMultiDictProxy

from consent.app import ConsentServer
from consent.authorization.authorize.pushed import PushedRequest, issue_pushed
from consent.authorization.clients.client import Client
from consent.authorization.clients.client_keys import ClientKeys
from consent.authorization.clients.current_clients import CurrentClients
from consent.authorization.clients.rows import columns_of
from consent.authorization.keys.ring import KeyRing
from consent.authorization.offer.profiles import SecurityProfile
from consent.ports import DECOUPLED, Method, Psu, ScaChallenge, ScaEvidence
from consent.services import NoPriorAnswers, PriorAnswers, Services
from consent.store.consents import ConsentStore
from consent.store.current_snapshots import ConsentSnapshots
from consent.store.tables import idempotency_keys, journal, lease, locks, outbox
from consent.store.tables.oauth import clients
from kernel.access import Role
from kernel.banking.accounts import Account, AccountCategory, AccountIdentifier, AccountStatus, AccountType, Scheme
from kernel.banking.consents import AccountsTerms, Consent, ConsentKind, ConsentLodgement, Permission
from kernel.brand import Brand
from kernel.clock import ManualClock
from kernel.commands.runner import Commands
from kernel.http.message import Request, Response
from kernel.ids import SeededIds, hash_secret
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from kernel.storage.journal import Journal
from kernel.storage.lease import Lease
from kernel.storage.sealed import Sealer
from openapi import DIALECTS
from plugins.key_stores.sealing_file import SealingFile
from tests.harness.addresses import Addresses
from tests.harness.keys import key_pool
from tests.harness.lock_order import keeping_lock_order
from tests.harness.statuses import Statuses

START = datetime(2026, 7, 1, 9, tzinfo=UTC)
BRAND = Brand(
    name="main",
    display_name="Main Bank",
    issuer="https://bank.example",
    mtls_url="https://mtls.bank.example",
    zone=ZoneInfo("Europe/London"),
    dialects=tuple(dialect.name for dialect in DIALECTS),
    resource_audience="https://mtls.bank.example",
)
OTHER_BRAND = replace(BRAND, name="other", issuer="https://other.example", mtls_url="https://mtls.other.example")
REDIRECT_URI = "https://acme.example/callback"
PERMISSIONS = frozenset(
    {
        Permission.ACCOUNTS_DETAIL,
        Permission.BALANCES,
        Permission.TRANSACTIONS_DETAIL,
        Permission.TRANSACTIONS_CREDITS,
        Permission.TRANSACTIONS_DEBITS,
    }
)
CLIENT = Client(
    id="acme-client",
    brand="main",
    version=1,
    active=True,
    name="Acme Money",
    organisation_id="acme",
    organisation_name="Acme Technologies Limited",
    software_id="acme-software",
    roles=frozenset({Role.AISP}),
    security_profile=SecurityProfile.FAPI2_SECURITY,
    token_endpoint_auth_method="private_key_jwt",
    token_endpoint_auth_signing_alg="PS256",
    sender_constraint="mtls",
    redirect_uris=(REDIRECT_URI,),
    scopes=frozenset({"openid", "accounts"}),
    grant_types=frozenset({"authorization_code", "client_credentials", "refresh_token"}),
    jwks={"keys": []},
    created_at=START,
)
BOROUGH = msgspec.structs.replace(
    CLIENT, id="borough-client", name="Borough", organisation_id="borough", organisation_name="Borough plc"
)
CODE = "123456"
METHODS = (Method("device", is_typed=False), Method("one_time_code", is_typed=True), DECOUPLED)


def account(upstream_id: str, name: str, number: str, **facts: Any) -> Account:
    return Account(
        **{
            "id": upstream_id,
            "currency": "GBP",
            "category": AccountCategory.PERSONAL,
            "type": AccountType.CURRENT,
            "status": AccountStatus.ENABLED,
            "status_changed_at": START,
            "name": name,
            "identifiers": (AccountIdentifier(Scheme.SORT_CODE, number),),
            "opened_at": START,
        }
        | facts
    )


ACCOUNTS: Mapping[str, tuple[Account, ...]] = {
    "c-alice": (
        account("up-1", "Everyday current account", "80200112345678"),
        account("up-2", "Rainy day savings", "80200187654321", type=AccountType.SAVINGS),
        account("up-3", "Old account", "80200111112222", eligible=False),
    ),
    "c-bob": (account("up-4", "Bob's account", "80200155556666"),),
    "c-carol": (account("up-5", "Carol's account", "80200177778888"),),
    "c-dave": (account("up-6", "Closed account", "80200199990000", status=AccountStatus.DISABLED),),
    "c-gale": (account("up-7", "Gale's account", "80200100001111"),),
}


@dataclass
class Identity:
    """Customers by name; `<name>-pw` opens each. A device confirms at once unless its owner is `gale`."""

    clock: ManualClock
    password_checks: int = 0
    started: list[str] = field(default_factory=list)
    confirmed: bool = False
    linked: dict[str, Any] = field(default_factory=dict)  # by reference: what was shown where the PSU authenticates
    enrolled: dict[str, tuple[Any, ...]] = field(
        default_factory=lambda: {
            "alice": ("device",),
            "bob": ("one_time_code",),
            "carol": ("passkey", "one_time_code"),
            "dave": ("device",),
            "gale": ("device",),
            "nell": ("passkey",),
        }
    )
    hangs: bool = False
    methods: tuple[Method, ...] = METHODS

    async def check_password(self, brand: Brand, username: str, password: str) -> Psu | None:
        self.password_checks += 1
        if self.hangs:
            await asyncio.Event().wait()
        return self.psu(username) if username in self.enrolled and password == f"{username}-pw" else None

    async def find(self, brand: Brand, psu_id: str) -> Psu | None:
        name = psu_id.removeprefix("psu-")
        return self.psu(name) if name in self.enrolled else None

    async def find_by_name(self, brand: Brand, username: str) -> Psu | None:
        return self.psu(username) if username in self.enrolled else None

    async def start_sca(self, brand: Brand, psu: Psu, method: Any, authorisation_id: str, linked: Any = None) -> ScaChallenge:
        self.started.append(authorisation_id)
        self.linked[f"ref-{len(self.started)}"] = linked
        confirmed = method == "device" and psu.id != "psu-gale"
        expires_at = self.clock.wall() + timedelta(minutes=3)
        return ScaChallenge(method, f"ref-{len(self.started)}", "We have sent you a code.", expires_at, confirmed)

    async def finish_sca(
        self, brand: Brand, psu: Psu, challenge: ScaChallenge, response: str, linked: Any = None
    ) -> ScaEvidence | None:
        right = challenge.confirmed or self.confirmed or (challenge.method == "one_time_code" and response == CODE)
        right = right and self.linked[challenge.reference] == linked
        digest = linked.digest if linked else ""
        return (
            ScaEvidence(challenge.method, self.clock.wall(), challenge.reference, simulated=True, linked=digest)
            if right
            else None
        )

    def psu(self, name: str) -> Psu:
        return Psu(f"psu-{name}", f"c-{name}", name.title(), self.enrolled[name])


class Accounts:
    async def accounts_of(self, brand: Brand, customer_id: str) -> tuple[Account, ...]:
        return ACCOUNTS.get(customer_id, ())


class DirectVersions:
    """Runs the write and remembers what it said: no cache to tell."""

    def __init__(self) -> None:
        self.published: dict[str, int] = {}
        self.unnamed: set[str] = set()  # moved without having been named: each costs a new epoch

    async def change(
        self,
        subjects: Sequence[str],
        write: Callable[[], Awaitable[tuple[Any, Mapping[str, int]]]],
    ) -> Any:
        value, versions = await write()
        self.published |= versions
        self.unnamed |= versions.keys() - set(subjects)
        return value


@dataclass
class World:
    services: Services
    store: ConsentStore
    clock: ManualClock
    identity: Identity
    versions: DirectVersions
    database: Database
    server: ConsentServer

    async def lodge(self, client: Client = CLIENT, brand: Brand = BRAND, **facts: Any) -> Consent:
        """`facts` are members of the lodgement, or of its terms of access to accounts."""
        data = {name: facts.pop(name) for name in AccountsTerms.__struct_fields__ if name in facts}
        terms = AccountsTerms(**{"permissions": PERMISSIONS} | data)
        lodgement = ConsentLodgement(**{"kind": ConsentKind.ACCOUNTS, "lodged_as": "uk_obie/v4.0", "terms": terms} | facts)
        return await self.store.lodge(brand, client.caller, lodgement)

    async def push(self, consent: Consent | None, client: Client = CLIENT, brand: Brand = BRAND) -> PushedRequest:
        secret = self.services.ids.secret()
        pushed = PushedRequest(
            brand=brand.name,
            id=hash_secret(secret),
            client_id=client.id,
            redirect_uri=REDIRECT_URI,
            scope=("openid", "accounts"),
            code_challenge="c" * 43,
            created_at=self.clock.wall(),
            expires_at=self.clock.wall() + timedelta(seconds=90),
            state="the-state",
            nonce="the-nonce",
            consent_id=consent.id if consent else None,
        )
        await self.database.write(lambda connection: issue_pushed(connection, pushed))
        return pushed

    def browser(self, **facts: Any) -> "Browser":
        return Browser(self, **facts)

    async def rows(self, table: sa.Table) -> list[Any]:
        async with self.database.read() as connection:
            return list(await connection.execute(sa.select(table)))

    def lease(self) -> Lease:
        return Lease(self.database, lease, self.clock, self.services.ids, brand=BRAND.name, name="sweeper")


@dataclass
class Browser:
    """Keeps cookies, follows redirects to our own pages, and stops where it would leave."""

    world: World
    brand: Brand = BRAND
    peer: str = "192.0.2.7"
    cookies: dict[str, str] = field(default_factory=dict)
    path: str = ""
    html: str = ""
    response: Response = field(default_factory=lambda: Response(0))

    async def begin(self, pushed: PushedRequest) -> "Browser":
        from consent.customer.journey.start import begin

        client = await self.world.services.clients.current(self.brand, pushed.client_id, fresh=True)
        response = await begin(self.world.services, self.brand, client, pushed)
        return await self.follow(response, "/authorize")

    def request(self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Request:
        parts = urlsplit(target)
        all_headers = CIMultiDict(headers or {})
        if self.cookies:
            all_headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            all_headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        query = tuple((name, value) for name, values in parse_qs(parts.query).items() for value in values)
        return Request(
            method=method,
            path=parts.path,
            query=query,
            headers=CIMultiDictProxy(all_headers),
            body=body,
            host=urlsplit(self.brand.issuer).netloc,
            peer=self.peer,
            listener="public",
        )

    async def get(self, path: str) -> "Browser":
        return await self.follow(await self.world.server.handle(self.brand, self.request("GET", path)), path)

    async def send(
        self,
        path: str,
        fields: Mapping[str, str | list[str]],
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The raw answer to a form; cookies are kept."""
        request = self.request("POST", path, urlencode(fields, doseq=True).encode(), headers)
        return self.keep(await self.world.server.handle(self.brand, request))

    async def post(self, fields: Mapping[str, str | list[str]], headers: Mapping[str, str] | None = None) -> "Browser":
        """Fill in the form of the present page and follow the answer."""
        response = await self.send(self.path, {"form_token": self.token} | dict(fields), headers)
        return await self.follow(response, self.path)

    async def follow(self, response: Response, path: str) -> "Browser":
        self.keep(response)
        while response.status == 303 and response.headers["Location"].startswith("/"):
            path = response.headers["Location"]
            response = self.keep(await self.world.server.handle(self.brand, self.request("GET", path)))
        self.path, self.response = path, response
        self.html = (response.body or b"").decode()
        return self

    def keep(self, response: Response) -> Response:
        for cookie in response.headers.getall("Set-Cookie", ()):
            name, _, value = cookie.split(";")[0].partition("=")
            if "Max-Age=0" in cookie:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return response

    async def log_in(self, name: str, password: str | None = None) -> "Browser":
        return await self.post({"username": name, "password": password or f"{name}-pw"})

    async def approve(self, *indexes: int) -> "Browser":
        return await self.post({"account": [self.handles[index] for index in indexes]})

    async def deny(self) -> "Browser":
        return await self.post({"action": "deny"})

    @property
    def token(self) -> str:
        found = re.search(r'name="form_token" value="([^"]+)"', self.html)
        return found[1] if found else ""

    @property
    def handles(self) -> list[str]:
        return re.findall(r'name="account" id="account-\d+" value="([^"]+)"', self.html)

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def text(self) -> str:
        return unescape(re.sub(r"<[^>]+>", " ", self.html))

    @property
    def answer(self) -> dict[str, str]:
        """The parameters of the redirect to the client."""
        location = self.response.headers.get("Location", "")
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def shows(self, element_id: str) -> bool:
        return f'id="{element_id}"' in self.html


@asynccontextmanager
async def make_world(database_url: str, *, worker: int = 0, prior_answers: PriorAnswers | None = None, **facts: Any):
    """On a database that has its tables. `worker` 1 and more: further ones of a cluster whose first has registered the clients."""
    async with Database.open(database_url) as database:
        clock, ids, sealer = ManualClock(START), SeededIds(f"journey {worker}"), Sealer({1: b"k" * 32})
        versions: Any = DirectVersions()
        record = Journal(journal, outbox)
        identity = Identity(clock)
        commands = Commands(
            database=database,
            clock=clock,
            versions=versions,
            journal=record,
            locks=locks,
            idempotency_keys=idempotency_keys,
        )
        store = ConsentStore(commands=commands, clock=clock, ids=ids, sealer=sealer, **facts)
        services = Services(
            database=database,
            commands=commands,
            versions=versions,
            clock=clock,
            ids=ids,
            sealer=sealer,
            journal=record,
            snapshots=ConsentSnapshots(database, sealer),
            clients=CurrentClients(database),
            keys=KeyRing(database, SealingFile(sealer), key_pool()),
            identity=identity,
            customer_accounts=Accounts(),
            dialects={dialect.name: dialect for dialect in DIALECTS},
            store=store,
            certificate_status=Statuses(),
            record_token=lambda entry: None,
            client_keys=ClientKeys(Addresses(), lambda: 0.0),
            prior_answers=prior_answers or NoPriorAnswers(),
        )

        async def register(connection: Any) -> None:
            for client in (CLIENT, BOROUGH):
                await connection.execute(clients.insert().values(**columns_of(client), updated_at=START))

        if worker == 0:
            await database.write(register)
        with keeping_lock_order(database):
            yield World(services, store, clock, identity, versions, database, ConsentServer(services, Telemetry()))
