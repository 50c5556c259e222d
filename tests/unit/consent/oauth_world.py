"""A brand with its authorization server on a real database, and clients that are correct in every field unless told otherwise.

Assertions are signed with the cryptography library itself, so that our signatures are never proven with our own code.
"""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID
from multidict import CIMultiDict, CIMultiDictProxy

from consent.app import ConsentServer
from consent.authentication.approval import Approval, Claim
from consent.authorization.authorize.pushed import PushedRequest, load_pushed
from consent.authorization.clients.client import Client
from consent.authorization.clients.client_keys import ClientKeys
from consent.authorization.clients.current_clients import CurrentClients
from consent.authorization.clients.metadata import ClientMetadata
from consent.authorization.clients.registry import register_client, replace_client
from consent.authorization.keys.ring import KeyRing
from consent.authorization.keys.rotation import prepare_keys
from consent.authorization.tokens.verify import TokenVerifier
from consent.customer.answers.outcome import approve
from consent.customer.session.session import Asked
from consent.ports import DirectoryKeys, ScaEvidence
from consent.services import Services
from consent.store.consents import ConsentStore
from consent.store.current_snapshots import ConsentSnapshots
from consent.store.rows.authorisations import Shown, start_authorisation
from consent.store.rows.snapshots import load_consent
from consent.store.tables import epoch, idempotency_keys, journal, locks, outbox
from kernel.access import Role
from kernel.banking.consents import AccountsTerms, Consent, ConsentKind, ConsentLodgement, Permission
from kernel.brand import Brand
from kernel.certificates.certificate import Certificate
from kernel.clock import ManualClock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import Overloaded
from kernel.hot_state.epoch import Epoch
from kernel.hot_state.in_process import InProcessHotState
from kernel.hot_state.versions import Versions
from kernel.http.message import Request, Response
from kernel.ids import RandomIds
from kernel.jose.jwt import Algorithm, JwtKey, generate_key, import_key
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from kernel.storage.journal import Entry, Journal
from kernel.storage.sealed import Sealer
from openapi.uk_obie.v4_0.dialect import DIALECT
from plugins.key_stores.sealing_file import SealingFile
from tests.harness.addresses import Addresses
from tests.harness.databases import migrate
from tests.harness.keys import key_pool
from tests.harness.lock_order import keeping_lock_order
from tests.harness.statuses import Statuses

START = datetime(2026, 7, 1, 9, tzinfo=UTC)
BRAND = Brand(
    name="main",
    display_name="Main Bank",
    issuer="https://localhost:8443",
    mtls_url="https://localhost:8444",
    zone=ZoneInfo("Europe/London"),
    dialects=(DIALECT.name,),
    resource_audience="https://localhost:8444",
)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
VERIFIER = "v" * 43
SCA = "urn:openbanking:psd2:sca"


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def b64_json(value: Any) -> str:
    return b64(json.dumps(value).encode())


def unb64(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


def number(value: int, size: int) -> str:
    return b64(value.to_bytes(size, "big"))


CHALLENGE = b64(hashlib.sha256(VERIFIER.encode()).digest())


class SigningKey:
    """A client's private key, and its public JWK."""

    def __init__(self, alg: str, kid: str) -> None:
        self.alg, self.kid = alg, kid
        self.private: Any
        if alg == "PS256":
            self.private = rsa.generate_private_key(65537, 2048)
            public = self.private.public_key().public_numbers()
            material = {"kty": "RSA", "n": number(public.n, 256), "e": number(public.e, 3)}
        elif alg == "ES256":
            self.private = ec.generate_private_key(ec.SECP256R1())
            point = self.private.public_key().public_numbers()
            material = {"kty": "EC", "crv": "P-256", "x": number(point.x, 32), "y": number(point.y, 32)}
        else:
            self.private = ed25519.Ed25519PrivateKey.generate()
            material = {"kty": "OKP", "crv": "Ed25519", "x": b64(self.private.public_key().public_bytes_raw())}
        self.jwk = {**material, "kid": kid, "alg": alg, "use": "sig"}

    def sign(self, message: bytes, alg: str) -> bytes:
        if alg == "PS256":
            return self.private.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        if alg == "RS256":
            return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        if alg == "ES256":
            r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return self.private.sign(message)

    def jwt(self, claims: Any, *, header: dict[str, Any] | None = None, alg: str | None = None) -> str:
        head = {"alg": alg or self.alg, "kid": self.kid, "typ": "JWT", **(header or {})}
        head = {name: value for name, value in head.items() if value is not None}
        message = f"{b64_json(head)}.{b64_json(claims)}"
        return f"{message}.{b64(self.sign(message.encode(), alg or self.alg))}"


KEYS = {
    name: SigningKey(alg, name)
    for name, alg in (("acme-1", "PS256"), ("borough-1", "PS256"), ("curve-1", "ES256"), ("edward-1", "EdDSA"))
}


class TestDirectory:
    """Vouches for all that it is given."""

    __test__ = False
    issuer = "The Directory"

    def __init__(self) -> None:
        self.key = SigningKey("ES256", "directory-1")
        self.is_reachable = True

    async def keys(self, _kid: str | None) -> DirectoryKeys:
        if not self.is_reachable:
            raise Overloaded("out of reach")
        return DirectoryKeys({"directory-1": import_key(self.key.jwk, kid="directory-1", alg="ES256")})


DIRECTORY = TestDirectory()


@lru_cache
def _der(name: str) -> bytes:
    key, named = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder(issuer_name=named, subject_name=named, public_key=key.public_key(), serial_number=1)
    dated = made.not_valid_before(START - timedelta(days=1)).not_valid_after(START + timedelta(days=365))
    return dated.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def certificate(name: str) -> Certificate:
    der = _der(name)
    return Certificate(
        der=der,
        thumbprint=b64(hashlib.sha256(der).digest()),
        subject_dn=f"CN={name}",
        organisation_id=None,
        not_before=START - timedelta(days=1),
        not_after=START + timedelta(days=365),
        serial=1,
        issuer_dn="CN=ca",
    )


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
class Tpp:
    client: Client
    key: SigningKey
    certificate: Certificate
    redirect_uri: str


@dataclass
class Answer:
    """A response, read as its receiver reads it."""

    response: Response

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def json(self) -> Any:
        assert self.response.headers["Content-Type"] == "application/json"
        return json.loads(self.response.body or b"")

    @property
    def error(self) -> tuple[int, str]:
        """Status and OAuth error of a JSON refusal, whose form is checked."""
        document = self.json
        assert set(document) == {"error", "error_description"}
        assert all(" " <= c <= "~" and c not in '"\\' for c in document["error_description"])
        assert self.response.headers["Cache-Control"] == "no-store"
        return self.status, document["error"]

    @property
    def location(self) -> dict[str, str]:
        assert self.status == 303, self.text
        pairs = parse_qsl(urlsplit(self.response.headers["Location"]).query)
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    @property
    def fragment(self) -> dict[str, str]:
        """Of an answer that leaves nothing of its own in the query."""
        assert self.status == 303, self.text
        parts = urlsplit(self.response.headers["Location"])
        assert not {"code", "error", "response", "id_token"} & dict(parse_qsl(parts.query)).keys()
        return dict(parse_qsl(parts.fragment, strict_parsing=True))

    @property
    def text(self) -> str:
        return (self.response.body or b"").decode()

    @property
    def page(self) -> tuple[int, str]:
        assert self.response.headers["Content-Type"].startswith("text/html")
        return self.status, self.text


@dataclass
class World:
    services: Services
    server: ConsentServer
    clock: ManualClock
    hot_state: InProcessHotState
    database: Database
    tokens_recorded: list[Entry] = field(default_factory=list)
    addresses: Addresses = field(default_factory=Addresses)
    tpps: dict[str, Tpp] = field(default_factory=dict)
    jti: int = 0
    monotonic: float = 0.0

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

    def advance(self, **by: float) -> None:
        """Both clocks go on together."""
        step = timedelta(**by)
        self.clock.advance(step)
        self.monotonic += step.total_seconds()

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
        self.tpps[name] = Tpp(client, key, certificate(name), next(iter(client.redirect_uris), ""))
        return self.tpps[name]

    async def register_anew(self, tpp: Tpp, **changes: Any) -> Tpp:
        """The same client with other metadata."""
        name = next(name for name, known in self.tpps.items() if known is tpp)
        client = await replace_client(self.services, BRAND, tpp.client.id, self.metadata(name, tpp.key, **changes))
        self.tpps[name] = replace(tpp, client=client)
        return self.tpps[name]

    def assertion_claims(self, tpp: Tpp, **changes: Any) -> dict[str, Any]:
        """Claims of a correct assertion; a change to None leaves a claim out."""
        self.jti += 1
        claims = {
            "iss": tpp.client.id,
            "sub": tpp.client.id,
            "aud": BRAND.issuer,
            "jti": f"jti-{self.jti}",
            "iat": self.now,
            "exp": self.now + 60,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def assertion(self, tpp: Tpp, **changes: Any) -> str:
        return tpp.key.jwt(self.assertion_claims(tpp, **changes))

    def credentials(self, tpp: Tpp, assertion: str | None = None) -> dict[str, str]:
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion or self.assertion(tpp)}

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
        lodgement = ConsentLodgement(
            kind=ConsentKind.ACCOUNTS,
            lodged_as=lodged_as,
            terms=AccountsTerms(permissions=frozenset({Permission.ACCOUNTS_BASIC})),
        )
        return await self.services.store.lodge(BRAND, tpp.client.caller, lodgement)

    def request_of(self, tpp: Tpp, consent_id: str | None, **changes: Any) -> dict[str, str]:
        """A correct authorization request; a change to None leaves a parameter out."""
        claims = {"id_token": {"acr": {"essential": True, "values": [SCA]}}}
        if consent_id is not None:
            claims["id_token"]["openbanking_intent_id"] = {"value": consent_id, "essential": True}
        parameters = {
            "client_id": tpp.client.id,
            "response_type": max(tpp.client.response_types, key=len),
            "redirect_uri": tpp.redirect_uri,
            "scope": "openid accounts",
            "state": "state-1",
            "nonce": "nonce-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "claims": json.dumps(claims),
            **changes,
        }
        return {name: value for name, value in parameters.items() if value is not None}

    def object_claims(self, tpp: Tpp, consent_id: str | None, **changes: Any) -> dict[str, Any]:
        """A correct request object, its structured members as JSON; a change to None leaves a member out."""
        request = self.request_of(tpp, consent_id)
        claims = {
            **request,
            "claims": json.loads(request["claims"]),
            "iss": tpp.client.id,
            "aud": BRAND.issuer,
            "iat": self.now,
            "nbf": self.now,
            "exp": self.now + 300,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def signed(self, tpp: Tpp, consent_id: str | None, **changes: Any) -> str:
        return tpp.key.jwt(self.object_claims(tpp, consent_id, **changes))

    async def push_object(self, tpp: Tpp, token: str, **outside: str) -> Answer:
        return await self.call("POST", "/par", form={"request": token, **outside, **self.credentials(tpp)})

    async def bring(self, tpp: Tpp, token: str, **outside: str) -> Answer:
        """A browser brings an object by value, beside the parameters that OpenID Connect wants outside."""
        beside = {name: self.request_of(tpp, None)[name] for name in ("client_id", "response_type", "scope", "redirect_uri")}
        query = {name: value for name, value in {**beside, "request": token, **outside}.items() if value}
        return await self.call("GET", "/authorize", query=query)

    async def push(self, tpp: Tpp, consent_id: str | None, **changes: Any) -> Answer:
        return await self.call("POST", "/par", form={**self.request_of(tpp, consent_id, **changes), **self.credentials(tpp)})

    async def pushed_uri(self, tpp: Tpp, consent_id: str | None, **changes: Any) -> str:
        answer = await self.push(tpp, consent_id, **changes)
        assert answer.status == 201, answer.text
        return answer.json["request_uri"]

    async def visit(self, tpp: Tpp, request_uri: str, **others: str) -> Answer:
        return await self.call("GET", "/authorize", query={"client_id": tpp.client.id, "request_uri": request_uri, **others})

    async def approve(self, tpp: Tpp, request_uri: str, *, psu_id: str = "alice") -> Answer:
        """Approve as the journey does."""
        services, pushed = self.services, await self.load_pushed(tpp, request_uri)
        async with self.database.read() as connection:
            consent = await load_consent(connection, services.sealer, BRAND.name, pushed.consent_id or "")
        assert consent is not None
        approval = Approval(
            psu_id=psu_id,
            customer_id=f"c-{psu_id}",
            signing_rules=(),
            upstream_ids=("account-1",),
            authorisation_id=services.ids.uuid(),
            evidence=ScaEvidence("device", self.clock.wall(), "ref", simulated=True),
            shown=Shown(client_name="", organisation_name="", clusters=(), until="", window="", accounts=()),
        )
        return Answer(
            await approve(services, BRAND, Asked(pushed, tpp.client, consent), approval, begun(services, consent, approval))
        )

    async def load_pushed(self, tpp: Tpp, request_uri: str) -> PushedRequest:
        async with self.database.read() as connection:
            return await load_pushed(connection, BRAND.name, tpp.client.id, request_uri, self.clock.wall())

    async def code(self, tpp: Tpp, **changes: Any) -> str:
        """A code for a fresh consent that the PSU approved."""
        consent = await self.lodge(tpp)
        request_uri = await self.pushed_uri(tpp, consent.id, **changes)
        return (await self.approve(tpp, request_uri)).location["code"]

    async def token(self, tpp: Tpp, grant_type: str, *, presented: Certificate | bool | None = True, **changes: Any) -> Answer:
        parameters = {"grant_type": grant_type, **self.credentials(tpp), **changes}
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


class NoBank:
    """The PSU's pages are not opened here."""


async def begin(database_url: str) -> None:
    """Leave an empty database as a first start does. Making the brand's signing keys takes longer than most tests."""
    await migrate(database_url)
    async with _opened(database_url, generate_key) as world:  # not of the pool: a test's own rotation takes from there
        await prepare_keys(world.services, BRAND.name)


@asynccontextmanager
async def oauth_world(database_url: str) -> AsyncIterator[World]:
    """On a database that `begin` has prepared."""
    async with _opened(database_url, key_pool()) as world, world.hot_state.lifetime(), world.services.versions.lifetime():
        await prepare_keys(world.services, BRAND.name)
        await world.register("acme", KEYS["acme-1"], default_permissions=frozenset({Permission.ACCOUNTS_BASIC}))
        await world.register("borough", KEYS["borough-1"])
        yield world


@asynccontextmanager
async def found_world(database_url: str) -> AsyncIterator[World]:
    """On a database that a server has left: clients, keys and consents are those in it."""
    async with _opened(database_url, key_pool()) as world, world.hot_state.lifetime(), world.services.versions.lifetime():
        await prepare_keys(world.services, BRAND.name)
        yield world


@asynccontextmanager
async def _opened(database_url: str, generate: Callable[[Algorithm], JwtKey]) -> AsyncIterator[World]:
    async with Database.open(database_url) as database:
        clock, ids, sealer = ManualClock(START), RandomIds(), Sealer({1: b"k" * 32})
        world: World

        def monotonic() -> float:
            return world.monotonic

        hot_epoch = Epoch(database, epoch, clock, monotonic)
        world = World.__new__(World)
        world.monotonic = 0.0
        hot_state = InProcessHotState(monotonic, clock, ids, on_restart=hot_epoch.adopt)
        snapshots = ConsentSnapshots(database, sealer)
        versions = Versions(hot_epoch, hot_state, hot_state, monotonic, load_version=snapshots.load_version, pause=_no_pause)
        store_journal = Journal(journal, outbox)
        recorded: list[Entry] = []
        addresses = Addresses()
        commands = Commands(
            database=database,
            clock=clock,
            versions=versions,
            journal=store_journal,
            locks=locks,
            idempotency_keys=idempotency_keys,
        )
        services = Services(
            database=database,
            commands=commands,
            versions=versions,
            clock=clock,
            ids=ids,
            sealer=sealer,
            journal=store_journal,
            snapshots=snapshots,
            clients=CurrentClients(database),
            keys=KeyRing(database, SealingFile(sealer), generate),
            identity=NoBank(),  # type: ignore[arg-type]
            customer_accounts=NoBank(),  # type: ignore[arg-type]
            dialects={DIALECT.name: DIALECT},
            store=ConsentStore(commands=commands, clock=clock, ids=ids, sealer=sealer),
            certificate_status=Statuses(),
            record_token=recorded.append,
            client_keys=ClientKeys(addresses, monotonic),
            directories={DIRECTORY.issuer: DIRECTORY},
        )
        World.__init__(world, services, ConsentServer(services, Telemetry()), clock, hot_state, database, recorded, addresses)
        with keeping_lock_order(database):
            yield world


def begun(services: Services, consent: Consent, approval: Approval) -> Claim:
    """The PSU has authenticated, and no other answers."""

    async def claim(unit: UnitOfWork) -> None:
        await start_authorisation(
            unit.connection,
            services.sealer,
            brand=BRAND.name,
            authorisation_id=approval.authorisation_id,
            subject_id=consent.id,
            psu_id=approval.psu_id,
            approach="redirect",
            at=services.clock.wall(),
            evidence=approval.evidence,
        )

    return claim


async def _no_pause(_seconds: float) -> None:
    """No other worker shares the database: there is none to wait for."""
