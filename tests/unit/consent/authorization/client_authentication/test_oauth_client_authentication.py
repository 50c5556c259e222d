"""Client authentication by private_key_jwt, attacked field by field. RFC 7523 section 3, FAPI2-SP-FINAL 5.3.2.1."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consent.authorization.clients.registry import deactivate_client, register_client, replace_client
from consent.settings import Settings
from kernel.hot_state.checks import Unavailable, VersionIs
from tests.world.authorization import AuthorizationWorld, authorization_world, begin
from tests.world.brands import BRAND
from tests.world.keys import KEYS, SigningKey, b64, b64_json
from tests.world.tpp import ASSERTION_TYPE

INVALID = (401, "invalid_client")


async def present(world: AuthorizationWorld, assertion: str, **form: str) -> Any:
    return await world.token(world.acme, "client_credentials", client_assertion=assertion, **form)


@pytest.mark.spec("OIDC-CORE-9")
async def test_a_correct_assertion_is_accepted_under_each_algorithm(oauth: AuthorizationWorld):
    for name in ("curve-1", "edward-1"):
        await oauth.register(name, KEYS[name])
    for name in ("acme", "curve-1", "edward-1"):
        assert (await oauth.token(oauth.tpps[name], "client_credentials")).status == 200


@pytest.mark.spec("RFC9864")
async def test_ed25519_is_accepted_under_its_newer_name(oauth: AuthorizationWorld):
    """RFC 9864: Ed25519 is what EdDSA was."""
    tpp = await oauth.register("edward", KEYS["edward-1"])
    assertion = tpp.key.jwt(tpp.assertion_claims(), header={"alg": "Ed25519"})
    assert (await oauth.token(tpp, "client_credentials", client_assertion=assertion)).status == 200


@pytest.mark.spec("RFC7523-3")
@pytest.mark.spec("FAPI2-SP-FINAL-5.3.2.1-8")
async def test_wrong_claims_are_refused(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    now = oauth.now
    token_endpoint = f"{BRAND.issuer}/token"
    cases: dict[str, dict[str, Any]] = {
        "fapi2-...-ensure-client-assertion-with-exp-is-5-minutes-in-past-fails": {"exp": now - 300, "iat": now - 360},
        "expired by a little more than the skew": {"exp": now - 10, "iat": now - 60},
        "valid for longer than five minutes from no time": {"iat": None, "exp": now + 311},
        "older than five minutes, for any exp": {"iat": now - 310, "exp": now + 60},
        "no older, but not from the start": {"iat": None, "nbf": now - 310, "exp": now + 60},
        "without exp": {"exp": None},
        "exp as text": {"exp": str(now + 60)},
        "exp as true": {"exp": True},
        "exp as a list": {"exp": [now + 60]},
        "exp beyond all time": {"exp": 1e300},
        "fapi2-...-ensure-client-assertion-with-wrong-aud-fails": {"aud": "https://another.example"},
        "fapi2-...-par-test-array-as-audience-fails": {"aud": [BRAND.issuer, token_endpoint]},
        "array of the issuer alone": {"aud": [BRAND.issuer]},
        "fapi2-...-par-test-token-endpoint-url-as-audience-fails": {"aud": token_endpoint},
        "fapi2-...-par-test-par-endpoint-url-as-audience-fails": {"aud": f"{BRAND.issuer}/par"},
        "issuer with a slash": {"aud": f"{BRAND.issuer}/"},
        "without aud": {"aud": None},
        "fapi2-...-ensure-client-assertion-with-no-sub-fails": {"sub": None},
        "another's sub": {"sub": oauth.borough.client.id},
        "another's iss": {"iss": oauth.borough.client.id},
        "sub as a list": {"sub": [oauth.acme.client.id]},
        "iss as a list": {"iss": [oauth.acme.client.id]},
        "without iss": {"iss": None},
        "without jti": {"jti": None},
        "empty jti": {"jti": ""},
        "endless jti": {"jti": "j" * 129},
        "jti as a number": {"jti": 7},
        "fapi2-...-nbf-over-60-seconds-in-the-future-fails": {"nbf": now + 62, "exp": now + 120},
        "iat in the future": {"iat": now + 62, "exp": now + 120},
        "unknown client": {"iss": "stranger", "sub": "stranger"},
        "client id with a line end": {"iss": "a\nb", "sub": "a\nb"},
        "client id of another universe": {"iss": "\ud800", "sub": "\ud800"},
    }
    for name, changes in cases.items():
        with subtests.test(name):
            answer = await present(oauth, oauth.acme.assertion(**changes))
            assert answer.error == INVALID
            assert "WWW-Authenticate" not in answer.response.headers


@pytest.mark.spec("FAPI2-SP-FINAL-5.3.2.1-15")
async def test_a_clock_that_is_a_little_off_is_forgiven(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    now = oauth.now
    cases: dict[str, dict[str, Any]] = {
        "fapi2-...-nbf-8-seconds-in-the-future-is-accepted": {"nbf": now + 8, "iat": now + 8},
        "just expired": {"exp": now - 8, "iat": now},
        "with fractions of a second": {"exp": now + 60.5},
        "without iat, for its whole life": {"iat": None, "exp": now + 300},
        "with an hour to live, of which it gets five minutes": {"exp": now + 3600},
    }
    for name, changes in cases.items():
        with subtests.test(name):
            assert (await present(oauth, oauth.acme.assertion(**changes))).status == 200


async def test_wrong_signatures_and_headers_are_refused(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    acme = oauth.acme
    stranger = SigningKey("PS256", "acme-1")

    def claims() -> dict[str, Any]:
        return acme.assertion_claims()

    def unsigned(alg: str) -> str:
        return f"{b64_json({'alg': alg, 'typ': 'JWT', 'kid': 'acme-1'})}.{b64_json(claims())}."

    def hmac_with_public_key() -> str:
        message = f"{b64_json({'alg': 'HS256', 'typ': 'JWT', 'kid': 'acme-1'})}.{b64_json(claims())}"
        secret = json.dumps(acme.key.jwk).encode()
        return f"{message}.{b64(hmac.digest(secret, message.encode(), hashlib.sha256))}"

    def tampered() -> str:
        head, _, signature = acme.assertion().split(".")
        return f"{head}.{b64_json(acme.assertion_claims(exp=oauth.now + 200))}.{signature}"

    def doubled_member() -> str:
        text = json.dumps(claims())[:-1] + f', "sub": "{oauth.borough.client.id}"}}'
        message = f"{b64_json({'alg': 'PS256', 'typ': 'JWT', 'kid': 'acme-1'})}.{b64(text.encode())}"
        return f"{message}.{b64(acme.key.sign(message.encode(), 'PS256'))}"

    good = acme.assertion()
    cases = {
        "none": unsigned("none"),
        "None": unsigned("None"),
        "no algorithm": acme.key.jwt(claims(), header={"alg": None}),
        "fapi2-...-ensure-signed-client-assertion-with-RS256-fails": acme.key.jwt(claims(), alg="RS256"),
        "HS256 with the public key": hmac_with_public_key(),
        "another client's key under our kid": stranger.jwt(claims()),
        "fapi2-...-ensure-client-id-in-token-endpoint": oauth.borough.key.jwt(claims()),
        "another client's kid": acme.key.jwt(claims(), header={"kid": "borough-1"}),
        "an algorithm that is not the registered one": KEYS["curve-1"].jwt(claims(), header={"kid": "acme-1"}),
        "kid as a list": acme.key.jwt(claims(), header={"kid": ["acme-1"]}),
        "a key of its own": stranger.jwt(claims(), header={"jwk": stranger.jwk}),
        "a key from afar": stranger.jwt(claims(), header={"jku": "https://evil.example/jwks"}),
        "a certificate of its own": stranger.jwt(claims(), header={"x5c": ["AAAA"]}),
        "critical": acme.key.jwt(claims(), header={"crit": ["exp"]}),
        "unencoded": acme.key.jwt(claims(), header={"b64": False, "crit": ["b64"]}),
        "compressed": acme.key.jwt(claims(), header={"zip": "DEF"}),
        "an access token by type": acme.key.jwt(claims(), header={"typ": "at+jwt"}),
        "typ as a number": acme.key.jwt(claims(), header={"typ": 1}),
        "tampered claims": tampered(),
        "a member twice": doubled_member(),
        "signature cut off": good.rpartition(".")[0] + ".",
        "signature missing": good.rpartition(".")[0],
        "signature of another": good.rpartition(".")[0] + "." + acme.assertion().rpartition(".")[2],
        "five segments": f"{good}.a.b",
        "padding": good + "=",
        "standard base64": base64.b64encode(good.encode()).decode(),
        "not a token": "hello",
        "claims are a list": acme.key.jwt([claims()]),
        "claims are no JSON": f"{good.split('.')[0]}.{b64(b'{')}.{good.split('.')[2]}",
        "deeply nested": acme.key.jwt(json.loads("[" * 500 + "]" * 500)),
        "longer than any assertion": acme.key.jwt(acme.assertion_claims(more="m" * 9000)),
        "non-ASCII": "é" + good,
    }
    for name, assertion in cases.items():
        with subtests.test(name):
            assert (await present(oauth, assertion)).error == INVALID
    assert (await present(oauth, good)).status == 200


async def test_the_type_may_be_absent_or_say_what_it_is(oauth: AuthorizationWorld):
    for header in ({"typ": None}, {"typ": "jwt"}, {"typ": "client-authentication+jwt"}, {"kid": None}):
        assertion = oauth.acme.key.jwt(oauth.acme.assertion_claims(), header=header)
        assert (await present(oauth, assertion)).status == 200


async def test_our_own_tokens_are_no_assertions(oauth: AuthorizationWorld):
    """RFC 8725 section 3.12: kinds of JWT must not be mistaken for each other."""
    tokens = await oauth.tokens(oauth.acme)
    for token in (tokens["access_token"], tokens["id_token"]):
        assert (await present(oauth, token)).error == INVALID


@pytest.mark.spec("RFC7523-3")
async def test_an_assertion_is_accepted_once(oauth: AuthorizationWorld):
    assertion = oauth.acme.assertion(jti="once")
    assert (await present(oauth, assertion)).status == 200
    assert (await present(oauth, assertion)).error == INVALID
    assert (await present(oauth, oauth.acme.assertion(jti="once", exp=oauth.now + 30))).error == INVALID


async def test_an_assertion_with_a_long_life_is_accepted_once_and_for_five_minutes(oauth: AuthorizationWorld):
    """Clients in the field sign for an hour. Used ones are remembered for as long as they could be used again, and no longer."""
    used, late, too_late = (oauth.acme.assertion(exp=oauth.now + 3600) for _ in range(3))
    assert (await present(oauth, used)).status == 200
    oauth.advance(seconds=309)
    assert (await present(oauth, used)).error == INVALID
    assert (await present(oauth, late)).status == 200
    oauth.advance(seconds=1)
    assert (await present(oauth, too_late)).error == INVALID


async def test_a_jti_is_remembered_per_client(oauth: AuthorizationWorld):
    """Otherwise one client could spend the other's."""
    for tpp in (oauth.acme, oauth.borough):
        answer = await oauth.token(tpp, "client_credentials", client_assertion=tpp.assertion(jti="shared"))
        assert answer.status == 200


async def test_an_assertion_older_than_the_memory_of_used_ones_is_refused(oauth: AuthorizationWorld):
    """After a restart the memory is empty: what was issued before may have been used before."""
    now = oauth.now
    for changes in ({"iat": now - 1}, {"iat": None, "exp": now + 299}):
        assert (await present(oauth, oauth.acme.assertion(**changes))).error == INVALID


async def test_a_client_that_authenticates_too_often_learns_when_to_come_back(oauth: AuthorizationWorld):
    object.__setattr__(oauth.services, "settings", Settings(client_requests_per_minute=3))
    acme, refused = oauth.acme, oauth.acme.assertion()
    for _ in range(2):
        assert (await present(oauth, acme.assertion())).status == 200
    assert (await oauth.push(acme, (await oauth.lodge(acme)).id)).status == 201
    for answer in (await present(oauth, refused), await oauth.push(acme, None)):
        assert answer.error == (429, "temporarily_unavailable")
        assert 1 <= int(answer.response.headers["Retry-After"]) <= 60
    assert (await oauth.token(oauth.borough, "client_credentials")).status == 200
    oauth.advance(seconds=21)
    assert (await present(oauth, refused)).status == 200  # it was not used up


async def test_a_client_that_fills_its_share_of_used_assertions_hurts_itself_alone(oauth: AuthorizationWorld):
    """What is refused for it stays unused."""
    object.__setattr__(oauth.services, "settings", Settings(first_uses_per_client=2))
    refused = oauth.acme.assertion(exp=oauth.now + 300)
    for _ in range(2):
        assert (await present(oauth, oauth.acme.assertion())).status == 200
    answer = await present(oauth, refused)
    assert answer.error == (429, "temporarily_unavailable")
    assert 1 <= int(answer.response.headers["Retry-After"]) <= 71
    assert (await oauth.token(oauth.borough, "client_credentials")).status == 200
    oauth.advance(seconds=71)
    assert (await present(oauth, refused)).status == 200
    assert (await present(oauth, refused)).error == INVALID


async def test_of_an_inactive_client_nothing_is_remembered(oauth: AuthorizationWorld):
    object.__setattr__(oauth.services, "settings", Settings(first_uses_per_client=1))
    await deactivate_client(oauth.services, BRAND, oauth.acme.client.id)
    for _ in range(3):
        assert (await present(oauth, oauth.acme.assertion())).error == INVALID


async def test_when_replays_cannot_be_ruled_out_no_client_is_authenticated(oauth: AuthorizationWorld):
    """Security fails closed; the caller may try again."""

    async def decide(checks: Any, *, spend: bool) -> tuple[Any, ...]:
        settled = await versions.decide([c for c in checks if isinstance(c, VersionIs)], spend=False)
        return (*settled, *[Unavailable()] * (len(checks) - len(settled)))

    versions = oauth.services.versions
    lost = type("Lost", (), {"decide": staticmethod(decide)})()
    object.__setattr__(oauth.services, "versions", lost)
    answer = await present(oauth, oauth.acme.assertion())
    assert answer.error == (503, "temporarily_unavailable")
    assert answer.response.headers["Retry-After"] == "1"


@pytest.mark.spec("RFC6749-2.3")
@pytest.mark.spec("FAPI2-SP-FINAL-5.3.2.1-6")
async def test_anything_but_one_assertion_is_refused(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    acme = oauth.acme
    basic = base64.b64encode(f"{acme.client.id}:secret".encode()).decode()
    good = acme.credentials()
    cases: dict[str, tuple[dict[str, str], dict[str, str]]] = {
        "fapi2-...-ensure-client-assertion-in-token-endpoint": ({"client_id": acme.client.id}, {}),
        "nothing at all": ({}, {}),
        "a secret": ({"client_id": acme.client.id, "client_secret": "secret"}, {}),
        "a secret with the assertion": ({**good, "client_secret": "secret"}, {}),
        "basic": ({}, {"Authorization": f"Basic {basic}"}),
        "basic with the assertion": (acme.credentials(), {"Authorization": f"Basic {basic}"}),
        "assertion without type": ({"client_assertion": acme.assertion()}, {}),
        "type without assertion": ({"client_assertion_type": ASSERTION_TYPE}, {}),
        "another type": ({"client_assertion": acme.assertion(), "client_assertion_type": "urn:saml"}, {}),
        "another's client_id": ({**acme.credentials(), "client_id": oauth.borough.client.id}, {}),
    }
    for name, (form, headers) in cases.items():
        with subtests.test(name):
            sent = {"grant_type": "client_credentials", **form}
            answer = await oauth.call("POST", "/token", form=sent, headers=headers, presented=acme.certificate)
            assert answer.error == INVALID
            assert ("WWW-Authenticate" in answer.response.headers) == ("Authorization" in headers)


async def test_a_client_id_that_matches_may_accompany_the_assertion(oauth: AuthorizationWorld):
    assert (await present(oauth, oauth.acme.assertion(), client_id=oauth.acme.client.id)).status == 200


async def test_a_server_learns_no_keys_from_another_in_its_process(oauth: AuthorizationWorld, tmp_path: Path):
    """The same brand, client id and version, with other keys."""
    assert (await oauth.token(oauth.acme, "client_credentials")).status == 200
    await begin(url := f"sqlite:///{tmp_path}/other.db")
    async with authorization_world(url) as other:
        key = KEYS["curve-1"]
        client = await register_client(other.services, BRAND, other.metadata("acme", key), client_id=oauth.acme.client.id)
        tpp = replace(oauth.acme, client=client, key=key)
        assert (await other.token(tpp, "client_credentials")).status == 200


async def test_a_deactivated_client_is_refused_at_once(oauth_anywhere: AuthorizationWorld):
    world, acme = oauth_anywhere, oauth_anywhere.acme
    refresh_token = (await world.tokens(acme))["refresh_token"]
    await deactivate_client(world.services, BRAND, acme.client.id)
    assert (await world.token(acme, "client_credentials")).error == INVALID
    assert (await world.token(acme, "refresh_token", refresh_token=refresh_token)).error == INVALID
    assert (await world.push(acme, None)).error == INVALID
    assert (await world.token(world.borough, "client_credentials")).status == 200


async def test_a_replaced_key_counts_from_the_next_request_on(oauth_anywhere: AuthorizationWorld):
    """The cached client has another version by now: it is loaded again before anything is decided or spent."""
    world, acme = oauth_anywhere, oauth_anywhere.acme
    assert (await world.token(acme, "client_credentials")).status == 200
    new = KEYS["curve-1"]
    await replace_client(world.services, BRAND, acme.client.id, world.metadata("acme", new))
    assert (await world.token(acme, "client_credentials")).error == INVALID
    acme.key = new
    assert (await world.token(acme, "client_credentials")).status == 200
