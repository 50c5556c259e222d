"""All authorization_details are understood whole or refused in one way; what is granted is named in the same words."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.authorization.authorize.amendment import Amendment, amended
from consent.authorization.offer.authorization_details import (
    BUNDLES,
    TYPE,
    AccountInformation,
    Action,
    details_of,
    lodgement_of,
    numbers_of,
    parse_details,
    render_details,
)
from consent.errors import AuthorizationDetailsInvalid
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import AccountAccess, AccountReference, Consent, ConsentKind, ConsentState, Permission
from kernel.banking.terms import FundsTerms
from tests.world.brands import BRAND

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
MOMENTS = st.none() | st.datetimes(datetime(2026, 8, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
READING = st.sets(
    st.sampled_from(sorted(set(Permission) - {permission for permission in Permission if "transactions" in permission}))
)
ALLOWING = replace(BRAND, frequency_per_day_max=100)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*AccountInformation.__struct_fields__, "x"]), inner)
    ),
    max_leaves=12,
)


@st.composite
def terms(draw) -> AccountInformation:
    wanted = draw(READING) | {Permission.ACCOUNTS_DETAIL}
    if draw(st.booleans()):
        wanted |= {Permission.TRANSACTIONS_BASIC, Permission.TRANSACTIONS_DEBITS}
    number = {
        "scheme": "iban",
        "identification": draw(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
        ),
    }
    document = {
        "type": TYPE,
        "permissions": sorted(wanted),
        "actions": sorted(draw(st.sets(st.sampled_from(Action)))),
        "accounts": [number] if draw(st.booleans()) else [],
    }
    details = msgspec.convert(document, AccountInformation)
    return msgspec.structs.replace(
        details,
        valid_until=draw(MOMENTS),
        transactions_from=draw(MOMENTS),
        frequency_per_day=draw(st.none() | st.integers(1, 100)),
        look_back_days=draw(st.none() | st.integers(1, 1000)),
        recurring=draw(st.booleans()),
        purpose=draw(st.none() | st.sampled_from(["To find you a cheaper loan", "Loan"])),
    )


def consent_of(details: AccountInformation) -> Consent:
    lodged = lodgement_of(details, NOW)
    facts = {name: getattr(lodged, name) for name in lodged.__struct_fields__ if name not in {"valid_for", "opens_at"}}
    return Consent(
        id="c", brand="main", version=2, state=ConsentState.AUTHORISED, client_id="acme", organisation_id="acme",
        created_at=NOW, state_changed_at=NOW, access=(AccountAccess(AccountReference("a-1", "up-1"), lodged.data.permissions),), **facts,
    )  # fmt: skip


@given(st.text() | ANYTHING.map(json.dumps) | st.lists(ANYTHING, max_size=2).map(json.dumps))
def test_there_is_one_way_to_be_refused(text: str):
    try:
        details = parse_details(text, NOW)
    except AuthorizationDetailsInvalid:
        return
    assert details.type == TYPE


@given(terms())
def test_what_was_asked_is_lodged_and_returned(details: AccountInformation):
    parsed = parse_details(msgspec.json.encode([details]).decode(), NOW)
    consent = consent_of(parsed)
    assert parsed == details == details_of(consent)
    assert consent.permissions == set(details.permissions).union(*(BUNDLES[action] for action in details.actions))
    (shown,) = render_details(ALLOWING, consent)
    assert (shown.pop("consent_id"), shown.pop("account_ids")) == ("c", ["a-1"])
    assert msgspec.convert(shown, AccountInformation, strict=False) == details
    assert numbers_of(consent) == {(Scheme.IBAN.value, account.identification) for account in details.accounts}


@given(terms(), terms())
def test_a_merge_takes_nothing_away(before: AccountInformation, added: AccountInformation):
    consent = consent_of(before)
    after = amended(consent, Amendment("merge", added, consent.version))
    assert after.permissions == before.granted | added.granted
    assert after.accounts == consent.accounts
    for side in (before, added):
        assert after.valid_until is None or (side.valid_until is not None and after.valid_until >= side.valid_until)
        assert after.data.transactions_from is None or (
            side.transactions_from is not None and after.data.transactions_from <= side.transactions_from
        )
        assert after.is_recurring >= side.recurring
        assert after.data.look_back_days is None or (
            side.look_back_days is not None and after.data.look_back_days >= side.look_back_days
        )
    assert after.purpose == (added.purpose or before.purpose or "")
    assert (after.id, after.psu_id, after.client_id) == (consent.id, consent.psu_id, consent.client_id)


@given(terms(), terms())
def test_a_replacement_leaves_nothing_of_before(before: AccountInformation, put: AccountInformation):
    consent = consent_of(before)
    after = amended(consent, Amendment("replace", put, consent.version))
    assert details_of(after) == put
    assert (after.permissions, after.accounts, after.valid_until) == (put.granted, (), put.valid_until)


def test_a_consent_of_a_kind_without_a_type_has_no_details():
    terms = FundsTerms(account=AccountIdentifier(Scheme.IBAN, "DE02100100109307118603"))
    funds = msgspec.structs.replace(consent_of(AccountInformation(type=TYPE)), kind=ConsentKind.FUNDS, terms=terms)
    assert render_details(ALLOWING, funds) == []


@pytest.mark.parametrize("seconds", [0, -1])
def test_validity_is_exclusive(seconds: int):
    until = (NOW + timedelta(seconds=seconds)).isoformat()
    with pytest.raises(AuthorizationDetailsInvalid):
        parse_details(json.dumps([{"type": TYPE, "actions": ["list_accounts"], "valid_until": until}]), NOW)


@pytest.mark.parametrize("name", ["valid_until", "transactions_from", "transactions_to"])
@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:00-12:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:00Z"]
)
def test_the_edges_of_the_calendar_are_refused(name: str, at: str):
    """An offset would lead past them, and so would the bank's own zone on the customer's page."""
    with pytest.raises(AuthorizationDetailsInvalid):
        parse_details(json.dumps([{"type": TYPE, "actions": ["list_accounts"], name: at}]), NOW)


def test_what_is_said_again_is_kept_once():
    account = {"scheme": "iban", "identification": "GB33BUKB20201555555555"}
    wanted = {
        "type": TYPE,
        "actions": ["list_accounts", "read_balances"] * 100,
        "permissions": ["accounts_basic", "balances"] * 100,
        "accounts": [account] * 40,
    }
    details = parse_details(json.dumps([wanted]), NOW)
    assert (details.actions, details.permissions) == (("list_accounts", "read_balances"), ("accounts_basic", "balances"))
    assert len(details.accounts) == 1
    assert len(lodgement_of(details, NOW).document) < 500


@given(terms(), st.integers(1, 10))
def test_no_more_is_granted_than_the_brand_allows(details: AccountInformation, most: int):
    """Of what was lodged before it had a bound, too."""
    brand = replace(BRAND, frequency_per_day_max=most)
    (shown,) = render_details(brand, consent_of(details))
    asked = details.frequency_per_day
    assert shown.get("frequency_per_day") == (None if asked is None else min(asked, most))
