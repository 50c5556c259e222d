"""Grants asked in detail, for a part of the API, and managed as a grant: over mutual TLS, on both installations.

RFC 9396, RFC 8707, Grant Management for OAuth 2.0.
"""

import json

import pytest

from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.tpp import Refused
from tests.harness.forms import Browser
from tests.journeys.fapi import check_error

PRESENT = Knobs(headers={"x-fapi-customer-ip-address": "192.0.2.7"})
TYPE = "account_information"


def in_detail(*permissions, **members):
    return json.dumps([{"type": TYPE, "permissions": ["accounts_detail", *permissions], **members}])


async def asked(tpp, details, **form):
    return await tpp.push_authorization_request(None, knobs=Knobs(form={"authorization_details": details, **form}))


async def alice_agrees(tpp, pushed, *accounts):
    """Alice on the pages; the tokens."""
    async with Browser(tpp.folder.ca) as browser:
        await browser.open(await tpp.authorization_url(pushed.request_uri))
        await browser.press("login-submit", username="alice", password="alice-pw")
        page = browser.page.text
        await browser.press("consent-approve", **dict.fromkeys(accounts, True))
    return await tpp.redeem(tpp.read_authorization_response(browser.landed, pushed), pushed), page


async def granted(tpp, *permissions, **form):
    pushed = await asked(tpp, in_detail(*permissions), **form)
    return (await alice_agrees(tpp, pushed, "account-0"))[0]


async def managed(tpp, method, grant_id, **knobs):
    scope = "grant_management_query" if method == "GET" else "grant_management_revoke"
    token = await tpp.client_credentials_token(scope)
    endpoint = (await tpp.discover())["mtls_endpoint_aliases"]["grant_management_endpoint"]
    return await tpp.call(method, f"{endpoint}/{grant_id}", token, knobs=Knobs(**knobs))


async def read(tpp, path, token):
    return (await tpp.get(path, token, knobs=PRESENT)).status


async def test_alice_shares_what_was_asked_in_detail_and_nothing_else(acme):
    pushed = await asked(acme, in_detail("balances", valid_until="2036-01-01T00:00:00Z"))
    tokens, page = await alice_agrees(acme, pushed, "account-0", "account-2")
    assert "Until 1 January 2036" in page
    (shown,) = tokens.authorization_details
    assert (shown["type"], shown["permissions"]) == (TYPE, ["accounts_detail", "balances"])
    assert shown["consent_id"] == tokens.grant_id
    listed = await acme.get("/accounts", tokens.access_token, knobs=PRESENT)
    ids = [account["AccountId"] for account in listed.json()["Data"]["Account"]]
    assert sorted(ids) == sorted(shown["account_ids"])
    assert await read(acme, f"/accounts/{ids[0]}/balances", tokens.access_token) == 200
    assert await read(acme, f"/accounts/{ids[0]}/transactions", tokens.access_token) == 403
    lodged = await acme.get(f"/account-access-consents/{tokens.grant_id}", await acme.client_credentials_token())
    assert set(lodged.json()["Data"]["Permissions"]) == {"ReadAccountsDetail", "ReadBalances"}
    assert lodged.json()["Data"]["Status"] == "AUTH"


@pytest.mark.parametrize(
    "details",
    ["[]", "{", in_detail("everything"), '[{"type":"payment_initiation"}]', in_detail(valid_until="2020-01-01T00:00:00Z")],
)
async def test_details_that_cannot_be_granted_leave_nothing_behind(acme, books, details):
    before = await books.watched()
    with pytest.raises(Refused) as refused:
        await asked(acme, details)
    check_error(refused.value.answer, "invalid_authorization_details")
    await books.check_nothing_written(before)


async def test_a_token_for_one_part_opens_no_other(acme):
    here, another = f"{acme.folder.mtls}/open-banking/v4.0/aisp", f"{acme.folder.mtls}/psd2/v1"
    tokens = await granted(acme, resource=here)
    assert await read(acme, "/accounts", tokens.access_token) == 200
    narrowed = await granted(acme, resource=another)
    assert await read(acme, "/accounts", narrowed.access_token) == 401
    for given in (tokens, narrowed):
        assert (await acme.call("GET", f"{acme.folder.mtls}/whoami", given.access_token)).status == 200
    with pytest.raises(Refused) as refused:
        await acme.refresh(narrowed.refresh_token, knobs=Knobs(form={"resource": here}))
    check_error(refused.value.answer, "invalid_target")


async def test_a_merged_grant_keeps_its_id_and_ends_its_tokens(acme):
    before = await granted(acme)
    change = {"grant_management_action": "merge", "grant_id": before.grant_id}
    after, page = await alice_agrees(acme, await asked(acme, in_detail("balances"), **change), "account-0")
    assert "Change what you share" in page
    assert after.grant_id == before.grant_id
    assert await read(acme, "/balances", before.access_token) == 401
    with pytest.raises(Refused, match="invalid_grant"):
        await acme.refresh(before.refresh_token)
    assert await read(acme, "/balances", after.access_token) == 200
    (shown,) = after.authorization_details
    assert set(shown["permissions"]) == {"accounts_detail", "balances"}
    assert len(shown["account_ids"]) == 2
    assert set(before.authorization_details[0]["account_ids"]) < set(shown["account_ids"])


async def test_a_replaced_grant_opens_what_it_now_covers_alone(acme):
    before = await granted(acme, "balances")
    change = {"grant_management_action": "replace", "grant_id": before.grant_id}
    after, _ = await alice_agrees(acme, await asked(acme, in_detail(), **change), "account-1")
    assert await read(acme, "/balances", after.access_token) == 403
    described = await managed(acme, "GET", before.grant_id)
    assert described.status == 200
    assert described.json()["authorization_details"] == list(after.authorization_details)
    assert described.json()["scopes"] == [{"scope": "openid accounts"}]


async def test_a_revoked_grant_is_refused_at_the_very_next_call(acme, borough, books):
    grant = await acme.granted()
    assert (await managed(borough, "DELETE", grant.consent_id)).status == 404
    assert await read(acme, "/accounts", grant.token) == 200
    answer = await managed(acme, "DELETE", grant.consent_id)
    assert (answer.status, answer.body) == (204, b"")
    assert await read(acme, "/accounts", grant.token) == 401
    with pytest.raises(Refused, match="invalid_grant"):
        await acme.refresh(grant.tokens.refresh_token)
    for method in ("GET", "DELETE"):
        assert (await managed(acme, method, grant.consent_id)).status == 404
    await books.check_whole()


async def test_a_grant_is_shown_only_with_the_tokens_own_certificate(acme, scene):
    """Also on the listener that never asks for one."""
    tokens = await granted(acme)
    for certificate in ("none", scene.forge.certificate("acme")):
        answer = await managed(acme, "GET", tokens.grant_id, certificate=certificate)
        check_error(answer, "invalid_token", status=(401,))
    endpoint = (await acme.discover())["grant_management_endpoint"]
    own = await acme.client_credentials_token("grant_management_query")
    answer = await acme.call("GET", f"{endpoint}/{tokens.grant_id}", own, knobs=Knobs(certificate="none"))
    check_error(answer, "invalid_token", status=(401,))
