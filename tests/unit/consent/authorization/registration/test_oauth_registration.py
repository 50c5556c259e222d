"""TPPs register their own software. RFC 7591, RFC 7592, UK Open Banking Dynamic Client Registration 3.3."""

import asyncio
import json
from dataclasses import replace
from itertools import count
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from consent.authorization.clients.registry import replace_client
from consent.authorization.offer.profiles import SecurityProfile
from consent.settings import Settings
from kernel.banking.consents import Permission
from kernel.certificates.certificate import Certificate
from kernel.errors import CertificateRevoked
from kernel.http.message import Request
from tests.world.answer import Answer
from tests.world.authorization import AuthorizationWorld, request_to
from tests.world.brands import BRAND
from tests.world.certificates import certificate
from tests.world.directory import DIRECTORY
from tests.world.keys import KEYS, SigningKey, number
from tests.world.tpp import Tpp

ORGANISATION = "PSDGB-FCA-900001"
HOLDER = replace(certificate("newcomer"), organisation_id=ORGANISATION)
KEY = KEYS["borough-1"]
REDIRECT_URI = "https://newcomer.example/callback"
INVALID_METADATA = (400, "invalid_client_metadata")
INVALID_STATEMENT = (400, "invalid_software_statement")
SERIAL = count(1)


def statement(world: AuthorizationWorld, *, key: SigningKey | None = None, **changes: Any) -> str:
    claims = {
        "iss": DIRECTORY.issuer,
        "iat": world.now - 60,
        "jti": "statement-1",
        "software_id": "software1newcomer",
        "software_client_name": "Newcomer",
        "software_redirect_uris": [REDIRECT_URI, f"{REDIRECT_URI}/two"],
        "software_roles": ["AISP"],
        "software_jwks": {"keys": [KEY.jwk]},
        "org_id": ORGANISATION,
        "org_name": "Newcomer Ltd",
        "org_status": "Active",
        **changes,
    }
    return (key or DIRECTORY.key).jwt({name: value for name, value in claims.items() if value is not None})


def wish(world: AuthorizationWorld, **changes: Any) -> dict[str, Any]:
    asked = {
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "private_key_jwt",
        "grant_types": ["authorization_code", "client_credentials", "refresh_token"],
        "scope": "openid accounts",
        "application_type": "web",
        "software_statement": statement(world),
        "unknown_to_us": "left out",
        **changes,
    }
    return {name: value for name, value in asked.items() if value is not None}


def sealed(world: AuthorizationWorld, asked: dict[str, Any], *, key: SigningKey = KEY, **changes: Any) -> bytes:
    """The same as a JWS, as the UK sends it."""
    claims = {
        "iss": "software1newcomer",
        "aud": BRAND.organisation_id or BRAND.issuer,
        "iat": world.now,
        "exp": world.now + 300,
        "jti": f"00000000-0000-4000-8000-{next(SERIAL):012}",
        **asked,
        **changes,
    }
    return key.jwt({name: value for name, value in claims.items() if value is not None}).encode()


async def call(
    world: AuthorizationWorld,
    method: str,
    path: str,
    body: bytes = b"",
    *,
    presented: Certificate | None = HOLDER,
    token: str | None = None,
    media_type: str = "application/json",
    public: bool = False,
) -> Answer:
    request = request_to(method, path, body=body, presented=presented)
    headers = request.headers.copy()
    headers["Content-Type"] = media_type
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    listener = "public" if public else "mtls"
    sent = Request(**{name: getattr(request, name) for name in Request.__slots__} | {"headers": headers, "listener": listener})
    return Answer(await world.server.handle(BRAND, sent))


async def register(world: AuthorizationWorld, **changes: Any) -> Answer:
    return await call(world, "POST", "/register", json.dumps(wish(world, **changes)).encode())


def tpp_of(answer: Answer) -> Tpp:
    class Known:
        id = answer.json["client_id"]

    return Tpp(Known, KEY, HOLDER, REDIRECT_URI)


@pytest.mark.spec("RFC7591-3.2.1")
async def test_a_tpp_registers_its_software_and_uses_it(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    answer = await register(world)
    assert answer.status == 201, answer.text
    shown = answer.json
    assert shown["redirect_uris"] == [REDIRECT_URI]
    assert shown["scope"] == "accounts openid"
    assert shown["client_id_issued_at"] == world.now
    assert shown["software_statement"] == statement(world) or shown["software_statement"].count(".") == 2
    assert "unknown_to_us" not in shown
    assert "client_secret" not in shown
    token = await world.token(tpp_of(answer), "client_credentials")
    assert token.status == 200, token.text


@pytest.mark.spec("ETSI-TS-119-495-5.2.1")
async def test_an_organisation_is_known_by_the_name_in_its_certificates(oauth: AuthorizationWorld):
    """A directory may have an id of its own for an organisation; what each later call shows is the certificate."""
    holder = replace(HOLDER, organisation_id="PSDGB-OB-0015800001041RHAAY")
    body = json.dumps(wish(oauth, software_statement=statement(oauth, org_id="0015800001041RHAAY"))).encode()
    answer = await call(oauth, "POST", "/register", body, presented=holder)
    assert answer.status == 201, answer.text
    tpp = replace(tpp_of(answer), certificate=holder)
    token = await oauth.token(tpp, "client_credentials")
    assert token.status == 200, token.text
    own = {"presented": holder, "token": answer.json["registration_access_token"]}
    path = f"/register/{tpp.client.id}"
    assert (await call(oauth, "PUT", path, body, **own)).status == 200
    assert (await oauth.token(replace(tpp, certificate=HOLDER), "client_credentials")).error == (400, "invalid_request")


@pytest.mark.spec("OBIE-DCR-3.3")
@pytest.mark.parametrize("media_type", ["application/jwt", "application/jose"])
async def test_the_uk_signs_the_whole_request_and_gets_its_claims_back(oauth: AuthorizationWorld, media_type: str):
    body = sealed(oauth, wish(oauth))
    answer = await call(oauth, "POST", "/register", body, media_type=media_type)
    assert answer.status == 201, answer.text
    assert answer.json["iss"] == "software1newcomer"
    assert {"iat", "exp", "aud", "jti"} <= set(answer.json)
    again = await call(oauth, "POST", "/register", body, media_type=media_type)
    assert again.error == INVALID_METADATA  # one use


async def test_a_signed_request_is_the_softwares_own_and_for_this_server(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    cases: dict[str, bytes] = {
        "another key": sealed(oauth, wish(oauth), key=KEYS["acme-1"]),
        "another issuer": sealed(oauth, wish(oauth), iss="software2"),
        "another audience": sealed(oauth, wish(oauth), aud="another bank"),
        "an audience that is no text": sealed(oauth, wish(oauth), aud={"bank": 1}),
        "expired": sealed(oauth, wish(oauth), exp=oauth.now - 60),
        "for ever": sealed(oauth, wish(oauth), exp=oauth.now + 10_000),
        "without jti": sealed(oauth, wish(oauth), jti=None),
        "RS256": KEY.jwt({"iss": "software1newcomer", **wish(oauth)}, alg="RS256").encode(),
        "not a token": b"hello",
    }
    for name, body in cases.items():
        with subtests.test(name):
            assert (await call(oauth, "POST", "/register", body, media_type="application/jwt")).error == INVALID_METADATA


@pytest.mark.spec("RFC7591-2.3")
async def test_a_statement_is_the_directorys_own_and_recent(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    cases: dict[str, tuple[Any, str]] = {
        "none": (None, "invalid_software_statement"),
        "a number": (7, "invalid_software_statement"),
        "not a token": ("hello", "invalid_software_statement"),
        "another key": (statement(oauth, key=KEYS["curve-1"]), "invalid_software_statement"),
        "another directory": (statement(oauth, iss="Another"), "unapproved_software_statement"),
        "older than two months": (statement(oauth, iat=oauth.now - 61 * 86_400), "invalid_software_statement"),
        "of tomorrow": (statement(oauth, iat=oauth.now + 86_400), "invalid_software_statement"),
        "expired": (statement(oauth, exp=oauth.now - 1), "invalid_software_statement"),
        "revoked organisation": (statement(oauth, org_status="Revoked"), "unapproved_software_statement"),
        "without keys": (statement(oauth, software_jwks=None), "invalid_software_statement"),
        "a name that hides something": (statement(oauth, software_client_name="New\u200bcomer"), "invalid_software_statement"),
        "a name that does not show": (statement(oauth, software_client_name="\u3164"), "invalid_software_statement"),
        "an organisation without a letter": (statement(oauth, org_name="* * *"), "invalid_client_metadata"),
        "without organisation": (statement(oauth, org_id=None), "invalid_software_statement"),
        "roles as text": (statement(oauth, software_roles="AISP"), "invalid_software_statement"),
        "of another organisation": (statement(oauth, org_id="PSDGB-FCA-1"), "unapproved_software_statement"),
    }
    for name, (text, code) in cases.items():
        with subtests.test(name):
            assert (await register(oauth, software_statement=text)).error == (400, code)


async def test_metadata_beyond_the_statement_or_the_profile_are_refused(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    cases: dict[str, tuple[dict[str, Any], str]] = {
        "foreign redirect": ({"redirect_uris": ["https://evil.example/"]}, "invalid_redirect_uri"),
        "no redirect": ({"redirect_uris": []}, "invalid_redirect_uri"),
        "redirect as text": ({"redirect_uris": REDIRECT_URI}, "invalid_redirect_uri"),
        "scope beyond the roles": ({"scope": "openid payments"}, "invalid_client_metadata"),
        "a secret": ({"token_endpoint_auth_method": "client_secret_basic"}, "invalid_client_metadata"),
        "RS256": ({"token_endpoint_auth_signing_alg": "RS256"}, "invalid_client_metadata"),
        "implicit": ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        "another software": ({"software_id": "software2"}, "invalid_client_metadata"),
        "EdDSA under FAPI 1": (
            {"security_profile": "fapi1-advanced", "id_token_signed_response_alg": "EdDSA"},
            "invalid_client_metadata",
        ),
        "certificate without a name": ({"token_endpoint_auth_method": "tls_client_auth"}, "invalid_client_metadata"),
    }
    for name, (changes, code) in cases.items():
        with subtests.test(name):
            assert (await register(oauth, **changes)).error == (400, code)


async def test_only_a_certificate_of_the_organisation_opens_the_door(oauth: AuthorizationWorld):
    body = json.dumps(wish(oauth)).encode()
    assert (await call(oauth, "POST", "/register", body, presented=None)).error == (400, "invalid_request")
    foreign = replace(HOLDER, organisation_id="PSDGB-FCA-1")
    assert (await call(oauth, "POST", "/register", body, presented=foreign)).error == (400, "unapproved_software_statement")
    nameless = replace(HOLDER, organisation_id=None)
    assert (await call(oauth, "POST", "/register", body, presented=nameless)).error == (400, "unapproved_software_statement")
    assert (await call(oauth, "POST", "/register", body, public=True)).error == (404, "invalid_request")


@pytest.mark.spec("RFC5280-6.3")
async def test_a_revoked_certificate_neither_registers_nor_manages(oauth: AuthorizationWorld):
    shown = (await register(oauth)).json
    path, token = f"/register/{shown['client_id']}", shown["registration_access_token"]
    oauth.services.certificate_status.refused[HOLDER.thumbprint] = CertificateRevoked
    assert (await register(oauth)).error == (400, "invalid_request")
    for method in ("GET", "PUT", "DELETE"):
        refused = await call(oauth, method, path, json.dumps(wish(oauth)).encode(), token=token)
        assert refused.error == (401, "invalid_token")
    oauth.services.certificate_status.refused.clear()
    assert (await call(oauth, "GET", path, token=token)).status == 200


@pytest.mark.spec("RFC7592-2")
@pytest.mark.spec("RFC7592-3")
async def test_a_registration_is_read_changed_and_deleted_by_its_own_client_only(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    made = (await register(world)).json
    path, token = f"/register/{made['client_id']}", made["registration_access_token"]
    read = await call(world, "GET", path, token=token)
    assert read.status == 200
    assert "registration_access_token" not in read.json
    assert {name: value for name, value in made.items() if name != "registration_access_token"} == read.json

    tpp = tpp_of(Answer((await call(world, "GET", path, token=token)).response))
    granted = (await world.token(tpp, "client_credentials")).json["access_token"]
    assert (await call(world, "GET", path, token=granted)).status == 200  # the UK's way

    more = json.dumps(wish(world, redirect_uris=[REDIRECT_URI, f"{REDIRECT_URI}/two"])).encode()
    changed = await call(world, "PUT", path, more, token=token)
    assert changed.status == 200, changed.text
    assert changed.json["client_id"] == made["client_id"]
    assert len(changed.json["redirect_uris"]) == 2
    assert (await call(world, "GET", path, token=token)).status == 401  # another one was given
    assert (await call(world, "GET", path, token=granted)).status == 200  # changing ends no token
    newest = changed.json["registration_access_token"]

    assert (await call(world, "DELETE", path, token=newest)).status == 204
    assert (await call(world, "GET", path, token=newest)).error == (401, "invalid_token")
    assert (await world.token(tpp, "client_credentials")).error == (401, "invalid_client")


async def test_no_other_client_manages_it(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    made = (await register(oauth)).json
    path, token = f"/register/{made['client_id']}", made["registration_access_token"]
    acmes = (await oauth.token(oauth.acme, "client_credentials")).json["access_token"]
    other = replace(HOLDER, der=b"other", thumbprint="other", organisation_id="PSDGB-FCA-1")
    renewed = replace(HOLDER, der=b"renewed", thumbprint="renewed")
    mine = (await oauth.token(tpp_of(await register(oauth)), "client_credentials")).json["access_token"]
    cases: dict[str, tuple[dict[str, Any], int]] = {
        "no token": ({}, 401),
        "a wrong token": ({"token": "x" * 43}, 401),
        "no certificate": ({"token": token, "presented": None}, 401),
        "another organisation's certificate": ({"token": token, "presented": other}, 401),
        "a certificate that names no organisation": (
            {"token": token, "presented": replace(HOLDER, organisation_id=None)},
            401,
        ),
        "another client's access token": (
            {"token": acmes, "presented": replace(oauth.acme.certificate, organisation_id=None)},
            403,
        ),
        "another client of the same organisation": ({"token": mine}, 403),
        "its token with another certificate": ({"token": mine, "presented": renewed}, 401),
    }
    for name, (how, status) in cases.items():
        with subtests.test(name):
            assert (await call(oauth, "GET", path, **how)).status == status
    assert (await call(oauth, "GET", path, token=token, presented=renewed)).status == 200  # a renewed certificate keeps it
    assert (await call(oauth, "GET", "/register/stranger", token=token)).status == 401


async def test_a_change_needs_a_statement_of_the_same_software(oauth: AuthorizationWorld):
    made = (await register(oauth)).json
    body = json.dumps(wish(oauth, software_statement=statement(oauth, software_id="software2"))).encode()
    changed = await call(oauth, "PUT", f"/register/{made['client_id']}", body, token=made["registration_access_token"])
    assert changed.error == (400, "unapproved_software_statement")


async def test_while_the_directory_is_out_of_reach_new_software_is_refused(
    oauth: AuthorizationWorld, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(DIRECTORY, "is_reachable", False)
    assert (await register(oauth)).error == (503, "temporarily_unavailable")


async def test_keys_may_stay_where_the_tpp_publishes_them(oauth: AuthorizationWorld):
    """software_jwks_endpoint becomes jwks_uri: a rotated key counts without a registration."""
    address = "https://keys.newcomer.example/jwks"
    oauth.addresses.pages[address] = json.dumps({"keys": [KEY.jwk]}).encode()
    answer = await register(oauth, software_statement=statement(oauth, software_jwks=None, software_jwks_endpoint=address))
    assert answer.status == 201, answer.text
    assert answer.json["jwks_uri"] == address
    tpp = tpp_of(answer)
    assert (await oauth.token(tpp, "client_credentials")).status == 200
    rotated = KEYS["acme-1"]
    oauth.addresses.pages[address] = json.dumps({"keys": [rotated.jwk]}).encode()
    oauth.advance(seconds=31)
    assert (await oauth.token(replace(tpp, key=rotated), "client_credentials")).status == 200


async def test_profiles_follow_from_what_is_asked(oauth: AuthorizationWorld):
    for asked, profile in (
        ({}, SecurityProfile.FAPI2_SECURITY),
        ({"request_object_signing_alg": "PS256"}, SecurityProfile.FAPI2_MESSAGE_SIGNING),
        ({"response_types": ["code id_token"], "request_object_signing_alg": "PS256"}, SecurityProfile.FAPI1_ADVANCED),
        ({"security_profile": "fapi1-advanced"}, SecurityProfile.FAPI1_ADVANCED),
    ):
        assert (await register(oauth, **asked)).json["security_profile"] == profile.value


async def test_what_is_asked_of_signed_answers_is_returned_as_registered(oauth: AuthorizationWorld):
    shown = (await register(oauth, userinfo_signed_response_alg="ES256")).json
    assert shown["userinfo_signed_response_alg"] == "ES256"
    assert shown["introspection_signed_response_alg"] == "PS256"
    assert (await register(oauth, userinfo_signed_response_alg="RS256")).error == INVALID_METADATA


@pytest.mark.spec("RFC8693-2")
@pytest.mark.spec("RFC9396-10")
async def test_a_tpp_registers_for_detailed_requests_and_for_the_management_of_its_grants(oauth: AuthorizationWorld):
    scope = "openid accounts grant_management_query grant_management_revoke"
    shown = (await register(oauth, authorization_details_types=["account_information"], scope=scope)).json
    assert shown["authorization_details_types"] == ["account_information"]
    assert set(shown["scope"].split()) == set(scope.split())
    read = await call(oauth, "GET", f"/register/{shown['client_id']}", token=shown["registration_access_token"])
    assert read.json["authorization_details_types"] == ["account_information"]
    for types in (["payment_initiation"], ["account_information", "payment_initiation"], ["customer_information"]):
        assert (await register(oauth, authorization_details_types=types)).error == INVALID_METADATA


async def test_of_changes_at_once_one_is_made_and_its_token_is_the_good_one(oauth_anywhere: AuthorizationWorld):
    """The others bring a token whose time is over, and do not receive one that never was good."""
    made = (await register(oauth_anywhere)).json
    path, token = f"/register/{made['client_id']}", made["registration_access_token"]
    body = json.dumps(wish(oauth_anywhere)).encode()
    answers = await asyncio.gather(*(call(oauth_anywhere, "PUT", path, body, token=token) for _ in range(6)))
    (changed,) = (answer for answer in answers if answer.status == 200)
    assert {answer.error for answer in answers if answer is not changed} == {(401, "invalid_token")}
    newest = changed.json["registration_access_token"]
    assert (await call(oauth_anywhere, "GET", path, token=newest)).status == 200


async def test_who_asks_for_no_scope_gets_what_the_roles_open(oauth: AuthorizationWorld):
    shown = (await register(oauth, scope=None, software_statement=statement(oauth, software_roles=["AISP", "PISP"]))).json
    assert set(shown["scope"].split()) == {"openid", "accounts", "payments"}


@pytest.mark.spec("RFC7591-3.1")
async def test_a_registration_is_json_or_a_jws(oauth: AuthorizationWorld):
    body = json.dumps(wish(oauth)).encode()
    for media_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert (await call(oauth, "POST", "/register", body, media_type=media_type)).status == 415


async def test_a_change_leaves_what_only_the_bank_can_give(oauth: AuthorizationWorld):
    """An enrolled client has default permissions: no member of a registration names them."""
    made = (await register(oauth)).json
    given = frozenset({Permission.ACCOUNTS_DETAIL})
    enrolled = oauth.metadata("newcomer", KEY, software_id=made["software_id"], default_permissions=given)
    enrolled = msgspec.structs.replace(enrolled, organisation_id=ORGANISATION)
    await replace_client(oauth.services, BRAND, made["client_id"], enrolled)
    body = json.dumps(wish(oauth)).encode()
    assert (
        await call(oauth, "PUT", f"/register/{made['client_id']}", body, token=made["registration_access_token"])
    ).status == 200
    changed = await oauth.services.clients.current(BRAND, made["client_id"], fresh=True)
    assert changed is not None
    assert changed.default_permissions == given


async def test_reading_a_registration_counts_among_its_clients_requests(oauth: AuthorizationWorld):
    made = (await register(oauth)).json
    limit = 3
    object.__setattr__(oauth.services.settings, "client_requests_per_minute", limit)
    path, token = f"/register/{made['client_id']}", made["registration_access_token"]
    answers = [(await call(oauth, "GET", path, token=token)).status for _ in range(limit + 1)]
    assert answers == [200] * limit + [429]


async def test_no_client_registers_for_the_banks_own_grants(oauth: AuthorizationWorld):
    """Token exchange is for clients that a configuration names."""
    exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    shown = (await register(oauth, grant_types=["client_credentials", exchange], token_exchange_audiences=["urn:bank"])).json
    assert shown["grant_types"] == ["client_credentials"]


async def test_one_organisation_cannot_fill_the_table(oauth: AuthorizationWorld):
    answers = [(await register(oauth)).status for _ in range(61)]
    assert answers == [201] * 60 + [429]


@pytest.mark.spec("RFC7591-3.2.2")
async def test_an_organisation_has_so_many_registrations_and_no_more_at_a_time(oauth_anywhere: AuthorizationWorld):
    """Also when many are asked for at once, and each saw room before its turn."""
    world = oauth_anywhere
    object.__setattr__(world.services, "settings", Settings(registrations_per_organisation=3))
    answers = await asyncio.gather(*(register(world) for _ in range(6)))
    refused = [answer for answer in answers if answer.status != 201]
    assert len(refused) == 3
    assert {(answer.status, answer.json["error"]) for answer in refused} == {(400, "unapproved_software_statement")}
    one = next(answer for answer in answers if answer.status == 201)
    deleted = await call(world, "DELETE", f"/register/{one.json['client_id']}", token=one.json["registration_access_token"])
    assert deleted.status == 204
    assert [(await register(world)).status for _ in range(2)] == [201, 400]


async def test_a_signed_request_beyond_the_registrations_of_an_organisation_is_not_remembered(oauth: AuthorizationWorld):
    object.__setattr__(oauth.services, "settings", Settings(registrations_per_organisation=1))
    one = await register(oauth)
    body = sealed(oauth, wish(oauth))
    assert (await call(oauth, "POST", "/register", body, media_type="application/jose")).status == 400
    await call(oauth, "DELETE", f"/register/{one.json['client_id']}", token=one.json["registration_access_token"])
    assert (await call(oauth, "POST", "/register", body, media_type="application/jose")).status == 201


@pytest.mark.spec("RFC9101-10.5")
async def test_messages_are_registered_within_the_profile_and_returned(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """What would weaken the profile is refused."""
    asked = {
        "response_types": ["id_token code"],
        "request_object_signing_alg": "PS256",
        "require_signed_request_object": True,
        "authorization_signed_response_alg": "PS256",
    }
    shown = (await register(oauth, **asked, security_profile="fapi1-advanced")).json
    assert shown["response_types"] == ["code id_token"]
    assert (shown["request_object_signing_alg"], shown["authorization_signed_response_alg"]) == ("PS256", "PS256")
    assert "id_token_encrypted_response_alg" not in shown
    for member, value in {
        "require_signed_request_object": False,
        "request_object_signing_alg": "EdDSA",
        "authorization_signed_response_alg": "EdDSA",
        "id_token_encrypted_response_alg": "ECDH-ES",
        "response_types": ["code id_token", "token"],
    }.items():
        with subtests.test(member):
            refused = await register(oauth, **{**asked, member: value}, security_profile="fapi1-advanced")
            assert refused.error == INVALID_METADATA


@pytest.mark.spec("FAPI-CIBA-ID1-5.2.2-2")
@pytest.mark.spec("FAPI1-ADV-FINAL-8.6.1")
async def test_nothing_is_encrypted_by_rsa1_5(oauth: AuthorizationWorld):
    """The same registration with RSA-OAEP-256 is accepted."""
    reader = rsa.generate_private_key(65537, 2048).public_key().public_numbers()
    material = {"kty": "RSA", "n": number(reader.n, 256), "e": number(reader.e, 3)}
    for alg, status in (("RSA1_5", 400), ("RSA-OAEP-256", 201)):
        keys = {"keys": [KEY.jwk, {**material, "kid": "reader", "use": "enc", "alg": alg}]}
        asked = {"software_statement": statement(oauth, software_jwks=keys), "id_token_encrypted_response_alg": alg}
        answer = await register(oauth, **asked)
        assert answer.status == status, answer.text


async def test_a_tpp_registers_how_it_asks_customers_on_another_device(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """CIBA section 4: returned as registered; tokens are never pushed, and no customer has a user code."""
    ciba = "urn:openid:params:grant-type:ciba"
    pinged = {
        "grant_types": ["authorization_code", "client_credentials", "refresh_token", ciba],
        "backchannel_token_delivery_mode": "ping",
        "backchannel_client_notification_endpoint": "https://newcomer.example/ping",
        "backchannel_authentication_request_signing_alg": "PS256",
        "backchannel_user_code_parameter": False,
    }
    answer = await register(oauth, **pinged)
    assert answer.status == 201, answer.text
    assert ciba in answer.json["grant_types"]
    for member in (name for name in pinged if name.startswith("backchannel") and "user_code" not in name):
        assert answer.json[member] == pinged[member]
    for wrong in (
        {"backchannel_token_delivery_mode": "push"},
        {"backchannel_token_delivery_mode": None},
        {"backchannel_client_notification_endpoint": "http://newcomer.example/ping"},
        {"backchannel_authentication_request_signing_alg": "EdDSA"},
        {"backchannel_user_code_parameter": True},
    ):
        with subtests.test(str(wrong)):
            assert (await register(oauth, **{**pinged, **wrong})).error == (400, "invalid_client_metadata")


@pytest.mark.spec("OBIE-DCR-3.3")
async def test_an_unsupported_response_type_is_refused_and_the_default_is_the_profiles(
    oauth: AuthorizationWorld, subtests: pytest.Subtests
):
    """No type is registered in place of another one: RFC 7591 section 2 would allow it, and no client could tell."""
    advanced = {"security_profile": "fapi1-advanced"}
    for asked in (
        {"response_types": ["id_token", "token"]},
        {"response_types": ["code", "token"]},
        {"response_types": ["code id_token"], "security_profile": "fapi2-security"},
        {"response_types": ["code"], **advanced},  # without a signed response there is no mode for it
        {"response_types": ["none"], **advanced},
        {"response_types": [""]},
        {"response_types": "code"},
        {"response_types": ["token"], "grant_types": ["client_credentials"]},
    ):
        with subtests.test(str(asked)):
            assert (await register(oauth, **asked)).error == INVALID_METADATA
    for asked, registered in (
        ({}, ["code"]),
        ({"security_profile": "fapi2-message-signing"}, ["code"]),
        (advanced, ["code id_token"]),
        ({"response_types": []} | advanced, ["code id_token"]),
        ({"response_types": ["code", "id_token code"]}, ["code id_token"]),  # named by its types, and code alone has no mode
        (
            {"response_types": ["code", "code id_token"], "authorization_signed_response_alg": "PS256"},
            ["code", "code id_token"],
        ),
    ):
        with subtests.test(str(asked)):
            assert (await register(oauth, **asked)).json["response_types"] == registered


@pytest.mark.spec("RFC7591-3.2.1")
async def test_a_type_that_the_client_can_never_use_is_not_returned(oauth: AuthorizationWorld):
    """Without customers there is nothing to refresh and no code to ask for; the application type is one of the known ones."""
    shown = (await register(oauth, grant_types=["client_credentials", "refresh_token", "implicit"], response_types=["code"])).json
    assert shown["grant_types"] == ["client_credentials"]
    assert shown["response_types"] == []
    read = await call(oauth, "GET", f"/register/{shown['client_id']}", token=shown["registration_access_token"])
    assert read.json["response_types"] == []
    assert (await register(oauth, application_type="native")).status == 201
    for unknown in ("toaster", "", 7):
        assert (await register(oauth, application_type=unknown)).error == INVALID_METADATA


@pytest.mark.spec("RFC7591-3.2.1")
async def test_the_answer_repeats_what_the_statement_says_of_software_and_organisation(oauth: AuthorizationWorld):
    """Not its issuer, times and id: those of a signed request stand there."""
    said = {
        "software_client_name": "Newcomer",
        "software_roles": ["AISP"],
        "software_on_behalf_of_org": "The Agency",
        "org_id": ORGANISATION,
        "org_name": "Newcomer Ltd",
        "organisation_competent_authority_claims": {"authority_id": "FCAGBR", "registration_id": "900001"},
    }
    asked = wish(oauth, software_statement=statement(oauth, **said, client_id="not one of ours", registration_access_token="x"))
    made = await call(oauth, "POST", "/register", sealed(oauth, asked), media_type="application/jose")
    assert made.status == 201, made.text
    read = await call(oauth, "GET", f"/register/{made.json['client_id']}", token=made.json["registration_access_token"])
    for answer in (made.json, read.json):
        assert {name: answer[name] for name in said} == said
        assert (answer["iss"], answer["iat"]) == ("software1newcomer", oauth.now)
        assert answer["client_id"] != "not one of ours"
    assert made.json["registration_access_token"] != "x"
    assert "registration_access_token" not in read.json


@pytest.mark.spec("RFC7592-2.1")
async def test_a_token_that_asks_for_an_unknown_or_foreign_registration_is_revoked(
    oauth_anywhere: AuthorizationWorld, subtests: pytest.Subtests
):
    """The registration access token and the client's own access token alike; the client itself lives on and gets others."""
    world = oauth_anywhere
    foreign = (await register(world)).json["client_id"]
    for method, address in (("GET", "stranger"), ("GET", foreign), ("DELETE", foreign), ("PUT", "stranger")):
        with subtests.test(f"{method} {address}"):
            made = (await register(world)).json
            tpp = tpp_of(Answer((await register(world)).response))
            own = f"/register/{made['client_id']}"
            refused = await call(world, method, f"/register/{address}", token=made["registration_access_token"])
            assert refused.error == (401, "invalid_token")
            assert (await call(world, "GET", own, token=made["registration_access_token"])).error == (401, "invalid_token")

            granted = (await world.token(tpp, "client_credentials")).json["access_token"]
            own = f"/register/{tpp.client.id}"
            assert (await call(world, "GET", own, token=granted)).status == 200
            assert (await call(world, method, f"/register/{address}", token=granted)).status == (
                403 if address == foreign else 401
            )
            assert (await call(world, "GET", own, token=granted)).error == (401, "invalid_token")
            granted = (await world.token(tpp, "client_credentials")).json["access_token"]
            assert (await call(world, "GET", own, token=granted)).status == 200


async def test_a_token_in_foreign_hands_is_not_revoked_by_them(oauth: AuthorizationWorld):
    """What a thief without the certificate presents costs its owner nothing, and a wrong secret behind a right id neither."""
    made = (await register(oauth)).json
    path, token = f"/register/{made['client_id']}", made["registration_access_token"]
    other = replace(HOLDER, der=b"other", thumbprint="other", organisation_id="PSDGB-FCA-1")
    assert (await call(oauth, "GET", "/register/stranger", token=token, presented=other)).status == 401
    assert (await call(oauth, "GET", "/register/stranger", token=f"{made['client_id']}.wrong")).status == 401
    assert (await call(oauth, "GET", path, token=token)).status == 200


async def test_a_signed_request_that_is_refused_is_not_remembered(oauth: AuthorizationWorld, monkeypatch: pytest.MonkeyPatch):
    """It is one request once it has registered something."""
    monkeypatch.setattr("consent.authorization.registration.endpoint.RATE_LIMIT", 1)
    monkeypatch.setattr("consent.authorization.registration.endpoint.RATE_WINDOW_SECONDS", 60)
    assert (await register(oauth)).status == 201
    body = sealed(oauth, wish(oauth))
    assert (await call(oauth, "POST", "/register", body, media_type="application/jose")).status == 429
    oauth.advance(seconds=61)
    assert (await call(oauth, "POST", "/register", body, media_type="application/jose")).status == 201
    oauth.advance(seconds=61)
    assert (await call(oauth, "POST", "/register", body, media_type="application/jose")).error == INVALID_METADATA
