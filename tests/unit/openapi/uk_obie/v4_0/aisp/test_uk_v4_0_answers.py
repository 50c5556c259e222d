"""The answers of the codecs of UK Open Banking v4.0, held against the official document for generated canonical data."""

import json as standard_json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import json
from kernel.banking.accounts import AccountIdentifier, Counterparty, Scheme, Transaction
from kernel.banking.consents import AccountAccess, AccountReference, Consent, ConsentState, Permission
from kernel.banking.results import AccountView, BalanceView, TransactionsView
from openapi.uk_obie.v4_0.aisp import accounts, balances, consents, transactions
from tests.official import validate_answer
from tests.unit.openapi import canonical
from tests.unit.openapi.canonical import INTERACTION_ID, NOW, a_consent, an_account, rendering_of

HEADERS = {"x-fapi-interaction-id": INTERACTION_ID, "Content-Type": "application/json"}
CARD = AccountIdentifier(Scheme.PAN, "4929123456781234", "Alice Ames")
CURRENT = AccountIdentifier(Scheme.SORT_CODE, "80200110203345", "Alice Ames")
REFERENCE = AccountReference("a-1", "UPSTREAM-SECRET")


def judged(path: str, wire: object, status: int = 200, method: str = "GET") -> dict:
    body = json.encode(wire)
    validate_answer("uk_obie/v4.0", method, path, status, HEADERS, body)
    assert b"UPSTREAM-SECRET" not in body
    return standard_json.loads(body)  # ours refuses some of the texts that an upstream may hold


def a_transaction(minor: int, **changes: object) -> Transaction:
    return canonical.a_transaction(minor, **({"counterparty": Counterparty("Corner Café", CURRENT)} | changes))


def transaction_rendered(transaction: Transaction, *permissions: Permission) -> dict:
    wire = transactions.encode(canonical.a_transactions_view(transaction), rendering_of("/transactions", a_consent(*permissions)))
    return judged("/transactions", wire)["Data"]["Transaction"][0]


@given(st.lists(canonical.account_views, max_size=3).map(tuple), canonical.permission_sets)
@pytest.mark.spec("OBIE-RW-4.0-accounts", "OBIE-RW-4.0-ob-internal-codeset", "OBIE-RW-4.0-iso-external-codeset")
def test_accounts_satisfy_the_official_schema(views: tuple[AccountView, ...], granted: frozenset[Permission]) -> None:
    judged("/accounts", accounts.encode_list(views, rendering_of("/accounts", a_consent(*granted))))


@given(canonical.account_views, canonical.permission_sets)
def test_one_account_satisfies_the_official_schema(view: AccountView, granted: frozenset[Permission]) -> None:
    judged("/accounts/a-1", accounts.encode_read(view, rendering_of("/accounts/a-1", a_consent(*granted))))


@given(st.lists(canonical.balance_views, min_size=1, max_size=3).map(tuple))
@pytest.mark.spec("OBIE-RW-4.0-balances")
def test_balances_satisfy_the_official_schema(views: tuple[BalanceView, ...]) -> None:
    for path in ("/balances", "/accounts/a-1/balances"):
        judged(path, balances.encode(views, rendering_of(path, a_consent(Permission.BALANCES))))


@given(canonical.transactions_views, canonical.permission_sets)
@pytest.mark.spec("OBIE-RW-4.0-transactions")
def test_transactions_satisfy_the_official_schema(view: TransactionsView, granted: frozenset[Permission]) -> None:
    for path in ("/transactions", "/accounts/a-1/transactions"):
        judged(path, transactions.encode(view, rendering_of(path, a_consent(*granted))))


@given(canonical.consents)
@pytest.mark.spec("OBIE-RW-4.0-account-access-consents")
def test_consents_satisfy_the_official_schema(consent: Consent) -> None:
    wire = consents.encode_consent(consent, rendering_of("/account-access-consents", None))
    judged("/account-access-consents", wire, 201, "POST")
    judged("/account-access-consents/{ConsentId}", wire)


def test_a_lodged_consent_is_echoed_in_its_own_order_each_permission_once() -> None:
    permissions = ["ReadBalances", "ReadAccountsDetail", "ReadBalances", "ReadAccountsBasic"]
    body = json.encode(
        {"Data": {"Permissions": permissions, "ExpirationDateTime": "2027-01-01T01:00:00+01:00"}, "Risk": {}},
    )
    lodged = consents.decode_lodgement(body)
    consent = a_consent(
        *lodged.data.permissions,
        state=ConsentState.AWAITING,
        lodged_as=lodged.lodged_as,
        document=lodged.document,
        created_at=NOW - timedelta(hours=2),
        valid_until=lodged.valid_until,
    )
    answer = judged(
        "/account-access-consents",
        consents.encode_consent(consent, rendering_of("/account-access-consents", None)),
        201,
        "POST",
    )
    assert answer["Data"] == {
        "ConsentId": "c-1",
        "Status": "AWAU",
        "StatusReason": [
            {"StatusReasonCode": "U036", "StatusReasonDescription": "The authorisation of the consent is not complete."}
        ],
        "CreationDateTime": "2026-07-01T07:00:00+00:00",
        "StatusUpdateDateTime": "2026-07-01T08:00:00+00:00",
        "Permissions": ["ReadBalances", "ReadAccountsDetail", "ReadAccountsBasic"],
        "ExpirationDateTime": "2027-01-01T00:00:00+00:00",
    }
    assert answer["Risk"] == {}
    assert answer["Links"] == {"Self": "https://localhost:8444/base/account-access-consents/c-1"}


def test_a_consent_past_its_validity_is_expired_since_then() -> None:
    consent = a_consent(Permission.ACCOUNTS_BASIC, valid_until=NOW)
    data = judged("/account-access-consents/c-1", consents.encode_consent(consent, rendering_of("/x", None)))["Data"]
    assert data["Status"] == "EXPD"
    assert data["StatusUpdateDateTime"] == data["ExpirationDateTime"]
    assert data["StatusReason"][0]["StatusReasonCode"] == "TKXP"


def test_a_consent_that_was_not_authorised_in_time_is_rejected_since_then() -> None:
    lodged_at = NOW - timedelta(hours=25)
    lapsed = {"created_at": lodged_at, "lapses_at": lodged_at + timedelta(hours=24)}
    consent = a_consent(Permission.ACCOUNTS_BASIC, state=ConsentState.AWAITING, **lapsed)
    data = judged("/account-access-consents/c-1", consents.encode_consent(consent, rendering_of("/x", None)))["Data"]
    assert data["Status"] == "RJCT"
    assert data["StatusUpdateDateTime"] == "2026-07-01T08:00:00+00:00"


def test_an_authorised_consent_gives_no_reason() -> None:
    wire = consents.encode_consent(a_consent(Permission.ACCOUNTS_BASIC), rendering_of("/x", None))
    assert "StatusReason" not in judged("/account-access-consents/c-1", wire)["Data"]


def test_basic_gives_no_account_number_and_detail_does() -> None:
    view = AccountView(REFERENCE, an_account(CURRENT))
    basic = accounts.encode_read(view, rendering_of("/accounts/a-1", a_consent(Permission.ACCOUNTS_BASIC)))
    shown = judged("/accounts/a-1", basic)["Data"]["Account"][0]
    assert shown["AccountId"] == "a-1"
    assert (shown["Description"], shown["Nickname"]) == ("Everyday", "Bills")
    assert not {"Account", "Servicer"} & shown.keys()
    detail = accounts.encode_read(view, rendering_of("/accounts/a-1", a_consent(Permission.ACCOUNTS_DETAIL)))
    shown = judged("/accounts/a-1", detail)["Data"]["Account"][0]
    assert shown["Account"] == [
        {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "80200110203345", "Name": "Alice Ames"}
    ]
    assert shown["Servicer"] == {"SchemeName": "UK.OBIE.BICFI", "Identification": "CPLSGB2LXXX"}


def test_without_a_consent_nothing_beyond_basic_is_given() -> None:
    wire = accounts.encode_read(AccountView(REFERENCE, an_account(CURRENT)), rendering_of("/accounts/a-1", None))
    assert "Account" not in judged("/accounts/a-1", wire)["Data"]["Account"][0]


@pytest.mark.parametrize(
    ("granted", "shown"),
    [
        ({Permission.ACCOUNTS_DETAIL}, "************1234"),
        ({Permission.ACCOUNTS_DETAIL, Permission.PAN}, "4929123456781234"),
    ],
)
def test_a_card_number_is_masked_unless_it_may_be_read(granted: set[Permission], shown: str) -> None:
    wire = accounts.encode_read(AccountView(REFERENCE, an_account(CARD)), rendering_of("/accounts/a-1", a_consent(*granted)))
    assert judged("/accounts/a-1", wire)["Data"]["Account"][0]["Account"][0]["Identification"] == shown


@given(st.text("0123456789", max_size=24))
def test_a_mask_keeps_the_length_and_shows_at_most_four_digits(pan: str) -> None:
    masked = accounts.mask_pan(pan)
    assert len(masked) == len(pan)
    assert sum(digit != "*" for digit in masked) == (4 if len(pan) > 8 else 0)


def test_a_counterpartys_card_number_is_masked_too() -> None:
    shown = transaction_rendered(a_transaction(-1, counterparty=Counterparty("Bob", CARD)), Permission.TRANSACTIONS_DETAIL)
    assert shown["CreditorAccount"]["Identification"] == "************1234"


def test_basic_transactions_give_neither_text_nor_counterparty_nor_balance() -> None:
    shown = transaction_rendered(a_transaction(-250), Permission.TRANSACTIONS_BASIC)
    assert shown == {
        "AccountId": "a-1",
        "TransactionId": "t-1",
        "CreditDebitIndicator": "Debit",
        "Status": "BOOK",
        "TransactionMutability": "Immutable",
        "BookingDateTime": "2026-07-01T09:00:00+00:00",
        "Amount": {"Amount": "2.50", "Currency": "GBP"},
    }


@pytest.mark.parametrize(("minor", "side"), [(-250, "CreditorAccount"), (250, "DebtorAccount")])
def test_detail_names_the_other_side_of_the_money(minor: int, side: str) -> None:
    shown = transaction_rendered(a_transaction(minor), Permission.TRANSACTIONS_DETAIL)
    assert shown["TransactionInformation"] == "Coffee"
    assert shown["Balance"]["Type"] == "ITBD"
    assert shown[side] == {
        "SchemeName": "UK.OBIE.SortCodeAccountNumber",
        "Identification": "80200110203345",
        "Name": "Alice Ames",
    }
    assert len({"CreditorAccount", "DebtorAccount"} & shown.keys()) == 1


def test_a_bank_transaction_code_is_given_by_family_and_subfamily() -> None:
    shown = transaction_rendered(a_transaction(1, code="PMNT.ICDT.ESCT"), Permission.TRANSACTIONS_BASIC)
    assert shown["BankTransactionCode"] == {"Code": "ICDT", "SubCode": "ESCT"}


@pytest.mark.spec("OBIE-RW-4.0-payload-structure", "OBIE-RW-4.0-pagination")
def test_links_repeat_the_question_and_lead_on() -> None:
    query = (("fromBookingDateTime", "2026-06-01T00:00:00"), ("x", "a b&c"))
    rendering = rendering_of("/transactions", a_consent(), query, lambda cursor: f"https://localhost:8444/next?page={cursor}")
    wire = transactions.encode(TransactionsView((), "cursor-2", NOW, NOW), rendering)
    answer = judged("/transactions", wire)
    assert answer["Data"] == {"Transaction": []}
    assert answer["Links"] == {
        "Self": "https://localhost:8444/base/transactions?fromBookingDateTime=2026-06-01T00%3A00%3A00&x=a%20b%26c",
        "Next": "https://localhost:8444/next?page=cursor-2",
    }
    assert answer["Meta"] == {
        "FirstAvailableDateTime": "2026-07-01T09:00:00+00:00",
        "LastAvailableDateTime": "2026-07-01T09:00:00+00:00",
    }


def test_the_last_page_leads_nowhere() -> None:
    wire = transactions.encode(TransactionsView(()), rendering_of("/transactions", a_consent()))
    assert "Next" not in judged("/transactions", wire)["Links"]


def test_each_account_is_shown_in_the_detail_that_was_opened_of_it() -> None:
    """A consent may open details of one account and not of the other; what it opens of all of them together says nothing of one."""
    basic, detail = frozenset({Permission.ACCOUNTS_BASIC}), frozenset({Permission.ACCOUNTS_DETAIL})
    first, second = AccountReference("a-1", "UPSTREAM-SECRET"), AccountReference("a-2", "UPSTREAM-SECRET")
    consent = a_consent(*basic, *detail, access=(AccountAccess(first, basic), AccountAccess(second, detail)))
    views = tuple(AccountView(each, an_account(CARD)) for each in (first, second))
    shown = judged("/accounts", accounts.encode_list(views, rendering_of("/accounts", consent)))["Data"]["Account"]
    assert [(each["AccountId"], "Account" in each) for each in shown] == [("a-1", False), ("a-2", True)]
