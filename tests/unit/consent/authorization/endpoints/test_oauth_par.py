"""Everything that can be judged is judged when the request is pushed. RFC 9126 section 2, FAPI2-SP-FINAL 5.3.2.2."""

import json
import math
from collections import Counter
from typing import Any

import pytest

from consent.authorization.authorize.pushed import PushedRequest, load_answerable, take_pushed
from kernel.errors import Overloaded
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.tpp import SCA

INVALID = (400, "invalid_request")


@pytest.mark.spec("RFC9126-2.2")
async def test_a_correct_request_is_taken(oauth_anywhere: AuthorizationWorld):
    world, acme = oauth_anywhere, oauth_anywhere.acme
    answer = await world.push(acme, (await world.lodge(acme)).id)
    assert answer.status == 201
    assert answer.json["expires_in"] == 90
    assert answer.response.headers["Cache-Control"] == "no-store"
    request_uri = answer.json["request_uri"]
    assert request_uri.startswith("urn:ietf:params:oauth:request_uri:")
    entropy = -sum(n / len(request_uri) * math.log2(n / len(request_uri)) for n in Counter(request_uri).values())
    assert entropy * len(request_uri) > 96


@pytest.mark.spec("RFC9126-2.1")
@pytest.mark.spec(
    "RFC7636-4.3",
    "FAPI2-SP-FINAL-5.3.2.2-1",
    "FAPI2-SP-FINAL-5.3.2.2-5",
    "FAPI2-SP-FINAL-5.3.2.2-7",
    "RFC6749-3.3",
    "RFC9700-2.1",
)
async def test_what_fapi_forbids_is_refused(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    consent_id = (await oauth.lodge(oauth.acme)).id
    unsupported = (400, "unsupported_response_type")
    cases: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
        "fapi2-...-ensure-response-type-code-idtoken-fails": ({"response_type": "code id_token"}, unsupported),
        "fapi2-...-ensure-response-type-token-fails": ({"response_type": "token"}, unsupported),
        "without response_type": ({"response_type": None}, INVALID),
        "fragment": ({"response_mode": "fragment"}, INVALID),
        "jwt": ({"response_mode": "jwt"}, INVALID),
        "fapi2-...-par-ensure-pkce-required": ({"code_challenge": None, "code_challenge_method": None}, INVALID),
        "fapi2-...-par-plain-pkce-rejected": ({"code_challenge_method": "plain"}, INVALID),
        "challenge without method": ({"code_challenge_method": None}, INVALID),
        "method without challenge": ({"code_challenge": None}, INVALID),
        "challenge too short": ({"code_challenge": "c" * 42}, INVALID),
        "challenge with padding": ({"code_challenge": "c" * 42 + "="}, INVALID),
        "fapi2-...-ensure-request-object-without-redirect-uri-fails": ({"redirect_uri": None}, INVALID),
        "fapi2-...-ensure-registered-redirect-uri": ({"redirect_uri": "https://evil.example/callback"}, INVALID),
        "redirect_uri with more path": ({"redirect_uri": f"{oauth.acme.redirect_uri}/more"}, INVALID),
        "redirect_uri with another query": ({"redirect_uri": f"{oauth.acme.redirect_uri}?a=b"}, INVALID),
        "another client's redirect_uri": ({"redirect_uri": oauth.borough.redirect_uri}, INVALID),
        "fapi2-...-par-authorization-request-containing-request_uri-form-param": ({"request_uri": "urn:x"}, INVALID),
        "a request object": ({"request": "e30.e30."}, INVALID),
        "another client_id": ({"client_id": oauth.borough.client.id}, (401, "invalid_client")),
        "without scope": ({"scope": None}, (400, "invalid_scope")),
        "a scope not registered": ({"scope": "openid accounts payments"}, (400, "invalid_scope")),
        "only openid": ({"scope": "openid"}, (400, "invalid_scope")),
        "double space in scope": ({"scope": "openid  accounts"}, (400, "invalid_scope")),
        "endless scope": ({"scope": "accounts " * 200}, (400, "invalid_scope")),
        "endless state": ({"state": "s" * 2001}, INVALID),
        "endless nonce": ({"nonce": "n" * 1001}, INVALID),
        "unknown prompt": ({"prompt": "maybe"}, INVALID),
        "contradictory prompt": ({"prompt": "none login"}, INVALID),
        "endless acr_values": ({"acr_values": "urn:x " * 50, "claims": None}, INVALID),
        "negative max_age": ({"max_age": "-1"}, INVALID),
        "max_age as words": ({"max_age": "ten"}, INVALID),
        "max_age in other digits": ({"max_age": "\u0663"}, INVALID),
    }
    for name, (changes, expected) in cases.items():
        with subtests.test(name):
            assert (await oauth.push(oauth.acme, consent_id, **changes)).error == expected


@pytest.mark.spec("OIDC-CORE-5.5")
@pytest.mark.spec("OIDC-CORE-5.5.1.1")
async def test_malformed_claims_are_refused(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    consent_id = (await oauth.lodge(oauth.acme)).id
    cases = {
        "no JSON": "{",
        "a list": "[]",
        "a number": "7",
        "a member twice": '{"id_token": {}, "id_token": {}}',
        "a section that is no object": '{"id_token": []}',
        "a claim that is no object": '{"id_token": {"acr": "x"}}',
        "NaN": '{"id_token": {"acr": {"values": NaN}}}',
        "too deep": '{"id_token": ' + '{"a":' * 60 + "null" + "}" * 61,
        "too long": json.dumps({"id_token": {"a" * 9000: None}}),
        "the consent as a number": '{"id_token": {"openbanking_intent_id": {"value": 7}}}',
        "the consent as a list": '{"id_token": {"openbanking_intent_id": {"value": ["a"]}}}',
        "the consent endless": json.dumps({"id_token": {"openbanking_intent_id": {"value": "c" * 200}}}),
        "two consents": '{"id_token": {"openbanking_intent_id": {"value": "a"}}, "userinfo": {"openbanking_intent_id": {"value": "b"}}}',
        "acr values as text": '{"id_token": {"acr": {"values": "x"}}}',
        "acr value as a number": '{"id_token": {"acr": {"values": [1]}}}',
        "an acr that no method gives": '{"id_token": {"acr": {"value": "urn:other", "essential": true}}}',
    }
    for name, claims in cases.items():
        with subtests.test(name):
            assert (await oauth.push(oauth.acme, consent_id, claims=claims)).error == INVALID


@pytest.mark.spec("OIDC-CORE-5.5.1.1")
async def test_what_is_voluntary_and_unknown_is_left_out(oauth: AuthorizationWorld):
    consent_id = (await oauth.lodge(oauth.acme)).id
    claims = {
        "id_token": {
            "openbanking_intent_id": {"value": consent_id},
            "acr": {"values": ["urn:other", SCA]},
            "given_name": None,
        },
        "userinfo": None,
        "other": 7,
    }
    request_uri = await oauth.pushed_uri(oauth.acme, consent_id, claims=json.dumps(claims), display="page", unknown="x" * 100)
    assert (await oauth.load_pushed(oauth.acme, request_uri)).acr_values == (SCA,)


@pytest.mark.spec("RFC6749-3.1")
async def test_malformed_forms_are_refused(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    cases = {
        "a parameter twice": "scope=openid&scope=accounts",
        "bad UTF-8": "state=%ff",
        "NUL": "state=%00",
        "a broken escape": "state=%zz",
        "too many": "&".join(f"p{n}=1" for n in range(101)),
    }
    for name, form in cases.items():
        with subtests.test(name):
            assert (await oauth.call("POST", "/par", form=form)).error == INVALID
    answer = await oauth.call("POST", "/par", form="{}", headers={"Content-Type": "application/json"})
    assert answer.error == (415, "invalid_request")
    assert (await oauth.call("POST", "/par", form="state=" + "s" * 65_536)).error == (413, "invalid_request")
    assert (await oauth.call("POST", "/par")).status == 415


async def test_nothing_is_stored_for_who_is_not_authenticated(oauth: AuthorizationWorld):
    form = oauth.acme.request_of("consent")
    assert (await oauth.call("POST", "/par", form=form)).error == (401, "invalid_client")
    assert await oauth.books.oauth.pushed_requests() == []
    assert await oauth.books.consents.count() == 0


@pytest.mark.spec("RFC6749-4.1.1", "OIDC-CORE-3.1.2.1")
async def test_state_and_nonce_are_kept_unchanged(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    consent_id = (await oauth.lodge(oauth.acme)).id
    cases = {
        "fapi2-...-ensure-authorization-request-with-long-state": {"state": "s" * 1000},
        "fapi2-...-ensure-authorization-request-with-long-nonce": {"nonce": "n" * 384},
        "everything printable": {"state": "".join(chr(c) for c in range(0x20, 0x7F))},
        "absent": {"state": None, "nonce": None},
    }
    for name, changes in cases.items():
        with subtests.test(name):
            pushed = await oauth.load_pushed(oauth.acme, await oauth.pushed_uri(oauth.acme, consent_id, **changes))
            for member, value in changes.items():
                assert getattr(pushed, member) == value


async def test_a_request_without_consent_gets_the_clients_default_or_is_refused(oauth: AuthorizationWorld):
    """DESIGN: consent. Acme has a default, borough has none."""
    request_uri = await oauth.pushed_uri(oauth.acme, None)
    pushed = await oauth.load_pushed(oauth.acme, request_uri)
    assert pushed.consent_id is not None
    tokens = (await oauth.redeem(oauth.acme, (await oauth.approve(oauth.acme, request_uri)).location["code"])).json
    assert "openbanking_intent_id" not in json.dumps(tokens)
    assert (await oauth.push(oauth.borough, None)).error == INVALID


async def test_the_owner_of_a_consent_is_not_revealed_here(oauth: AuthorizationWorld):
    """A push that names another's consent, or none that exists, looks like any other."""
    foreign = await oauth.lodge(oauth.borough)
    for consent_id in (foreign.id, "no-such-consent"):
        assert (await oauth.push(oauth.acme, consent_id)).status == 201


async def test_the_request_is_found_by_its_hash_only(oauth: AuthorizationWorld):
    """A reader of the database learns no request_uri."""
    request_uri = await oauth.pushed_uri(oauth.acme, (await oauth.lodge(oauth.acme)).id)
    secret = request_uri.rpartition(":")[2]
    rows = await oauth.books.oauth.pushed_requests()
    assert len(rows) == 1
    assert secret not in str(rows)


async def test_a_request_that_could_not_be_stored_leaves_no_default_consent(
    oauth_anywhere: AuthorizationWorld, monkeypatch: pytest.MonkeyPatch
):
    async def fail(*_: object) -> None:
        raise Overloaded

    monkeypatch.setattr("consent.authorization.authorize.stored_request.issue_pushed", fail)
    assert (await oauth_anywhere.push(oauth_anywhere.acme, None)).status == 503
    assert await oauth_anywhere.books.consents.count() == 0


async def test_of_a_completed_request_only_its_address_and_state_are_kept(oauth_anywhere: AuthorizationWorld):
    """What a customer's TPP asked for, or whom it named, is not kept once it was answered."""
    world = oauth_anywhere
    request_uri = await world.pushed_uri(
        world.acme,
        (await world.lodge(world.acme)).id,
        login_hint="alice@example.test",
        max_age="5",
        resource=BRAND.resource_audience,
    )
    pushed = await world.load_pushed(world.acme, request_uri)
    assert pushed.resources
    assert "alice@example.test" not in str(pushed), "it is not read here, so it is not kept"
    assert await world.database.write(lambda connection: take_pushed(connection, "main", pushed.id))
    async with world.database.read() as connection:
        kept = await load_answerable(connection, "main", world.acme.client.id, request_uri)
    assert kept == PushedRequest(
        brand="main",
        id=pushed.id,
        client_id=pushed.client_id,
        redirect_uri=pushed.redirect_uri,
        state="state-1",
        scope=(),
        code_challenge=None,
        created_at=pushed.created_at,
        expires_at=pushed.expires_at,
    )


async def test_a_request_is_completed_for_its_own_brand_only(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    pushed = await world.load_pushed(world.acme, await world.pushed_uri(world.acme, (await world.lodge(world.acme)).id))
    taken = [await world.database.write(lambda c, brand=brand: take_pushed(c, brand, pushed.id)) for brand in ("other", "main")]
    assert taken == [False, True]
