"""Token exchange: the bank's own services change a TPP's token for one of theirs, and none gains by it. RFC 8693."""

import json
from typing import Any

import pytest

from consent.authorization.clients.metadata import TOKEN_EXCHANGE
from consent.authorization.clients.metadata_checks import check_metadata
from consent.authorization.clients.registry import deactivate_client
from kernel.errors import FieldInvalid, TokenInvalid
from tests.world.answer import Answer
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.keys import KEYS, unb64
from tests.world.tpp import Tpp

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
LEDGER = "urn:bank:ledger"
INVALID = (400, "invalid_request")
TARGET = (400, "invalid_target")


async def service(world: AuthorizationWorld, name: str = "ledger-gateway", **changes: Any) -> Tpp:
    facts = {
        "grant_types": frozenset({TOKEN_EXCHANGE}),
        "token_exchange_audiences": frozenset({LEDGER, "urn:bank:risk"}),
        "scope": "accounts payments",
        "redirect_uris": (),
        "roles": frozenset(),
        **changes,
    }
    return await world.register(name, KEYS["curve-1"], id_token_signed_response_alg="ES256", **facts)


async def exchange(world: AuthorizationWorld, tpp: Tpp, subject_token: str | None, **changes: Any) -> Answer:
    parameters = {"subject_token": subject_token, "subject_token_type": ACCESS_TOKEN, "audience": LEDGER, **changes}
    return await world.token(tpp, TOKEN_EXCHANGE, **parameters)


def claims_of(token: str) -> dict[str, Any]:
    return json.loads(unb64(token.split(".")[1]))


@pytest.mark.spec("RFC8693-2.2")
@pytest.mark.spec("RFC8693-4.1")
async def test_a_service_gets_a_token_for_another_and_says_who_acts_for_whom(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    internal, tokens = await service(world), await world.tokens(world.acme)
    answer = await exchange(world, internal, tokens["access_token"])
    assert answer.status == 200, answer.text
    assert set(answer.json) == {"access_token", "issued_token_type", "token_type", "expires_in", "scope"}
    assert answer.json["issued_token_type"] == ACCESS_TOKEN
    assert answer.json["scope"] == "accounts", "what the subject token and the service both have"
    before, after = claims_of(tokens["access_token"]), claims_of(answer.json["access_token"])
    assert after["aud"] == LEDGER
    assert after["act"] == {"sub": internal.client.id}
    assert after["client_id"] == internal.client.id
    assert {name: after[name] for name in ("sub", "family_id", "consent_id")} == {
        name: before[name] for name in ("sub", "family_id", "consent_id")
    }
    assert after["cnf"] == {"x5t#S256": internal.certificate.thumbprint}
    assert after["jti"] != before["jti"]
    assert after["exp"] - after["iat"] == answer.json["expires_in"] == 60
    (entry,) = [entry for entry in world.tokens_recorded if entry.facts.get("grant") == "token_exchange"]
    assert entry.facts["subject_token"] == before["jti"]


async def test_it_never_outlives_the_token_it_came_from(oauth: AuthorizationWorld):
    internal, tokens = await service(oauth), await oauth.tokens(oauth.acme)
    oauth.advance(seconds=270)
    answer = await exchange(oauth, internal, tokens["access_token"])
    assert answer.json["expires_in"] == 30
    assert claims_of(answer.json["access_token"])["exp"] == claims_of(tokens["access_token"])["exp"]
    oauth.advance(seconds=29.5)
    assert (await exchange(oauth, internal, tokens["access_token"])).error == INVALID, "it would live no second"
    oauth.advance(seconds=0.5)
    assert (await exchange(oauth, internal, tokens["access_token"])).error == INVALID


async def test_two_without_a_scope_in_common_exchange_nothing(oauth: AuthorizationWorld):
    internal, tokens = await service(oauth, scope="payments"), await oauth.tokens(oauth.acme)
    assert (await exchange(oauth, internal, tokens["access_token"])).error == (400, "invalid_scope")


async def test_no_resource_of_a_tpp_takes_it_and_it_is_not_exchanged_again(oauth: AuthorizationWorld):
    internal, tokens = await service(oauth), await oauth.tokens(oauth.acme)
    exchanged = (await exchange(oauth, internal, tokens["access_token"])).json["access_token"]
    with pytest.raises(TokenInvalid):
        oauth.verifier.verify(BRAND, exchanged)
    assert (await exchange(oauth, internal, exchanged, audience="urn:bank:risk")).error == INVALID


async def test_it_stands_and_falls_with_the_family(oauth: AuthorizationWorld):
    """Its family and consent are those of the first token: a verifier that asks for them sees them end."""
    internal, tokens = await service(oauth), await oauth.tokens(oauth.acme)
    exchanged = (await exchange(oauth, internal, tokens["access_token"])).json["access_token"]
    token = oauth.verifier.verify_issued(BRAND, exchanged)
    await oauth.call("POST", "/revoke", form={"token": tokens["refresh_token"], **oauth.acme.credentials()})
    family = await oauth.services.snapshots.family(BRAND, token.family_id or "", fresh=True)
    assert family is not None
    assert family.state.value == "ended"
    assert (await exchange(oauth, internal, tokens["access_token"])).error == INVALID


async def test_a_service_may_give_its_token_up(oauth: AuthorizationWorld):
    internal, tokens = await service(oauth), await oauth.tokens(oauth.acme)
    exchanged = (await exchange(oauth, internal, tokens["access_token"])).json["access_token"]
    await oauth.call("POST", "/revoke", form={"token": exchanged, **internal.credentials()})
    jti = claims_of(exchanged)["jti"]
    assert await oauth.services.snapshots.load_version(f"{BRAND.name}/token/{jti}") == 1


async def test_a_client_credentials_token_is_exchanged_without_a_customer(oauth: AuthorizationWorld):
    internal = await service(oauth)
    own = (await oauth.token(oauth.acme, "client_credentials", scope="accounts")).json["access_token"]
    claims = claims_of((await exchange(oauth, internal, own)).json["access_token"])
    assert claims["sub"] == oauth.acme.client.id
    assert "family_id" not in claims


@pytest.mark.spec("RFC8693-2.2.2")
async def test_what_cannot_be_exchanged_is_refused(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """Attack table."""
    internal, tokens = await service(oauth), await oauth.tokens(oauth.acme)
    subject = tokens["access_token"]
    denied = (await oauth.token(oauth.acme, "refresh_token", refresh_token=tokens["refresh_token"])).json["access_token"]
    await oauth.call("POST", "/revoke", form={"token": denied, **oauth.acme.credentials()})
    header, claims, signature = subject.split(".")
    cases: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
        "no subject token": ({"subject_token": None}, INVALID),
        "no type": ({"subject_token_type": None}, INVALID),
        "another type": ({"subject_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, INVALID),
        "a refresh token": ({"subject_token": tokens["refresh_token"]}, INVALID),
        "an id token": ({"subject_token": tokens["id_token"]}, INVALID),
        "the client's own assertion": ({"subject_token": oauth.acme.assertion()}, INVALID),
        "a revoked token": ({"subject_token": denied}, INVALID),
        "a tampered token": ({"subject_token": f"{header}.{claims}A.{signature}"}, INVALID),
        "an endless token": ({"subject_token": "a" * 10_000}, INVALID),
        "another token wanted": ({"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"}, INVALID),
        "an actor token": ({"actor_token": subject, "actor_token_type": ACCESS_TOKEN}, INVALID),
        "an actor's type alone": ({"actor_token_type": ACCESS_TOKEN}, INVALID),
        "no audience": ({"audience": None}, INVALID),
        "another service's audience": ({"audience": "urn:bank:vault"}, TARGET),
        "the brand's own API": ({"audience": BRAND.resource_audience}, TARGET),
        "two audiences": ({"resource": "urn:bank:risk"}, TARGET),
        "a scope that the subject token lacks": ({"scope": "payments"}, (400, "invalid_scope")),
        "a scope that the service lacks": ({"scope": "openid"}, (400, "invalid_scope")),
        "no certificate": ({"presented": None}, INVALID),
    }
    for name, (changes, expected) in cases.items():
        with subtests.test(name):
            assert (await exchange(oauth, internal, **{"subject_token": subject, **changes})).error == expected
    with subtests.test("named as a resource"):
        assert (await exchange(oauth, internal, subject, audience=None, resource=LEDGER)).status == 200
    with subtests.test("a TPP"):
        assert (await exchange(oauth, oauth.borough, subject)).error == (400, "unauthorized_client")
    with subtests.test("of a client that is not active any more"):
        await deactivate_client(oauth.services, BRAND, oauth.acme.client.id)
        assert (await exchange(oauth, internal, subject)).error == INVALID


async def test_no_client_acts_for_a_consent_that_is_not_in_force(oauth: AuthorizationWorld):
    internal, tokens = await service(oauth), await oauth.tokens(oauth.acme)
    await oauth.services.store.suspend(BRAND, tokens["grant_id"])
    assert (await exchange(oauth, internal, tokens["access_token"])).error == INVALID


async def test_a_registered_audience_of_ours_gives_no_second_key_to_a_tpps_token(
    oauth: AuthorizationWorld, subtests: pytest.Subtests
):
    """A mistake of the operator's: what is registered is still not what the gateway takes."""
    names = (BRAND.resource_audience, f"{BRAND.mtls_url}/open-banking/v4.0/aisp", f"{BRAND.mtls_url}/x", BRAND.issuer)
    internal = await service(oauth, token_exchange_audiences=frozenset(names))
    tokens = await oauth.tokens(oauth.acme)
    for name in names:
        with subtests.test(name):
            assert (await exchange(oauth, internal, tokens["access_token"], audience=name)).error == TARGET


async def test_only_a_client_that_does_nothing_else_is_registered_for_it(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    sound = {"grant_types": frozenset({TOKEN_EXCHANGE}), "token_exchange_audiences": frozenset({LEDGER})}
    check_metadata(oauth.metadata("internal", KEYS["acme-1"], **sound))
    cases: dict[str, dict[str, Any]] = {
        "with a TPP's grants": {"grant_types": frozenset({TOKEN_EXCHANGE, "client_credentials"})},
        "without audiences": {"token_exchange_audiences": frozenset()},
        "audiences of a TPP": {"grant_types": frozenset({"client_credentials"})},
        "an empty audience": {"token_exchange_audiences": frozenset({""})},
        "an audience with a space": {"token_exchange_audiences": frozenset({"a b"})},
        "an endless audience": {"token_exchange_audiences": frozenset({"a" * 256})},
        "too many": {"token_exchange_audiences": frozenset(f"urn:{n}" for n in range(33))},
    }
    for name, changes in cases.items():
        with subtests.test(name), pytest.raises(FieldInvalid):
            check_metadata(oauth.metadata("internal", KEYS["acme-1"], **{**sound, **changes}))


@pytest.mark.spec("RFC7662-2.2")
async def test_the_service_learns_by_introspection_that_the_customers_grant_has_ended(oauth: AuthorizationWorld):
    """An exchanged token stands on the grant of another client; no other client learns of it."""
    internal, tokens = await service(oauth), await oauth.tokens(oauth.acme)
    exchanged = (await exchange(oauth, internal, tokens["access_token"])).json["access_token"]

    async def ask(tpp: Tpp) -> Any:
        return (await oauth.call("POST", "/introspect", form={"token": exchanged, **tpp.credentials()})).json

    described = await ask(internal)
    assert (described["active"], described["aud"], described["client_id"]) == (True, LEDGER, internal.client.id)
    assert await ask(oauth.acme) == {"active": False}
    revoked = {"token": tokens["refresh_token"], **oauth.acme.credentials()}
    assert (await oauth.call("POST", "/revoke", form=revoked)).status == 200
    assert await ask(internal) == {"active": False}
