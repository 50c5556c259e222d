"""The ways of an answer: in the query, in the fragment, signed, encrypted. OAuth Multiple Response Types, JARM, OIDC Core section 3.3."""

import hashlib
import json
from typing import Any

import msgspec
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from consent.authorization.authorize.pushed import PushedRequest
from consent.authorization.clients.metadata_checks import check_metadata
from consent.authorization.clients.registry import register_client
from consent.authorization.keys.ring import KeyPurpose
from consent.authorization.offer.profiles import SecurityProfile
from consent.store.rows.formats import FormatUnreadable
from kernel.banking.consents import Permission
from kernel.errors import FieldInvalid, FieldMissing
from tests.harness.damage.oauth import replace_pushed, return_pushed
from tests.unit.kernel.jose.test_jwe import decrypt, jwk_of
from tests.world.answer import Answer
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.keys import KEYS, b64, unb64
from tests.world.tpp import Tpp

DEFAULT = frozenset({Permission.ACCOUNTS_BASIC})
ADVANCED = SecurityProfile.FAPI1_ADVANCED


async def registered(world: AuthorizationWorld, name: str, **changes: Any) -> Tpp:
    facts = {"authorization_signed_response_alg": "PS256", "default_permissions": DEFAULT, **changes}
    return await world.register(name, KEYS["acme-1"], **facts)


async def advanced(world: AuthorizationWorld, name: str = "adv", **changes: Any) -> Tpp:
    facts = {"security_profile": ADVANCED, "response_types": frozenset({"code", "code id_token"}), **changes}
    return await registered(world, name, **facts)


async def answered(world: AuthorizationWorld, tpp: Tpp, **inside: Any) -> Answer:
    """Approved, however its profile has it pushed."""
    is_signed = tpp.client.security_profile is not SecurityProfile.FAPI2_SECURITY
    answer = await (world.push_object(tpp, tpp.signed(None, **inside)) if is_signed else world.push(tpp, None, **inside))
    assert answer.status == 201, answer.text
    return await world.approve(tpp, answer.json["request_uri"])


async def keys_of(world: AuthorizationWorld) -> KeySet:
    return KeySet.import_key_set((await world.call("GET", "/jwks")).json)


async def opened(world: AuthorizationWorld, token: str, alg: str = "PS256") -> dict[str, Any]:
    """The claims of a JWT that a library of its own verified with the published keys."""
    return dict(jwt.decode(token, await keys_of(world), algorithms=[alg]).claims)


def half(text: str) -> str:
    return b64(hashlib.sha256(text.encode()).digest()[:16])


@pytest.mark.spec("JARM-2.1")
@pytest.mark.parametrize("mode", ["jwt", "query.jwt"])
@pytest.mark.parametrize("alg", ["PS256", "ES256"])
@pytest.mark.spec("JARM-2.3.1")
@pytest.mark.spec("FAPI2-MS-FINAL-5.4")
async def test_a_signed_response_holds_all_parameters(oauth: AuthorizationWorld, mode: str, alg: str):
    """Facts 2.7: one parameter `response`, with iss, aud and an exp within ten minutes."""
    tpp = await registered(oauth, "jarm", authorization_signed_response_alg=alg)
    answer = (await answered(oauth, tpp, response_mode=mode, redirect_uri=tpp.client.redirect_uris[1])).location
    assert set(answer) == {"response", "dummy1", "dummy2"}
    claims = await opened(oauth, answer["response"], alg)
    assert set(claims) == {"iss", "aud", "exp", "code", "state"}
    assert (claims["iss"], claims["aud"], claims["state"]) == (BRAND.issuer, tpp.client.id, "state-1")
    assert 10 < claims["exp"] - oauth.now <= 600
    header = json.loads(unb64(answer["response"].split(".")[0]))
    assert header["typ"] == "JWT"
    assert header["kid"] in oauth.services.keys.verification_keys(BRAND.name, KeyPurpose.AUTHORIZATION_RESPONSE)


async def test_a_response_is_signed_by_a_key_that_signs_nothing_else(oauth: AuthorizationWorld):
    """No id_token and no access token can be taken for a response, nor the other way round."""
    of = {purpose: set(oauth.services.keys.verification_keys(BRAND.name, purpose)) for purpose in KeyPurpose}
    assert not of[KeyPurpose.AUTHORIZATION_RESPONSE] & (of[KeyPurpose.ID_TOKEN] | of[KeyPurpose.ACCESS_TOKEN])


@pytest.mark.conformance("fapi2-security-profile-final-user-rejects-authentication")
async def test_a_refusal_is_signed_as_well(oauth: AuthorizationWorld):
    tpp = await registered(oauth, "mess", security_profile=SecurityProfile.FAPI2_MESSAGE_SIGNING)
    token = tpp.signed(None, response_mode="jwt", prompt="none")
    request_uri = (await oauth.push_object(tpp, token)).json["request_uri"]
    answer = (await oauth.visit(tpp, request_uri)).location
    assert set(answer) == {"response"}
    claims = await opened(oauth, answer["response"])
    assert (claims["error"], claims["state"], claims["iss"]) == ("login_required", "state-1", BRAND.issuer)


@pytest.mark.conformance("fapi2-security-profile-final-ensure-unsigned-authorization-request-without-using-par-fails")
async def test_a_refusal_of_a_request_without_push_is_signed_as_asked(oauth: AuthorizationWorld):
    tpp = await registered(oauth, "mess", security_profile=SecurityProfile.FAPI2_MESSAGE_SIGNING)
    parameters = tpp.request_of(None, response_mode="jwt")
    answer = (await oauth.call("GET", "/authorize", query=parameters)).location
    assert (await opened(oauth, answer["response"]))["error"] == "invalid_request"


@pytest.mark.spec("FAPI1-BASE-5.2.2.2")
@pytest.mark.conformance("fapi1-advanced-final-ensure-request-object-without-nonce-fails")
@pytest.mark.spec("FAPI1-BASE-5.2.2.3")
async def test_fapi_1_ties_each_request_to_its_browser_and_fapi_2_leaves_that_to_pkce(oauth: AuthorizationWorld):
    tpp = await advanced(oauth)
    signed = {"response_type": "code", "response_mode": "jwt"}
    for inside in ({"nonce": None}, {"nonce": None, **signed}, {"scope": "accounts", "state": None, **signed}):
        assert (await oauth.push_object(tpp, tpp.signed(None, **inside))).error == (400, "invalid_request")
    for inside in ({"state": None}, {"scope": "accounts", "nonce": None, **signed}):
        assert (await oauth.push_object(tpp, tpp.signed(None, **inside))).status == 201
    assert (await oauth.push(oauth.acme, None, nonce=None, state=None)).status == 201


@pytest.mark.spec("OIDC-CORE-3.3.2.11")
@pytest.mark.conformance("fapi1-advanced-final")
@pytest.mark.parametrize("state", ["state-1", None])
@pytest.mark.spec("FAPI1-ADV-FINAL-5.2.2.1-5", "OIDC-CORE-3.3.2.5")
@pytest.mark.spec("OAUTH-MRT-2.1")
async def test_an_id_token_vouches_for_the_code_and_state_that_it_travels_with(oauth: AuthorizationWorld, state: str | None):
    tpp = await advanced(oauth)
    answer = (await answered(oauth, tpp, state=state)).fragment
    assert set(answer) == {"code", "id_token", "iss"} | ({"state"} if state else set())
    claims = await opened(oauth, answer["id_token"])
    assert claims["c_hash"] == half(answer["code"])
    assert claims.get("s_hash") == (half(state) if state else None)
    assert claims["nonce"] == "nonce-1"
    assert "at_hash" not in claims
    redeemed = await oauth.redeem(tpp, answer["code"])
    second = await opened(oauth, redeemed.json["id_token"])
    assert not {"c_hash", "s_hash"} & second.keys()
    for name in ("iss", "sub", "aud", "nonce", "acr", "auth_time"):
        assert claims[name] == second[name]


@pytest.mark.spec("JARM-2.3.4")
@pytest.mark.parametrize("mode", ["jwt", "fragment.jwt"])
@pytest.mark.spec("JARM-2.3.2")
async def test_an_id_token_in_a_signed_response_stays_in_the_fragment(oauth: AuthorizationWorld, mode: str):
    tpp = await advanced(oauth)
    answer = (await answered(oauth, tpp, response_mode=mode)).fragment
    assert set(answer) == {"response"}
    claims = await opened(oauth, answer["response"])
    assert (await opened(oauth, claims["id_token"]))["c_hash"] == half(claims["code"])


async def test_the_order_of_a_response_types_values_does_not_matter(oauth: AuthorizationWorld):
    tpp = await advanced(oauth)
    assert "id_token" in (await answered(oauth, tpp, response_type="id_token code")).fragment


@pytest.mark.parametrize(
    ("inside", "error"),
    [
        ({"response_type": "code id_token", "response_mode": "query"}, "invalid_request"),
        ({"response_type": "code id_token", "response_mode": "query.jwt"}, "invalid_request"),
        ({"response_type": "code id_token", "response_mode": "form_post"}, "invalid_request"),
        ({"response_type": "code"}, "invalid_request"),
        ({"response_type": "code", "response_mode": "query"}, "invalid_request"),
        ({"response_type": "code", "response_mode": "fragment.jwt"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_type": "code code"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unsupported_response_type"),
    ],
)
@pytest.mark.conformance(
    "fapi1-advanced-final-ensure-response-mode-query", "fapi1-advanced-final-ensure-response-type-code-fails"
)
@pytest.mark.spec("OAUTH-MRT-5")
async def test_a_mode_that_does_not_fit_is_refused(oauth: AuthorizationWorld, inside: dict[str, Any], error: str):
    tpp = await advanced(oauth)
    assert (await oauth.push_object(tpp, tpp.signed(None, **inside))).error == (400, error)


@pytest.mark.spec("RFC7591-2")
async def test_a_response_type_that_the_client_did_not_register_is_refused(oauth: AuthorizationWorld):
    """Its profile alone is not enough."""
    tpp = await advanced(oauth, response_types=frozenset({"code id_token"}))
    token = tpp.signed(None, response_type="code", response_mode="jwt")
    assert (await oauth.push_object(tpp, token)).error == (400, "unsupported_response_type")


@pytest.mark.spec("JARM-3")
async def test_without_a_registered_algorithm_there_is_no_signed_response(oauth: AuthorizationWorld):
    """JARM would mean RS256 then, which FAPI forbids."""
    for mode in ("jwt", "query.jwt"):
        assert (await oauth.push(oauth.acme, None, response_mode=mode)).error == (400, "invalid_request")
    tpp = await advanced(oauth, authorization_signed_response_alg=None)
    for inside in ({"response_mode": "jwt"}, {"response_type": "code", "response_mode": "jwt"}):
        assert (await oauth.push_object(tpp, tpp.signed(None, **inside))).status == 400


@pytest.mark.parametrize(("alg", "enc"), [("RSA-OAEP-256", "A256GCM"), ("ECDH-ES", "A128GCM"), ("RSA-OAEP-256", None)])
@pytest.mark.spec("JARM-2.2", "OIDC-CORE-10.2")
async def test_what_a_client_wants_encrypted_only_it_can_read(oauth: AuthorizationWorld, alg: str, enc: str | None):
    tpp = await advanced(
        oauth,
        jwks={"keys": [KEYS["acme-1"].jwk, jwk_of(alg)]},
        authorization_encrypted_response_alg=alg,
        authorization_encrypted_response_enc=enc,
        id_token_encrypted_response_alg=alg,
        id_token_encrypted_response_enc=enc,
    )
    answer = (await answered(oauth, tpp, response_mode="jwt")).fragment
    header, signed = decrypt(answer["response"])
    assert (header["alg"], header["enc"], header["kid"]) == (alg, enc or "A128CBC-HS256", "enc-1")
    claims = await opened(oauth, signed.decode())
    _, id_token = decrypt(claims["id_token"])
    assert (await opened(oauth, id_token.decode()))["c_hash"] == half(claims["code"])
    redeemed = (await oauth.redeem(tpp, claims["code"])).json
    assert (await opened(oauth, decrypt(redeemed["id_token"])[1].decode()))["nonce"] == "nonce-1"


@pytest.mark.spec("OIDC-DCR-2")
async def test_registered_messages_are_those_of_the_profile(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """Nothing that a client registers weakens its profile."""
    message = SecurityProfile.FAPI2_MESSAGE_SIGNING
    encrypted = {"jwks": {"keys": [KEYS["acme-1"].jwk, jwk_of("ECDH-ES")]}}
    small = jwk_of("RSA-OAEP-256", n=b64(b"\xff" * 128))
    cases: dict[str, dict[str, Any]] = {
        "id_token in front under FAPI 2.0": {"response_types": frozenset({"code id_token"})},
        "implicit": {"security_profile": ADVANCED, "response_types": frozenset({"token"})},
        "no objects where they are required": {"security_profile": message, "require_signed_request_object": False},
        "objects where there are none": {"require_signed_request_object": True},
        "an algorithm for objects where there are none": {"request_object_signing_alg": "PS256"},
        "EdDSA under FAPI 1.0": {"security_profile": ADVANCED, "request_object_signing_alg": "EdDSA"},
        "responses that no key signs": {"authorization_signed_response_alg": "EdDSA"},
        "enc without alg": {"id_token_encrypted_response_enc": "A256GCM"},
        "alg without a key": {"id_token_encrypted_response_alg": "ECDH-ES"},
        "a key for another alg": {"id_token_encrypted_response_alg": "RSA-OAEP-256", **encrypted},
        "encrypted and not signed": {"authorization_encrypted_response_alg": "ECDH-ES", **encrypted},
        "a small key": {"id_token_encrypted_response_alg": "RSA-OAEP-256", "jwks": {"keys": [KEYS["acme-1"].jwk, small]}},
    }
    for name, changes in cases.items():
        with subtests.test(name), pytest.raises((FieldInvalid, FieldMissing)) as refused:
            check_metadata(oauth.metadata("acme", KEYS["acme-1"], **changes))
        with subtests.test(f"{name}: names the member"):
            assert refused.value.path
    check_metadata(oauth.metadata("acme", KEYS["acme-1"], security_profile=message, require_signed_request_object=True))


async def test_keys_that_nothing_is_encrypted_with_are_not_kept(oauth: AuthorizationWorld):
    metadata = oauth.metadata("acme", KEYS["acme-1"], jwks={"keys": [KEYS["acme-1"].jwk, jwk_of("ECDH-ES")]})
    assert (await register_client(oauth.services, BRAND, metadata)).jwks == {"keys": [KEYS["acme-1"].jwk]}


async def test_a_request_of_the_release_before_is_answered_as_it_was_asked(oauth: AuthorizationWorld):
    """Two releases run at the same time: format 1 knew the code in the query only; what comes after 2 is not guessed at."""
    request_uri = await oauth.pushed_uri(oauth.acme, None)
    pushed = await oauth.load_pushed(oauth.acme, request_uri)
    later = {"response_type", "response_mode"}
    document = {name: value for name, value in json.loads(msgspec.json.encode(pushed)).items() if name not in later}

    async def store(number: int) -> None:
        await replace_pushed(oauth.database, pushed.id, json.dumps(document).encode(), number)

    await store(1)
    old: PushedRequest = await oauth.load_pushed(oauth.acme, request_uri)
    assert (old.response_type, old.response_mode) == ("code", "query")
    assert "code" in (await oauth.approve(oauth.acme, request_uri)).location
    await store(3)
    assert [row.format for row in await oauth.books.oauth.pushed_requests()] == [3]
    await return_pushed(oauth.database)
    with pytest.raises(FormatUnreadable):
        await oauth.load_pushed(oauth.acme, request_uri)


def test_the_half_hash_is_that_of_the_specification():
    """OIDC Core appendix A.4: c_hash of its example code, under RS256, whose hash is that of PS256 and ES256."""
    assert half("Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk") == "LDktKdoQak3Pk0cnXxCltA"
