"""Operations that ask for a qualified certificate and no token, and public ones that ask for nothing, served over real TLS with the stores
of the consent server: a toy dialect whose consents belong to organisations."""

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from consent.store.files import ConsentFiles
from consent.store.organisations import Organisations
from gateway.app import Gateway
from gateway.assembly import assemble, map_operations
from gateway.parts import Parts
from gateway.pipeline.calls_in_flight import CallsInFlight, InFlightLimits
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from gateway.use_cases import USE_CASES
from kernel.access import Grant
from kernel.banking import commands
from kernel.banking.consents import AccountsTerms, ConsentKind, ConsentLodgement, Permission
from kernel.certificates.trust_lists import TrustLists, Vouches, load_certificates
from kernel.clock import SystemClock, monotonic
from kernel.http.server.listener import serve
from kernel.http.tls import mtls_context, public_context
from kernel.ids import RandomIds
from kernel.observability.telemetry import Telemetry
from kernel.operations import Operation
from kernel.storage.cursor import CursorSealer
from kernel.storage.grouped_writes import GroupedWrites
from kernel.tokens.dpop_nonces import Nonces
from openapi.berlin_group.v1_3.errors import ErrorTable
from openapi.codec import WireRequest
from openapi.dialect import Row
from openapi.rulebook import OURS
from plugins.certificates.standing import Revocation, Standing
from plugins.certificates.standing import Rules as CertificateRules
from plugins.cut_offs.configured import ConfiguredCutOffs
from policies import CHAIN
from policies.parts import Parts as PolicyParts
from policies.rate_limit import Rate
from portcullis.compose.gateway_snapshots import GatewaySnapshots
from portcullis.compose.records import access_writer
from sandbox.authority.pki import TestPki, TransportSubject, generate_key, key_pem
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.gateway.dialect import Body, serving
from tests.world.gateway.neighbours import Customers, Records, Tokens
from tests.world.gateway.notices import Callbacks, Notices
from tests.world.gateway.payments import FundsChecks, Payments, message_keys
from tests.world.gateway.upstream import Upstream
from tests.world.keys import KEYS

LODGED_AS = "berlin_group/v1.3"  # whose consents are their organisation's
ORGANISATION = "PSDGB-FCA-900001"
PER_ADDRESS = 3


def decode_lodge(wire: WireRequest) -> commands.LodgeConsent:
    terms = AccountsTerms(permissions=frozenset({Permission.ACCOUNTS_BASIC, Permission.BALANCES}))
    return commands.LodgeConsent(
        ConsentLodgement(kind=ConsentKind.ACCOUNTS, lodged_as=LODGED_AS, terms=terms, document=wire.body)
    )


def plain(result: Any, _rendering: Any) -> Any:
    return msgspec.to_builtins(result)


OF_CONSENT: dict[str, Any] = {"credential": "certificate", "consent_kind": ConsentKind.ACCOUNTS}
TOY = serving(
    (
        Row("POST", "/consents", Operation.LODGE_ACCOUNT_CONSENT, decode_lodge, plain, 201, request=Body, **OF_CONSENT),
        Row(
            "GET", "/consents/{ConsentId}", Operation.READ_ACCOUNT_CONSENT,
            lambda wire: commands.ReadConsent(wire.path["ConsentId"]), plain, **OF_CONSENT,
        ),
        Row(
            "GET", "/accounts", Operation.LIST_ACCOUNTS, lambda wire: commands.ListAccounts(), plain,
            grant=Grant.AUTHORIZATION_CODE, permissions=frozenset({Permission.ACCOUNTS_BASIC}), **OF_CONSENT,
        ),
        Row(
            "GET", "/rates", Operation.READ_OFFERS, lambda wire: "public",
            lambda result, rendering: {"self": rendering.url}, credential="none",
        ),
    ),
    "/toy/v1", name="toy", errors=ErrorTable(), rules=replace(OURS, owner="organisation"),
)  # fmt: skip


class PublicRates:
    operations = (Operation.READ_OFFERS,)

    async def run(self, exchange: Any) -> Any:
        assert exchange.caller is None
        return {}


class Served:
    def __init__(self, world: AuthorizationWorld, pki: TestPki, folder: Path) -> None:
        self.world, self.pki, self.folder = world, pki, folder
        self.ports: dict[str, int] = {}
        self.recording = AsyncExitStack()
        self.upstream = Upstream(account_ids=("account-1",))
        self.status: Any = None

    def context(self, name: str | None, organisation: str = ORGANISATION, roles: tuple[str, ...] = ("AISP",)) -> ssl.SSLContext:
        """A TPP's side of TLS, with a qualified certificate of its own unless it has no name."""
        context = ssl.create_default_context(cafile=str(self.pki.ca_path))
        if name is not None:
            key = generate_key()
            subject = TransportSubject(software_id=name, organisation_name="Larch Ltd", organisation_id=organisation, roles=roles)  # type: ignore[arg-type]
            file = self.folder / f"{name}.pem"
            file.write_bytes(self.pki.issue_transport(subject, key) + key_pem(key))
            context.load_cert_chain(file)
        return context

    async def call(
        self, method: str, path: str, context: ssl.SSLContext, *, listener: str = "mtls", **headers: str
    ) -> tuple[int, Any, Any]:
        url = f"https://localhost:{self.ports[listener]}/toy/v1{path}"
        body = {"data": b"{}", "headers": {"Content-Type": "application/json", **headers}} if method == "POST" else {}
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
            session.request(method, url, **({"headers": headers} | body)) as answer,
        ):
            text = await answer.read()
            return answer.status, msgspec.json.decode(text) if text else None, answer.headers

    async def registered(self) -> dict[str, str]:
        """Names of organisations by id."""
        return await self.world.books.oauth.organisations()

    async def accesses(self) -> list[Any]:
        """Every record of an access, once all are written: no call comes after this."""
        await self.recording.aclose()
        return await self.entries("data.accessed")

    async def entries(self, kind: str) -> list[Any]:
        return await self.world.books.records.entries(kind=kind)


@pytest.fixture
async def served(oauth_anywhere: AuthorizationWorld, tmp_path: Path) -> AsyncIterator[Served]:
    world, clock = oauth_anywhere, SystemClock()
    pki = TestPki.open(tmp_path / "pki", clock)
    made = Served(world, pki, tmp_path)
    trust = TrustLists([(load_certificates(pki.ca_path), frozenset(Vouches))])
    made.status = Standing(trust, (), CertificateRules(revocation=Revocation.OFF), clock)
    services = world.services
    async with AsyncExitStack() as stack:
        write = access_writer(services.commands, clock)
        await stack.enter_async_context(made.recording)
        records = await made.recording.enter_async_context(GroupedWrites.lifetime(write, "access records"))
        parts = PolicyParts(
            tokens=Tokens(),
            snapshots=GatewaySnapshots(services.clients, services.snapshots),
            consents=services.store,  # type: ignore[arg-type]
            organisations=Organisations(commands=services.commands, clock=clock),
            records=records,
            refusals=Records(),
            clock=clock,
            certificate_status=made.status,
            nonces=Nonces(services.sealer),
            cursors=CursorSealer(services.sealer),
            message_keys=message_keys(),
            rate=Rate(limit_per_address=PER_ADDRESS),
        )
        payments = Payments(clock, {})
        cases = Parts(
            accounts=GuardedAccounts(made.upstream, count_defect=lambda *_: None),
            consents=services.store,  # type: ignore[arg-type]
            cursors=CursorSealer(services.sealer),
            clock=clock,
            customers=Customers(),
            cut_offs=ConfiguredCutOffs(),
            payments=payments,
            payment_files=ConsentFiles(store=services.store),  # type: ignore[arg-type]
            funds=payments,
            rates=payments,
            funds_checks=FundsChecks(),
            ids=RandomIds(),
            notices=Notices(),
            callbacks=Callbacks(),
            message_keys=message_keys(),
        )
        others = [kind for kind in USE_CASES if Operation.READ_OFFERS not in kind.operations]
        brand = replace(BRAND, dialects=("toy",))
        gateway = Gateway(
            brands=[brand],
            dialects=[TOY],
            chain=assemble(CHAIN, parts),
            use_cases=map_operations([*assemble(others, cases), PublicRates()]),
            decisions=services.versions,
            in_flight=CallsInFlight(InFlightLimits()),
            clock=clock,
            ids=RandomIds(),
            monotonic=monotonic,
            telemetry=Telemetry(),
        )
        identity = pki.ensure_server()
        for listener, context in (("mtls", mtls_context(identity, [pki.ca_path])), ("public", public_context(identity))):
            made.ports[listener] = await stack.enter_async_context(
                serve(
                    lambda request: gateway.handle(brand, request),
                    refuse=lambda request, problem: gateway.refuse(brand, request, problem),
                    host="127.0.0.1",
                    port=0,
                    ssl_context=context,
                    listener=listener,  # type: ignore[arg-type]
                )
            )
        yield made


async def agreed(served: Served, consent_id: str) -> None:
    """Its PSU agrees, on a journey that a client of the same organisation began."""
    world = served.world
    sibling = await world.register("sibling", KEYS["acme-1"], organisation_id=ORGANISATION)
    await world.approve(sibling, await world.pushed_uri(sibling, consent_id))


@pytest.mark.spec("RTS-34.1")
async def test_a_tpp_with_a_qualified_certificate_alone_is_registered_by_its_first_call_and_its_access_is_recorded(served):
    first, second = served.context("first"), served.context("renewed")
    assert await served.registered() == {}
    status, lodged, _ = await served.call("POST", "/consents", first)
    assert status == 201, lodged
    assert (lodged["client_id"], lodged["organisation_id"]) == ("", ORGANISATION)
    assert (await served.call("GET", f"/consents/{lodged['id']}", second))[0] == 200  # whose certificate is another
    assert await served.registered() == {ORGANISATION: "Larch Ltd"}
    (entry,) = await served.entries("organisation.registered")
    assert (entry.aggregate_id, entry.actor) == (ORGANISATION, f"organisation:{ORGANISATION}")

    await agreed(served, lodged["id"])
    status, accounts, _ = await served.call("GET", "/accounts", second, **{"X-Consent": lodged["id"]})
    assert status == 200, accounts
    recorded = {msgspec.json.decode(row.facts)["operation"]: row for row in await served.accesses()}
    access = recorded["list_accounts"]
    assert (access.actor, access.aggregate_id) == (f"organisation:{ORGANISATION}", lodged["id"])
    assert msgspec.json.decode(access.facts)["accounts"]


async def test_another_organisation_does_nothing_with_the_consent(served):
    _, lodged, _ = await served.call("POST", "/consents", served.context("first"))
    stranger = served.context("stranger", "PSDGB-FCA-900002")
    await agreed(served, lodged["id"])
    status, body, _ = await served.call("GET", "/accounts", stranger, **{"X-Consent": lodged["id"]})
    assert (status, body["tppMessages"][0]["code"]) == (400, "CONSENT_UNKNOWN")
    assert (await served.call("GET", f"/consents/{lodged['id']}", stranger))[0] == 400
    assert (await served.call("GET", "/accounts", served.context("first"), **{"X-Consent": "../x"}))[0] == 400


async def test_a_certificate_without_the_role_is_refused_as_the_dialect_says_and_registers_no_organisation(served):
    status, body, headers = await served.call("POST", "/consents", served.context("payer", roles=("PISP",)))
    assert (status, body["tppMessages"][0]["code"]) == (401, "ROLE_INVALID")
    assert "WWW-Authenticate" not in headers
    status, body, _ = await served.call("POST", "/consents", served.context(None))
    assert (status, body["tppMessages"][0]["code"]) == (401, "CERTIFICATE_MISSING")
    assert await served.registered() == {}


@pytest.mark.spec("ETSI-TS-119-495-5.1")
async def test_a_certificate_that_no_list_vouches_for_as_qualified_is_refused(served):
    served.status._trust = TrustLists([(load_certificates(served.pki.ca_path), frozenset({Vouches.TRANSPORT}))])
    status, body, _ = await served.call("POST", "/consents", served.context("self-declared"))
    assert (status, body["tppMessages"][0]["code"]) == (401, "CERTIFICATE_INVALID")
    assert await served.registered() == {}


async def test_public_data_is_served_on_both_listeners_to_anyone_and_limited_by_address(served):
    anyone = served.context(None)
    for listener in ("public", "mtls", "public"):
        status, body, headers = await served.call("GET", "/rates", anyone, listener=listener)
        host = {"public": BRAND.issuer, "mtls": BRAND.mtls_url}[listener]
        assert (status, body) == (200, {"self": f"{host}/toy/v1/rates"})
        assert headers["RateLimit-Policy"] == f'"default";q={PER_ADDRESS};w=60'
    status, body, headers = await served.call("GET", "/rates", served.context("known"), listener="mtls")
    assert (status, body["tppMessages"][0]["code"]) == (429, "ACCESS_EXCEEDED")  # a certificate buys no more of it
    assert "Retry-After" in headers
    assert await served.accesses() == []


async def test_the_public_listener_knows_public_operations_alone(served):
    anyone = served.context(None)
    for method, path in (("GET", "/accounts"), ("POST", "/consents"), ("DELETE", "/consents/x")):
        status, body, _ = await served.call(method, path, anyone, listener="public")
        assert (status, body["tppMessages"][0]["code"]) == (404, "RESOURCE_UNKNOWN")
    status, _, headers = await served.call("DELETE", "/rates", anyone, listener="public")
    assert (status, headers["Allow"]) == (405, "GET")
