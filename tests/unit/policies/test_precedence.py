"""The order of refusals is contract: a request with every defect is refused for the first; mend it, and the next one decides."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from kernel import json
from kernel.access import Confirmation, FamilyState, Grant, Role
from kernel.banking import commands
from kernel.banking.consents import ConsentKind, ConsentState, Permission
from kernel.errors import CertificateRevoked, Problem, TokenExpired
from kernel.operations import Operation
from openapi.dialect import Row
from openapi.versions import HeaderVersions
from tests.world.brands import START
from tests.world.gateway.dialect import AC, ROWS, Body, plain, serving
from tests.world.gateway.snapshots import CERTIFICATE, CLIENT, CONSENT, FAMILY, TOKEN, opening
from tests.world.gateway.world import GatewayWorld

EVERYTHING = Row(
    "POST",
    "/accounts/{AccountId}/everything",
    Operation.READ_ACCOUNT,
    lambda wire: json.decode(wire.body, Body) and commands.ReadAccount(wire.path["AccountId"]),
    plain,
    permissions=frozenset({Permission.BALANCES}),
    request=Body,
    version=1,
    **AC,
)
DIALECT = serving((*ROWS, EVERYTHING), versions=HeaderVersions("X-Version", "X-Least"))


@dataclass
class Attempt:
    """One request and the state of the world it meets; sound until a defect is applied."""

    path: str = "/book/v1/accounts/a1/everything"
    method: str = "POST"
    body: bytes = b"{}"
    certificate: Any = CERTIFICATE
    presented: str | None = "psu-token"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json", "X-Version": "1"})
    token: dict[str, Any] = field(default_factory=dict)
    client: dict[str, Any] = field(default_factory=dict)
    family: dict[str, Any] = field(default_factory=dict)
    consent: dict[str, Any] = field(default_factory=dict)
    brand: dict[str, Any] = field(default_factory=dict)
    exceeded: set[str] = field(default_factory=set)
    scheme: str = "Bearer"
    listener: str = "mtls"
    statuses: dict[str, type[Problem]] = field(default_factory=dict)
    reads: int = 0

    async def read(self, limit: int) -> bytes:
        """The body arrives when it is asked for."""
        self.reads += 1
        return self.body

    async def code(self) -> str:
        made = GatewayWorld(dialects=(DIALECT,))
        made.brand = replace(made.brand, **self.brand)
        made.decide_with(made.decisions)
        made.tokens.known["psu-token"] = msgspec.structs.replace(TOKEN, **self.token)
        made.tokens.known["old-token"] = TokenExpired("long ago")
        made.store(msgspec.structs.replace(CLIENT, **self.client))
        made.store(msgspec.structs.replace(FAMILY, **self.family))
        authorised_at = START - timedelta(days=2)
        made.store(msgspec.structs.replace(CONSENT, authorised_at=authorised_at, **self.consent))
        made.decisions.exceeded = self.exceeded
        made.statuses.refused = self.statuses
        return await made.code(
            self.method, self.path, token=self.presented, scheme=self.scheme, headers=self.headers, incoming=self,
            certificate=self.certificate, listener=self.listener,
        )  # fmt: skip


Defect = Callable[[Attempt], Any]

EXPIRED = replace(CERTIFICATE, not_after=START - timedelta(seconds=1))
FOREIGN = replace(CERTIFICATE, organisation_id="org-2")
DESCENDING: tuple[tuple[str, str, Defect], ...] = (
    ("public listener", "operation_unknown", lambda a: setattr(a, "listener", "public")),
    ("no such path", "operation_unknown", lambda a: setattr(a, "path", "/book/v1/nothing")),
    ("wrong method", "method_not_allowed", lambda a: setattr(a, "method", "PUT")),
    ("bad interaction id", "header_invalid", lambda a: a.headers.update({"X-Interaction": "short"})),
    (
        "no certificate for a brand that demands one",
        "certificate_missing",
        lambda a: (a.brand.update(certificate="always"), setattr(a, "certificate", None)),
    ),
    ("expired certificate", "certificate_expired", lambda a: setattr(a, "certificate", EXPIRED)),
    (
        "revoked certificate",
        "certificate_revoked",
        lambda a: (
            setattr(a, "certificate", CERTIFICATE),
            a.statuses.update({CERTIFICATE.thumbprint: CertificateRevoked}),
        ),
    ),
    ("no token", "token_missing", lambda a: setattr(a, "presented", None)),
    ("unknown token", "token_invalid", lambda a: setattr(a, "presented", "garbage")),
    ("expired token", "token_expired", lambda a: setattr(a, "presented", "old-token")),
    ("token for another part", "token_invalid", lambda a: a.token.update(audience=("https://another.example",))),
    ("wrong scheme", "token_not_bound", lambda a: setattr(a, "scheme", "DPoP")),
    ("no certificate", "certificate_missing", lambda a: setattr(a, "certificate", None)),
    ("foreign token", "token_not_bound", lambda a: a.token.update(confirmation=Confirmation("x5t#S256", "thumbprint-two"))),
    ("ended family", "token_revoked", lambda a: a.family.update(state=FamilyState.ENDED)),
    ("inactive client", "client_inactive", lambda a: a.client.update(active=False)),
    ("foreign certificate", "certificate_foreign", lambda a: setattr(a, "certificate", FOREIGN)),
    ("wrong grant", "grant_insufficient", lambda a: a.token.update(grant=Grant.CLIENT_CREDENTIALS)),
    ("wrong role", "role_missing", lambda a: a.client.update(roles=frozenset({Role.PISP}))),
    ("wrong scope", "scope_insufficient", lambda a: a.token.update(scope=frozenset({"payments"}))),
    ("foreign consent", "consent_foreign", lambda a: a.consent.update(client_id="client-2")),
    ("other kind", "consent_mismatch", lambda a: a.consent.update(kind=ConsentKind.FUNDS)),
    ("revoked consent", "consent_revoked", lambda a: a.consent.update(state=ConsentState.REVOKED_BY_PSU)),
    ("expired consent", "consent_expired", lambda a: a.consent.update(valid_until=START)),
    ("awaited consent", "consent_not_authorised", lambda a: a.consent.update(state=ConsentState.AWAITING)),
    ("suspended consent", "consent_suspended", lambda a: a.consent.update(state=ConsentState.SUSPENDED)),
    ("no permission", "permission_missing", lambda a: a.consent.update(opening(frozenset({Permission.ACCOUNTS_BASIC})))),
    ("unknown account", "account_unknown", lambda a: setattr(a, "path", "/book/v1/accounts/a9/everything")),
    ("unselected account", "account_not_consented", lambda a: setattr(a, "path", "/book/v1/accounts/a3/everything")),
    ("no such version", "version_unsupported", lambda a: a.headers.update({"X-Version": "9"})),
    ("accepts nothing", "media_type_unacceptable", lambda a: a.headers.update({"Accept": "text/html"})),
    ("wrong type", "media_type_unsupported", lambda a: a.headers.update({"Content-Type": "text/plain"})),
    ("bad header", "header_invalid", lambda a: a.headers.update({"X-Date": "wrong"})),
    ("other consent named", "consent_mismatch", lambda a: a.headers.update({"X-Consent": "consent-2"})),
    ("bad body", "request_malformed", lambda a: setattr(a, "body", b"{")),
    ("authenticated long ago", "reauthentication_required", lambda a: a.brand.update(sca_required_after_days=1)),
    ("too fast", "rate_exceeded", lambda a: a.exceeded.add("default")),
    ("too often", "rate_exceeded", lambda a: a.exceeded.add("unattended")),
)

BODY = next(place for place, (name, _, _) in enumerate(DESCENDING) if name == "bad body")


@pytest.mark.parametrize("first", range(len(DESCENDING)), ids=[name for name, _, _ in DESCENDING])
async def test_the_first_defect_decides_the_answer(first: int):
    """Every later defect is present too: none of them may speak before its turn."""
    attempt = Attempt()
    for _, _, apply in reversed(DESCENDING[first:]):
        apply(attempt)
    assert await attempt.code() == DESCENDING[first][1]


@pytest.mark.parametrize(("code", "apply"), [row[1:] for row in DESCENDING], ids=[name for name, _, _ in DESCENDING])
async def test_each_defect_alone_is_refused(code: str, apply: Defect):
    attempt = Attempt()
    apply(attempt)
    assert await attempt.code() == code


@pytest.mark.parametrize("row", DESCENDING[:BODY], ids=[name for name, _, _ in DESCENDING[:BODY]])
async def test_no_byte_of_a_body_is_read_before_the_head_has_passed(row: tuple[str, str, Defect]):
    attempt = Attempt()
    row[2](attempt)
    assert await attempt.code() == row[1]
    assert attempt.reads == 0


async def test_a_body_is_read_once_the_head_has_passed():
    attempt = Attempt()
    attempt.body = b"{"
    assert await attempt.code() == "request_malformed"
    assert attempt.reads == 1


async def test_a_request_without_a_defect_is_allowed():
    assert await Attempt().code() == "allowed"
