"""Values at the edges of what dates, identifiers, amounts and texts can be, at every door that takes them: refused or taken, never an error
of the server's. On SQLite and on PostgreSQL, which hold different things."""

import asyncio
import json
from dataclasses import dataclass
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sandbox.tpp_kit.signatures import sign_assertion
from sandbox.tpp_kit.tpp import ASSERTION_TYPE
from tests.harness.judged import JudgedTpp
from tests.harness.server import Server

EXAMPLES = 15  # a door; make simulate and longer runs of other tools try more
CALL_SECONDS_MAX = 30
TIMES = (
    "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:00-12:00", "9999-12-31T23:59:59Z", "1000-01-01T00:00:00+14:00",
    "9998-12-31T23:59:59-12:00", "2016-12-31T23:59:60Z", "2027-02-30T00:00:00Z", "2030-01-01T24:00:00", "2030-W53-7T00", "P99999D",
)  # fmt: skip
TEXTS = (
    "", " ", "\0", "a\0b", "\ud800", "\u202e", "\u3164", "\uffff", "\U0010ffff", "x" * 65, "x" * 129, "x" * 257, "x" * 3000, "é" * 128, "%00",
    "../..", "a\r\nb", "null", "[]", "9" * 30, "9" * 5000, "1e999", "NaN", "https://[::1", "https://a:99999999/", "eyJhbGciOiJub25lIn0.e30.",
)  # fmt: skip
NUMBERS = (0, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**40, 0.5, 1e308, 253_402_300_800)
edges = st.sampled_from(TIMES) | st.sampled_from(TEXTS) | st.text(max_size=20)
values = st.recursive(
    edges | st.sampled_from(NUMBERS) | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(edges, inner, max_size=2),
    max_leaves=4,
)


def changed(document):
    """The document with one or two of its members, anywhere in it, changed to a value at an edge."""

    @st.composite
    def draw_changed(draw):
        copy = json.loads(json.dumps(document))
        for _ in range(draw(st.integers(1, 2))):
            node = copy
            while True:
                key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
                if not (isinstance(node[key], dict | list) and node[key] and draw(st.booleans())):
                    break
                node = node[key]
            node[key] = draw(values)
        return copy

    return draw_changed()


@dataclass
class Doors:
    """The operations that a TPP and a developer may call, with credentials that hold."""

    session: requests.Session
    tpp: JudgedTpp
    token: str  # of a customer's grant
    own: str  # of the TPP's own authority
    endpoints: dict[str, str]

    def knock(self, method, url, **sent):
        """Nothing a caller writes is an error of ours; an overload, which no value causes, is answered as one."""
        try:
            response = self.session.request(method, url, timeout=CALL_SECONDS_MAX, allow_redirects=False, **sent)
        except (UnicodeError, requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL):
            return  # the client library cannot write it
        assert response.status_code < 500 or response.status_code == 503, (response.status_code, url, sent)

    def post_form(self, endpoint, form):
        folder = self.tpp.folder
        assertion = sign_assertion(folder.client_id, folder.issuer, folder.signing_jwk)
        proven = {"client_id": folder.client_id, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        self.knock("POST", self.endpoints[endpoint], data=proven | form)

    def resource(self, method, path, token, **sent):
        headers = {"Authorization": f"Bearer {token}", "x-fapi-customer-ip-address": "192.0.2.7"}
        self.knock(method, self.tpp.folder.resource_base + path, headers=headers, **sent)


@pytest.fixture(scope="session")
def doors(server: Server):
    async def open_doors() -> tuple[JudgedTpp, str, str, dict[str, str]]:
        async with JudgedTpp.of(server, "acme") as tpp:
            metadata = await tpp.discover()
            grant, own = await tpp.granted(), await tpp.client_credentials_token()
            return tpp, grant.token, own, metadata | metadata["mtls_endpoint_aliases"]

    tpp, token, own, endpoints = asyncio.run(open_doors())
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(tpp.folder.ca)
        session.cert = (str(tpp.folder.transport.certificate), str(tpp.folder.transport.key))
        yield Doors(session, tpp, token, own, endpoints)


def at_the_edges(*known, **named):
    """One door, tried with what broke it once and again and again with something new, on the server of this test."""

    def decorate(test):
        for values in known:
            test = example(**values)(test)
        healthy = settings(
            max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
        )
        return healthy(given(**named)(test))

    return decorate


ACCOUNTS = {
    "type": "account_information", "actions": ["list_accounts", "read_transactions"], "valid_until": "2035-01-01T00:00:00Z",
    "transactions_from": "2020-01-01T00:00:00Z", "transactions_to": "2030-01-01T00:00:00Z", "frequency_per_day": 4,
    "accounts": [{"scheme": "iban", "identification": "DE02100100109307118603"}],
}  # fmt: skip
PAYMENT = {
    "type": "payment_initiation", "actions": ["initiate"], "instructedAmount": {"currency": "GBP", "amount": "1.00"}, "creditorName": "Merchant A",
    "creditorAccount": {"iban": "DE02100100109307118603"}, "remittanceInformationUnstructured": "Reference", "endToEndIdentification": "E-1",
}  # fmt: skip
INTENT = {"id_token": {"openbanking_intent_id": {"value": "consent-1", "essential": True}, "acr": {"values": ["a"]}}}
REQUEST = {
    "response_type": "code", "scope": "openid accounts", "state": "s", "nonce": "n", "code_challenge_method": "S256", "code_challenge": "c" * 43,
    "acr_values": "urn:openbanking:psd2:sca", "prompt": "login", "grant_id": "g", "grant_management_action": "merge", "resource": "https://r",
    "dpop_jkt": "j" * 43, "max_age": "1", "login_hint": "alice", "ui_locales": "en", "redirect_uri": "https://acme.tpp.test/callback",
}  # fmt: skip


BOOKING = {
    "persona": "bob", "account": "Everyday Current Account", "amount": "-1.00", "information": "Kiosk", "reference": "R", "pending": True,
    "booked_at": "2026-07-01T09:00:00Z",
}  # fmt: skip


@at_the_edges(
    {"details": [ACCOUNTS | {"valid_until": "0001-01-01T00:00:00+14:00"}]},
    {"details": [ACCOUNTS | {"transactions_to": "9999-12-31T23:59:00-12:00"}]},
    {"details": [PAYMENT | {"creditorName": "a\0"}]},
    details=st.one_of(changed([ACCOUNTS]), changed([PAYMENT])),
)
def test_authorization_details_at_the_edges_are_no_error_of_the_servers(doors, details):
    form = {name: REQUEST[name] for name in ("response_type", "redirect_uri", "code_challenge", "code_challenge_method")}
    doors.post_form("pushed_authorization_request_endpoint", form | {"authorization_details": json.dumps(details)})


@at_the_edges(
    {"form": {}, "claims": {"id_token": {"openbanking_intent_id": {"value": "a\0"}}}},
    form=st.dictionaries(st.sampled_from(sorted(REQUEST)), edges, max_size=2),
    claims=changed(INTENT),
)
def test_authorization_requests_at_the_edges_are_no_error_of_the_servers(doors, form, claims):
    plain = {
        name: REQUEST[name] for name in ("response_type", "redirect_uri", "code_challenge", "code_challenge_method", "scope")
    }
    doors.post_form("pushed_authorization_request_endpoint", plain | {"claims": json.dumps(claims)} | form)


@at_the_edges(
    grant=st.sampled_from(["authorization_code", "refresh_token", "client_credentials", "urn:openid:params:grant-type:ciba"]),
    form=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("code", "refresh_token", "auth_req_id", "scope", "code_verifier"), edges)
    ),
    token=edges,
)
def test_token_requests_at_the_edges_are_no_error_of_the_servers(doors, grant, form, token):
    doors.post_form("token_endpoint", {"grant_type": grant} | form)
    doors.post_form("introspection_endpoint", {"token": token})
    doors.post_form("revocation_endpoint", {"token": token})


@at_the_edges(
    metadata=changed({
        "redirect_uris": ["https://acme.tpp.test/callback"], "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "CN=a",
        "scope": "openid accounts", "grant_types": ["authorization_code"], "response_types": ["code"], "jwks_uri": "https://a", "application_type": "web",
        "authorization_details_types": ["account_information"], "backchannel_client_notification_endpoint": "https://a",
    }),
    client_id=edges,
)  # fmt: skip
def test_registrations_at_the_edges_are_no_error_of_the_servers(doors, metadata, client_id):
    statement = {"software_statement": doors.tpp.folder.software_statement}
    endpoint = doors.endpoints["registration_endpoint"]
    doors.knock("POST", endpoint, json=statement | metadata)
    address = f"{endpoint}/{quote(client_id, safe='', errors='replace')}"
    doors.knock("GET", address, headers={"Authorization": "Bearer x"})


@at_the_edges(
    document=changed({"Data": {"Permissions": ["ReadAccountsBasic"], "ExpirationDateTime": "2035-01-01T00:00:00Z"}, "Risk": {}}),
    name=st.sampled_from(["fromBookingDateTime", "toBookingDateTime", "page"]),
    value=edges,
)
def test_resource_calls_at_the_edges_are_no_error_of_the_servers(doors, document, name, value):
    doors.resource("POST", "/account-access-consents", doors.own, json=document)
    written = quote(value, safe="", errors="replace")
    for path in (f"/transactions?{name}={written}", f"/accounts/{written}/balances", f"/accounts/{written}/statements/{written}"):
        doors.resource("GET", path, doors.token)
    doors.resource("GET", f"/account-access-consents/{written}", doors.own)
    doors.knock("DELETE", f"{doors.tpp.folder.mtls}/grants/{written}", headers={"Authorization": f"Bearer {doors.own}"})


@at_the_edges(
    *({"booking": BOOKING | {"booked_at": at}, "new": {}, "text": "a"} for at in TIMES[:4]),
    *({"booking": BOOKING | {"amount": "9999999999999.99", "pending": pending}, "new": {}, "text": "a"} for pending in (True, False)),
    booking=changed(BOOKING),
    new=changed({"name": "edge", "roles": ["AISP"], "redirect_uris": ["https://a.example/cb"]}),
    text=edges,
)  # fmt: skip
def test_the_sandboxs_control_api_at_the_edges_has_no_error(doors, booking, new, text):
    """A TPP is never made: its name is one that none can have."""
    written = quote(text, safe="", errors="replace")
    for path, document in (
        ("transactions", booking | {"account": text}),
        ("transactions", booking),
        ("tpps", new | {"name": "n" * 300}),
        ("tpps", new | {"name": f"-{text}"}),
        (f"tpps/{written}/renew", {}),
        (f"consents/{written}/approve", {"persona": text}),
        (f"ciba/{written}/allow", {"persona": text}),
        (f"accounts/{written}/close", {"persona": text}),
        ("clock", {"advance": f"-{text}"}),
    ):
        doors.knock("POST", f"{doors.tpp.folder.issuer}/sandbox/{path}", json=document)
