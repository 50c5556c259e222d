"""The token endpoint: what each grant demands, and what its tokens say. RFC 6749 section 5, RFC 7636, RFC 8705, RFC 9068."""

import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from consent.authorization.clients.registry import deactivate_client
from consent.authorization.tokens.codes import load_code
from consent.authorization.tokens.revoke import revoke_family
from kernel.access import Confirmation
from kernel.errors import Overloaded
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.keys import unb64
from tests.world.tpp import VERIFIER

GRANT = (400, "invalid_grant")


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims, _ = token.split(".")
    return json.loads(unb64(header)), json.loads(unb64(claims))


@pytest.mark.spec("RFC9068-2")
async def test_an_access_token_says_who_may_do_what_and_nothing_more(oauth: AuthorizationWorld):
    tokens = await oauth.tokens(oauth.acme)
    header, claims = parts(tokens["access_token"])
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    assert set(claims) == {
        *("iss", "aud", "sub", "client_id", "jti", "iat", "exp", "scope", "cnf", "family_id", "consent_id"),
    }
    assert claims["iss"] == BRAND.issuer
    assert claims["aud"] == BRAND.resource_audience
    assert claims["client_id"] == oauth.acme.client.id
    assert claims["exp"] - claims["iat"] == 300
    assert claims["cnf"] == {"x5t#S256": oauth.acme.certificate.thumbprint}
    assert claims["scope"] == "openid accounts"
    assert "alice" not in json.dumps(claims)


@pytest.mark.spec("OIDC-CORE-2")
async def test_an_id_token_is_signed_by_a_published_key_as_the_client_registered(oauth: AuthorizationWorld):
    """Verified by a library of its own, from the published keys."""
    await oauth.register("curve", oauth.borough.key, id_token_signed_response_alg="ES256")
    keys = KeySet.import_key_set((await oauth.call("GET", "/jwks")).json)
    for name, alg in (("acme", "PS256"), ("curve", "ES256")):
        tpp = oauth.tpps[name]
        token = jwt.decode((await oauth.tokens(tpp))["id_token"], keys, algorithms=[alg])
        assert set(token.claims) == {
            *("iss", "sub", "aud", "iat", "exp", "auth_time", "acr", "nonce", "openbanking_intent_id"),
        }
        assert token.claims["aud"] == tpp.client.id
        assert token.claims["iss"] == BRAND.issuer


@pytest.mark.spec("OIDC-CORE-8.1")
async def test_two_organisations_cannot_compare_their_customers(oauth: AuthorizationWorld):
    """OIDC Core section 8.1: pairwise, the same for all software of one organisation."""
    await oauth.register("sister", oauth.borough.key, organisation_id="org-acme")
    subjects = [parts((await oauth.tokens(oauth.tpps[name]))["id_token"])[1]["sub"] for name in ("acme", "sister", "borough")]
    assert subjects[0] == subjects[1] != subjects[2]


@pytest.mark.conformance("fapi2-security-profile-final-ensure-authorization-request-without-nonce-success")
async def test_a_nonce_appears_only_if_it_was_sent(oauth: AuthorizationWorld):
    assert "nonce" not in parts((await oauth.tokens(oauth.acme, nonce=None))["id_token"])[1]
    assert parts((await oauth.tokens(oauth.acme, nonce="n" * 64))["id_token"])[1]["nonce"] == "n" * 64


async def test_without_openid_there_is_no_id_token(oauth: AuthorizationWorld):
    assert "id_token" not in await oauth.tokens(oauth.acme, scope="accounts")


@pytest.mark.conformance("fapi2-security-profile-final-ensure-other-scope-order-succeeds")
async def test_the_order_of_scopes_does_not_matter(oauth: AuthorizationWorld):
    assert (await oauth.tokens(oauth.acme, scope="accounts openid"))["scope"] == "accounts openid"


@pytest.mark.spec("RFC6749-4.1.3", "RFC7636-4.6")
async def test_a_code_is_worth_nothing_to_anyone_else_or_with_anything_wrong(
    oauth: AuthorizationWorld, subtests: pytest.Subtests
):
    cases: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
        "fapi2-...-ensure-pkce-code-verifier-required": ({"code_verifier": None}, GRANT),
        "fapi2-...-incorrect-pkce-code-verifier-rejected": ({"code_verifier": "w" * 43}, GRANT),
        "verifier too short": ({"code_verifier": "v" * 42}, GRANT),
        "verifier too long": ({"code_verifier": "v" * 129}, GRANT),
        "verifier in another script": ({"code_verifier": "v" * 42 + "\u00e9"}, GRANT),
        "another redirect_uri": ({"redirect_uri": oauth.acme.client.redirect_uris[1]}, GRANT),
        "no code": ({"code": None}, (400, "invalid_request")),
        "unknown code": ({"code": "c" * 43}, GRANT),
        "endless code": ({"code": "c" * 10_000}, GRANT),
        "fapi2-...-ensure-holder-of-key-required": ({"presented": None}, (400, "invalid_request")),
    }
    code = await oauth.code(oauth.acme)
    for name, (changes, expected) in cases.items():
        with subtests.test(name):
            assert (await oauth.redeem(oauth.acme, code, **changes)).error == expected
    with subtests.test("fapi2-...-ensure-authorization-code-is-bound-to-client"):
        assert (await oauth.redeem(oauth.borough, code, redirect_uri=oauth.acme.redirect_uri)).error == GRANT
    with subtests.test("none of which used the code up"):
        assert (await oauth.redeem(oauth.acme, code)).status == 200


async def test_a_code_used_by_somebody_else_again_ends_nothing(oauth: AuthorizationWorld):
    """RFC 9700 section 4.5: only its own client's second use is a replay; otherwise anyone who sees a code could end what grew from it."""
    code = await oauth.code(oauth.acme)
    tokens = (await oauth.redeem(oauth.acme, code)).json
    assert (await oauth.redeem(oauth.borough, code, redirect_uri=oauth.acme.redirect_uri)).error == GRANT
    assert await oauth.family_state(tokens["access_token"]) == "active"


async def test_the_redirect_uri_need_not_be_repeated(oauth: AuthorizationWorld):
    """It was pushed over an authenticated channel: FAPI2 asks for no second time."""
    assert (await oauth.redeem(oauth.acme, await oauth.code(oauth.acme), redirect_uri=None)).status == 200


@pytest.mark.conformance("fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code")
@pytest.mark.spec("FAPI2-SP-FINAL-5.3.2.1-13")
async def test_a_code_lives_for_a_minute(oauth: AuthorizationWorld):
    code = await oauth.code(oauth.acme)
    oauth.advance(seconds=59)
    assert (await oauth.redeem(oauth.acme, code)).status == 200
    code = await oauth.code(oauth.acme)
    oauth.advance(seconds=60)
    assert (await oauth.redeem(oauth.acme, code)).error == GRANT


async def test_a_suspended_consent_gives_no_tokens_until_it_returns(oauth: AuthorizationWorld):
    """The consent is read again, under its lock, when the code is redeemed and whenever a token is refreshed."""
    consent = await oauth.lodge(oauth.acme)
    code = (await oauth.approve(oauth.acme, await oauth.pushed_uri(oauth.acme, consent.id))).location["code"]
    await oauth.services.store.suspend(BRAND, consent.id)
    assert (await oauth.redeem(oauth.acme, code)).error == GRANT
    await oauth.services.store.resume(BRAND, consent.id)
    tokens = (await oauth.redeem(oauth.acme, code)).json
    await oauth.services.store.suspend(BRAND, consent.id)
    assert (await oauth.token(oauth.acme, "refresh_token", refresh_token=tokens["refresh_token"])).error == GRANT
    await oauth.services.store.resume(BRAND, consent.id)
    assert (await oauth.token(oauth.acme, "refresh_token", refresh_token=tokens["refresh_token"])).status == 200


async def test_a_code_of_a_family_that_has_ended_gives_no_tokens(oauth: AuthorizationWorld):
    """Its consent is in force still: the family alone was ended."""
    code = await oauth.code(oauth.acme)
    async with oauth.services.database.read() as connection:
        row = await load_code(connection, BRAND.name, code)
    assert row is not None
    await revoke_family(oauth.services, BRAND, row.family_id, actor="system", reason="test")
    assert (await oauth.redeem(oauth.acme, code)).error == GRANT


@pytest.mark.spec("RFC6749-4.4")
async def test_a_client_without_a_scope_of_its_own_has_no_token_of_its_own(oauth: AuthorizationWorld):
    stranger = await oauth.register_again(oauth.acme, scope="openid")
    assert (await oauth.token(stranger, "client_credentials")).error == (400, "invalid_scope")


async def test_client_credentials_store_nothing_and_leave_a_record(oauth: AuthorizationWorld):
    assert (await oauth.token(oauth.acme, "client_credentials")).status == 200
    before = oauth.database.statements
    answer = await oauth.token(oauth.acme, "client_credentials")
    assert oauth.database.statements == before, "a warm client costs no statement"
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "scope"}
    assert answer.json["scope"] == "accounts"
    token = oauth.verifier.verify(BRAND, answer.json["access_token"])
    assert token.subject == token.client_id == oauth.acme.client.id
    assert token.grant == "client_credentials"
    assert (token.family_id, token.consent_id) == (None, None)
    entry = oauth.tokens_recorded[-1]
    assert (entry.kind, entry.aggregate_id, entry.actor) == ("token.issued", token.jti, f"client:{oauth.acme.client.id}")


async def test_a_record_that_cannot_be_taken_means_no_token(oauth: AuthorizationWorld):
    def full(_entry: object) -> None:
        raise Overloaded("queue full")

    object.__setattr__(oauth.services, "record_token", full)
    answer = await oauth.token(oauth.acme, "client_credentials")
    assert answer.error == (503, "temporarily_unavailable")


async def test_a_scope_may_narrow_and_never_widen(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    refresh_token = (await oauth.tokens(oauth.acme))["refresh_token"]
    for scope, status in (("accounts", 200), ("openid accounts", 200), ("accounts payments", 400), ("payments", 400), (" ", 400)):
        with subtests.test(f"refresh {scope}"):
            answer = await oauth.token(oauth.acme, "refresh_token", refresh_token=refresh_token, scope=scope)
            assert answer.status == status
            assert status == 200 or answer.error == (400, "invalid_scope")
    for scope, status in (("accounts", 200), ("openid", 400), ("payments", 400)):
        with subtests.test(f"client_credentials {scope}"):
            assert (await oauth.token(oauth.acme, "client_credentials", scope=scope)).status == status


@pytest.mark.conformance("fapi2-security-profile-final-refresh-token")
@pytest.mark.spec("RFC6749-6")
async def test_a_refresh_token_stays_the_same_and_its_access_tokens_are_bound_again(oauth: AuthorizationWorld):
    refresh_token = (await oauth.tokens(oauth.acme))["refresh_token"]
    other = oauth.borough.certificate
    for _ in range(2):
        oauth.advance(seconds=30)
        answer = await oauth.token(oauth.acme, "refresh_token", refresh_token=refresh_token, presented=other)
        assert answer.json["refresh_token"] == refresh_token
        assert answer.response.headers["Cache-Control"] == "no-store"
        assert oauth.verifier.verify(BRAND, answer.json["access_token"]).confirmation == Confirmation(
            "x5t#S256", other.thumbprint
        )
        assert "id_token" not in answer.json


async def test_a_refresh_token_is_worth_nothing_to_anyone_else(oauth: AuthorizationWorld):
    refresh_token = (await oauth.tokens(oauth.acme))["refresh_token"]
    assert (await oauth.token(oauth.borough, "refresh_token", refresh_token=refresh_token)).error == GRANT
    assert (await oauth.token(oauth.acme, "refresh_token", refresh_token="x" * 43)).error == GRANT
    assert (await oauth.token(oauth.acme, "refresh_token")).error == (400, "invalid_request")
    refused = await oauth.token(oauth.acme, "refresh_token", refresh_token=refresh_token, presented=None)
    assert refused.error == (400, "invalid_request")


async def test_a_grant_must_be_known_and_registered(oauth: AuthorizationWorld):
    limited = await oauth.register("limited", oauth.borough.key, grant_types=frozenset({"client_credentials"}), redirect_uris=())
    assert (await oauth.token(limited, "refresh_token", refresh_token="x")).error == (400, "unauthorized_client")
    assert (await oauth.push(limited, None)).error == (400, "unauthorized_client")
    assert (await oauth.token(oauth.acme, "password")).error == (400, "unsupported_grant_type")
    form = oauth.acme.credentials()
    answer = await oauth.call("POST", "/token", form=form, presented=oauth.acme.certificate)
    assert answer.error == (400, "invalid_request")


async def test_an_expired_certificate_binds_no_token(oauth: AuthorizationWorld):
    oauth.advance(days=400)
    assert (await oauth.token(oauth.acme, "client_credentials")).error == (400, "invalid_request")


async def test_secrets_are_stored_as_hashes_only(oauth: AuthorizationWorld):
    """A reader of the database can use nothing of it."""
    code = await oauth.code(oauth.acme)
    tokens = (await oauth.redeem(oauth.acme, code)).json
    stored = await oauth.books.text()
    for secret in (code, tokens["refresh_token"], tokens["access_token"], VERIFIER):
        assert secret not in stored


async def test_a_code_of_a_client_deactivated_meanwhile_is_refused(oauth: AuthorizationWorld):
    code = await oauth.code(oauth.acme)
    await deactivate_client(oauth.services, BRAND, oauth.acme.client.id)
    assert (await oauth.redeem(oauth.acme, code)).error == (401, "invalid_client")


async def test_parameters_in_the_query_are_not_read(oauth: AuthorizationWorld):
    """RFC 6749 section 2.3.1: credentials in a URL end in logs."""
    answer = await oauth.call("POST", "/token", query={"grant_type": "client_credentials", **oauth.acme.credentials()}, form={})
    assert answer.error == (401, "invalid_client")
