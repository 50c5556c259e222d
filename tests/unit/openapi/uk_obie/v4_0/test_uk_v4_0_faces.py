"""The header and authorization faces of UK Open Banking v4.0, and the words its customers read."""

import itertools

import pytest
from hypothesis import given

from kernel.banking.consents import Consent, ConsentKind, Permission
from kernel.errors import FieldInvalid, HeaderInvalid
from openapi.uk_obie.v4_0.dialect import DIALECT
from tests.unit.openapi import canonical
from tests.unit.openapi.canonical import INTERACTION_ID, a_consent, a_request

HEADERS = DIALECT.headers
AUTHORIZATION = DIALECT.authorization


def test_an_absent_interaction_id_is_none_and_a_uuid_is_played_back() -> None:
    assert HEADERS.parse_interaction_id(a_request()) is None
    assert HEADERS.parse_interaction_id(a_request(("X-FAPI-Interaction-Id", INTERACTION_ID.upper()))) == INTERACTION_ID.upper()


@pytest.mark.parametrize(
    "value", ["", "x", INTERACTION_ID + "0", INTERACTION_ID.replace("-", ""), "{" + INTERACTION_ID + "}", "<script>", "٣" * 36]
)
def test_refuses_an_interaction_id_that_is_no_uuid(value: str) -> None:
    with pytest.raises(HeaderInvalid) as refused:
        HEADERS.parse_interaction_id(a_request(("x-fapi-interaction-id", value)))
    assert refused.value.path == "x-fapi-interaction-id"


def test_refuses_two_interaction_ids() -> None:
    with pytest.raises(HeaderInvalid):
        HEADERS.parse_interaction_id(a_request(*[("x-fapi-interaction-id", INTERACTION_ID)] * 2))


@pytest.mark.parametrize("address", ["104.25.212.99", "2001:db8::1", "::1"])
def test_the_customers_address_says_that_the_customer_is_there(address: str) -> None:
    assert HEADERS.parse_psu_present(a_request(("x-fapi-customer-ip-address", address)))
    assert not HEADERS.parse_psu_present(a_request())


@pytest.mark.parametrize("address", ["", "localhost", "1.2.3", "256.1.1.1", "1.2.3.4, 5.6.7.8", "fe80::1%eth0"])
def test_refuses_an_address_that_is_none(address: str) -> None:
    with pytest.raises(HeaderInvalid) as refused:
        HEADERS.parse_psu_present(a_request(("x-fapi-customer-ip-address", address)))
    assert refused.value.path == "x-fapi-customer-ip-address"


@pytest.mark.parametrize("value", ["Wed, 01 Jul 2026 09:00:00 GMT", "Thu, 29 Feb 2024 23:59:60 UTC"])
@pytest.mark.spec("RFC9110-5.6.7", "OBIE-RW-4.0-headers")
def test_accepts_an_imf_fixdate(value: str) -> None:
    HEADERS.check_headers(a_request(("x-fapi-auth-date", value)))
    HEADERS.check_headers(a_request())


@pytest.mark.parametrize(
    "value",
    [
        "",
        "2026-07-01T09:00:00Z",
        "Tue, 01 Jul 2026 09:00:00 GMT",
        "Wed, 1 Jul 2026 09:00:00 GMT",
        "Wed, 01 Jul 2026 24:00:00 GMT",
        "Wed, 01 Jul 2026 09:00:00 +0000",
        "Mon, 30 Feb 2026 09:00:00 GMT",
        "Wednesday, 01-Jul-26 09:00:00 GMT",
    ],
)
def test_refuses_another_date_of_login(value: str) -> None:
    with pytest.raises(HeaderInvalid) as refused:
        HEADERS.check_headers(a_request(("x-fapi-auth-date", value)))
    assert refused.value.path == "x-fapi-auth-date"


def claim(value: object) -> dict[str, object]:
    return {"openbanking_intent_id": value}


@pytest.mark.spec("OBIE-SP-openbanking-intent-id")
def test_a_request_names_its_consent_in_the_claims() -> None:
    named = claim({"value": "c-1", "essential": True})
    assert AUTHORIZATION.consent_id_of({}, {"id_token": named}) == "c-1"
    assert AUTHORIZATION.consent_id_of({}, {"userinfo": named}) == "c-1"
    assert AUTHORIZATION.consent_id_of({}, {"id_token": named, "userinfo": named}) == "c-1"


@pytest.mark.parametrize(
    "claims",
    [{}, {"id_token": None}, {"id_token": {"acr": None}}, {"id_token": claim(None)}, {"id_token": claim({})}],
)
@pytest.mark.spec("OIDC-CORE-5.5.1")
def test_a_request_may_name_no_consent(claims: dict[str, object]) -> None:
    assert AUTHORIZATION.consent_id_of({"scope": "openid accounts"}, claims) is None


@pytest.mark.parametrize(
    "claims",
    [
        {"id_token": []},
        {"id_token": claim("c-1")},
        {"id_token": claim({"value": 1})},
        {"id_token": claim({"value": ""})},
        {"id_token": claim({"value": ["c-1"]})},
        {"id_token": claim({"value": "x" * 129})},
        {"id_token": claim({"value": "c-1", "essential": "yes"})},
        {"id_token": claim({"value": "c-1"}), "userinfo": claim({"value": "c-2"})},
    ],
)
def test_refuses_a_consent_that_is_named_in_another_way(claims: dict[str, object]) -> None:
    with pytest.raises(FieldInvalid):
        AUTHORIZATION.consent_id_of({}, claims)


@given(canonical.consents)
def test_the_id_token_says_which_consent_it_was(consent: Consent) -> None:
    claims = AUTHORIZATION.id_token_claims(consent)
    assert claims == {"openbanking_intent_id": consent.id}


def test_every_kind_of_consent_has_a_scope() -> None:
    assert {kind: AUTHORIZATION.scope_of(kind) for kind in ConsentKind} == {
        ConsentKind.ACCOUNTS: "accounts",
        ConsentKind.PAYMENT: "payments",
        ConsentKind.SCHEDULED: "payments",
        ConsentKind.STANDING_ORDER: "payments",
        ConsentKind.INTERNATIONAL: "payments",
        ConsentKind.INTERNATIONAL_SCHEDULED: "payments",
        ConsentKind.INTERNATIONAL_STANDING_ORDER: "payments",
        ConsentKind.FILE: "payments",
        ConsentKind.VRP: "payments",
        ConsentKind.FUNDS: "fundsconfirmations",
    }


def sentences(*permissions: Permission) -> list[str]:
    return list(itertools.chain(*(texts for _, texts in AUTHORIZATION.clusters(frozenset(permissions)))))


@pytest.mark.parametrize("permission", Permission)
def test_every_permission_is_shown_to_the_customer(permission: Permission) -> None:
    assert len(sentences(permission)) == 1


def test_detail_is_shown_in_place_of_basic() -> None:
    both = sentences(Permission.ACCOUNTS_BASIC, Permission.ACCOUNTS_DETAIL)
    assert both == sentences(Permission.ACCOUNTS_DETAIL) != sentences(Permission.ACCOUNTS_BASIC)


def test_clusters_come_in_the_order_of_the_guidelines_and_never_empty() -> None:
    shown = AUTHORIZATION.clusters(frozenset(Permission))
    assert [heading for heading, _ in shown] == [
        "Your account details",
        "Your regular payments",
        "Your account transactions",
        "Your statements",
        "Your account features and benefits",
        "Contact and party details",
    ]
    assert all(texts for _, texts in shown)
    assert AUTHORIZATION.clusters(frozenset()) == []
    assert a_consent().permissions == frozenset()


def test_a_consent_that_is_essential_must_be_named() -> None:
    """The client's default consent would be another than the one it means."""
    with pytest.raises(FieldInvalid):
        AUTHORIZATION.consent_id_of({}, {"id_token": claim({"essential": True})})
