"""The whole journey of a TPP to a customer's accounts, over mutual TLS, on both installations. Every answer is judged by its
standard's own document (tests/harness/judged.py)."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.signatures import ResponseInvalid
from sandbox.tpp_kit.tpp import DEFAULT_PERMISSIONS
from tests.harness.forms import Browser
from tests.official import COUNTS, unreadable

PRESENT = Knobs(headers={"x-fapi-customer-ip-address": "192.0.2.7"})
ALICES = {"Bills and spending", "Rainy day", "Holidays", None}


async def ok(tpp, path, token, knobs=PRESENT):
    answer = await tpp.get(path, token, knobs=knobs)
    assert answer.status == 200, (answer.status, answer.body)
    return answer.json()


async def pages(tpp, path, token):
    """The rows of all pages, following `Next`."""
    rows, url, seen = [], path, set()
    while url:
        document = await ok(tpp, url, token)
        rows += document["Data"]["Transaction"]
        assert document["Links"]["Self"] not in seen, "a page twice"
        seen.add(document["Links"]["Self"])
        url = document["Links"].get("Next")
        assert url not in seen, "Next is a page that was read"
    return rows


async def open_journey(tpp, browser, **dates):
    consent = await tpp.lodge_account_consent(**dates)
    pushed = await tpp.push_authorization_request(consent.id)
    await browser.open(await tpp.authorization_url(pushed.request_uri))
    return consent, pushed


async def state_of(tpp, consent_id):
    answer = await tpp.get(f"/account-access-consents/{consent_id}", await tpp.client_credentials_token())
    assert answer.status == 200
    return answer.json()["Data"]["Status"]


async def test_the_whole_journey_decided_by_the_control_api(acme):
    validated = COUNTS.validated
    consent = await acme.lodge_account_consent()
    assert consent.document["Data"]["Status"] == "AWAU"
    assert set(consent.document["Data"]["Permissions"]) == set(DEFAULT_PERMISSIONS)
    grant = await acme.authorised(consent.id)
    assert grant.tokens.claims["openbanking_intent_id"] == consent.id
    assert grant.tokens.claims["acr"] == "urn:openbanking:psd2:sca"
    assert grant.tokens.expires_in <= 300
    assert await state_of(acme, consent.id) == "AUTH"
    accounts = (await ok(acme, "/accounts", grant.token))["Data"]["Account"]
    assert {account.get("Nickname") for account in accounts} == ALICES
    assert "00000" not in json.dumps(accounts)
    for account in accounts:
        alone = (await ok(acme, f"/accounts/{account['AccountId']}", grant.token))["Data"]["Account"]
        assert alone == [account]
        balances = (await ok(acme, f"/accounts/{account['AccountId']}/balances", grant.token))["Data"]["Balance"]
        assert {balance["Amount"]["Currency"] for balance in balances} == {account["Currency"]}
        rows = (await ok(acme, f"/accounts/{account['AccountId']}/transactions", grant.token))["Data"]["Transaction"]
        assert {row["AccountId"] for row in rows} == {account["AccountId"]}
    withdrawn = await acme.delete(f"/account-access-consents/{consent.id}", await acme.client_credentials_token())
    assert (withdrawn.status, withdrawn.body) == (204, b"")
    refused = await acme.get("/accounts", grant.token)
    assert refused.status == 401
    if unreadable("uk_obie/v4.0") is None:
        assert COUNTS.validated - validated == 17
        assert not COUNTS.skipped


async def test_alice_logs_in_chooses_two_accounts_and_approves(acme, browser):
    consent, pushed = await open_journey(acme, browser)
    assert (browser.status, browser.path) == (200, "/login")
    await browser.press("login-submit", username="alice", password="alice-pw")
    assert browser.path == "/consent"
    assert not any(control.checked for form in browser.page.forms for control in form.controls)
    await browser.press("consent-approve")
    assert browser.path == "/consent"
    assert "Choose at least one account" in browser.page.text
    await browser.press("consent-approve", account_0=True, account_3=True)
    assert set(browser.answer) == {"code", "state", "iss"}
    assert browser.answer["state"] == pushed.state
    assert browser.cookies == {}
    tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    accounts = (await ok(acme, "/accounts", tokens.access_token))["Data"]["Account"]
    assert {account["Nickname"] for account in accounts} == {"Bills and spending", "Holidays"}
    assert await state_of(acme, consent.id) == "AUTH"


async def test_bob_confirms_with_a_one_time_code_after_a_wrong_one(acme, browser):
    _, pushed = await open_journey(acme, browser)
    await browser.press("login-submit", username="bob", password="bob-pw")
    assert browser.path == "/sca"
    assert "account" not in browser.html.lower().split("<main", 1)[1].split("choose accounts", 1)[1], "an account before SCA"
    await browser.press("otp-submit", otp="000000")
    assert browser.path == "/sca"
    assert "not right" in browser.page.text
    await browser.press("otp-submit", otp="123 456")
    assert browser.path == "/consent"
    await browser.press("consent-approve", account_1=True)
    tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    assert len((await ok(acme, "/accounts", tokens.access_token))["Data"]["Account"]) == 1


@pytest.mark.parametrize(("persona", "at"), [("alice", "/consent"), ("bob", "/sca"), ("dave", "/consent")])
async def test_who_denies_gives_nothing(acme, browser, persona, at):
    """Dave has no account that could be shared: refusing is all that his page offers."""
    consent, pushed = await open_journey(acme, browser)
    await browser.press("login-submit", username=persona, password=f"{persona}-pw")
    if persona == "dave":
        await browser.press("otp-submit", otp="123456")
        assert "consent-approve" not in browser.page.ids
    assert browser.path == at
    await browser.press("consent-deny")
    assert browser.answer["error"] == "access_denied"
    assert set(browser.answer) <= {"error", "error_description", "state", "iss"}
    with pytest.raises(ResponseInvalid, match="access_denied"):
        acme.read_authorization_response(browser.landed, pushed)
    assert await state_of(acme, consent.id) == "RJCT"


async def test_denied_by_the_control_api(acme):
    consent = await acme.lodge_account_consent()
    pushed = await acme.push_authorization_request(consent.id)
    await acme.decide(consent.id, "deny")
    with pytest.raises(ResponseInvalid, match="access_denied"):
        await acme.authorize_without_page(pushed)
    assert await state_of(acme, consent.id) == "RJCT"


async def test_a_customer_who_cancels_at_the_login_page_decides_nothing(acme, browser):
    consent, _ = await open_journey(acme, browser)
    await browser.press("login-cancel")
    assert browser.answer["error"] == "access_denied"
    assert await state_of(acme, consent.id) == "AWAU"
    assert (await acme.authorised(consent.id)).token


async def test_a_decision_answers_the_page_that_waits_for_it(acme, browser):
    consent, pushed = await open_journey(acme, browser)
    await acme.decide(consent.id, accounts=["Rainy day"])
    await browser.open(f"{acme.folder.issuer}/login")
    tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    assert [a["Nickname"] for a in (await ok(acme, "/accounts", tokens.access_token))["Data"]["Account"]] == ["Rainy day"]


async def test_a_request_that_names_no_consent_asks_for_the_clients_default(acme, browser):
    pushed = await acme.push_authorization_request(None)
    await browser.open(await acme.authorization_url(pushed.request_uri))
    await browser.press("login-submit", username="alice", password="alice-pw")
    await browser.press("consent-approve", account_0=True)
    tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    account = (await ok(acme, "/accounts", tokens.access_token))["Data"]["Account"][0]
    assert account["Account"], "the default includes details"
    assert (await ok(acme, "/transactions", tokens.access_token))["Data"]["Transaction"]
    assert (await whoami(acme, tokens.access_token))["consent_id"]


async def whoami(tpp, token):
    answer = await tpp.call("GET", f"{tpp.folder.mtls}/whoami", token)
    assert answer.status == 200, answer.body
    return answer.json()


async def test_whoami_describes_any_valid_token(acme, grant):
    own = await whoami(acme, await acme.client_credentials_token())
    assert own == {
        "client_id": acme.folder.client_id,
        "client_name": "Acme Ltd",
        "scope": "accounts",
        "grant": "client_credentials",
    }
    psus = await whoami(acme, grant.token)
    assert (psus["consent_id"], psus["grant"]) == (grant.consent_id, "authorization_code")


async def test_paging_through_an_account_misses_nothing_and_repeats_nothing(acme, grant, books):
    current = await account_of(acme, grant, "Bills and spending")
    rows = await pages(acme, f"/accounts/{current}/transactions", grant.token)
    ids = [row["TransactionId"] for row in rows]
    assert len(ids) > 200
    assert len(set(ids)) == len(ids)
    assert {row["Status"] for row in rows} == {"BOOK", "PDNG"}
    moments = [row["BookingDateTime"] for row in rows]
    assert moments == sorted(moments, reverse=True)
    assert await books.bank.transactions_of_the_same_account(ids[0]) == set(ids)


async def test_booking_date_filters_keep_their_bounds_on_every_page(acme, grant):
    current = await account_of(acme, grant, "Bills and spending")
    path = f"/accounts/{current}/transactions"
    everything = await pages(acme, path, grant.token)
    first, last = everything[-40]["BookingDateTime"], everything[150]["BookingDateTime"]
    since, until = first.removesuffix("+00:00"), last.removesuffix("+00:00")
    within = await pages(acme, f"{path}?fromBookingDateTime={since}&toBookingDateTime={until}", grant.token)
    assert within == [row for row in everything if first <= row["BookingDateTime"] <= last]
    assert len(within) > 100
    midnight = datetime.fromisoformat(last).replace(hour=0, minute=0, second=0, microsecond=0)
    day, following = midnight.date(), midnight + timedelta(days=1)
    of_a_day = await pages(
        acme, f"{path}?fromBookingDateTime={day}&toBookingDateTime={following.isoformat()[:19]}&unknown=1", grant.token
    )
    assert {row["TransactionId"] for row in of_a_day} == {
        row["TransactionId"] for row in everything if midnight <= datetime.fromisoformat(row["BookingDateTime"]) <= following
    }
    assert await pages(acme, f"{path}?fromBookingDateTime=2100-01-01T00:00:00", grant.token) == []


async def test_a_consent_narrows_its_window_and_direction(acme):
    since = (datetime.now().astimezone() - timedelta(days=90)).isoformat(timespec="seconds")
    until = (datetime.now().astimezone() - timedelta(days=30)).isoformat(timespec="seconds")
    permissions = ("ReadAccountsBasic", "ReadTransactionsBasic", "ReadTransactionsCredits")
    grant = await acme.granted(permissions=permissions, transactions_from=since, transactions_to=until)
    rows = await pages(acme, "/transactions?fromBookingDateTime=2000-01-01T00:00:00", grant.token)
    assert rows
    assert {row["CreditDebitIndicator"] for row in rows} == {"Credit"}
    assert all("TransactionInformation" not in row and "Balance" not in row for row in rows)
    booked = [datetime.fromisoformat(row["BookingDateTime"]) for row in rows]
    assert datetime.fromisoformat(since) <= min(booked) <= max(booked) <= datetime.fromisoformat(until)
    accounts = (await ok(acme, "/accounts", grant.token))["Data"]["Account"]
    assert all("Account" not in account and "Servicer" not in account for account in accounts)


async def test_bulk_reads_return_what_the_single_ones_return(acme, grant):
    accounts = (await ok(acme, "/accounts", grant.token))["Data"]["Account"]
    ids = {account["AccountId"] for account in accounts}
    in_bulk = (await ok(acme, "/balances", grant.token))["Data"]["Balance"]
    singly = [
        balance
        for account_id in ids
        for balance in (await ok(acme, f"/accounts/{account_id}/balances", grant.token))["Data"]["Balance"]
    ]
    assert {facts(balance) for balance in in_bulk} == {facts(balance) for balance in singly}
    since = (datetime.now().astimezone() - timedelta(days=60)).isoformat()[:10]
    rows = await pages(acme, f"/transactions?fromBookingDateTime={since}", grant.token)
    apart = [
        row
        for account_id in ids
        for row in await pages(acme, f"/accounts/{account_id}/transactions?fromBookingDateTime={since}", grant.token)
    ]
    assert sorted(row["TransactionId"] for row in rows) == sorted(row["TransactionId"] for row in apart)
    assert len({row["AccountId"] for row in rows}) > 1
    assert all(a["BookingDateTime"] >= b["BookingDateTime"] for a, b in pairwise(rows))


def facts(balance):
    return balance["AccountId"], balance["Type"], balance["Amount"]["Amount"], balance["CreditDebitIndicator"]


async def test_a_page_link_survives_the_trailing_slash_and_names_this_server(acme, grant):
    document = await ok(acme, "/transactions/", grant.token)
    following = urlsplit(document["Links"]["Next"])
    assert f"https://{following.netloc}" == acme.folder.mtls
    assert list(parse_qs(following.query)) == ["page"]


@pytest.mark.spec("FAPI2-SP-FINAL-5.3.2.1-12")
async def test_refreshing_keeps_the_refresh_token_and_the_old_access_token(acme, grant):
    refreshed = await acme.refresh(grant.tokens.refresh_token)
    assert refreshed.refresh_token == grant.tokens.refresh_token
    assert refreshed.access_token != grant.token
    again = await acme.refresh(grant.tokens.refresh_token)
    for token in (grant.token, refreshed.access_token, again.access_token):
        await ok(acme, "/accounts", token)


async def test_a_consent_that_a_client_lodged_is_unknown_to_its_organisations_certificate(acme, grant):
    """A certificate names an organisation; in the UK's standard a consent is its client's own."""
    url = f"{acme.server.ready['dialects']['berlin_group/v1.3']}/accounts"
    headers = {
        "X-Request-ID": "99391c7e-ad88-49ec-a2ad-99ddcb1f7721",
        "Consent-ID": grant.consent_id,
        "x-fapi-interaction-id": None,
    }
    answer = await acme.get(url, None, knobs=Knobs(headers=headers))
    assert (answer.status, answer.json()["tppMessages"][0]["code"]) == (400, "CONSENT_UNKNOWN")
    assert answer.header("X-Request-ID") == headers["X-Request-ID"]


@pytest.mark.spec("RFC7009-2")
async def test_a_revoked_access_token_dies_alone(acme):
    grant = await acme.granted()
    other = await acme.refresh(grant.tokens.refresh_token)
    await acme.revoke(grant.token)
    assert (await acme.get("/accounts", grant.token)).status == 401
    await ok(acme, "/accounts", other.access_token)
    await acme.revoke(grant.token)
    assert await state_of(acme, grant.consent_id) == "AUTH"


@pytest.mark.spec("RFC7009-2.1")
async def test_a_revoked_refresh_token_ends_its_family_and_not_the_consent(acme):
    grant = await acme.granted()
    other = await acme.refresh(grant.tokens.refresh_token)
    await acme.revoke(grant.tokens.refresh_token)
    for token in (grant.token, other.access_token):
        assert (await acme.get("/accounts", token)).status == 401
    with pytest.raises(Refused, match="invalid_grant"):
        await acme.refresh(grant.tokens.refresh_token)
    assert await state_of(acme, grant.consent_id) == "AUTH"
    again = await acme.authorised(grant.consent_id)
    await ok(acme, "/accounts", again.token)


async def test_revoking_anothers_token_reveals_nothing_and_does_nothing(acme, borough, grant):
    for token in (grant.token, grant.tokens.refresh_token, "unknown"):
        assert (await borough.revoke(token)).status == 200
    await ok(acme, "/accounts", grant.token)


async def test_authorising_again_ends_the_tokens_of_the_time_before(acme):
    first = await acme.granted(accounts=["Holidays"])
    second = await acme.authorised(first.consent_id, accounts=["Holidays"])
    assert (await acme.get("/accounts", first.token)).status == 401
    accounts = (await ok(acme, "/accounts", second.token))["Data"]["Account"]
    assert [account["Nickname"] for account in accounts] == ["Holidays"]


async def test_an_account_keeps_its_id_across_consents_and_has_another_for_another_tpp(acme, borough, grant):
    mine = await account_of(acme, grant, "Holidays")
    again = await acme.granted(accounts=["Holidays"])
    assert await account_of(acme, again, "Holidays") == mine
    theirs = await borough.granted(accounts=["Holidays"])
    assert await account_of(borough, theirs, "Holidays") != mine
    assert theirs.tokens.claims["sub"] != grant.tokens.claims["sub"]
    assert again.tokens.claims["sub"] == grant.tokens.claims["sub"]


async def account_of(tpp, grant, nickname):
    accounts = (await ok(tpp, "/accounts", grant.token))["Data"]["Account"]
    return next(account["AccountId"] for account in accounts if account.get("Nickname") == nickname)


async def test_the_tpp_withdraws_and_the_very_next_call_is_refused(acme, books):
    grant = await acme.granted()
    token = await acme.client_credentials_token()
    assert (await acme.delete(f"/account-access-consents/{grant.consent_id}", token)).status == 204
    assert (await acme.get("/accounts", grant.token)).status == 401
    with pytest.raises(Refused, match="invalid_grant"):
        await acme.refresh(grant.tokens.refresh_token)
    gone = await acme.get(f"/account-access-consents/{grant.consent_id}", token)
    assert (gone.status, gone.json()["Errors"][0]["ErrorCode"]) == (400, "U011")
    await books.check_whole()


async def test_alice_declines_to_renew_and_what_she_gave_stands(acme, browser):
    """The other side of withdrawal: a refused renewal takes nothing back."""
    grant = await acme.granted()
    pushed = await acme.push_authorization_request(grant.consent_id)
    await browser.open(await acme.authorization_url(pushed.request_uri))
    await browser.press("login-submit", username="alice", password="alice-pw")
    await browser.press("consent-deny")
    assert browser.answer["error"] == "access_denied"
    await ok(acme, "/accounts", grant.token)


async def test_no_other_customer_may_authorise_the_consent_of_alice(acme):
    grant = await acme.granted()
    pushed = await acme.push_authorization_request(grant.consent_id)
    async with Browser(acme.folder.ca) as browser:
        await browser.open(await acme.authorization_url(pushed.request_uri))
        await browser.press("login-submit", username="bob", password="bob-pw")
        await browser.press("otp-submit", otp="123456")
        assert "not yours" in browser.page.text
        assert "consent-approve" not in browser.page.ids
        await browser.press("consent-deny")
    assert browser.answer["error"] == "access_denied"
    await ok(acme, "/accounts", grant.token)


async def test_every_read_is_recorded_with_its_interaction_id(acme, grant, books):
    interaction = "0f6c2a4e-5b7d-4c1e-9f3a-2d8b6e4c1a90"
    knobs = Knobs(headers={"x-fapi-interaction-id": interaction, "x-fapi-customer-ip-address": "192.0.2.7"})
    answer = await acme.get("/balances", grant.token, knobs=knobs)
    assert answer.header("x-fapi-interaction-id") == interaction
    recorded = {"interaction_id": interaction, "kind": "data.accessed"}
    accesses = await books.records.facts(**recorded)
    for _ in range(50):
        if accesses:
            break
        await ok(acme, "/accounts", grant.token)  # a record is committed within 50 ms: do something meanwhile
        accesses = await books.records.facts(**recorded)
    assert (accesses[0]["outcome"], accesses[0]["psu_present"]) == ("allowed", 1)
    assert len(accesses[0]["accounts"]) == 4


async def test_the_books_are_whole_after_all_these_journeys(acme, books):
    assert await books.consents.count() > 0
    await books.check_whole()
