"""Requests to a customer on another device, and their refusals. OpenID CIBA Core 1.0 sections 7 and 13, FAPI-CIBA-ID1 5.2.2."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from consent.authentication.attempts import BLOCKED_FOR, FAILURES_WITHIN
from consent.authorization.authorize.steps.customer.check_binding_message import CHARS_MAX
from consent.authorization.backchannel.customers import UNKNOWN_MAX
from consent.authorization.backchannel.endpoint import WAITING_MAX
from consent.authorization.offer.authorization_details import lodgement_of, parse_details
from consent.settings import BACKCHANNEL_SECONDS_MAX
from kernel.access import Role
from kernel.banking.consents import Permission
from kernel.errors import FieldInvalid, FieldMissing
from kernel.hot_state.checks import Unavailable
from tests.world.backchannel import ASK, GRANT_TYPE, GRANT_TYPES, NOTIFICATION_TOKEN, Backchannel
from tests.world.brands import BRAND, START
from tests.world.keys import KEYS, b64_json

CIBA = "fapi-ciba-id1"
MINUTE = 60
INVALID = (400, "invalid_request")
POTENTIALLY_BAD = "1234 \U0001f44d\U0001f3ff 品川 Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor"


def module(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.conformance(*(f"{CIBA}-{name}" if name else CIBA for name in names))


def case(name: str, *values: Any) -> Any:
    return pytest.param(*values, id=name, marks=module(name))


def own(name: str, *values: Any) -> Any:
    """A case in addition to those of the plan."""
    return pytest.param(*values, id=name)


async def refused(backchannel: Backchannel, answer: Any) -> tuple[int, str]:
    """The refusal; nothing is stored, and no customer is asked."""
    assert await backchannel.requests() == []
    assert await backchannel.world.books.consents.count() == 0
    return answer.error


# What is taken


@module("", "discovery-end-point-verification")
async def test_what_discovery_promises_is_so(backchannel: Backchannel):
    """FAPI-CIBA-ID1 5.2.2-2: never push. An alias for the calls that show a certificate."""
    metadata = (await backchannel.world.call("GET", "/.well-known/openid-configuration")).json
    assert metadata["backchannel_authentication_endpoint"] == BRAND.issuer + ASK
    assert metadata["mtls_endpoint_aliases"]["backchannel_authentication_endpoint"] == BRAND.mtls_url + ASK
    assert metadata["backchannel_token_delivery_modes_supported"] == ["poll", "ping"]
    assert metadata["backchannel_authentication_request_signing_alg_values_supported"] == ["PS256", "ES256"]
    assert metadata["backchannel_user_code_parameter_supported"] is False
    assert GRANT_TYPE in metadata["grant_types_supported"]


@module("")
@pytest.mark.spec("OIDC-CIBA-7")
async def test_a_correct_request_is_taken_and_waits(backchannel_anywhere: Backchannel):
    """CIBA section 7.3; the secret is stored as its hash, and the client's own token sealed."""
    backchannel = backchannel_anywhere
    answer = await backchannel.ask(backchannel.pinged, binding_message="1234", user_code="ignored")
    assert set(answer.json) == {"auth_req_id", "expires_in", "interval"}
    assert (answer.json["expires_in"], answer.json["interval"]) == (300, 5)
    assert len(answer.json["auth_req_id"]) == 43
    assert answer.response.headers["Cache-Control"] == "no-store"
    (row,) = await backchannel.requests()
    assert (row.state, row.psu_id, row.notify_at) == ("pending", "psu-alice", None)
    stored = repr(row._mapping).encode()
    assert answer.json["auth_req_id"].encode() not in stored
    assert NOTIFICATION_TOKEN.encode() not in stored


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        case("ensure-other-scope-order-succeeds", {"scope": "accounts openid"}, 300),
        case("ensure-requested-expiry-as-string-succeeds", {"requested_expiry": "30"}, 30),
        case("ensure-authorization-request-with-binding-message-succeeds", {"binding_message": "1234"}, 300),
        own("requested expiry as a number", {"requested_expiry": 10}, 10),
        own("requested expiry beyond the limit", {"requested_expiry": 86_400}, BACKCHANNEL_SECONDS_MAX),
        own("acr_values", {"acr_values": "urn:openbanking:psd2:sca"}, 300),
        own("an audience of several", {"aud": [BRAND.issuer, "https://other.example"]}, 300),
        own("the longest binding message", {"binding_message": "x" * CHARS_MAX}, 300),
        own("the longest notification token", {"client_notification_token": "t" * 1024}, 300),
    ],
)
@pytest.mark.parametrize("name", ["polls", "pinged"])
@pytest.mark.spec("OIDC-CIBA-7.1")
async def test_what_may_be_asked(backchannel: Backchannel, name: str, changes: dict[str, Any], seconds: int):
    answer = await backchannel.ask(backchannel.world.tpps[name], **changes)
    assert answer.status == 200, answer.text
    assert answer.json["expires_in"] == seconds


async def test_a_request_may_name_a_consent(backchannel: Backchannel):
    consent = await backchannel.world.lodge(backchannel.polls)
    wanted = {"id_token": {"openbanking_intent_id": {"value": consent.id, "essential": True}}}
    await backchannel.asked(backchannel.polls, claims=wanted)
    (row,) = await backchannel.requests()
    assert row.consent_id == consent.id
    assert await backchannel.world.books.consents.count() == 1


async def test_an_es256_key_signs_as_well(backchannel: Backchannel):
    curved = await backchannel.register(
        "curved",
        "curve-1",
        "poll",
        id_token_signed_response_alg="ES256",
        backchannel_authentication_request_signing_alg="ES256",
    )
    assert (await backchannel.ask(curved)).status == 200


async def test_an_id_token_says_whom_to_ask(backchannel: Backchannel):
    """Its subject is pairwise; that it has expired does not matter (CIBA section 7.1)."""
    world = backchannel.world
    tokens = await world.tokens(world.acme)  # approved by psu "alice", whom the identity does not know by that id
    asking = await backchannel.register("both", "acme-1", "poll")
    foreign = await backchannel.ask(asking, login_hint=None, id_token_hint=tokens["id_token"])
    assert foreign.error == INVALID  # another client's
    auth_req_id = await backchannel.asked(asking)
    await backchannel.approve()
    id_token = (await backchannel.poll(asking, auth_req_id)).json["id_token"]
    world.advance(hours=1)
    await backchannel.asked(asking, login_hint=None, id_token_hint=id_token)
    assert [row.psu_id for row in await backchannel.requests()] == ["psu-alice", "psu-alice"]
    altered = id_token[:-4] + "AAAA"
    assert (await backchannel.ask(asking, login_hint=None, id_token_hint=altered)).error == INVALID


# What is refused for what the client signed


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        case("ensure-request-object-missing-aud-fails", {"aud": None}, INVALID),
        case("ensure-request-object-bad-aud-fails", {"aud": "https://other.example"}, INVALID),
        case("ensure-request-object-missing-iss-fails", {"iss": None}, INVALID),
        case("ensure-request-object-bad-iss-fails", {"iss": "software-pinged"}, INVALID),
        case("ensure-request-object-missing-exp-fails", {"exp": None}, INVALID),
        case("ensure-request-object-expired-exp-fails", {"exp": -5 * MINUTE}, INVALID),
        case("ensure-request-object-exp-is-70-minutes-in-future-fails", {"exp": 70 * MINUTE}, INVALID),
        case("ensure-request-object-missing-iat-fails", {"iat": None}, INVALID),
        case("ensure-request-object-missing-nbf-fails", {"nbf": None}, INVALID),
        case("ensure-request-object-nbf-is-10-minutes-in-future-fails", {"nbf": 10 * MINUTE}, INVALID),
        case("ensure-request-object-nbf-is-70-minutes-in-past-fails", {"nbf": -70 * MINUTE}, INVALID),
        case("ensure-request-object-missing-jti-fails", {"jti": None}, INVALID),
        own("a jti that is no text", {"jti": 7}, INVALID),
        own("an endless jti", {"jti": "x" * 129}, INVALID),
        own("a request within", {"request": "x"}, INVALID),
        case("ensure-authorization-request-with-multiple-hints-fails", {"login_hint_token": "x"}, INVALID),
        own("no hint", {"login_hint": None}, INVALID),
        own("a hint that no server made", {"login_hint": None, "login_hint_token": "x"}, INVALID),
        own("a hint that is no id_token", {"login_hint": None, "id_token_hint": "x.y.z"}, INVALID),
        own("an endless hint", {"login_hint": "x" * 257}, INVALID),
        own("stranger", {"login_hint": "mallory"}, (400, "unknown_user_id")),
        case(
            "ensure-authorization-request-with-potentially-bad-binding-message",
            {"binding_message": POTENTIALLY_BAD},
            (400, "invalid_binding_message"),
        ),
        own("a binding message too long", {"binding_message": "x" * (CHARS_MAX + 1)}, (400, "invalid_binding_message")),
        own("markup for a binding message", {"binding_message": "<b>1</b>"}, (400, "invalid_binding_message")),
        own("two lines", {"binding_message": "1\n2"}, (400, "invalid_binding_message")),
        own("no scope", {"scope": None}, INVALID),
        own("without openid", {"scope": "accounts"}, (400, "invalid_scope")),
        own("openid alone", {"scope": "openid"}, (400, "invalid_scope")),
        own("beyond its registration", {"scope": "openid accounts payments"}, (400, "invalid_scope")),
        own("expiry of nothing", {"requested_expiry": 0}, INVALID),
        own("negative expiry", {"requested_expiry": "-5"}, INVALID),
        own("expiry in words", {"requested_expiry": "soon"}, INVALID),
        own("half a second", {"requested_expiry": 1.5}, INVALID),
        own("an expiry that is true", {"requested_expiry": True}, INVALID),
        own("claims that are none", {"claims": {"id_token": []}}, INVALID),
        own("an acr that is not offered", {"claims": {"id_token": {"acr": {"essential": True, "value": "x"}}}}, INVALID),
        own("a grant to change", {"grant_id": "urn:x", "grant_management_action": "merge"}, INVALID),
        own("a grant of no action", {"grant_id": "urn:x"}, INVALID),
        own("an unknown consent", {"claims": {"id_token": {"openbanking_intent_id": {"value": "x"}}}}, (403, "access_denied")),
    ],
)
@pytest.mark.spec("OIDC-CIBA-13")
async def test_a_request_is_refused_for_what_it_says(
    backchannel: Backchannel, changes: dict[str, Any], expected: tuple[int, str]
):
    """JAR's defects are invalid_request here (CIBA section 13); times are seconds from now."""
    times = {name: backchannel.world.now + changes[name] for name in ("exp", "nbf") if changes.get(name)}
    answer = await backchannel.ask(backchannel.polls, **{**changes, **times})
    assert await refused(backchannel, answer) == expected


@pytest.mark.parametrize(
    ("header", "alg", "key"),
    [
        case("ensure-request-object-signature-algorithm-is-RS256-fails", {}, "RS256", "acme-1"),
        case("ensure-request-object-signed-by-other-client-fails", {}, None, "borough-1"),
        own("another's key under our kid", {"kid": "acme-1"}, None, "borough-1"),
        own("another kind of token", {"typ": "at+jwt"}, None, "acme-1"),
        own("an algorithm of FAPI 2.0 alone", {"kid": "acme-1"}, "EdDSA", "edward-1"),
    ],
)
@pytest.mark.spec("OIDC-CIBA-7.1.1")
async def test_a_request_is_refused_for_its_signature(
    backchannel: Backchannel, header: dict[str, str], alg: str | None, key: str
):
    token = KEYS[key].jwt(backchannel.claims(backchannel.polls), header=header, alg=alg)
    assert await refused(backchannel, await backchannel.send(backchannel.polls, token)) == INVALID


@module("ensure-request-object-signature-algorithm-is-none-fails", "ensure-request-object-signature-algorithm-is-bad-fails")
@pytest.mark.parametrize("signature", ["", "AAAA"])
async def test_an_unsigned_request_is_refused(backchannel: Backchannel, signature: str):
    head = {"alg": "none" if not signature else "PS256", "kid": "acme-1"}
    token = f"{b64_json(head)}.{b64_json(backchannel.claims(backchannel.polls))}.{signature}"
    assert await refused(backchannel, await backchannel.send(backchannel.polls, token)) == INVALID


async def test_an_assertion_is_no_request(backchannel: Backchannel):
    answer = await backchannel.ask(backchannel.polls, sub=backchannel.polls.client.id)
    assert await refused(backchannel, answer) == INVALID


async def test_a_registered_algorithm_is_the_only_one(backchannel: Backchannel):
    strict = await backchannel.register("strict", "acme-1", "poll", backchannel_authentication_request_signing_alg="ES256")
    assert await refused(backchannel, await backchannel.ask(strict)) == INVALID


@module("ensure-unsigned-backchannel-authorization-request-fails")
async def test_plain_parameters_are_refused(backchannel: Backchannel):
    plain = {"scope": "openid accounts", "login_hint": "alice"}
    assert await refused(backchannel, await backchannel.send(backchannel.polls, None, **plain)) == INVALID


async def test_parameters_have_one_place(backchannel: Backchannel):
    """CIBA section 7.1.1: none stands outside the signed request."""
    token = backchannel.polls.key.jwt(backchannel.claims(backchannel.polls))
    answer = await backchannel.send(backchannel.polls, token, login_hint="bob")
    assert await refused(backchannel, answer) == INVALID


@pytest.mark.spec("OIDC-CIBA-7.1.1")
async def test_a_signed_request_is_one_request(backchannel_anywhere: Backchannel):
    """FAPI-CIBA-ID1 5.2.2-9: one that was captured asks no customer again, also at the same moment."""
    backchannel = backchannel_anywhere
    token = backchannel.polls.key.jwt(backchannel.claims(backchannel.polls))
    answers = await asyncio.gather(*(backchannel.send(backchannel.polls, token) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [200, 400, 400]
    assert len(await backchannel.requests()) == 1
    assert (await backchannel.send(backchannel.polls, token)).error == INVALID


async def test_without_the_memory_of_used_requests_none_is_taken(backchannel: Backchannel, monkeypatch: pytest.MonkeyPatch):
    """It fails closed."""
    decide = backchannel.world.services.versions.decide

    async def forgetful(checks: Any, **facts: Any) -> Any:
        verdicts = await decide(checks, **facts)
        return tuple(Unavailable() if getattr(check, "key", "").startswith("main/authentication-request/") else verdict
                     for check, verdict in zip(checks, verdicts, strict=True))  # fmt: skip

    monkeypatch.setattr(backchannel.world.services.versions, "decide", forgetful)
    assert await refused(backchannel, await backchannel.ask(backchannel.polls)) == (503, "temporarily_unavailable")


@pytest.mark.parametrize(
    "token", [None, "short", "has space in it, see", "t" * 1025, "nicht-ASCII-ü-aber-lang", "newline-inside\nnewline"]
)
async def test_a_client_that_is_pinged_brings_a_token(backchannel: Backchannel, token: str | None):
    """CIBA section 7.1: a bearer token of at most 1024 characters."""
    answer = await backchannel.ask(backchannel.pinged, client_notification_token=token)
    assert await refused(backchannel, answer) == INVALID


# Who asks


@module(
    "ensure-without-client-assertion-in-backchannel-authorization-request",
    "ensure-client-assertion-signature-algorithm-in-backchannel-authorization-request-is-RS256-fails",
)
async def test_a_client_that_asks_authenticates(backchannel: Backchannel):
    tpp = backchannel.polls
    form = {"request": tpp.key.jwt(backchannel.claims(tpp)), "client_id": tpp.client.id}
    assert await refused(backchannel, await backchannel.world.call("POST", ASK, form=form)) == (401, "invalid_client")
    weak = tpp.key.jwt(tpp.assertion_claims(), alg="RS256")
    answer = await backchannel.world.call("POST", ASK, form={**form, **tpp.credentials(weak)})
    assert await refused(backchannel, answer) == (401, "invalid_client")


@pytest.mark.parametrize("audience", [BRAND.issuer, BRAND.issuer + ASK, BRAND.mtls_url + ASK, BRAND.mtls_url + "/token"])
async def test_an_assertion_may_name_the_endpoint(backchannel: Backchannel, audience: str):
    """CIBA section 7.1 names all of them."""
    tpp = backchannel.polls
    form = {
        "request": tpp.key.jwt(backchannel.claims(tpp)),
        **tpp.credentials(tpp.assertion(aud=audience)),
    }
    assert (await backchannel.world.call("POST", ASK, form=form)).status == 200


async def test_a_client_that_is_not_registered_for_it_asks_no_customer(backchannel: Backchannel):
    answer = await backchannel.ask(backchannel.world.acme)
    assert await refused(backchannel, answer) == (400, "unauthorized_client")


async def test_another_clients_consent_looks_unknown(backchannel: Backchannel):
    """FAPI-CIBA-ID1: whose consent it is, is judged before anyone is asked. 403 is CIBA's status for access_denied."""
    consent = await backchannel.world.lodge(backchannel.pinged)
    shown = []
    for consent_id in (consent.id, "unknown"):
        wanted = {"id_token": {"openbanking_intent_id": {"value": consent_id}}}
        answer = await backchannel.ask(backchannel.polls, claims=wanted)
        assert answer.error == (403, "access_denied")
        shown.append(answer.json["error_description"])
    assert len(set(shown)) == 1
    assert await backchannel.requests() == []


async def test_a_consent_that_alice_gave_is_not_asked_of_bob(backchannel: Backchannel):
    consent = await backchannel.world.lodge(backchannel.polls)
    wanted = {"id_token": {"openbanking_intent_id": {"value": consent.id}}}
    await backchannel.asked(backchannel.polls, claims=wanted)
    await backchannel.approve()
    assert (await backchannel.ask(backchannel.polls, claims=wanted, login_hint="bob")).error == (403, "access_denied")


async def test_a_customer_is_not_worn_down_by_requests(backchannel: Backchannel):
    """One client, one customer, so many at a time; answered ones do not count, others are still asked."""
    for _ in range(WAITING_MAX):
        await backchannel.asked(backchannel.polls)
    assert (await backchannel.ask(backchannel.polls)).error == (429, "temporarily_unavailable")
    await backchannel.asked(backchannel.polls, login_hint="bob")
    await backchannel.asked(backchannel.pinged)
    backchannel.world.advance(minutes=6)
    await backchannel.asked(backchannel.polls)


async def test_requests_at_once_do_not_get_around_the_limit(backchannel_anywhere: Backchannel, monkeypatch: pytest.MonkeyPatch):
    """Each counts those before it, on any database: what is counted and then stored is one step."""
    backchannel = backchannel_anywhere
    monkeypatch.setattr("consent.authorization.backchannel.endpoint.WAITING_MAX", 2)
    answers = await asyncio.gather(*(backchannel.ask(backchannel.polls) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] * 2 + [429] * 6
    assert len(await backchannel.requests()) == 2


async def test_a_request_that_is_refused_is_not_remembered(backchannel: Backchannel, monkeypatch: pytest.MonkeyPatch):
    """Its client may send it again as it is: a refusal costs none of the memory of used ones."""
    monkeypatch.setattr("consent.authorization.backchannel.endpoint.WAITING_MAX", 1)
    await backchannel.asked(backchannel.polls)
    waits = backchannel.polls.key.jwt(backchannel.claims(backchannel.polls, exp=backchannel.world.now + 3600))
    assert (await backchannel.send(backchannel.polls, waits)).error == (429, "temporarily_unavailable")
    backchannel.world.advance(minutes=6)
    assert (await backchannel.send(backchannel.polls, waits)).status == 200
    assert (await backchannel.send(backchannel.polls, waits)).error == INVALID

    find_by_name = backchannel.identity.find_by_name
    monkeypatch.setattr(backchannel.identity, "find_by_name", lambda *_: asyncio.sleep(0))
    unknown = backchannel.polls.key.jwt(backchannel.claims(backchannel.polls, login_hint="bob"))
    assert (await backchannel.send(backchannel.polls, unknown)).error == (400, "unknown_user_id")
    monkeypatch.setattr(backchannel.identity, "find_by_name", find_by_name)
    assert (await backchannel.send(backchannel.polls, unknown)).status == 200


async def test_a_client_that_fills_its_share_of_used_requests_hurts_itself_alone(backchannel: Backchannel):
    """An object is remembered for an hour, its assertion for a minute."""
    limits = replace(backchannel.world.services.settings, first_uses_per_client=4)
    object.__setattr__(backchannel.world.services, "settings", limits)
    for _ in range(2):
        await backchannel.asked(backchannel.polls)
    refusal = await backchannel.ask(backchannel.polls)
    assert refusal.error == (429, "temporarily_unavailable")
    assert 1 <= int(refusal.response.headers["Retry-After"]) <= 80
    await backchannel.asked(backchannel.pinged)
    backchannel.world.advance(seconds=80)
    await backchannel.asked(backchannel.polls)


async def test_names_are_not_tried_without_end(backchannel: Backchannel, monkeypatch: pytest.MonkeyPatch):
    """Each name that is none costs an attempt, one that is somebody's gives it back; an organisation that has none left finds no customer at
    all, by whichever of its clients."""
    sibling = await backchannel.register("sibling", "acme-1", "poll", organisation_id=backchannel.polls.client.organisation_id)
    monkeypatch.setattr("consent.authorization.backchannel.customers.UNKNOWN_MAX", 3)
    assert UNKNOWN_MAX > 3
    for _ in range(2):
        assert (await backchannel.ask(backchannel.polls, login_hint="mallory")).error == (400, "unknown_user_id")
        await backchannel.asked(backchannel.polls)
    assert (await backchannel.ask(backchannel.polls, login_hint="trent")).error == (400, "unknown_user_id")
    for name in ("mallory", "alice"):
        for tpp in (backchannel.polls, sibling):
            assert (await backchannel.ask(tpp, login_hint=name)).error == (429, "temporarily_unavailable")
    await backchannel.asked(backchannel.pinged)
    backchannel.world.clock.advance(BLOCKED_FOR + FAILURES_WITHIN)
    await backchannel.asked(backchannel.polls)


async def test_a_bank_that_does_not_answer_costs_no_attempt(backchannel: Backchannel, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("consent.authorization.backchannel.customers.UNKNOWN_MAX", 2)
    monkeypatch.setattr("consent.authentication.bank_answer.ANSWER_SECONDS", 0.01)
    identity = backchannel.world.services.identity
    find_by_name = identity.find_by_name
    monkeypatch.setattr(identity, "find_by_name", lambda *_: asyncio.sleep(9))
    for _ in range(3):
        assert (await backchannel.ask(backchannel.polls, login_hint="alice")).status == 503
    monkeypatch.setattr(identity, "find_by_name", find_by_name)
    await backchannel.asked(backchannel.polls)


# How a client registers for it


@pytest.mark.parametrize(
    ("changes", "problem", "path"),
    [
        ({"backchannel_token_delivery_mode": None}, FieldInvalid, "backchannel_token_delivery_mode"),
        ({"grant_types": GRANT_TYPES - {GRANT_TYPE}}, FieldInvalid, "backchannel_token_delivery_mode"),
        ({"backchannel_client_notification_endpoint": None}, FieldMissing, "backchannel_client_notification_endpoint"),
        (
            {"backchannel_client_notification_endpoint": "http://pinged.example/"},
            FieldInvalid,
            "backchannel_client_notification_endpoint",
        ),
        ({"backchannel_token_delivery_mode": "poll"}, FieldInvalid, "backchannel_client_notification_endpoint"),
        (
            {"backchannel_authentication_request_signing_alg": "EdDSA"},
            FieldInvalid,
            "backchannel_authentication_request_signing_alg",
        ),
        ({"backchannel_user_code_parameter": True}, FieldInvalid, "backchannel_user_code_parameter"),
    ],
    ids=["no mode", "no grant", "no endpoint", "no https", "an endpoint to poll", "an algorithm", "a user code"],
)
@pytest.mark.spec("OIDC-CIBA-4")
async def test_a_registration_says_one_thing(backchannel: Backchannel, changes: dict[str, Any], problem: type, path: str):
    """CIBA section 4."""
    with pytest.raises(problem) as raised:
        await backchannel.register("other", "acme-1", "ping", **changes)
    assert raised.value.path == path


async def test_a_default_consent_needs_default_permissions(backchannel: Backchannel):
    bare = await backchannel.register("bare", "acme-1", "poll", default_permissions=frozenset[Permission]())
    assert await refused(backchannel, await backchannel.ask(bare)) == INVALID


async def test_a_payment_is_not_asked_for_without_its_page(backchannel: Backchannel):
    """RTS (EU) 2018/389 article 5: its authentication follows the page that shows it, which the backchannel does not have."""
    payer = await backchannel.register(
        "payer",
        "acme-1",
        "poll",
        roles=frozenset({Role.AISP, Role.PISP}),
        scope="openid accounts payments",
        authorization_details_types=frozenset({"payment_initiation"}),
    )
    payment = {
        "type": "payment_initiation",
        "actions": ["initiate"],
        "instructedAmount": {"currency": "GBP", "amount": "1.00"},
        "creditorName": "Merchant A",
        "creditorAccount": {"iban": "DE02100100109307118603"},
    }
    answer = await backchannel.ask(payer, scope="openid payments", authorization_details=[payment])
    assert await refused(backchannel, answer) == (400, "invalid_authorization_details")
    lodged = await backchannel.world.services.store.lodge(
        BRAND, payer.client.caller, lodgement_of(parse_details(json.dumps([payment]), START), START)
    )  # fmt: skip
    wanted = {"id_token": {"openbanking_intent_id": {"value": lodged.id, "essential": True}}}
    answer = await backchannel.ask(payer, scope="openid payments", claims=wanted)
    assert answer.error == (403, "access_denied")
    assert await backchannel.requests() == []
