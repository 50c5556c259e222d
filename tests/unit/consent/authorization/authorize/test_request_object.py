"""The defects of a request object, one at a time. RFC 9101 section 6, FAPI2-MS-FINAL 5.3.1, FAPI1-ADV 5.2.2."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from consent.authorization.authorize.request_object import (
    STRUCTURED,
    TEXT,
    RequestObject,
    parse_unverified,
    verify_request_object,
)
from consent.authorization.clients.client import Client
from consent.authorization.clients.key_set import import_client_keys
from consent.authorization.offer.profiles import SecurityProfile
from consent.authorization.offer.resources import list_named
from consent.errors import RequestObjectInvalid, oauth_error
from kernel.jose.jwt import TOKEN_CHARS_MAX
from tests.world.brands import BRAND
from tests.world.keys import KEYS, b64_json

NOW = int(datetime(2026, 7, 1, 9, tzinfo=UTC).timestamp())
KEY = KEYS["acme-1"]
MINUTE = 60
CLIENT = Client(
    id="acme",
    brand="main",
    version=1,
    active=True,
    name="Acme",
    organisation_id="org-acme",
    organisation_name="Acme Ltd",
    software_id="software-acme",
    roles=frozenset(),
    security_profile=SecurityProfile.FAPI2_MESSAGE_SIGNING,
    token_endpoint_auth_method="private_key_jwt",
    token_endpoint_auth_signing_alg="PS256",
    sender_constraint="mtls",
    redirect_uris=("https://acme.example/callback",),
    scopes=frozenset({"openid", "accounts"}),
    grant_types=frozenset({"authorization_code"}),
    jwks={"keys": [KEY.jwk, KEYS["curve-1"].jwk]},
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
FAPI1 = msgspec.structs.replace(CLIENT, security_profile=SecurityProfile.FAPI1_ADVANCED)


def claims(**changes: Any) -> dict[str, Any]:
    """Of a correct one; a change to None leaves a claim out."""
    correct = {
        "iss": "acme",
        "aud": BRAND.issuer,
        "nbf": NOW,
        "exp": NOW + 5 * MINUTE,
        "client_id": "acme",
        "response_type": "code",
        "redirect_uri": "https://acme.example/callback",
        "scope": "openid accounts",
        "state": "state-1",
        "claims": {"id_token": {"acr": None}},
        "max_age": 300,
        **changes,
    }
    return {name: value for name, value in correct.items() if value is not None}


def verify(token: str, client: Client = CLIENT, **facts: Any) -> RequestObject:
    keys = import_client_keys(client.jwks)
    return verify_request_object(
        token, client=client, keys=keys, issuer=BRAND.issuer, wall=datetime.fromtimestamp(NOW, UTC), **facts
    )


def both(name: str) -> Any:
    """Modules that both plans have under one name."""
    return pytest.mark.conformance(f"fapi2-security-profile-final-{name}", f"fapi1-advanced-final-{name}")


def case(name: str, *values: Any) -> Any:
    return pytest.param(*values, id=name, marks=both(name))


def fapi2(name: str, *values: Any) -> Any:
    return pytest.param(*values, id=name, marks=pytest.mark.conformance(f"fapi2-security-profile-final-{name}"))


def own(name: str, *values: Any) -> Any:
    return pytest.param(*values, id=name)


@pytest.mark.spec("RFC9101-6.3")
def test_parameters_are_those_of_the_object_as_a_form_would_carry_them():
    found = verify(KEY.jwt(claims(), header={"typ": "oauth-authz-req+jwt"}))
    assert found.parameters == {
        "client_id": "acme",
        "response_type": "code",
        "redirect_uri": "https://acme.example/callback",
        "scope": "openid accounts",
        "state": "state-1",
        "claims": '{"id_token":{"acr":null}}',
        "max_age": "300",
    }
    assert found.expires_at == datetime.fromtimestamp(NOW + 5 * MINUTE, UTC)


@pytest.mark.parametrize(
    ("changes", "header"),
    [
        case("ensure-request-object-with-multiple-aud-succeeds", {"aud": [BRAND.issuer, "https://a.example", "https://b.example"]}, {}),
        fapi2("ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted", {"nbf": NOW + 8}, {}),
        own("the-longest-life", {"exp": NOW + 60 * MINUTE}, {}),
        own("an-hour-old-and-about-to-end", {"nbf": NOW - 55 * MINUTE, "exp": NOW + 5 * MINUTE}, {}),
        own("typ-in-random-case", {}, {"typ": "OAuth-AuthZ-REQ+Jwt"}),
        own("typ-with-application", {}, {"typ": "application/oauth-authz-req+jwt"}),
        own("no-typ", {}, {"typ": None}),
        own("another-subject", {"sub": "somebody"}, {}),
        own("a-member-that-is-unknown", {"unknown": {"deep": [1, 2]}}, {}),
    ],
)  # fmt: skip
def test_what_is_allowed_is_accepted(changes: dict[str, Any], header: dict[str, Any]):
    for client in (CLIENT, FAPI1):
        assert verify(KEY.jwt(claims(**changes), header=header), client).parameters["state"] == "state-1"


@pytest.mark.parametrize(
    "changes",
    [
        case("ensure-request-object-without-exp-fails", {"exp": None}),
        case("ensure-request-object-without-nbf-fails", {"nbf": None}),
        case("ensure-expired-request-object-fails", {"nbf": NOW - 70 * MINUTE, "exp": NOW - 60 * MINUTE}),
        own("expired-beyond-the-skew", {"nbf": NOW - 5 * MINUTE, "exp": NOW - 11}),
        case("ensure-request-object-with-exp-over-60-fails", {"exp": NOW + 70 * MINUTE}),
        own("exp-a-minute-over-60", {"exp": NOW + 61 * MINUTE}),
        case("ensure-request-object-with-nbf-over-60-fails", {"nbf": NOW - 70 * MINUTE}),
        own("old-and-short", {"nbf": NOW - 61 * MINUTE, "exp": NOW - 2}),
        own("nbf-beyond-the-skew", {"nbf": NOW + 11, "exp": NOW + MINUTE}),
        own("iat-in-the-future", {"iat": NOW + 11}),
        own("exp-as-text", {"exp": str(NOW + MINUTE)}),
        own("exp-as-truth", {"exp": True}),
        own("nbf-beyond-all-time", {"nbf": 1e300}),
        case("ensure-request-object-with-bad-aud-fails", {"aud": "https://another.example"}),
        own("a-list-without-us", {"aud": ["https://another.example"]}),
        own("aud-as-object", {"aud": {BRAND.issuer: 1}}),
        own("aud-that-begins-like-us", {"aud": BRAND.issuer + ".evil.example"}),
        own("aud-missing", {"aud": None}),
        pytest.param({"aud": f"{BRAND.issuer}/par"}, id="par-pushed-authorization-url-as-audience-in-request-object", marks=pytest.mark.conformance("fapi1-advanced-final-par-pushed-authorization-url-as-audience-in-request-object")),
        own("iss-missing", {"iss": None}),
        own("iss-of-another", {"iss": "borough"}),
        own("client-id-missing", {"client_id": None}),
        pytest.param({"scope": None}, id="ensure-request-object-without-scope-fails", marks=pytest.mark.conformance("fapi1-advanced-final-ensure-request-object-without-scope-fails")),
        own("client-id-of-another", {"client_id": "borough"}),
        own("a-client-assertion", {"sub": "acme"}),
        case("par-authorization-request-containing-request_uri", {"request_uri": "urn:ietf:params:oauth:request_uri:x"}),
        own("an-object-in-an-object", {"request": "e30.e30."}),
        own("scope-as-list", {"scope": ["openid", "accounts"]}),
        own("nonce-as-number", {"nonce": 7}),
        own("redirect-uri-as-list", {"redirect_uri": ["https://acme.example/callback"]}),
        own("claims-as-list", {"claims": []}),
        own("claims-as-number", {"claims": 1}),
        own("max-age-as-truth", {"max_age": True}),
        own("max-age-as-fraction", {"max_age": 1.5}),
        own("nul-in-state", {"state": "a\0b"}),
        own("too-large", {"state": "s" * TOKEN_CHARS_MAX}),
    ],
)  # fmt: skip
@pytest.mark.spec("FAPI2-MS-FINAL-5.3.1-4", "FAPI2-MS-FINAL-5.3.1-5")
@pytest.mark.spec("FAPI1-ADV-FINAL-5.2.2-13", "FAPI1-ADV-FINAL-5.2.2-15", "FAPI1-ADV-FINAL-5.2.2-17")
def test_each_defect_of_the_claims_alone_is_refused(changes: dict[str, Any]):
    for client in (CLIENT, FAPI1):
        with pytest.raises(RequestObjectInvalid) as refused:
            verify(KEY.jwt(claims(**changes)), client)
        assert oauth_error(refused.value) == (400, "invalid_request_object")


def with_none(signature: str = "") -> str:
    return f"{b64_json({'alg': 'none'})}.{b64_json(claims())}.{signature}"


def altered(token: str) -> str:
    head, body, signature = token.split(".")
    return f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


@pytest.mark.parametrize(
    "make",
    [
        case("ensure-signed-request-object-with-RS256-fails", lambda: KEY.jwt(claims(), alg="RS256")),
        case("ensure-request-object-signature-algorithm-is-not-none", with_none),
        own("none-with-a-signature", lambda: with_none("AAAA")),
        case("ensure-request-object-with-invalid-signature-fails", lambda: altered(KEY.jwt(claims()))),
        case("ensure-matching-key-in-authorization-request", lambda: KEYS["borough-1"].jwt(claims())),
        own("another-key-under-our-kid", lambda: KEYS["borough-1"].jwt(claims(), header={"kid": "acme-1"})),
        own("a-key-of-its-own", lambda: KEY.jwt(claims(), header={"jwk": KEYS["borough-1"].jwk})),
        own("a-critical-header", lambda: KEY.jwt(claims(), header={"crit": ["exp"]})),
        own("typ-of-an-assertion", lambda: KEY.jwt(claims(), header={"typ": "client-authentication+jwt"})),
        own("typ-of-a-dpop-proof", lambda: KEY.jwt(claims(), header={"typ": "dpop+jwt"})),
        own("typ-of-an-access-token", lambda: KEY.jwt(claims(), header={"typ": "at+jwt"})),
        own("typ-as-number", lambda: KEY.jwt(claims(), header={"typ": 1})),
        own("not-a-jwt", lambda: "request"),
        own("an-encrypted-one", lambda: "a.b.c.d.e"),
        own("a-list", lambda: KEY.jwt([1])),
        own("empty", lambda: ""),
        own("not-ascii", lambda: "ä.ä.ä"),
    ],
)  # fmt: skip
def test_each_defect_of_signature_and_header_alone_is_refused(make: Callable[[], str]):
    for client in (CLIENT, FAPI1):
        with pytest.raises(RequestObjectInvalid):
            verify(make(), client)


def test_a_client_that_registered_an_algorithm_uses_no_other():
    """OIDC Dynamic Client Registration section 2, request_object_signing_alg."""
    strict = msgspec.structs.replace(CLIENT, request_object_signing_alg="PS256")
    by_curve = KEYS["curve-1"].jwt(claims())
    assert verify(by_curve).parameters
    assert verify(KEY.jwt(claims()), strict).parameters
    with pytest.raises(RequestObjectInvalid):
        verify(by_curve, strict)


def test_an_algorithm_is_one_of_the_profiles():
    """FAPI1-ADV 8.6 knows no EdDSA, FAPI 2.0 does."""
    keyed = msgspec.structs.replace(CLIENT, jwks={"keys": [KEYS["edward-1"].jwk]})
    token = KEYS["edward-1"].jwt(claims())
    assert verify(token, keyed).parameters
    with pytest.raises(RequestObjectInvalid):
        verify(token, msgspec.structs.replace(keyed, security_profile=SecurityProfile.FAPI1_ADVANCED))


def test_who_asks_may_require_more():
    """CIBA asks for iat and jti, and for no client_id."""
    required = frozenset({"iat", "jti", "exp", "nbf"})
    complete = claims(client_id=None, iat=NOW, jti="1")
    assert verify(KEY.jwt(complete), required=required).claims["jti"] == "1"
    for name in required:
        with pytest.raises(RequestObjectInvalid):
            verify(KEY.jwt({known: value for known, value in complete.items() if known != name}), required=required)


def test_empty_text_counts_as_absent():
    """As in a form: RFC 6749 section 3.1."""
    assert "state" not in verify(KEY.jwt(claims(state=""))).parameters


@pytest.mark.spec("RFC8707-2.1")
def test_several_resources_are_several_in_an_object_too():
    resources = ["https://a.example", "https://b.example"]
    found = verify(KEY.jwt(claims(resource=resources), header={"typ": "oauth-authz-req+jwt"}))
    assert list_named(found.parameters["resource"]) == resources


def test_an_unverified_object_is_read_for_its_text_only():
    token = KEYS["borough-1"].jwt({"redirect_uri": "https://x.example", "state": "s", "claims": {}, "scope": ""})
    assert parse_unverified(token) == {"redirect_uri": "https://x.example", "state": "s"}
    assert parse_unverified(KEYS["borough-1"].jwt({"redirect_uri": "https://x.example", "nonce": "a\0"})) == {}
    assert parse_unverified("nonsense") == {}


def test_every_parameter_that_a_step_reads_may_stand_in_an_object():
    """One that is missing from the list would be dropped from a signed request without a word."""
    import re
    from pathlib import Path

    from consent.authorization.authorize import steps, stored_request
    from consent.authorization.endpoints import par

    sources = [*Path(steps.__file__).parent.glob("*/check_*.py"), Path(par.__file__), Path(stored_request.__file__)]
    read = {
        name
        for source in sources
        for name in re.findall(r"parameters(?:\.get\(|\[)\"(\w+)\"|\"(\w+)\" (?:not )?in asking\.parameters", source.read_text())
        for name in name
        if name
    }
    assert {"redirect_uri", "scope", "claims", "prompt", "code_challenge"} <= read
    assert read - {"request", "request_uri"} <= TEXT
    assert STRUCTURED.keys() <= TEXT
