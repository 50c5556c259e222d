"""The access of a Berlin Group consent as GET shows it: the accounts on which its data is delivered, by their own numbers."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import json
from kernel.banking.consents import AccountAccess, AccountIdentity, AccountReference, Consent, ConsentState, Permission
from openapi.berlin_group.v1_3 import consents
from openapi.berlin_group.v1_3.dialect import DIALECT
from openapi.berlin_group.v1_3.given_access import mask_pan
from openapi.codec import WireRequest
from tests.official import validate_answer
from tests.unit.openapi.canonical import INTERACTION_ID, NOW, a_consent, rendering_of

IBAN, CARD, NATIONAL = "DE40100100103307118608", "5409050000001234", "80200112345678"
ACCOUNT = AccountIdentity((("iban", IBAN), ("sort_code", NATIONAL)), "EUR")
DOMESTIC, CREDIT = AccountIdentity((("sort_code", NATIONAL),), "GBP"), AccountIdentity((("pan", CARD),), "GBP")
SHOWN = {"iban": IBAN, "currency": "EUR"}
BALANCES = frozenset({Permission.ACCOUNTS_DETAIL, Permission.BALANCES})
MORE = BALANCES | {Permission.TRANSACTIONS_DETAIL, Permission.PARTY}
CHOSEN = {"balances": [], "transactions": [], "additionalInformation": {"ownerName": []}}


def answered(access: dict[str, Any], *given: tuple[AccountIdentity | None, frozenset[Permission]], **changes: Any) -> Consent:
    """A consent that was lodged so, and what its PSU gave."""
    body = json.decode(consents.EXAMPLE, dict) | {"access": access}
    lodged = consents.decode_lodge(WireRequest({}, (), json.encode(body))).lodgement
    each = enumerate(given)
    opened = tuple(AccountAccess(AccountReference(f"a-{n}", "UPSTREAM-SECRET"), opens, known) for n, (known, opens) in each)
    return a_consent(
        **{
            "lodged_as": lodged.lodged_as,
            "document": lodged.document,
            "terms": lodged.terms,
            "access": opened,
            "authorised_at": NOW,
        }
        | changes
    )


def shown(consent: Consent, **changes: Any) -> dict[str, Any]:
    """As GET shows it; held against the official document."""
    rendering = replace(rendering_of("/consents/c-1", consent), **changes)
    body = json.encode(consents.encode_consent(consent, rendering))
    headers = {"X-Request-ID": INTERACTION_ID, "Content-Type": "application/json"}
    validate_answer(DIALECT.name, "GET", "/psd2/v1/consents/c-1", 200, headers, body)
    assert b"UPSTREAM-SECRET" not in body
    assert CARD.encode() not in body
    found: dict[str, Any] = json.decode(body, dict)["access"]
    return found


@pytest.mark.spec("BG-XS2A-1.3-account-access", "BG-XS2A-1.3-get-consent-request")
def test_accounts_that_the_psu_chose_are_shown_by_what_they_open() -> None:
    consent = answered(CHOSEN, (ACCOUNT, MORE), (DOMESTIC, BALANCES))
    domestic = {"bban": NATIONAL, "currency": "GBP"}
    assert shown(consent) == {
        "accounts": [SHOWN, domestic],
        "balances": [SHOWN, domestic],
        "transactions": [SHOWN],
        "additionalInformation": {"ownerName": [SHOWN]},
    }


@pytest.mark.parametrize(
    ("asked", "lists"),
    [
        ({"allPsd2": "allAccountsWithOwnerName"}, {"accounts", "balances", "transactions", "additionalInformation"}),
        ({"availableAccounts": "allAccounts"}, {"accounts"}),
        ({"availableAccountsWithBalance": "allAccounts"}, {"accounts", "balances"}),
    ],
)
@pytest.mark.spec("BG-XS2A-1.3-multi-level-consent-models", "BG-XS2A-1.3-get-consent-request")
def test_a_consent_to_all_accounts_shows_those_that_it_opens(asked: dict[str, Any], lists: set[str]) -> None:
    consent = answered(asked)
    opened = msgspec.structs.replace(consent, access=(AccountAccess(AccountReference("a", "u"), consent.permissions, ACCOUNT),))
    listed = {name: {"ownerName": [SHOWN]} if name == "additionalInformation" else [SHOWN] for name in lists}
    assert shown(opened) == asked | listed
    assert shown(consent) == asked, "no account is left"


@pytest.mark.parametrize("state", [state for state in ConsentState if state is not ConsentState.AUTHORISED])
def test_the_accounts_of_a_choice_are_shown_while_the_consent_is_valid_alone(state: ConsentState) -> None:
    """Neither before the last signature nor after the end: they are data that the consent opens."""
    consent = answered({"balances": []}, (ACCOUNT, BALANCES), state=state)
    assert shown(consent) == {"accounts": [], "balances": []}
    everything = answered({"availableAccounts": "allAccounts"}, (ACCOUNT, BALANCES), state=state)
    assert shown(everything) == {"availableAccounts": "allAccounts"}


def test_a_consent_past_its_validity_shows_no_account_of_a_choice() -> None:
    consent = answered({"balances": []}, (ACCOUNT, BALANCES), valid_until=NOW + timedelta(seconds=1))
    assert shown(consent)["balances"] == [SHOWN]
    assert shown(consent, now=NOW + timedelta(seconds=1))["balances"] == []


def test_an_account_that_has_gone_is_no_longer_shown_where_it_was_named() -> None:
    other = {"iban": "DE02100100109307118603"}
    known = AccountIdentity((("iban", other["iban"]),), "EUR")
    consent = answered({"balances": [{"iban": IBAN}, other]}, (ACCOUNT, BALANCES), (known, BALANCES))
    assert shown(consent) == {"balances": [{"iban": IBAN}, other]}
    assert shown(msgspec.structs.replace(consent, access=consent.access[1:])) == {"balances": [other]}
    assert shown(msgspec.structs.replace(consent, access=())) == {"balances": []}


def test_a_named_account_stays_shown_where_its_numbers_are_not_known() -> None:
    assert shown(answered({"balances": [{"iban": IBAN}]}, (None, BALANCES))) == {"balances": [{"iban": IBAN}]}
    assert shown(answered({"balances": []}, (None, BALANCES))) == {"accounts": [], "balances": []}


def test_a_card_that_its_tpp_did_not_name_is_masked_and_an_account_without_a_number_left_out() -> None:
    consent = answered({"balances": []}, (CREDIT, BALANCES), (AccountIdentity((), "GBP"), BALANCES))
    assert shown(consent)["balances"] == [{"maskedPan": "540905xxxxxx1234", "currency": "GBP"}]


@given(st.text(alphabet="0123456789", min_size=1, max_size=35))
def test_a_masked_number_has_its_length_and_shows_ten_digits_at_most(number: str) -> None:
    masked = mask_pan(number)
    assert (len(masked), "x" in masked) == (len(number), True)
    assert sum(digit != "x" for digit in masked) <= 10
