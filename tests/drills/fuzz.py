"""Seeded calls over every route and operation: each is made from (seed, number) alone, so that one that failed can be made again."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from consent.app import PATHS
from openapi import DIALECTS

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
TEXTS = (
    *("", "a", "0", "-1", "1e400", "NaN", "null", "true", "99999999999999999999999999", "\x00", "a\x00b", "a" * 300, "a" * 5000),
    *("é", "\u202e\u200b", "\U0001f4b7", "../..", "..;", "' OR 1=1 --", "<script>", "%s%n", "{{7*7}}", "\r\nX: y", "\ufeff"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z", "2016-12-31T23:59:60Z", "20160101T10Z"),
    *("2026-W01-1", "0000-00-00", "P1D", "7ec4b7a6-2b3c-4a0e-9f4f-000000000001", "urn:ietf:params:oauth:request_uri:x"),
)
NAMES = (
    *(
        "grant_type",
        "code",
        "redirect_uri",
        "client_id",
        "client_assertion",
        "client_assertion_type",
        "request",
        "request_uri",
        "scope",
    ),
    *(
        "state",
        "nonce",
        "claims",
        "authorization_details",
        "resource",
        "audience",
        "token",
        "refresh_token",
        "subject_token",
        "prompt",
    ),
    *(
        "code_challenge",
        "code_verifier",
        "login_hint",
        "binding_message",
        "requested_expiry",
        "username",
        "password",
        "form_token",
    ),
    *(
        "fromBookingDateTime",
        "toBookingDateTime",
        "fromStatementDateTime",
        "page",
        "dateFrom",
        "bookingStatus",
        "account",
        "grant_id",
    ),
)
MEMBERS = (
    *(
        "Data",
        "Risk",
        "Permissions",
        "ExpirationDateTime",
        "TransactionFromDateTime",
        "TransactionToDateTime",
        "software_statement",
    ),
    *(
        "redirect_uris",
        "grant_types",
        "response_types",
        "scope",
        "jwks",
        "iss",
        "aud",
        "exp",
        "access",
        "validUntil",
        "frequencyPerDay",
    ),
)
GRANTS = ("authorization_code", "refresh_token", "client_credentials", "urn:openid:params:grant-type:ciba")
HEADERS = (
    *("Accept", "Authorization", "Content-Type", "Cookie", "DPoP", "Origin", "Sec-Fetch-Site", "x-fapi-interaction-id", "Range"),
    *("x-fapi-auth-date", "x-fapi-customer-ip-address", "x-idempotency-key", "x-jws-signature", "PSU-IP-Address", "X-Request-ID"),
    *(
        "Consent-ID",
        "If-None-Match",
        "traceparent",
        "Client-Cert",
        "X-Forwarded-For",
        "X-Sandbox-Fault",
        "Accept-Language",
        "Host",
    ),
)
MEDIA_TYPES = (
    "application/x-www-form-urlencoded",
    "application/json",
    "application/json; charset=utf-8",
    "application/jwt",
    "text/plain",
)
LARGE_BYTES = 70_000
DEEP = 2_000


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The ids and tokens that a caller with credentials holds. Empty: a stranger."""

    tokens: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()  # of consents, accounts, the client


@dataclass(frozen=True, slots=True)
class Call:
    number: int
    mtls: bool
    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __str__(self) -> str:
        headers = {name: value[:60] for name, value in self.headers.items()}
        return f"call {self.number}: {self.method} {self.target[:200]} {headers} {self.body[:80]!r} ({len(self.body)} bytes)"


def make_call(seed: int, number: int, known: Knowledge) -> Call:
    chance = random.Random(f"{seed}/{bool(known.tokens)}/{number}")
    method, path, is_resource = _route(chance)
    target = _filled(chance, path, known) + _query(chance)
    media_type = chance.choice(MEDIA_TYPES)
    headers = _headers(chance, known)
    body = _body(chance, media_type, known) if method not in ("GET", "HEAD") or chance.random() < 0.1 else b""
    if body:
        headers.setdefault("Content-Type", media_type)
    mtls = chance.random() < (0.95 if is_resource else 0.5)
    return Call(number, mtls, method, target, headers, body)


def _route(chance: random.Random) -> tuple[str, str, bool]:
    rows = [(row.method, each.base_path + row.path) for dialect in DIALECTS for each in dialect.services for row in each.rows]
    if chance.random() < 0.5:
        method, path = chance.choice(rows)
        return (method if chance.random() < 0.9 else chance.choice(METHODS)), path, True
    path = chance.choice([*PATHS, "/", "/whoami", "/nothing", f"/{chance.choice(TEXTS)}"])
    known = tuple(PATHS[path].handlers) if path in PATHS else METHODS
    return (chance.choice(known) if chance.random() < 0.9 else chance.choice(METHODS)), path, path == "/whoami"


def _filled(chance: random.Random, path: str, known: Knowledge) -> str:
    segments = []
    for segment in path.split("/"):
        if segment.startswith("{"):
            value = chance.choice(known.ids) if known.ids and chance.random() < 0.7 else chance.choice(TEXTS)
            segments.append(quote(value, safe=""))
        else:
            segments.append(quote(segment, safe="~.-_"))
    return "/".join(segments) or "/"


def _query(chance: random.Random) -> str:
    if chance.random() < 0.6:
        return ""
    pairs = [(chance.choice(NAMES), chance.choice(TEXTS)) for _ in range(chance.randrange(1, 5))]
    return "?" + (urlencode(pairs) if chance.random() < 0.9 else quote(chance.choice(TEXTS), safe="&=%"))


def _headers(chance: random.Random, known: Knowledge) -> dict[str, str]:
    headers: dict[str, str] = {}
    if known.tokens and chance.random() < 0.9:
        headers["Authorization"] = f"Bearer {chance.choice(known.tokens)}"
    for _ in range(chance.choice((0, 0, 1, 1, 2, 4))):
        value = "".join(c for c in chance.choice((*TEXTS, *MEDIA_TYPES, "Bearer x.y.z", "__Host-journey=a")) if c.isprintable())
        name = chance.choice(HEADERS)
        if name not in headers or chance.random() < 0.3:
            headers[name] = value.encode("utf-8").decode("latin-1") if chance.random() < 0.05 else value
    return {name: value for name, value in headers.items() if value.isascii() or name != "Host"}


def _body(chance: random.Random, media_type: str, known: Knowledge) -> bytes:
    kind = chance.random()
    if kind < 0.05:
        return chance.randbytes(chance.randrange(1, 2000))
    if kind < 0.07:
        return b"a" * LARGE_BYTES
    if media_type.startswith("application/json"):
        return _json(chance, known)
    fields = [(chance.choice(NAMES), chance.choice((*TEXTS, *known.ids))) for _ in range(chance.randrange(1, 8))]
    if chance.random() < 0.5:
        fields.append(("grant_type", chance.choice(GRANTS)))
    return urlencode(fields, errors="surrogatepass").encode()


def _json(chance: random.Random, known: Knowledge) -> bytes:
    if chance.random() < 0.03:
        return b"[" * DEEP + b"]" * DEEP
    document = {"Data": {"Permissions": ["ReadAccountsBasic", "ReadBalances"]}, "Risk": {}}
    if chance.random() < 0.7:
        document["Data"][chance.choice(MEMBERS)] = _value(chance, known, 0)
    if chance.random() < 0.4:
        document[chance.choice(MEMBERS)] = _value(chance, known, 0)
    text = json.dumps(document)
    return (text if chance.random() < 0.9 else text[: chance.randrange(len(text))]).encode()


def _value(chance: random.Random, known: Knowledge, depth: int) -> object:
    match chance.randrange(8 if depth < 3 else 5):
        case 0 | 1 | 2:
            return chance.choice((*TEXTS, "\ud800", *known.ids))
        case 3:
            return chance.choice((0, -1, 1 << 70, 1.5, 1e300, True, None))
        case 4:
            return ["ReadBalances"] * chance.choice((0, 1, 2, 3000))
        case 5 | 6:
            return {chance.choice(MEMBERS): _value(chance, known, depth + 1) for _ in range(3)}
        case _:
            return [_value(chance, known, depth + 1) for _ in range(3)]
