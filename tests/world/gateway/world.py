"""A small world for the data plane: one brand, one dialect of its own, and hand-made neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from multidict import CIMultiDict, CIMultiDictProxy

from gateway.app import Gateway
from gateway.assembly import assemble, map_operations
from gateway.parts import Parts
from gateway.pipeline.calls_in_flight import CallsInFlight, InFlightLimits
from gateway.upstream_guard.guarded_accounts import GuardedAccounts
from gateway.use_cases import USE_CASES
from kernel.access import Client, Role, TokenFamily
from kernel.banking.consents import AccountReference, Consent
from kernel.certificates.certificate import Certificate
from kernel.clock import ManualClock
from kernel.hot_state.subjects import client_subject, consent_subject, family_subject, keys_subject
from kernel.http.message import Incoming, Request, Response
from kernel.ids import SeededIds
from kernel.observability.telemetry import Telemetry
from kernel.storage.cursor import CursorSealer
from kernel.storage.sealed import Sealer
from kernel.tokens.dpop_nonces import Nonces
from openapi.dialect import Dialect
from plugins.cut_offs.configured import ConfiguredCutOffs
from policies import CHAIN
from policies.parts import Parts as PolicyParts
from policies.rate_limit import Rate
from policies.unattended_limit import Unattended
from tests.harness.statuses import Statuses
from tests.world.brands import START
from tests.world.clocks import Monotonic
from tests.world.gateway.dialect import BRAND, DIALECT
from tests.world.gateway.neighbours import Consents, Customers, Decisions, Organisations, Records, Snapshots, Tokens
from tests.world.gateway.notices import Callbacks, Notices
from tests.world.gateway.payments import Files, FundsChecks, Payments, message_keys
from tests.world.gateway.snapshots import CC_TOKEN, CERTIFICATE, CLIENT, CONSENT, FAMILY, TOKEN
from tests.world.gateway.upstream import Upstream, transaction

INTERACTION = "93bac548-d2de-4546-b106-880a5018460d"


class GatewayWorld:
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
        self.message_keys = message_keys()
        self.funds_checks = FundsChecks()
        self.payments = Payments(self.clock, self.consents.stored)
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
            cursors=self.cursors,
            message_keys=self.message_keys,
            rate=rate or Rate(),
            unattended=unattended or Unattended(),
        )
        self.chain = assemble(CHAIN, parts)
        self.customers = Customers()
        self.defects: list[tuple[str, str]] = []
        self.guarded = GuardedAccounts(self.upstream, count_defect=lambda *defect: self.defects.append(defect))
        self.use_cases = map_operations(
            assemble(
                USE_CASES,
                Parts(
                    accounts=self.guarded,
                    consents=self.consents,
                    cursors=self.cursors,
                    clock=self.clock,
                    customers=self.customers,
                    cut_offs=ConfiguredCutOffs(),
                    payments=self.payments,
                    funds=self.payments,
                    rates=self.payments,
                    funds_checks=self.funds_checks,
                    payment_files=Files(),
                    ids=SeededIds("checks"),
                    notices=Notices(),
                    callbacks=Callbacks(),
                    message_keys=self.message_keys,
                ),
            )
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

    def keep(self, consent: Consent) -> None:
        """For the gateway, and in the store behind it."""
        self.store(consent)
        self.consents.stored[consent.id] = consent

    def serve(self, scope: str, role: Role) -> None:
        """A client of this role, whose tokens have this scope."""
        for name, token in (("psu-token", TOKEN), ("client-token", CC_TOKEN)):
            self.tokens.known[name] = msgspec.structs.replace(token, scope=frozenset({scope}))
        self.change(CLIENT, roles=frozenset({role}))

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
