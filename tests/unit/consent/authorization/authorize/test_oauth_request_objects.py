"""Requests that their client signed, pushed or brought by a browser. RFC 9101, FAPI2-MS-FINAL 5.3.1, FAPI1-ADV 5.2.2.

The defects of an object itself stand in test_request_object.py; here is what becomes of it.
"""

import asyncio
from typing import Any

import pytest

from consent.authorization.offer.profiles import SecurityProfile
from kernel.banking.consents import Permission
from tests.world.answer import Answer
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.keys import KEYS, b64_json
from tests.world.tpp import VERIFIER, Tpp

INVALID = (400, "invalid_request")
OBJECT = (400, "invalid_request_object")
FAPI2 = "fapi2-security-profile-final-"
FAPI1 = "fapi1-advanced-final-"
NO_PKCE = {"code_challenge": None, "code_challenge_method": None}


@pytest.fixture
async def signing(oauth: AuthorizationWorld) -> AuthorizationWorld:
    """`mess` pushes what it signs, `adv` sends it through the browser, `borough` signs nothing."""
    await register(oauth)
    return oauth


async def register(world: AuthorizationWorld) -> None:
    default = frozenset({Permission.ACCOUNTS_BASIC})
    profiles = SecurityProfile
    await world.register("mess", KEYS["acme-1"], security_profile=profiles.FAPI2_MESSAGE_SIGNING, default_permissions=default)
    await world.register(
        "adv",
        KEYS["borough-1"],
        security_profile=profiles.FAPI1_ADVANCED,
        response_types=frozenset({"code id_token"}),
        default_permissions=default,
    )


async def count_stored(world: AuthorizationWorld) -> tuple[int, int]:
    """Requests and consents."""
    return len(await world.books.oauth.pushed_requests()), await world.books.consents.count()


def adv_of(world: AuthorizationWorld) -> Tpp:
    return world.tpps["adv"]


async def began(world: AuthorizationWorld, answer: Answer) -> bool:
    return answer.status == 303 and answer.response.headers["Location"] == "/login"


# Pushed


@pytest.mark.conformance("fapi2-security-profile-final-happy-flow")
async def test_a_signed_push_is_taken_and_needs_nothing_else(signing: AuthorizationWorld):
    """No client_id in the form: the assertion says who pushes (facts: PAR with private_key_jwt and JAR)."""
    mess = signing.tpps["mess"]
    consent = await signing.lodge(mess)
    answer = await signing.push_object(mess, mess.signed(consent.id))
    assert answer.status == 201
    pushed = await signing.load_pushed(mess, answer.json["request_uri"])
    assert (pushed.state, pushed.nonce, pushed.consent_id) == ("state-1", "nonce-1", consent.id)
    assert (pushed.response_type, pushed.response_mode) == ("code", "query")
    redeemed = await signing.redeem(mess, (await signing.approve(mess, answer.json["request_uri"])).location["code"])
    assert redeemed.status == 200


@pytest.mark.conformance(
    FAPI2 + "ensure-different-nonce-inside-and-outside-request-object",
    FAPI2 + "ensure-different-state-inside-and-outside-request-object",
    FAPI2 + "state-only-outside-request-object-not-used",
)
@pytest.mark.spec("FAPI1-ADV-FINAL-5.2.2-10")
async def test_parameters_outside_an_object_are_not_read(signing: AuthorizationWorld):
    mess = signing.tpps["mess"]
    token = mess.signed(None, state=None, nonce="inside")
    outside = {
        "state": "outside",
        "nonce": "outside",
        "scope": "payments",
        "redirect_uri": "https://evil.example",
        "prompt": "none",
    }
    answer = await signing.push_object(mess, token, **outside)
    pushed = await signing.load_pushed(mess, answer.json["request_uri"])
    assert (pushed.state, pushed.nonce, pushed.prompt) == (None, "inside", ())
    assert pushed.redirect_uri == mess.redirect_uri


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        pytest.param({"redirect_uri": None}, INVALID, id="ensure-request-object-without-redirect-uri-fails"),
        pytest.param({"redirect_uri": "https://evil.example/"}, INVALID, id="par-attempt-invalid-redirect_uri"),
        pytest.param(NO_PKCE, INVALID, id="par-ensure-pkce-required", marks=pytest.mark.spec("FAPI1-ADV-FINAL-5.2.2-18")),
        pytest.param(
            {"code_challenge_method": "plain"},
            INVALID,
            id="par-plain-pkce-rejected",
            marks=pytest.mark.spec("FAPI1-ADV-FINAL-5.2.2-18"),
        ),
        pytest.param({"exp": 1}, OBJECT, id="ensure-expired-request-object-fails"),
        pytest.param({"request_uri": "urn:x"}, OBJECT, id="par-authorization-request-containing-request_uri"),
        pytest.param({"scope": None}, OBJECT, id="ensure-request-object-without-scope-fails"),
        pytest.param({"claims": {"id_token": []}}, INVALID, id="claims-that-are-none"),
    ],
)
@pytest.mark.parametrize("name", ["mess", "adv"])
async def test_a_push_is_refused_for_what_it_signs(
    signing: AuthorizationWorld, name: str, inside: dict[str, Any], expected: tuple[int, str]
):
    """The parameters outside are good, and do not help."""
    tpp = signing.tpps[name]
    outside = {name: value for name, value in tpp.request_of(None).items() if name != "client_id"}
    answer = await signing.push_object(tpp, tpp.signed(None, **inside), **outside)
    assert answer.error == expected
    assert await signing.books.oauth.pushed_requests() == []


@pytest.mark.conformance(FAPI2 + "ensure-unsigned-request-at-par-endpoint-fails")
@pytest.mark.spec("FAPI2-MS-FINAL-5.3.1")
async def test_a_client_that_signs_its_requests_pushes_none_unsigned(signing: AuthorizationWorld):
    for name in ("mess", "adv"):
        assert (await signing.push(signing.tpps[name], None)).error == INVALID


@pytest.mark.conformance(
    FAPI2 + "par-authorization-request-containing-request_uri-form-param",
    FAPI1 + "par-authorization-request-containing-request_uri-form-param",
)
async def test_a_push_refers_to_no_other_request(signing: AuthorizationWorld):
    for name in ("mess", "adv"):
        tpp = signing.tpps[name]
        assert (await signing.push_object(tpp, tpp.signed(None), request_uri="urn:x")).error == INVALID


@pytest.mark.conformance(FAPI2 + "ensure-matching-key-in-authorization-request")
async def test_an_object_is_worth_nothing_in_another_clients_hands(signing: AuthorizationWorld):
    mess, adv = signing.tpps["mess"], adv_of(signing)
    assert (await signing.push_object(mess, adv.signed(None))).error == OBJECT
    assert (await signing.push_object(mess, adv.key.jwt(mess.object_claims(None)))).error == OBJECT


@pytest.mark.spec("RFC9101-10.8")
async def test_an_object_is_no_assertion_and_an_assertion_no_object(signing: AuthorizationWorld):
    mess = signing.tpps["mess"]
    form = {"request": mess.signed(None), **mess.credentials(mess.signed(None))}
    assert (await signing.call("POST", "/par", form=form)).error == (401, "invalid_client")
    both = {**mess.object_claims(None), "sub": mess.client.id}
    assert (await signing.push_object(mess, mess.key.jwt(both))).error == OBJECT


async def test_whose_profile_has_no_objects_sends_none(signing: AuthorizationWorld):
    acme = signing.acme
    assert (await signing.push_object(acme, acme.signed(None))).error == INVALID


# By value


@pytest.mark.conformance(FAPI1.removesuffix("-"), FAPI1 + "ensure-valid-pkce-succeeds")
@pytest.mark.parametrize("pkce", [NO_PKCE, {}], ids=["without-pkce", "with-pkce"])
@pytest.mark.spec("RFC9101-5.1")
async def test_a_browser_brings_a_request_and_the_way_is_the_same(signing: AuthorizationWorld, pkce: dict[str, Any]):
    adv = adv_of(signing)
    consent = await signing.lodge(adv)
    token = adv.signed(consent.id, **pkce)
    assert await began(signing, await signing.bring(adv, token))
    (request_uri,) = await request_uris(signing, adv, token)
    answer = (await signing.approve(adv, request_uri)).fragment
    verifier = None if pkce else VERIFIER
    redeemed = await signing.redeem(adv, answer["code"], code_verifier=verifier)
    assert redeemed.status == 200, redeemed.text


async def request_uris(world: AuthorizationWorld, tpp: Tpp, token: str) -> list[str]:
    """The request_uris under which a brought object is stored: as many as there are rows."""
    from consent.authorization.authorize.pushed import REQUEST_URI_PREFIX
    from consent.authorization.authorize.request import AuthorizationRequest
    from consent.authorization.endpoints.by_value import _secret_of

    asked = AuthorizationRequest(world.services, BRAND, tpp.client, {"request": token})
    return [REQUEST_URI_PREFIX + _secret_of(asked)] * len(await world.books.oauth.pushed_requests())


@pytest.mark.spec("RFC9700-2.1.1")
@pytest.mark.spec("RFC9700-4.8.2")
async def test_a_verifier_without_a_challenge_is_a_downgrade(signing: AuthorizationWorld):
    """Someone took the challenge out of the request: the client would not notice, so we do."""
    adv = adv_of(signing)
    token = adv.signed(None, **NO_PKCE)
    await signing.bring(adv, token)
    (request_uri,) = await request_uris(signing, adv, token)
    code = (await signing.approve(adv, request_uri)).fragment["code"]
    assert (await signing.redeem(adv, code)).error == (400, "invalid_grant")


@pytest.mark.conformance(FAPI1 + "ensure-pkce-code-verifier-required")
async def test_a_challenge_that_was_sent_is_held(signing: AuthorizationWorld):
    adv = adv_of(signing)
    token = adv.signed(None)
    await signing.bring(adv, token)
    (request_uri,) = await request_uris(signing, adv, token)
    code = (await signing.approve(adv, request_uri)).fragment["code"]
    for verifier in (None, "w" * 43):
        assert (await signing.redeem(adv, code, code_verifier=verifier)).error == (400, "invalid_grant")


@pytest.mark.parametrize(
    "half",
    [{"code_challenge": None}, {"code_challenge_method": None}, {"code_challenge_method": "plain"}, {"code_challenge": "c"}],
)
async def test_half_a_challenge_is_refused(signing: AuthorizationWorld, half: dict[str, Any]):
    adv = adv_of(signing)
    assert (await signing.bring(adv, adv.signed(None, **half))).fragment["error"] == "invalid_request"


def expect(name: str, error: str, **inside: Any) -> Any:
    return pytest.param(inside, error, id=name, marks=pytest.mark.conformance(FAPI1 + name))


@pytest.mark.parametrize(
    ("inside", "error"),
    [
        expect("ensure-request-object-without-exp-fails", "invalid_request_object", exp=None),
        expect("ensure-request-object-without-nbf-fails", "invalid_request_object", nbf=None),
        expect("ensure-request-object-without-nonce-fails", "invalid_request", nonce=None),
        expect("ensure-request-object-without-redirect-uri-fails", "invalid_request", redirect_uri=None),
        expect("ensure-expired-request-object-fails", "invalid_request_object", exp=1),
        expect("ensure-request-object-with-bad-aud-fails", "invalid_request_object", aud="https://another.example"),
        expect("ensure-response-mode-query", "invalid_request", response_mode="query"),
        expect("ensure-request-object-without-scope-fails", "invalid_request_object", scope=None),
        pytest.param({"scope": "accounts"}, "invalid_scope", id="an-id-token-without-openid"),
        pytest.param({"response_type": None}, "invalid_request", id="without-response-type"),
        pytest.param({"response_mode": "jwt"}, "invalid_request", id="signed-and-not-registered"),
        pytest.param({"state": "s" * 2001}, "invalid_request", id="endless-state"),
    ],
)
async def test_a_refusal_is_sent_in_the_fragment_with_the_state_inside(
    signing: AuthorizationWorld, inside: dict[str, Any], error: str
):
    """An error in the query would fail each of these modules. What stands outside is good, and does not help."""
    adv = adv_of(signing)
    outside = {"nonce": "outside", "state": "outside"}
    answer = (await signing.bring(adv, adv.signed(None, **inside), **outside)).fragment
    assert answer["error"] == error
    assert answer.get("state") == (None if "state" in inside else "state-1")
    assert answer["iss"] == BRAND.issuer
    assert set(answer) <= {"error", "error_description", "state", "iss"}
    assert await count_stored(signing) == (0, 0)


async def test_a_foreign_or_broken_signature_is_refused_in_the_fragment_too(
    signing: AuthorizationWorld, subtests: pytest.Subtests
):
    """The suite's modules -signature-algorithm-is-not-none, -with-invalid-signature, -matching-key, -RS256."""
    adv = adv_of(signing)
    claims = adv.object_claims(None)
    good = adv.key.jwt(claims)
    cases = {
        "ensure-request-object-signature-algorithm-is-not-none-fails": f"{b64_json({'alg': 'none'})}.{b64_json(claims)}.",
        "ensure-request-object-with-invalid-signature-fails": good[:-8] + "AAAAAAAA",
        "ensure-matching-key-in-authorization-request": KEYS["acme-1"].jwt(claims),
        "ensure-signed-request-object-with-RS256-fails": adv.key.jwt(claims, alg="RS256"),
    }
    for name, token in cases.items():
        with subtests.test(name):
            answer = (await signing.bring(adv, token)).fragment
            assert (answer["error"], answer["state"]) == ("invalid_request_object", "state-1")


@pytest.mark.conformance(FAPI1 + "ensure-registered-redirect-uri", FAPI1 + "ensure-redirect-uri-in-authorization-request")
async def test_no_browser_is_sent_to_an_address_that_is_not_registered(signing: AuthorizationWorld, subtests: pytest.Subtests):
    """Not even to the good one that stands outside, when the object names another."""
    adv = adv_of(signing)
    evil = "https://evil.example/"
    cases = {
        "inside, signed": (adv.signed(None, redirect_uri=evil), {}),
        "inside, not signed by the client": (KEYS["acme-1"].jwt(adv.object_claims(None, redirect_uri=evil)), {}),
        "nowhere": (adv.signed(None, redirect_uri=None), {"redirect_uri": ""}),
        "outside, with no object": (adv.signed(None, redirect_uri=None), {"redirect_uri": evil}),
        "outside, with nonsense": ("nonsense", {"redirect_uri": evil}),
    }
    for name, (token, outside) in cases.items():
        with subtests.test(name):
            answer = await signing.bring(adv, token, **outside)
            assert answer.page[0] == 400
            assert "Location" not in answer.response.headers


@pytest.mark.conformance(FAPI1 + "ensure-authorization-request-without-request-object-fails")
@pytest.mark.spec("FAPI1-ADV-FINAL-5.2.2-1")
async def test_plain_parameters_are_refused(signing: AuthorizationWorld):
    adv = adv_of(signing)
    answer = (await signing.call("GET", "/authorize", query=adv.request_of(None))).fragment
    assert (answer["error"], answer["state"]) == ("invalid_request", "state-1")


@pytest.mark.conformance(FAPI1 + "ensure-response-type-code-fails")
@pytest.mark.spec("FAPI1-ADV-FINAL-5.2.2-2")
async def test_a_code_alone_needs_a_signed_response(signing: AuthorizationWorld):
    adv = adv_of(signing)
    answer = await signing.bring(adv, adv.signed(None, response_type="code"), response_type="code")
    assert answer.location["error"] == "unsupported_response_type"


@pytest.mark.conformance(
    FAPI1 + "ensure-authorization-request-without-state-success", FAPI1 + "state-only-outside-request-object-not-used"
)
async def test_a_state_outside_is_not_given_back(signing: AuthorizationWorld):
    adv = adv_of(signing)
    token = adv.signed(None, state=None)
    assert await began(signing, await signing.bring(adv, token, state="outside"))
    (request_uri,) = await request_uris(signing, adv, token)
    assert set((await signing.approve(adv, request_uri)).fragment) == {"code", "id_token", "iss"}


async def test_a_refusal_gives_no_state_back_that_the_object_does_not_have(signing: AuthorizationWorld):
    """Unless there is no object to read: then the browser's is all there is."""
    adv = adv_of(signing)
    refused = await signing.bring(adv, adv.signed(None, state=None, exp=1), state="outside")
    assert "state" not in refused.fragment
    assert (await signing.bring(adv, "nonsense", state="outside")).fragment["state"] == "outside"


async def test_an_object_may_be_posted(signing: AuthorizationWorld):
    """OIDC Core section 3.1.2.1: a long one fits no address."""
    adv = adv_of(signing)
    form = {"client_id": adv.client.id, "request": adv.signed(None)}
    assert await began(signing, await signing.call("POST", "/authorize", form=form))


async def test_who_must_push_brings_nothing_by_value(signing: AuthorizationWorld):
    for tpp in (signing.tpps["mess"], signing.acme):
        answer = await signing.bring(tpp, tpp.signed(None))
        assert answer.location["error"] == "invalid_request"
        assert await signing.books.oauth.pushed_requests() == []


async def test_a_request_by_reference_to_another_host_is_not_fetched(signing: AuthorizationWorld):
    adv = adv_of(signing)
    query = {"client_id": adv.client.id, "request_uri": "https://adv.example/request.jwt", "redirect_uri": adv.redirect_uri}
    status, page = (await signing.call("GET", "/authorize", query=query)).page
    assert status == 400
    assert "request_uri_not_supported" in page


async def test_a_reload_finds_the_same_request(oauth_anywhere: AuthorizationWorld):
    """A reload, or a stranger with the address out of a history: no second consent, no second row, no second answer."""
    world = oauth_anywhere
    await register(world)
    adv = adv_of(world)
    token = adv.signed(None)
    answers = await asyncio.gather(*(world.bring(adv, token) for _ in range(4)))
    assert all([await began(world, answer) for answer in answers])
    assert await count_stored(world) == (1, 1)
    (request_uri,) = await request_uris(world, adv, token)
    assert "code" in (await world.approve(adv, request_uri)).fragment
    again = (await world.bring(adv, token)).fragment
    assert (again["error"], again["state"]) == ("invalid_request_uri", "state-1")
    assert len(await world.books.oauth.codes()) == 1


async def test_another_spelling_of_the_signature_makes_no_other_request(signing: AuthorizationWorld):
    """An ECDSA signature (r, s) has a twin, and a PSS signature can be made again over the same object by its client."""
    adv = adv_of(signing)
    claims = adv.object_claims(None)
    for _ in range(2):
        assert await began(signing, await signing.bring(adv, adv.key.jwt(claims)))
    assert len(await signing.books.oauth.pushed_requests()) == 1


async def test_an_object_is_good_until_it_expires(signing: AuthorizationWorld):
    adv = adv_of(signing)
    token = adv.signed(None, exp=signing.now + 600)
    signing.advance(seconds=500)
    assert await began(signing, await signing.bring(adv, token))
    signing.advance(seconds=120)
    assert (await signing.bring(adv, token)).fragment["error"] == "invalid_request_object"


async def test_requests_by_value_are_counted_and_reloads_are_not(oauth: AuthorizationWorld):
    await register(oauth)
    adv = adv_of(oauth)
    object.__setattr__(oauth.services.settings, "client_requests_per_minute", 2)
    token = adv.signed(None)
    for _ in range(3):
        assert await began(oauth, await oauth.bring(adv, token))
    assert await began(oauth, await oauth.bring(adv, adv.signed(None, state="2")))
    answer = (await oauth.bring(adv, adv.signed(None, state="3"))).fragment
    assert (answer["error"], answer["state"]) == ("temporarily_unavailable", "3")


@pytest.mark.conformance(FAPI1 + "ensure-server-handles-non-matching-intent-id")
async def test_another_clients_consent_is_refused_before_any_page(signing: AuthorizationWorld):
    adv = adv_of(signing)
    foreign = await signing.lodge(signing.acme)
    answer = (await signing.bring(adv, adv.signed(foreign.id))).fragment
    assert (answer["error"], answer["state"]) == ("access_denied", "state-1")


async def test_an_address_without_an_object_says_so_on_a_page(signing: AuthorizationWorld):
    adv = adv_of(signing)
    for query in ({"client_id": adv.client.id}, {"client_id": adv.client.id, "request": "nonsense"}):
        status, page = (await signing.call("GET", "/authorize", query=query)).page
        assert status == 400
        assert "invalid_request" in page
