"""Rich authorization requests: what is asked in detail becomes a consent, and the token response says what was granted. RFC 9396."""

import json
from typing import Any

import pytest

from consent.authorization.offer.authorization_details import LODGED_AS_RAR
from kernel.access import Role
from kernel.banking.consents import ConsentState, Permission
from tests.world.agreement import TERMS, TYPE, details, granted, may_detail
from tests.world.approval import consent_of
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND

INVALID = (400, "invalid_authorization_details")
PART = "https://localhost:8444/open-banking/v4.0/aisp"


@pytest.mark.spec("RFC9396-3")
async def test_terms_become_a_consent_with_the_push(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    tpp = await may_detail(world)
    asked = details(
        valid_until="2026-09-01T00:00:00Z", transactions_from="2026-01-01T00:00:00+01:00", frequency_per_day=3,
        permissions=["accounts_basic", "transactions_basic", "transactions_credits"],
        look_back_days=90, recurring=False, purpose="To find you a cheaper loan",
    )  # fmt: skip
    pushed = await world.load_pushed(tpp, await world.pushed_uri(tpp, None, authorization_details=asked))
    consent = await consent_of(world, pushed.consent_id)
    assert (consent.lodged_as, consent.state, consent.client_id) == (LODGED_AS_RAR, ConsentState.AWAITING, tpp.client.id)
    assert consent.permissions == {
        *(Permission.ACCOUNTS_BASIC, Permission.TRANSACTIONS_BASIC, Permission.TRANSACTIONS_CREDITS),
    }
    assert consent.valid_until.isoformat() == "2026-09-01T00:00:00+00:00"
    assert consent.data.transactions_from.isoformat() == "2025-12-31T23:00:00+00:00"
    assert consent.frequency_per_day == 3
    assert (consent.data.look_back_days, consent.is_recurring) == (90, False)
    assert consent.purpose == "To find you a cheaper loan"


@pytest.mark.spec("RFC9396-7")
async def test_a_frequency_beyond_the_brands_is_lowered_and_returned(oauth: AuthorizationWorld):
    """The consent, the token response and introspection say what was granted, not what was asked for."""
    tpp = await may_detail(oauth)
    tokens = await granted(oauth, tpp, authorization_details=details(frequency_per_day=1_000_000))
    assert (await consent_of(oauth, tokens["grant_id"])).frequency_per_day == BRAND.frequency_per_day_max
    active = (await oauth.call("POST", "/introspect", form={"token": tokens["access_token"], **tpp.credentials()})).json
    for shown in (tokens, active):
        assert shown["authorization_details"][0]["frequency_per_day"] == BRAND.frequency_per_day_max


@pytest.mark.spec("RFC9396-2.2")
async def test_the_words_of_the_rfcs_own_example_are_understood(oauth: AuthorizationWorld):
    """Section 2's account_information object, with a location of ours."""
    tpp = await may_detail(oauth)
    example = [
        {
            "type": "account_information",
            "actions": ["list_accounts", "read_balances", "read_transactions"],
            "locations": [BRAND.resource_audience],
        }
    ]
    answer = await granted(oauth, tpp, authorization_details=json.dumps(example))
    (shown,) = answer["authorization_details"]
    assert {name: shown[name] for name in example[0]} == example[0]
    consent = await consent_of(oauth, answer["grant_id"])
    assert consent.permissions == {
        *(Permission.ACCOUNTS_DETAIL, Permission.BALANCES, Permission.TRANSACTIONS_DETAIL),
        *(Permission.TRANSACTIONS_CREDITS, Permission.TRANSACTIONS_DEBITS),
    }


@pytest.mark.spec("RFC9396-7")
@pytest.mark.spec("RFC9396-7.1")
async def test_the_token_response_says_what_was_granted_and_so_does_a_refresh(oauth_anywhere: AuthorizationWorld):
    tpp = await may_detail(oauth_anywhere)
    answer = await granted(oauth_anywhere, tpp, "account-1", "account-2")
    consent = await consent_of(oauth_anywhere, answer["grant_id"])
    expected = [{**TERMS, "consent_id": consent.id, "account_ids": [account.id for account in consent.accounts]}]
    assert answer["authorization_details"] == expected
    assert len(expected[0]["account_ids"]) == 2
    assert "account-1" not in json.dumps(answer), "the bank's own id"
    refreshed = await oauth_anywhere.token(tpp, "refresh_token", refresh_token=answer["refresh_token"])
    assert refreshed.json["authorization_details"] == expected
    assert refreshed.json["grant_id"] == consent.id
    form = {"token": refreshed.json["access_token"], **tpp.credentials()}
    described = (await oauth_anywhere.call("POST", "/introspect", form=form)).json
    assert described["authorization_details"] == expected, "RFC 9396 section 9.2"


async def test_what_was_not_asked_in_detail_is_not_returned_in_detail(oauth: AuthorizationWorld):
    answer = await oauth.tokens(oauth.acme)
    assert "authorization_details" not in answer
    form = {"token": answer["access_token"], **oauth.acme.credentials()}
    assert "authorization_details" not in (await oauth.call("POST", "/introspect", form=form)).json
    assert answer["grant_id"] == oauth.verifier.verify(BRAND, answer["access_token"]).consent_id


@pytest.mark.spec("RFC9396-3.1")
async def test_terms_need_no_scope(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """What they ask for says which scope opens it; the token response names the scope that was granted."""
    tpp = await may_detail(oauth)
    for scope, expected in ((None, "accounts"), ("openid", "openid accounts"), ("accounts", "accounts")):
        with subtests.test(str(scope)):
            assert (await granted(oauth, tpp, scope=scope))["scope"] == expected
    with subtests.test("but the client must be registered for it"):
        other = await may_detail(oauth, "no-accounts", scope="openid payments")
        answer = await oauth.push(other, None, scope="openid", authorization_details=details())
        assert answer.error == (400, "invalid_scope")
    with subtests.test("and without terms it is missing"):
        assert (await oauth.push(tpp, None, scope=None)).error == (400, "invalid_scope")


async def test_a_consent_that_stands_can_be_named(oauth: AuthorizationWorld):
    """Then it is the consent as it was lodged, and our own words name its terms."""
    tpp = await may_detail(oauth)
    consent = await oauth.lodge(tpp)
    answer = await granted(oauth, tpp, authorization_details=json.dumps([{"type": TYPE, "consent_id": consent.id}]))
    (shown,) = answer["authorization_details"]
    assert (answer["grant_id"], shown["consent_id"]) == (consent.id, consent.id)
    assert shown["permissions"] == ["accounts_basic"]
    assert (await consent_of(oauth, consent.id)).lodged_as == consent.lodged_as


async def test_whose_consent_is_named_is_asked_at_authorize_and_not_before(oauth: AuthorizationWorld):
    """As with every consent: a push that named another's would tell its client that it exists."""
    tpp = await may_detail(oauth)
    foreign = await oauth.lodge(oauth.borough)
    named = json.dumps([{"type": TYPE, "consent_id": foreign.id}])
    request_uri = await oauth.pushed_uri(tpp, None, authorization_details=named)
    assert (await oauth.visit(tpp, request_uri)).location["error"] == "access_denied"


@pytest.mark.spec("RFC9396-5")
async def test_what_cannot_be_understood_or_granted_is_refused(oauth_anywhere: AuthorizationWorld, subtests: pytest.Subtests):
    """Attack table: each is refused whole, with the error of the RFC, and nothing is stored."""
    world = oauth_anywhere
    tpp = await may_detail(world)
    cases: dict[str, str] = {
        "no JSON": "{",
        "an object": json.dumps(TERMS),
        "an empty array": "[]",
        "an array of text": '["account_information"]',
        "two objects": json.dumps([TERMS, TERMS]),
        "no type": details(type=None),
        "another type": details(type="payment_initiation"),
        "a type in other letters": details(type="Account_Information"),
        "a type as a number": details(type=1),
        "a member that the type does not know": details(surprise=True),
        "a member twice": '[{"type": "account_information", "permissions": ["balances"], "permissions": ["accounts_detail"]}]',
        "no terms": json.dumps([{"type": TYPE}]),
        "an unknown permission": details(permissions=["accounts_detail", "everything"]),
        "permissions as text": details(permissions="accounts_detail"),
        "an unknown action": details(actions=["delete_accounts"]),
        "a look-back of nothing": details(look_back_days=0),
        "a purpose that does not show": details(purpose="\u202e"),
        "a purpose with blanks around it": details(purpose=" a loan"),
        "balances of no account": details(permissions=["balances"]),
        "transactions without a direction": details(permissions=["accounts_basic", "transactions_basic"]),
        "a direction without transactions": details(permissions=["accounts_basic", "transactions_credits"]),
        "validity that has passed": details(valid_until="2026-07-01T09:00:00Z"),
        "validity without a zone": details(valid_until="2026-09-01T00:00:00"),
        "validity as a number": details(valid_until=1_900_000_000),
        "a period that ends before it begins": details(
            transactions_from="2026-02-01T00:00:00Z", transactions_to="2026-01-01T00:00:00Z"
        ),
        "a frequency of none": details(frequency_per_day=0),
        "an endless frequency": details(frequency_per_day=10**9),
        "an account in an unknown scheme": details(accounts=[{"scheme": "tail", "identification": "1"}]),
        "an account without a number": details(accounts=[{"scheme": "iban", "identification": ""}]),
        "too many accounts": details(accounts=[{"scheme": "iban", "identification": str(n)} for n in range(51)]),
        "another server's location": details(locations=["https://example.com/accounts"]),
        "terms and a consent": details(consent_id="c"),
        "an endless consent id": json.dumps([{"type": TYPE, "consent_id": "c" * 129}]),
        "too deep": "[" * 60 + "]" * 60,
        "too long": details() + " " * 20_000,
        "half a character": '[{"type": "account_information\ud800"}]'.encode(errors="replace").decode(),
    }
    before = await world.books.watched()
    for name, text in cases.items():
        with subtests.test(name):
            assert (await world.push(tpp, None, authorization_details=text)).error == INVALID
    await world.books.check_nothing_written(before)


async def test_a_client_asks_only_in_the_types_it_is_registered_for(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    with subtests.test("not registered"):
        assert (await oauth.push(oauth.acme, None, authorization_details=details())).error == INVALID
    with subtests.test("registered, without the role"):
        tpp = await may_detail(oauth, "pisp", roles=frozenset({Role.PISP}))
        assert (await oauth.push(tpp, None, authorization_details=details())).error == INVALID


async def test_a_request_names_one_consent_or_asks_for_one(oauth: AuthorizationWorld):
    tpp = await may_detail(oauth)
    first, second = [(await oauth.lodge(tpp)).id for _ in range(2)]
    assert (await oauth.push(tpp, first, authorization_details=details())).error == (400, "invalid_request")
    named = json.dumps([{"type": TYPE, "consent_id": second}])
    assert (await oauth.push(tpp, first, authorization_details=named)).error == (400, "invalid_request")
    assert (await oauth.push(tpp, second, authorization_details=named)).status == 201


@pytest.mark.spec("RFC9396-6")
async def test_a_token_request_is_not_given_more_than_it_asks_for(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    """Narrowing by details is not offered; ignoring them would give more than was asked."""
    tpp = await may_detail(oauth)
    for grant_type, changes in (
        ("client_credentials", {}),
        ("authorization_code", {"code": "c"}),
        ("refresh_token", {"refresh_token": "r"}),
    ):
        with subtests.test(grant_type):
            assert (await oauth.token(tpp, grant_type, authorization_details=details(), **changes)).error == INVALID


@pytest.mark.spec("RFC9396-6.1")
async def test_locations_narrow_the_tokens(oauth: AuthorizationWorld):
    tpp = await may_detail(oauth)
    answer = await granted(oauth, tpp, authorization_details=details(locations=[PART]))
    assert oauth.verifier.verify(BRAND, answer["access_token"]).audience == (PART,)
    beyond: dict[str, Any] = {"authorization_details": details(locations=[PART]), "resource": BRAND.resource_audience}
    assert (await oauth.push(tpp, None, **beyond)).error == (400, "invalid_target")


async def test_account_numbers_are_sealed_wherever_they_wait(oauth: AuthorizationWorld):
    """In the consent that they ask for, and in a change that waits for its PSU's yes."""
    tpp = await may_detail(oauth)
    number = "GB29NWBK60161331926819"
    asked = details(accounts=[{"scheme": "iban", "identification": number}])
    answer = await granted(oauth, tpp, authorization_details=asked)
    await oauth.pushed_uri(
        tpp, None, authorization_details=asked, grant_management_action="merge", grant_id=answer["grant_id"]
    )  # fmt: skip
    rows = [row.document for row in await oauth.books.oauth.pushed_requests()]
    assert len(rows) == 2
    assert not any(number.encode() in row for row in rows)
