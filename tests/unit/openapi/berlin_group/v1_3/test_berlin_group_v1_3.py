"""The Berlin Group read of one account, over the same canonical words, held against the official document."""

import json as standard_json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import json
from kernel.banking.accounts import AccountIdentifier, Scheme, TransactionStatus
from kernel.banking.commands import ReadAccount
from kernel.banking.consents import READ_TRANSACTIONS, AccountReference, ConsentKind, Permission
from kernel.banking.results import AccountView, BalanceView, TransactionsView
from kernel.errors import FieldInvalid, HeaderInvalid, HeaderMissing, Problem
from openapi.berlin_group.v1_3 import accounts, transactions
from openapi.berlin_group.v1_3.dialect import DIALECT
from openapi.codec import WireRequest
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
    shown = judged(view, *granted)
    assert ("balances" in shown) == (Permission.BALANCES in granted and view.balances is not None)
    assert Permission.ACCOUNTS_DETAIL in granted or not {"iban", "bic"} & shown.keys()
    assert Permission.PARTY in granted or "ownerName" not in shown


@pytest.mark.spec("BG-XS2A-1.3-read-account-details", "BG-XS2A-1.3-account-details")
def test_gives_the_iban_to_those_who_may_read_details() -> None:
    view = AccountView(AccountReference("a-1", "UPSTREAM-SECRET"), an_account(IBAN))
    shown = {
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
    assert judged(view, Permission.ACCOUNTS_DETAIL) == shown
    assert judged(view, Permission.ACCOUNTS_DETAIL, Permission.PARTY) == shown | {"ownerName": "Alice Ames"}


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
    scopes = {kind: authorization.scope_of(kind) for kind in ConsentKind}
    assert (scopes[ConsentKind.ACCOUNTS], scopes[ConsentKind.FUNDS]) == ("accounts", "fundsconfirmations")
    assert {scopes[kind] for kind in set(ConsentKind) - {ConsentKind.ACCOUNTS, ConsentKind.FUNDS}} == {"payments"}
    assert authorization.clusters(frozenset()) == []
    assert authorization.clusters(frozenset({Permission.BALANCES})) == [("Your account information", ["Balances"])]


def read_list(view: TransactionsView, *granted: Permission, status: str = "both") -> dict:
    consent = a_consent(*granted)
    rendering = rendering_of("/accounts/a-1/transactions", consent, (("bookingStatus", status),))
    body = json.encode(transactions.encode(view, rendering))
    headers = {"X-Request-ID": INTERACTION_ID, "Content-Type": "application/json"}
    validate_answer(DIALECT.name, "GET", f"{PATH}/transactions", 200, headers, body)
    assert b"UPSTREAM-SECRET" not in body
    return standard_json.loads(body)["transactions"]


@given(canonical.transactions_views, canonical.permission_sets)
@pytest.mark.spec("BG-XS2A-1.3-transactions", "BG-XS2A-1.3-account-report")
def test_transactions_satisfy_the_official_schema(view: TransactionsView, granted: frozenset[Permission]) -> None:
    shown = read_list(view, *granted)
    assert len(shown["booked"]) + len(shown["pending"]) == len(view.rows)
    assert ("next" in shown["_links"]) == (view.next_cursor is not None)
    detailed = {"creditorName", "debtorName", "remittanceInformationUnstructured", "balanceAfterTransaction"}
    assert Permission.TRANSACTIONS_DETAIL in granted or not any(detailed & each.keys() for each in shown["booked"])


@pytest.mark.parametrize("status", ["booked", "pending"])
def test_only_entries_of_the_asked_status_are_listed(status: str) -> None:
    assert read_list(TransactionsView(()), status=status).keys() == {status, "_links"}


@given(st.lists(canonical.account_views, max_size=3).map(tuple), canonical.permission_sets)
@pytest.mark.spec("BG-XS2A-1.3-read-account-list")
def test_a_list_of_accounts_links_to_what_each_opens(views: tuple[AccountView, ...], granted: frozenset[Permission]) -> None:
    body = json.encode(accounts.encode_list(views, rendering_of("/accounts", a_consent(*granted))))
    headers = {"X-Request-ID": INTERACTION_ID, "Content-Type": "application/json"}
    validate_answer(DIALECT.name, "GET", "/psd2/v1/accounts", 200, headers, body)
    opened = {"balances"} if Permission.BALANCES in granted else set()
    opened |= {"transactions"} if granted & READ_TRANSACTIONS else set()
    assert all(each.get("_links", {}).keys() == opened for each in standard_json.loads(body)["accounts"])


@given(st.lists(canonical.balance_views, max_size=3).map(tuple))
@pytest.mark.spec("BG-XS2A-1.3-read-balance")
def test_balances_satisfy_the_official_schema(views: tuple[BalanceView, ...]) -> None:
    body = json.encode(accounts.encode_balances(views, rendering_of("/accounts/a-1/balances", a_consent())))
    headers = {"X-Request-ID": INTERACTION_ID, "Content-Type": "application/json"}
    validate_answer(DIALECT.name, "GET", f"{PATH}/balances", 200, headers, body)


@pytest.mark.spec("BG-XS2A-1.3-read-transaction-list")
def test_days_are_those_of_the_bank_and_both_are_included() -> None:
    query = (("dateFrom", "2026-06-01"), ("dateTo", "2026-06-30"), ("bookingStatus", "booked"))
    asked = transactions.decode(WireRequest({"account-id": "a-1"}, query, b"", zone=ZoneInfo("Europe/Berlin")))
    assert (asked.booked_from, asked.status) == (datetime(2026, 5, 31, 22, tzinfo=UTC), TransactionStatus.BOOKED)
    assert asked.booked_to == datetime(2026, 6, 30, 21, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"dateFrom": None}, "dateFrom", "FORMAT_ERROR"),
        ({"dateFrom": "01.06.2026"}, "dateFrom", "FORMAT_ERROR"),
        ({"dateFrom": "20260601"}, "dateFrom", "FORMAT_ERROR"),
        ({"dateFrom": "9999-12-31"}, "dateFrom", "PERIOD_INVALID"),
        ({"dateFrom": "1899-12-31"}, "dateFrom", "PERIOD_INVALID"),
        ({"dateTo": "2026-05-31"}, "dateTo", "PERIOD_INVALID"),
        ({"bookingStatus": None}, "bookingStatus", "FORMAT_ERROR"),
        ({"bookingStatus": "information"}, "bookingStatus", "PARAMETER_NOT_SUPPORTED"),
        ({"deltaList": "true"}, "deltaList", "PARAMETER_NOT_SUPPORTED"),
        ({"entryReferenceFrom": "7"}, "entryReferenceFrom", "PARAMETER_NOT_SUPPORTED"),
    ],
)
@pytest.mark.spec("BG-XS2A-1.3-message-codes")
def test_refuses_a_listing_that_is_malformed_or_not_offered(changes: dict[str, str | None], path: str, code: str) -> None:
    asked = {"dateFrom": "2026-06-01", "bookingStatus": "both", **changes}
    query = tuple((name, value) for name, value in asked.items() if value is not None)
    with pytest.raises(Problem) as refused:
        transactions.decode(a_wire_request({"account-id": "a-1"}, query))
    status, _, body = DIALECT.errors.render(refused.value, None, "id", None)
    [message] = json.decode(body or b"", dict)["tppMessages"]
    assert (status, message["code"], message["path"]) == (400, code, path)
