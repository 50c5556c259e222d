"""The metadata that the issuer publishes. RFC 8414, OIDC Discovery, RFC 8705 section 5."""

import json
from dataclasses import replace

import pytest

from consent.authorization.endpoints.discovery import metadata_of
from consent.authorization.keys.rotation import begin_rotation
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND

WELL_KNOWNS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
REGISTERED = {  # IANA OAuth Authorization Server Metadata, as far as we use it: any other name would warn
    *("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "revocation_endpoint"),
    *("pushed_authorization_request_endpoint", "mtls_endpoint_aliases", "response_types_supported", "response_modes_supported"),
    *(
        "grant_types_supported",
        "scopes_supported",
        "claims_supported",
        "claims_parameter_supported",
        "request_parameter_supported",
    ),
    *("request_uri_parameter_supported", "acr_values_supported", "subject_types_supported"),
    *("id_token_signing_alg_values_supported", "token_endpoint_auth_methods_supported"),
    *("token_endpoint_auth_signing_alg_values_supported", "revocation_endpoint_auth_methods_supported"),
    *("revocation_endpoint_auth_signing_alg_values_supported", "code_challenge_methods_supported"),
    *("request_object_signing_alg_values_supported", "authorization_signing_alg_values_supported"),
    *("authorization_encryption_alg_values_supported", "authorization_encryption_enc_values_supported"),
    *("id_token_encryption_alg_values_supported", "id_token_encryption_enc_values_supported"),
    *("authorization_response_iss_parameter_supported", "tls_client_certificate_bound_access_tokens"),
    *("dpop_signing_alg_values_supported", "registration_endpoint", "introspection_endpoint", "userinfo_endpoint"),
    *("introspection_endpoint_auth_methods_supported", "introspection_endpoint_auth_signing_alg_values_supported"),
    *("introspection_signing_alg_values_supported", "userinfo_signing_alg_values_supported"),
    "authorization_details_types_supported",
    *("grant_management_endpoint", "grant_management_actions_supported", "grant_management_action_required"),
    *("backchannel_authentication_endpoint", "backchannel_token_delivery_modes_supported"),
    *("backchannel_authentication_request_signing_alg_values_supported", "backchannel_user_code_parameter_supported"),
}


@pytest.mark.conformance(
    "fapi2-security-profile-final-discovery-end-point-verification", "fapi1-advanced-final-discovery-end-point-verification"
)
@pytest.mark.spec("RFC8414", "OIDC-DISCOVERY-3")
async def test_both_documents_say_what_fapi_asks_for(oauth: AuthorizationWorld):
    first, second = [(await oauth.call("GET", path)).json for path in WELL_KNOWNS]
    assert first == second
    assert set(first) == REGISTERED
    assert first["issuer"] == BRAND.issuer
    assert first["token_endpoint"] == "https://localhost:8443/token"
    assert first["mtls_endpoint_aliases"]["token_endpoint"] == "https://localhost:8444/token"
    assert first["mtls_endpoint_aliases"].keys() <= first.keys()
    assert "authorization_endpoint" not in first["mtls_endpoint_aliases"]
    assert first["response_types_supported"] == ["code", "code id_token"]
    assert set(first["response_modes_supported"]) == {"query", "fragment", "jwt", "query.jwt", "fragment.jwt"}
    assert first["request_parameter_supported"] is True
    assert first["request_uri_parameter_supported"] is False
    assert {"PS256", "ES256"} <= set(first["request_object_signing_alg_values_supported"])
    assert first["authorization_signing_alg_values_supported"] == ["PS256", "ES256"]
    for of in ("authorization", "id_token"):
        assert first[f"{of}_encryption_alg_values_supported"] == ["RSA-OAEP-256", "ECDH-ES"]
        assert "A256GCM" in first[f"{of}_encryption_enc_values_supported"]
    assert first["code_challenge_methods_supported"] == ["S256"]
    assert first["authorization_response_iss_parameter_supported"] is True
    assert first["tls_client_certificate_bound_access_tokens"] is True
    assert set(first["grant_types_supported"]) == {
        *("authorization_code", "client_credentials", "refresh_token"),
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:openid:params:grant-type:ciba",
    }
    assert set(first["scopes_supported"]) == {
        *("openid", "accounts", "payments", "fundsconfirmations"),
        *("grant_management_query", "grant_management_revoke"),
    }
    assert {"acr", "openbanking_intent_id"} <= set(first["claims_supported"])
    assert "urn:openbanking:psd2:sca" in first["acr_values_supported"]
    assert set(first["token_endpoint_auth_signing_alg_values_supported"]) == {"PS256", "ES256", "EdDSA"}
    assert first["mtls_endpoint_aliases"]["userinfo_endpoint"] == "https://localhost:8444/userinfo"
    assert set(first["userinfo_signing_alg_values_supported"]) == {"PS256", "ES256"}
    assert set(first["dpop_signing_alg_values_supported"]) == {"PS256", "ES256", "EdDSA"}


@pytest.mark.spec("RFC7517-5")
async def test_published_keys_are_public_named_and_never_vanish_while_needed(oauth: AuthorizationWorld):
    before = (await oauth.call("GET", "/jwks")).json["keys"]
    await begin_rotation(oauth.services, BRAND.name)
    after = (await oauth.call("GET", "/jwks")).json["keys"]
    assert {key["kid"] for key in before} < {key["kid"] for key in after}
    assert len({key["kid"] for key in after}) == len(after) == 20
    for key in after:
        assert key["use"] == "sig"
        assert key["alg"] in {"PS256", "ES256"}
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()


@pytest.mark.parametrize("path", [*WELL_KNOWNS, "/jwks"])
async def test_public_documents_may_be_read_from_any_origin_and_kept(oauth: AuthorizationWorld, path: str):
    answer = await oauth.call("GET", path)
    assert answer.response.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.response.headers["Cache-Control"].startswith("public, max-age=")
    preflight = await oauth.call("OPTIONS", path)
    assert preflight.status == 204
    assert preflight.response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"


async def test_head_is_get_without_its_body(oauth: AuthorizationWorld):
    answer = await oauth.call("HEAD", "/jwks")
    assert answer.status == 200
    assert answer.response.body is None


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/jwks", "GET, HEAD, OPTIONS"),
        ("PUT", "/par", "POST"),
        ("GET", "/token", "POST"),
        ("OPTIONS", "/token", "POST"),
        ("DELETE", "/authorize", "GET, POST, HEAD"),
    ],
)
@pytest.mark.conformance("fapi2-security-profile-final-par-attempt-invalid-http-method")
async def test_another_method_is_refused_with_those_that_exist(oauth: AuthorizationWorld, method: str, path: str, allowed: str):
    answer = await oauth.call(method, path)
    assert answer.status == 405
    assert answer.response.headers["Allow"] == allowed
    assert "Access-Control-Allow-Origin" not in answer.response.headers


async def test_an_unknown_path_is_not_found(oauth: AuthorizationWorld):
    assert (await oauth.call("GET", "/nothing")).error == (404, "invalid_request")


async def test_a_broken_invariant_is_not_revealed(oauth: AuthorizationWorld):
    """A 500 without detail; the server goes on."""
    present = oauth.services.keys._sets._snapshots.pop(BRAND.name)
    answer = await oauth.call("GET", "/jwks")
    assert answer.error == (500, "server_error")
    assert "main" not in json.dumps(answer.json)
    oauth.services.keys._sets._snapshots[BRAND.name] = present
    assert (await oauth.call("GET", "/jwks")).status == 200


@pytest.mark.spec("RFC8705-5")
async def test_a_brand_names_its_mtls_endpoints_at_top_level_for_clients_that_know_no_aliases(oauth: AuthorizationWorld):
    usual = metadata_of(oauth.services, BRAND)
    asked = metadata_of(oauth.services, replace(BRAND, top_level_endpoints="mtls"))
    aliases = asked["mtls_endpoint_aliases"]
    assert aliases == usual["mtls_endpoint_aliases"]
    assert {name: asked[name] for name in aliases} == aliases
    assert {name for name in usual if usual[name] != asked[name]} == set(aliases)  # a browser's addresses stay public
