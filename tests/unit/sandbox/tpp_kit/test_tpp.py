"""sandbox/tpp_kit: a TPP that sends what the profile demands and believes nothing that it need not, against a small server."""

import ast
import base64
import hashlib
import json
import time
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from multidict import CIMultiDict

from kernel.clock import SystemClock
from kernel.http.message import Request, Response
from kernel.http.server.incoming_body import BODY_BYTES_MAX
from kernel.http.server.listener import serve
from kernel.http.tls import mtls_context
from kernel.ids import RandomIds
from sandbox.authority import pki
from sandbox.authority.directory import Directory
from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.folder import ClientCertificate, load_folder
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.signatures import ResponseInvalid
from sandbox.tpp_kit.tpp import Tpp
from tests.world.keys import unb64

REDIRECT = "https://acme.tpp.test/callback?tenant=1"
ACCESS_TOKEN = "Zk3vRr0Vb1JX5cQf2yWq8LhTn9sAdGmPuEoKiBxNzC4"


class Server:
    """Just enough of an authorization server and an API, saying what it received; `answers` replaces what it would say."""

    def __init__(self) -> None:
        self.issuer = ""
        self.token_type = "Bearer"
        self.nonce = ""  # that each DPoP proof must contain
        self.requests: list[Request] = []
        self.key = ECKey.generate_key("P-256", {"kid": "server", "alg": "ES256", "use": "sig"})
        self.answers: dict[str, tuple[int, dict]] = {}
        self.id_token_changes: dict[str, object] = {}
        self.id_token_key = self.key
        self.pushed: dict[str, str] = {}

    async def app(self, request: Request) -> Response:
        request = await request.received(BODY_BYTES_MAX)
        self.requests.append(request)
        if self.nonce and "DPoP" in request.headers and self.nonce not in unb64(request.headers["DPoP"].split(".")[1]).decode():
            return Response(400, b'{"error": "use_dpop_nonce"}', CIMultiDict({"DPoP-Nonce": self.nonce}))
        status, document = self.answers.get(request.path) or self.answer(request)
        headers = CIMultiDict({"Content-Type": "application/json"})
        if "Location" in document:
            headers["Location"] = document.pop("Location")
        return Response(status, json.dumps(document).encode() if document else None, headers)

    def answer(self, request: Request) -> tuple[int, dict]:
        match request.method, request.path:
            case "GET", "/.well-known/openid-configuration":
                names = {
                    "authorization": "authorize",
                    "token": "token",
                    "pushed_authorization_request": "par",
                    "revocation": "revoke",
                }
                endpoints = {f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in names.items()}
                aliases = {
                    name: url.replace(self.issuer, f"{self.issuer}/mtls")
                    for name, url in endpoints.items()
                    if "authz" not in name
                }
                metadata = {
                    "issuer": self.issuer,
                    "jwks_uri": f"{self.issuer}/jwks",
                    **endpoints,
                    "mtls_endpoint_aliases": aliases,
                }
                return 200, metadata
            case "GET", "/jwks":
                return 200, {"keys": [self.key.as_dict(private=False)]}
            case "POST", "/par" | "/mtls/par":
                self.pushed = dict(parse_qsl(request.body.decode()))
                return 201, {"request_uri": "urn:ietf:params:oauth:request_uri:" + "x" * 43, "expires_in": 60}
            case "POST", "/token" | "/mtls/token":
                return 200, self.tokens(dict(parse_qsl(request.body.decode())))
            case "POST", "/mtls/revoke":
                return 200, {}
            case "POST", "/open-banking/v4.0/aisp/account-access-consents":
                return 201, {"Data": {"ConsentId": "aac-1", "Status": "AWAU"}}
            case _:
                return 200, {"Data": {}}

    def tokens(self, form: dict[str, str]) -> dict:
        document = {
            "access_token": ACCESS_TOKEN,
            "token_type": self.token_type,
            "expires_in": 300,
            "scope": form.get("scope", "accounts"),
        }
        if form["grant_type"] == "authorization_code":
            document |= {"refresh_token": "refresh" * 8, "id_token": self.id_token()}
        return document

    def id_token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": self.pushed["client_id"],
            "sub": "psu",
            "nonce": self.pushed["nonce"],
            "iat": now,
            "exp": now + 300,
            "openbanking_intent_id": json.loads(self.pushed["claims"])["id_token"]["openbanking_intent_id"]["value"],
        } | self.id_token_changes
        return jws.serialize_compact({"alg": "ES256", "kid": "server"}, json.dumps(claims).encode(), self.id_token_key)

    def last(self, path: str) -> Request:
        return next(request for request in reversed(self.requests) if request.path == path)

    def form(self, path: str) -> dict[str, str]:
        return dict(parse_qsl(self.last(path).body.decode(), keep_blank_values=True))


def write_client(folder: Path, enrolment, issuer: str, **changes) -> None:
    client = {
        "client_id": "client-1",
        "name": enrolment.name,
        "issuer": issuer,
        "mtls": issuer,
        "ca": "../../pki/ca.pem",
        "redirect_uris": [REDIRECT],
        "scope": "openid accounts",
        "token_endpoint_auth_method": "private_key_jwt",
        "sender_constraint": "mtls",
        "transport_certificate": "transport.pem",
        "transport_key": "transport.key",
        "signing_jwks": "signing.jwks.json",
        "signing_kid": enrolment.signing_kid,
    } | changes
    (folder / "client.json").write_text(json.dumps(client))


@asynccontextmanager
async def meeting(tmp_path: Path, *, alg="ES256", **client):
    """A server and a TPP that know each other."""
    clock = SystemClock()
    authority = pki.TestPki.open(tmp_path / "pki", clock)
    folder = tmp_path / "tpps" / "acme"
    enrolment = Directory.open(tmp_path / "pki", authority, clock, RandomIds()).enrol("acme", ("AISP",), (REDIRECT,), alg, folder)
    server = Server()
    context = mtls_context(authority.ensure_server(), [authority.ca_path])
    async with serve(
        server.app, refuse=lambda *_: Response(400), host="127.0.0.1", port=0, ssl_context=context, listener="mtls"
    ) as port:
        server.issuer = f"https://localhost:{port}"
        write_client(folder, enrolment, server.issuer, **client)
        async with Tpp.from_folder(folder) as tpp:
            yield server, tpp, enrolment


@pytest.mark.spec("FAPI2-SP-FINAL-5.3.3")
@pytest.mark.parametrize("alg", ["PS256", "ES256", "EdDSA"])
async def test_authenticates_by_an_assertion_for_the_issuer_alone(tmp_path, alg):
    async with meeting(tmp_path, alg=alg) as (server, tpp, enrolment):
        assert await tpp.client_credentials_token() == ACCESS_TOKEN
    form = server.form("/mtls/token")
    kinds = {"PS256": RSAKey, "ES256": ECKey, "EdDSA": OKPKey}
    key = kinds[alg].import_key(enrolment.public_jwks["keys"][0])
    parsed = jws.extract_compact(form["client_assertion"].encode())
    assert parsed.headers() == {"alg": alg, "kid": enrolment.signing_kid, "typ": "JWT"}
    if alg == "EdDSA":  # joserfc warns of this older name
        signed, _, signature = form["client_assertion"].rpartition(".")
        key.public_key.verify(base64.urlsafe_b64decode(signature + "=="), signed.encode())
    else:
        jws.deserialize_compact(form["client_assertion"], key, algorithms=[alg])
    claims = json.loads(parsed.payload)
    assert claims["iss"] == claims["sub"] == "client-1"
    assert claims["aud"] == server.issuer
    assert 0 < claims["exp"] - claims["iat"] <= 60
    assert claims["jti"]
    assert form["grant_type"] == "client_credentials"


async def test_each_assertion_is_another(tmp_path):
    async with meeting(tmp_path) as (server, tpp, _):
        await tpp.client_credentials_token()
        await tpp.client_credentials_token()
    first, second = (request.body for request in server.requests if request.path == "/mtls/token")
    assert first != second


@pytest.mark.spec("RFC8705-5")
async def test_shows_its_certificate_at_the_alias_and_pushes_without(tmp_path):
    async with meeting(tmp_path) as (server, tpp, enrolment):
        await tpp.client_credentials_token()
        await tpp.push_authorization_request("aac-1")
    certificate = server.last("/mtls/token").certificate
    assert certificate is not None
    assert certificate.organisation_id == enrolment.organisation_id
    assert server.last("/par").certificate is None


@pytest.mark.spec("RFC8705-2.1.2")
async def test_a_client_known_by_its_certificate_sends_no_assertion(tmp_path):
    async with meeting(tmp_path, token_endpoint_auth_method="tls_client_auth") as (server, tpp, _):
        await tpp.push_authorization_request("aac-1")
    assert "client_assertion" not in server.form("/mtls/par")
    assert server.form("/mtls/par")["client_id"] == "client-1"
    assert server.last("/mtls/par").certificate is not None


async def test_lodges_a_consent_with_a_token_of_its_own(tmp_path):
    async with meeting(tmp_path) as (server, tpp, _):
        consent = await tpp.lodge_account_consent(["ReadBalances"], expires="2027-01-01T00:00:00+00:00")
    request = server.last("/open-banking/v4.0/aisp/account-access-consents")
    assert consent.id == "aac-1"
    assert json.loads(request.body) == {
        "Data": {"Permissions": ["ReadBalances"], "ExpirationDateTime": "2027-01-01T00:00:00+00:00"},
        "Risk": {},
    }
    assert request.header("Authorization") == f"Bearer {ACCESS_TOKEN}"
    assert request.header("x-fapi-interaction-id")


@pytest.mark.spec("RFC7636-4.2")
async def test_walks_from_a_pushed_request_to_tokens(tmp_path):
    async with meeting(tmp_path) as (server, tpp, _):
        pushed = await tpp.push_authorization_request("aac-1")
        url = await tpp.authorization_url(pushed.request_uri)
        query = f"code=c0de&state={pushed.state}&iss={server.issuer}"
        server.answers["/authorize"] = (303, {"Location": f"{REDIRECT}&{query}"})
        code = await tpp.authorize_without_page(pushed)
        tokens = await tpp.redeem(code)
        refreshed = await tpp.refresh(tokens.refresh_token)
        await tpp.revoke(tokens.refresh_token)
        answer = await tpp.get("/accounts", tokens.access_token)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(pushed.code_verifier.encode()).digest()).decode().rstrip("=")
    form = server.form("/par")
    assert (form["code_challenge"], form["code_challenge_method"], form["response_type"]) == (challenge, "S256", "code")
    assert json.loads(form["claims"])["id_token"]["openbanking_intent_id"] == {"essential": True, "value": "aac-1"}
    assert url.startswith(f"{server.issuer}/authorize?client_id=client-1&request_uri=urn%3A")
    assert (tokens.claims["openbanking_intent_id"], refreshed.access_token, answer.status) == ("aac-1", ACCESS_TOKEN, 200)
    redeemed = next(dict(parse_qsl(r.body.decode())) for r in server.requests if b"authorization_code" in r.body)
    assert (redeemed["code"], redeemed["code_verifier"], redeemed["redirect_uri"]) == ("c0de", pushed.code_verifier, REDIRECT)


@pytest.mark.spec("RFC9207-2.4")
@pytest.mark.parametrize(
    ("location", "fault"),
    [
        ("https://acme.tpp.test/callback?code=c&state={state}&iss=https://evil.example", "iss"),
        ("https://acme.tpp.test/callback?code=c&state={state}", "iss"),
        ("https://acme.tpp.test/callback?code=c&state=other&iss={iss}", "state"),
        ("https://acme.tpp.test/callback?code=c&iss={iss}", "state"),
        ("https://acme.tpp.test/callback?code=c&code=d&state={state}&iss={iss}", "repeated"),
        ("https://acme.tpp.test/callback?error=access_denied&state={state}&iss={iss}", "access_denied"),
        ("https://acme.tpp.test/callback.evil?code=c&state={state}&iss={iss}", "another address"),
    ],
)
async def test_refuses_an_authorization_response_that_is_not_its_own(tmp_path, location, fault):
    async with meeting(tmp_path) as (server, tpp, _):
        pushed = await tpp.push_authorization_request("aac-1")
        with pytest.raises(ResponseInvalid, match=fault):
            tpp.read_authorization_response(location.format(state=pushed.state, iss=server.issuer), pushed)


@pytest.mark.spec("OIDC-CORE-3.1.3.7")
@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": ["client-1", "another"]}, "aud"),
        ({"nonce": "another"}, "nonce"),
        ({"exp": 1}, "exp"),
        ({"iat": 1}, "iat"),
        ({"sub": ""}, "sub"),
        ({"openbanking_intent_id": "aac-2"}, "consent"),
    ],
)
async def test_refuses_an_id_token_that_says_something_else(tmp_path, changes, fault):
    async with meeting(tmp_path) as (server, tpp, _):
        pushed = await tpp.push_authorization_request("aac-1")
        server.id_token_changes = changes
        with pytest.raises(ResponseInvalid, match=fault):
            await tpp.redeem("c0de", pushed)


async def test_refuses_an_id_token_of_another_signer(tmp_path):
    async with meeting(tmp_path) as (server, tpp, _):
        pushed = await tpp.push_authorization_request("aac-1")
        server.id_token_key = ECKey.generate_key("P-256")
        with pytest.raises(ResponseInvalid, match="BadSignature"):
            await tpp.redeem("c0de", pushed)


async def test_refuses_metadata_of_another_issuer(tmp_path):
    async with meeting(tmp_path) as (server, tpp, _):
        server.answers["/.well-known/openid-configuration"] = (200, {"issuer": "https://evil.example"})
        with pytest.raises(ResponseInvalid, match="issuer"):
            await tpp.client_credentials_token()


async def test_a_refusal_carries_the_answer(tmp_path):
    async with meeting(tmp_path) as (server, tpp, _):
        server.answers["/mtls/token"] = (400, {"error": "invalid_scope"})
        with pytest.raises(Refused, match="invalid_scope") as refused:
            await tpp.client_credentials_token("nonsense")
    assert refused.value.answer.status == 400
    assert refused.value.answer.json() == {"error": "invalid_scope"}


async def test_every_field_has_a_knob(tmp_path):
    other = KeySet.generate_key_set("EC", "P-256", {"use": "sig"}, count=1).keys[0]
    stranger = {**other.as_dict(private=True), "kid": "stranger", "alg": "ES256"}
    knobs = Knobs(
        assertion_claims={"aud": ["a", "b"], "jti": None, "extra": 1},
        assertion_header={"typ": None, "kid": "forged"},
        signing_jwk=stranger,
        form={"scope": None, "client_id": "other", "more": "x"},
        headers={"X-Extra": "1"},
        certificate="none",
    )
    async with meeting(tmp_path) as (server, tpp, _):
        await tpp.client_credentials_token(knobs=knobs)
        request, form = server.last("/mtls/token"), server.form("/mtls/token")
        await tpp.get("/accounts", None, knobs=Knobs(headers={"Accept": None, "Authorization": "Bearer x"}))
    parsed = jws.extract_compact(form["client_assertion"].encode())
    claims = json.loads(parsed.payload)
    assert parsed.headers() == {"alg": "ES256", "kid": "forged"}
    assert (claims["aud"], claims["extra"], "jti" in claims) == (["a", "b"], 1, False)
    assert ("scope" in form, form["client_id"], form["more"]) == (False, "other", "x")
    assert (request.header("X-Extra"), request.certificate) == ("1", None)
    assert server.last("/open-banking/v4.0/aisp/accounts").header("Authorization") == "Bearer x"


async def test_may_sign_with_an_algorithm_that_the_profile_forbids(tmp_path):
    async with meeting(tmp_path, alg="PS256") as (server, tpp, _):
        await tpp.client_credentials_token(knobs=Knobs(assertion_header={"alg": "RS256"}))
    assert jws.extract_compact(server.form("/mtls/token")["client_assertion"].encode()).headers()["alg"] == "RS256"


async def test_may_show_anothers_certificate(tmp_path):
    async with meeting(tmp_path) as (server, tpp, _):
        clock = SystemClock()
        authority = pki.TestPki.open(tmp_path / "pki", clock)
        subject = pki.TransportSubject(software_id="b", organisation_name="Borough", organisation_id="PSDGB-FCA-999999")
        authority.ensure_transport(tmp_path / "b.pem", tmp_path / "b.key", subject)
        await tpp.get("/accounts", "t", knobs=Knobs(certificate=ClientCertificate(tmp_path / "b.pem", tmp_path / "b.key")))
    certificate = server.requests[-1].certificate
    assert certificate is not None
    assert certificate.organisation_id == "PSDGB-FCA-999999"


async def test_the_transcript_shows_every_call_without_its_secrets(tmp_path):
    async with meeting(tmp_path) as (server, tpp, _):
        pushed = await tpp.push_authorization_request("aac-1")
        tokens = await tpp.redeem("Zk3vRr0Vb1JX5cQf2yWq8LhTn9sAdGmPuEoKiBxNzC4", pushed)
        await tpp.get("/accounts", tokens.access_token)
    story = "\n".join(entry.render() for entry in tpp.transcript)
    assertion = server.form("/mtls/token")["client_assertion"]
    for secret in (tokens.access_token, tokens.refresh_token, pushed.code_verifier, assertion, assertion.split(".")[2]):
        assert secret not in story
    assert "> POST" in story
    assert "[client certificate]" in story
    assert "grant_type=authorization_code" in story
    assert "< 200" in story


def test_the_resource_base_follows_what_the_server_said_when_ready(tmp_path):
    folder = tmp_path / "tpps" / "acme"
    clock = SystemClock()
    authority = pki.TestPki.open(tmp_path / "pki", clock)
    registry = Directory.open(tmp_path / "pki", authority, clock, RandomIds())
    write_client(folder, registry.enrol("acme", ("AISP",), (REDIRECT,), "ES256", folder), "https://localhost:8444")
    assert load_folder(folder).resource_base == "https://localhost:8444/open-banking/v4.0/aisp"
    (tmp_path / "ready.json").write_text(json.dumps({"dialects": {"uk_obie/v4.0": "https://api.bank.example/ob/"}}))
    assert load_folder(folder).resource_base == "https://api.bank.example/ob"
    assert load_folder(folder, resource_base="https://x.example").resource_base == "https://x.example"


def test_the_kit_imports_nothing_of_ours_but_itself():
    """So that the server is never proven with itself."""
    ours = {
        "portcullis",
        "kernel",
        "openapi",
        "consent",
        "orders",
        "notices",
        "gateway",
        "policies",
        "plugins",
        "sandbox",
        "tests",
    }
    for path in (Path(__file__).parents[4] / "sandbox" / "tpp_kit").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert name.split(".")[0] not in ours or name.startswith("sandbox.tpp_kit"), f"{path.name} imports {name}"


def altered(token: str) -> str:
    return token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")


@pytest.mark.spec("JARM-2.4")
@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": None}, "aud"),
        ({"exp": 1}, "exp"),
        ({"exp": 2**33}, "exp"),
        ({"state": "another"}, "state"),
        ({"code": None, "error": "access_denied"}, "access_denied"),
    ],
)
async def test_refuses_a_signed_response_that_is_not_good(tmp_path, changes, fault):
    async with meeting(tmp_path, security_profile="fapi2-message-signing", response_mode="jwt") as (server, tpp, _):
        pushed = await tpp.push_authorization_request("aac-1")
        good = {"iss": server.issuer, "aud": "client-1", "exp": int(time.time()) + 60, "state": pushed.state, "code": "c0de"}

        def signed(key=server.key, **changes):
            claims = {name: value for name, value in {**good, **changes}.items() if value is not None}
            return jws.serialize_compact({"alg": "ES256", "kid": "server"}, json.dumps(claims).encode(), key)

        assert await tpp.take_response(f"{REDIRECT}&response={signed()}", pushed) == "c0de"
        for location, wrong in (
            (f"{REDIRECT}&response={signed(**changes)}", fault),
            (f"{REDIRECT}&response={altered(signed())}", "response"),
            (f"{REDIRECT}&response={signed(ECKey.generate_key('P-256'))}", "response"),
            (f"{REDIRECT}&code=c0de&state={pushed.state}&iss={server.issuer}", "response"),
            (f"{REDIRECT}#response={signed()}", "fragment"),
        ):
            with pytest.raises(ResponseInvalid, match=wrong):
                await tpp.take_response(location, pushed)


@pytest.mark.spec("OIDC-CORE-3.3.2.12")
@pytest.mark.parametrize("changes", [{"c_hash": "another"}, {"c_hash": None}, {"s_hash": "another"}, {"s_hash": None}])
@pytest.mark.spec("FAPI1-ADV-FINAL-5.2.3.1")
async def test_refuses_an_id_token_that_vouches_for_something_else(tmp_path, changes):
    async with meeting(tmp_path, security_profile="fapi1-advanced") as (server, tpp, _):
        _, pushed = await tpp.request_by_value("aac-1")
        half = {name: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:16]).rstrip(b"=").decode() for name, text in (("c_hash", "c0de"), ("s_hash", pushed.state))}  # fmt: skip
        claims = {"id_token": {"openbanking_intent_id": {"value": "aac-1"}}}
        server.pushed = {"client_id": "client-1", "nonce": pushed.nonce, "claims": json.dumps(claims)}

        def location(**changes):
            server.id_token_changes = {**half, **changes}
            return f"{REDIRECT}#code=c0de&state={pushed.state}&iss={server.issuer}&id_token={server.id_token()}"

        assert await tpp.take_response(location(), pushed) == "c0de"
        with pytest.raises(ResponseInvalid, match="c_hash"):
            await tpp.take_response(location(**changes), pushed)


@pytest.mark.spec("RFC9101-4")
async def test_signs_what_its_profile_wants_signed_and_pushes_no_other_parameter(tmp_path):
    async with meeting(tmp_path, security_profile="fapi2-message-signing", response_mode="jwt") as (server, tpp, _):
        await tpp.push_authorization_request("aac-1", knobs=Knobs(object_claims={"prompt": "login", "nonce": None}))
        form = server.form("/par")
    assert set(form) == {"request", "client_id", "client_assertion", "client_assertion_type"}
    signed = jws.deserialize_compact(
        form["request"], KeySet.import_key_set({"keys": [tpp.folder.signing_jwk]}), algorithms=["ES256"]
    )
    claims = json.loads(signed.payload)
    assert signed.headers()["typ"] == "oauth-authz-req+jwt"
    assert (claims["iss"], claims["aud"], claims["client_id"]) == ("client-1", server.issuer, "client-1")
    assert (claims["response_type"], claims["response_mode"], claims["prompt"]) == ("code", "jwt", "login")
    assert claims["claims"]["id_token"]["openbanking_intent_id"]["value"] == "aac-1"
    assert claims["exp"] - claims["nbf"] == 300
    assert not {"sub", "nonce", "client_assertion"} & claims.keys()
