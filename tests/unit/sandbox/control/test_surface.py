"""The control API: who may use it, what it refuses, and that it acts through its ports only."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from consent.errors import AuthenticationAnswered
from kernel.brand import Brand
from kernel.clock import ManualClock
from kernel.errors import ConsentUnknown, FieldInvalid
from kernel.http.message import Request
from sandbox.clock import parse_duration
from sandbox.control.surface import BODY_BYTES_MAX, Control

BRAND = Brand(
    name="main",
    display_name="Bank",
    issuer="https://localhost:8443",
    mtls_url="https://localhost:8444",
    zone=ZoneInfo("Europe/London"),
    dialects=(),
    resource_audience="https://localhost:8444",
)


class Ports:
    """Remembers what was asked of it."""

    def __init__(self) -> None:
        self.asked = []

    async def decide(self, brand, consent_id, approve, decision):
        if consent_id == "unknown":
            raise ConsentUnknown
        self.asked.append((consent_id, approve, decision.persona, decision.accounts))

    async def answer(self, brand, auth_req_id, allow, answer):
        if auth_req_id == "answered":
            raise AuthenticationAnswered
        self.asked.append((auth_req_id, allow, answer.persona, answer.accounts))

    async def list_tpps(self):
        return [{"name": "acme"}]

    async def new_tpp(self, brand, asked):
        self.asked.append(asked.name)
        return {"client_id": "1"}

    async def revoke_tpp(self, name):
        self.asked.append(("revoke", name))
        return {"serial": "1"}

    async def renew_tpp(self, brand, name):
        self.asked.append(("renew", name))
        return {"client_id": "1"}

    async def reset(self, brand):
        self.asked.append("reset")

    async def advance(self, by):
        self.asked.append(by)


@pytest.fixture
def ports() -> Ports:
    return Ports()


@pytest.fixture
def call(ports):
    async def call(method, path, document=None, *, body=None, peer="127.0.0.1", headers=None, token="", listener="public"):
        control = Control(
            token=token,
            clock=ManualClock(datetime(2026, 1, 1, tzinfo=UTC)),
            moved_clock=ports,
            decide=ports.decide,
            answer=ports.answer,
            list_tpps=ports.list_tpps,
            new_tpp=ports.new_tpp,
            revoke_tpp=ports.revoke_tpp,
            renew_tpp=ports.renew_tpp,
            reset=ports.reset,
        )
        body = json.dumps(document).encode() if body is None and document is not None else body or b""
        request = Request(method, path, (), CIMultiDictProxy(CIMultiDict(headers or {})), body, "localhost:8443", peer, listener)
        response = await control.handle(BRAND, request)
        return response.status, json.loads(response.body)

    return call


async def test_decides_a_consent_in_a_personas_place(call, ports):
    assert (await call("POST", "/sandbox/consents/c1/approve", {"persona": "alice", "accounts": ["Bills"]}))[0] == 200
    assert (await call("POST", "/sandbox/consents/c2/deny", {"persona": "bob"}))[0] == 200
    assert ports.asked == [("c1", True, "alice", ["Bills"]), ("c2", False, "bob", None)]


async def test_lists_the_tpps(call, ports):
    assert await call("GET", "/sandbox/tpps") == (200, {"tpps": [{"name": "acme"}]})
    assert (await call("DELETE", "/sandbox/tpps"))[0] == 405


async def test_answers_for_a_customer_who_is_asked_on_another_device(call, ports):
    """Without a body too: a suite of tests posts none."""
    assert await call("POST", "/sandbox/ciba/r1/allow") == (200, {"answer": "allow"})
    assert (await call("POST", "/sandbox/ciba/r2/deny", {"persona": "bob"}))[0] == 200
    assert (await call("POST", "/sandbox/ciba/r3/allow", {"accounts": ["Bills"]}))[0] == 200
    assert ports.asked == [("r1", True, None, None), ("r2", False, "bob", None), ("r3", True, None, ["Bills"])]
    assert (await call("POST", "/sandbox/ciba/answered/allow"))[0] == 409
    assert (await call("GET", "/sandbox/ciba/r1/allow"))[0] == 405
    assert (await call("POST", "/sandbox/ciba/r1/perhaps"))[0] == 404


async def test_revokes_and_renews_a_tpps_certificate(call, ports):
    assert await call("POST", "/sandbox/tpps/acme/revoke") == (200, {"serial": "1"})
    assert await call("POST", "/sandbox/tpps/acme/renew") == (200, {"client_id": "1"})
    assert (await call("GET", "/sandbox/tpps/acme/renew"))[0] == 405
    assert (await call("POST", "/sandbox/tpps/acme/forget"))[0] == 404
    assert ports.asked == [("revoke", "acme"), ("renew", "acme")]


async def test_returns_both_times_and_moves_the_one_that_may_move(call, ports):
    assert (await call("GET", "/sandbox/clock"))[1] == {"now": "2026-01-01T00:00:00Z", "wall": "2026-01-01T00:00:00Z"}
    assert (await call("POST", "/sandbox/clock", {"advance": "P90D"}))[0] == 200
    assert ports.asked == [timedelta(days=90)]


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "127.8.8.8"])
async def test_answers_loopback(call, peer):
    assert (await call("POST", "/sandbox/reset", peer=peer))[0] == 200


@pytest.mark.parametrize("peer", ["192.0.2.1", "2001:db8::1", "", "localhost"])
async def test_refuses_strangers(call, ports, peer):
    assert (await call("POST", "/sandbox/reset", peer=peer))[0] == 403
    assert ports.asked == []


@pytest.mark.parametrize("name", ["Forwarded", "Via", "X-Forwarded-For", "X-Real-IP"])
async def test_a_forwarder_on_the_same_machine_is_not_the_developer(call, ports, name):
    assert (await call("POST", "/sandbox/reset", headers={name: "203.0.113.9"}))[0] == 403
    assert ports.asked == []


async def test_the_listener_for_tpps_does_not_have_it(call, ports):
    assert (await call("POST", "/sandbox/reset", listener="mtls"))[0] == 403
    assert ports.asked == []


async def test_answers_a_stranger_who_bears_the_token(call):
    bearing = {"Authorization": "Bearer s3cret"}
    assert (await call("POST", "/sandbox/reset", peer="192.0.2.1", headers=bearing, token="s3cret"))[0] == 200
    assert (await call("POST", "/sandbox/reset", peer="192.0.2.1", headers=bearing, token="other"))[0] == 403
    assert (await call("POST", "/sandbox/reset", peer="192.0.2.1", headers={"Authorization": "Bearer "}))[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Authorization": "Bearer s3cret"},
    ],
)
async def test_refuses_a_page_of_another_site_in_the_developers_browser(call, ports, headers):
    """A page that the developer happens to visit must not move the clock or approve a consent."""
    assert (await call("POST", "/sandbox/reset", headers=headers, token="s3cret"))[0] == 403
    assert ports.asked == []


async def test_answers_its_own_pages(call):
    own = {"Origin": BRAND.issuer, "Sec-Fetch-Site": "same-origin"}
    assert (await call("POST", "/sandbox/reset", headers=own))[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/sandbox/nothing", b"", 404, "operation_unknown"),
        ("GET", "/sandbox/consents/c1/approve", b"", 405, "method_not_allowed"),
        ("POST", "/sandbox/consents/unknown/approve", b'{"persona": "alice"}', 404, "consent_unknown"),
        ("POST", "/sandbox/consents/c1/approve", b"{", 400, "request_malformed"),
        ("POST", "/sandbox/consents/c1/approve", b"{}", 400, "field_missing"),
        ("POST", "/sandbox/consents/c1/approve", b'{"persona": 1}', 400, "field_invalid"),
        ("POST", "/sandbox/consents/c1/approve", b'{"persona": "a", "persona": "b"}', 400, "field_duplicated"),
        ("POST", "/sandbox/consents/c1/approve", b'{"persona": "a", "who": "b"}', 400, "field_unexpected"),
        ("POST", "/sandbox/clock", b'{"advance": "tomorrow"}', 400, "field_invalid"),
        ("POST", "/sandbox/clock", b" " * (BODY_BYTES_MAX + 1), 413, "body_too_large"),
        ("POST", "/sandbox/tpps", b'{"name": "x", "profile": "none"}', 400, "field_invalid"),
        ("POST", "/sandbox/tpps", b'{"name": "x", "out": "/tmp/x"}', 400, "field_unexpected"),
    ],
)
async def test_refuses_what_it_cannot_do(call, ports, method, path, body, status, code):
    answer = await call(method, path, body=body)
    assert (answer[0], answer[1]["error"]) == (status, code)
    assert ports.asked == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P90D", timedelta(days=90)),
        ("P2W", timedelta(weeks=2)),
        ("PT1H30M", timedelta(hours=1, minutes=30)),
        ("P1DT1S", timedelta(days=1, seconds=1)),
    ],
)
def test_reads_durations(text, expected):
    assert parse_duration(text) == expected


@given(st.text(max_size=12))
def test_reads_a_duration_or_refuses(text):
    with suppress(FieldInvalid):
        assert parse_duration(text) >= timedelta()


@pytest.mark.parametrize("text", ["", "P", "PT", "90D", "P-1D", "P1Y", "P1.5D", "P1DT", "-P1D", "P٣D"])
def test_refuses_what_is_no_duration(text):
    with pytest.raises(FieldInvalid):
        parse_duration(text)


async def test_a_reset_says_what_it_did(call):
    _, answer = await call("POST", "/sandbox/reset")
    assert (answer["removed"], answer["kept"]) == (["consents", "tokens", "journeys"], ["tpps", "keys"])
    assert answer["now"].startswith("2026-01-01T00:00:00")


async def test_the_terminal_says_why_the_control_api_refused(call):
    with structlog.testing.capture_logs() as logs:
        await call("GET", "/sandbox/reset")
        await call("POST", "/sandbox/reset", peer="192.0.2.1")
    assert [(line["event"], line["code"]) for line in logs] == [("refused", "method_not_allowed"), ("refused", "caller_refused")]
