"""The Berlin Group read of one account, over the same canonical words, held against the official document."""

import json as standard_json

import pytest
from hypothesis import given

from kernel import json
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.commands import ReadAccount
from kernel.banking.consents import AccountReference, ConsentKind, Permission
from kernel.banking.results import AccountView
from kernel.errors import FieldInvalid, HeaderInvalid, HeaderMissing, Problem
from openapi.berlin_group.v1_3 import accounts
from openapi.berlin_group.v1_3.dialect import DIALECT
from tests.official import validate_answer
from tests.unit.openapi import canonical
from tests.unit.openapi.canonical import INTERACTION_ID, a_consent, a_request, a_wire_request, an_account, rendering_of

PATH = "/psd2/v1/accounts/a-1"
IBAN = AccountIdentifier(Scheme.IBAN, "GB33BUKB20201555555555", "Alice Ames")


def judged(view: AccountView, *granted: Permission) -> dict:
    body = json.encode(accounts.encode_read(view, rendering_of("/accounts/a-1", a_consent(*granted))))
    validate_answer(DIALECT.name, "GET", PATH, 200, {"X-Request-ID": INTERACTION_ID, "Content-Type": "application/json"}, body)
    assert b"UPSTREAM-SECRET" not in body
    return standard_json.loads(body)["account"]  # ours refuses some of the texts that an upstream may hold


@given(canonical.account_views, canonical.permission_sets)
@pytest.mark.spec("BG-XS2A-1.3-account-information-service", "BG-XS2A-1.3-data-types")
def test_an_account_satisfies_the_official_schema(view: AccountView, granted: frozenset[Permission]) -> None:
    told = judged(view, *granted)
    assert ("balances" in told) == (Permission.BALANCES in granted and view.balances is not None)
    assert Permission.ACCOUNTS_DETAIL in granted or not {"iban", "bic"} & told.keys()
    assert Permission.PARTY in granted or "ownerName" not in told


@pytest.mark.spec("BG-XS2A-1.3-read-account-details", "BG-XS2A-1.3-account-details")
def test_tells_the_iban_to_those_who_may_read_details() -> None:
    view = AccountView(AccountReference("a-1", "UPSTREAM-SECRET"), an_account(IBAN))
    told = {
        "resourceId": "a-1",
        "iban": "GB33BUKB20201555555555",
        "currency": "GBP",
        "name": "Everyday",
        "displayName": "Bills",
        "cashAccountType": "CACC",
        "status": "enabled",
        "bic": "CPLSGB2LXXX",
        "usage": "PRIV",
    }
    assert judged(view, Permission.ACCOUNTS_DETAIL) == told
    assert judged(view, Permission.ACCOUNTS_DETAIL, Permission.PARTY) == told | {"ownerName": "Alice Ames"}


@pytest.mark.parametrize(
    ("query", "asked"), [((), False), ((("withBalance", "true"),), True), ((("withBalance", "false"),), False)]
)
def test_balances_are_read_when_asked_for(query: tuple[tuple[str, str], ...], asked: bool) -> None:
    assert accounts.decode_read(a_wire_request({"account-id": "a-1"}, query)) == ReadAccount("a-1", with_balances=asked)


@pytest.mark.parametrize("query", [(("withBalance", "yes"),), (("withBalance", "true"), ("withBalance", "true"))])
def test_refuses_a_malformed_parameter(query: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(Problem) as refused:
        accounts.decode_read(a_wire_request({"account-id": "a-1"}, query))
    status, media_type, body = DIALECT.errors.render(refused.value, None, "id", None)
    assert (status, media_type) == (400, "application/json")
    [message] = json.decode(body or b"", dict)["tppMessages"]
    assert (message["category"], message["code"], message["path"]) == ("ERROR", "FORMAT_ERROR", "withBalance")


@pytest.mark.spec("BG-XS2A-1.3-request-header")
def test_demands_a_request_id_and_a_consent_id() -> None:
    request = a_request(("x-request-id", INTERACTION_ID), ("consent-id", "c-1"))
    assert DIALECT.headers.parse_interaction_id(request) == INTERACTION_ID
    assert DIALECT.headers.parse_consent_id(request) == "c-1"
    with pytest.raises(HeaderMissing, match="required") as refused:
        DIALECT.headers.parse_interaction_id(a_request())
    assert refused.value.path == "X-Request-ID"
    with pytest.raises(HeaderMissing):
        DIALECT.headers.parse_consent_id(a_request())
    for header in (("X-Request-ID", "1"), ("X-Request-ID", "")):
        with pytest.raises(HeaderInvalid):
            DIALECT.headers.parse_interaction_id(a_request(header))
    for value in ("", "x" * 129):
        with pytest.raises(HeaderInvalid):
            DIALECT.headers.parse_consent_id(a_request(("Consent-ID", value)))


def test_the_customers_address_says_that_the_customer_is_there() -> None:
    assert DIALECT.headers.parse_psu_present(a_request(("PSU-IP-Address", "192.168.8.78")))
    assert not DIALECT.headers.parse_psu_present(a_request())
    with pytest.raises(HeaderInvalid):
        DIALECT.headers.parse_psu_present(a_request(("PSU-IP-Address", "home")))
    DIALECT.headers.check_headers(a_request())


@pytest.mark.spec("BG-XS2A-1.3-oauth2-sca-approach")
def test_a_request_names_its_consent_in_the_scope() -> None:
    authorization = DIALECT.authorization
    assert authorization.consent_id_of({"scope": "openid AIS:c-1"}, {}) == "c-1"
    assert authorization.consent_id_of({"scope": "accounts"}, {}) is None
    assert authorization.consent_id_of({}, {}) is None
    for scope in ("AIS:", "AIS:c-1 AIS:c-2", "AIS:c-1 PIS:p-1"):
        with pytest.raises(FieldInvalid):
            authorization.consent_id_of({"scope": scope}, {})


def test_the_authorization_face_knows_no_id_token() -> None:
    authorization = DIALECT.authorization
    assert authorization.id_token_claims(a_consent()) == {}
    assert [authorization.scope_of(kind) for kind in ConsentKind] == ["accounts", "payments", "payments", "fundsconfirmations"]
    assert authorization.clusters(frozenset()) == []
    assert authorization.clusters(frozenset({Permission.BALANCES})) == [("Your account information", ["Balances"])]
