"""The models of a Berlin Group consent: accounts by name, accounts of the PSU's choice, all of them, and a list of them."""

from typing import Any

import msgspec
import pytest

from kernel import json
from kernel.banking.accounts import Scheme
from kernel.banking.consents import (
    DIRECTIONS,
    READ_ACCOUNTS,
    READ_TRANSACTIONS,
    AccountsTerms,
    Consent,
    ConsentLodgement,
    NamedAccount,
    Permission,
)
from kernel.errors import Problem
from openapi.berlin_group.v1_3 import consents
from openapi.berlin_group.v1_3.dialect import DIALECT
from openapi.codec import WireRequest
from tests.official import validate_answer
from tests.unit.openapi.canonical import INTERACTION_ID, a_consent, rendering_of

A, B = {"iban": "DE40100100103307118608"}, {"iban": "DE02100100109307118603", "currency": "EUR"}
CARD = {"pan": "5409050000000000"}
DETAILS, BALANCES = READ_ACCOUNTS, READ_ACCOUNTS | {Permission.BALANCES}
TRANSACTIONS = READ_ACCOUNTS | READ_TRANSACTIONS | DIRECTIONS
OWNER = {Permission.PARTY}


def lodged(access: dict[str, Any]) -> ConsentLodgement:
    body = json.decode(consents.EXAMPLE, dict) | {"access": access}
    return consents.decode_lodge(WireRequest({}, (), json.encode(body))).lodgement


def asked(access: dict[str, Any]) -> AccountsTerms:
    return lodged(access).data


def rendered(access: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The access of a consent that was lodged so, as GET shows it; held against the official document."""
    lodgement = lodged(access)
    terms = msgspec.structs.replace(lodgement.data, **changes)
    consent: Consent = a_consent(lodged_as=lodgement.lodged_as, document=lodgement.document, terms=terms)
    body = json.encode(consents.encode_consent(consent, rendering_of("/consents/c-1", consent)))
    headers = {"X-Request-ID": INTERACTION_ID, "Content-Type": "application/json"}
    validate_answer(DIALECT.name, "GET", "/psd2/v1/consents/c-1", 200, headers, body)
    shown: dict[str, Any] = json.decode(body, dict)["access"]
    return shown


@pytest.mark.spec("BG-XS2A-1.3-account-access")
@pytest.mark.spec("BG-XS2A-1.3-multi-level-consent-models")
def test_each_account_is_asked_for_what_it_is_named_for() -> None:
    """Balances of A and B, transactions of B alone: what is asked of one says nothing of the other."""
    terms = asked({"balances": [A, B], "transactions": [B]})
    assert terms.named == (
        NamedAccount(Scheme.IBAN, A["iban"], BALANCES),
        NamedAccount(Scheme.IBAN, B["iban"], BALANCES | TRANSACTIONS, "EUR"),
    )
    assert (terms.permissions, terms.is_global) == (BALANCES | TRANSACTIONS, False)


def test_a_card_is_named_by_its_number_and_an_owner_by_the_account() -> None:
    terms = asked({"accounts": [CARD], "additionalInformation": {"ownerName": [CARD]}})
    assert terms.named == (NamedAccount(Scheme.PAN, CARD["pan"], DETAILS | OWNER),)


@pytest.mark.parametrize(
    ("access", "permissions"),
    [
        ({"allPsd2": "allAccounts"}, BALANCES | TRANSACTIONS),
        ({"allPsd2": "allAccountsWithOwnerName"}, BALANCES | TRANSACTIONS | OWNER),
        ({"allPsd2": "allAccounts", "balances": []}, BALANCES | TRANSACTIONS),
        ({"availableAccounts": "allAccounts"}, DETAILS),
        ({"availableAccountsWithBalance": "allAccountsWithOwnerName"}, BALANCES | OWNER),
    ],
)
@pytest.mark.spec("BG-XS2A-1.3-account-access")
@pytest.mark.spec("BG-XS2A-1.3-multi-level-consent-models")
def test_a_consent_may_be_for_every_account(access: dict[str, Any], permissions: frozenset[Permission]) -> None:
    terms = asked(access)
    assert (terms.permissions, terms.named, terms.is_global) == (permissions, (), True)
    assert rendered(access) == access


@pytest.mark.parametrize(
    "access",
    [
        {"balances": [A, B], "transactions": [B]},
        {"accounts": [A], "balances": [B], "additionalInformation": {"ownerName": [A]}},
        {"balances": [], "transactions": [], "additionalInformation": {"ownerName": []}},
    ],
)
def test_until_its_psu_answers_a_consent_shows_what_was_asked_for(access: dict[str, Any]) -> None:
    shown = rendered(access)
    assert shown == access | (
        {"accounts": []} if not access["balances"] else {}
    )  # an account of the PSU's choice shows its details too


def test_a_consent_shows_only_what_its_psu_gave() -> None:
    access = {"balances": [A, B], "transactions": [B], "additionalInformation": {"ownerName": [B]}}
    given = rendered(access, named=asked(access).named[:1])
    assert given == {"balances": [A], "transactions": [], "additionalInformation": {"ownerName": []}}


@pytest.mark.parametrize(
    ("access", "path"),
    [
        ({}, "access"),
        ({"additionalInformation": {"ownerName": []}}, "access"),
        ({"balances": [A], "transactions": []}, "access"),
        ({"availableAccounts": "allAccounts", "balances": []}, "access"),
        ({"availableAccounts": "allAccounts", "availableAccountsWithBalance": "allAccounts"}, "access"),
        ({"allPsd2": "someAccounts"}, "access.allPsd2"),
        ({"balances": [{}]}, "access.balances[0]"),
        ({"balances": [A | CARD]}, "access.balances[0]"),
        ({"balances": [{"iban": "DE41100100103307118608"}]}, "access.balances[0].iban"),
        ({"balances": [{"msisdn": "+49170"}]}, "access.balances[0].msisdn"),
        ({"balances": [A | {"currency": "euro"}]}, "access.balances[0].currency"),
        ({"balances": [A] * 51}, "access.balances"),
        ({"balances": [A], "additionalInformation": {"ownerName": [B]}}, "access.additionalInformation.ownerName"),
        ({"balances": [{"pan": "5409-0500-0000-0000"}]}, "access.balances[0].pan"),
        ({"balances": [{"pan": "5409050"}]}, "access.balances[0].pan"),
        ({"balances": [{"pan": "54090500000000000000"}]}, "access.balances[0].pan"),
        ({"balances": [A], "more": []}, "access.more"),
    ],
)
def test_refuses_an_access_that_is_not_offered_or_contradicts_itself(access: dict[str, Any], path: str) -> None:
    with pytest.raises(Problem) as refused:
        asked(access)
    assert refused.value.path == path
    status, _, body = DIALECT.errors.render(refused.value, None, "id", None)
    assert (status, msgspec.json.decode(body or b"")["tppMessages"][0]["code"]) == (400, "FORMAT_ERROR")


@pytest.mark.parametrize(
    ("access", "path"),
    [
        (
            {"balances": [A], "additionalInformation": {"trustedBeneficiaries": [A]}},
            "access.additionalInformation.trustedBeneficiaries",
        ),
        ({"balances": [], "restrictedTo": ["CACC"]}, "access.restrictedTo"),
    ],
)
@pytest.mark.spec("BG-XS2A-1.3-message-codes")
def test_an_optional_kind_of_access_is_refused_as_a_service_that_is_not_offered(access: dict[str, Any], path: str) -> None:
    with pytest.raises(Problem) as refused:
        asked(access)
    assert refused.value.path == path
    status, _, body = DIALECT.errors.render(refused.value, None, "id", None)
    assert (status, msgspec.json.decode(body or b"")["tppMessages"][0]["code"]) == (400, "SERVICE_INVALID")
