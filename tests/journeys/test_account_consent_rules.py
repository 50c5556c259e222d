"""The consent rules of account information as a TPP and a customer meet them from outside, on both installations."""

import asyncio
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE, Knobs
from tests.harness.books.books import Books
from tests.harness.forms import Browser
from tests.harness.installations import EMBEDDED
from tests.harness.judged import JudgedTpp
from tests.harness.patience import PATIENCE_SECONDS

PRESENT = Knobs(headers={"x-fapi-customer-ip-address": "192.0.2.7"})
EVERYDAY, SAVINGS = "Bills and spending", "Rainy day"


async def statuses(tpp, path, token, times, knobs=AS_IT_SHOULD_BE):
    return [(await tpp.get(path, token, knobs=knobs)).status for _ in range(times)]


async def account_ids(tpp, token):
    document = (await tpp.get("/accounts", token, knobs=PRESENT)).json()
    return {account.get("Nickname"): account["AccountId"] for account in document["Data"]["Account"]}


async def consent_of(tpp, consent_id):
    answer = await tpp.get(f"/account-access-consents/{consent_id}", await tpp.client_credentials_token())
    return answer.json()["Data"]


def code_of(answer):
    return answer.status, answer.json()["Errors"][0]["ErrorCode"]


@pytest.mark.spec("RTS-36.5.b")
async def test_four_reads_a_day_without_the_customer_count_per_account_and_operation(acme):
    grant = await acme.granted(accounts=[EVERYDAY, SAVINGS])
    ids = await account_ids(acme, grant.token)
    everyday, savings = ids[EVERYDAY], ids[SAVINGS]
    assert await statuses(acme, f"/accounts/{everyday}/balances", grant.token, 6) == [200] * 4 + [429] * 2
    assert await statuses(acme, f"/accounts/{savings}/balances", grant.token, 4) == [200] * 4  # another account
    first = await acme.get(f"/accounts/{everyday}/transactions", grant.token)  # another operation
    assert first.status == 200
    following = first.json()["Links"]["Next"]
    page = following.replace(f"{acme.folder.mtls}{urlsplit(following).path.split('/accounts/')[0]}", "")
    assert await statuses(acme, page, grant.token, 6) == [200] * 6  # further pages are free
    assert await statuses(acme, f"/accounts/{everyday}/transactions", grant.token, 4) == [200] * 3 + [429]
    assert await statuses(acme, f"/accounts/{everyday}/balances", grant.token, 3, PRESENT) == [200] * 3  # the customer is there
    other = await acme.granted(accounts=[EVERYDAY])
    assert await statuses(acme, f"/accounts/{everyday}/balances", other.token, 1) == [200]  # another consent


async def test_a_suspended_consent_comes_back_by_a_new_authentication_with_the_same_accounts(acme):
    grant = await acme.granted(accounts=[EVERYDAY])
    before = await consent_of(acme, grant.consent_id)
    assert (await acme.control(f"/consents/{grant.consent_id}/suspend", {})).status == 200
    assert code_of(await acme.get("/accounts", grant.token, knobs=PRESENT)) == (403, "U028")
    assert (await consent_of(acme, grant.consent_id))["Status"] == "CANC"
    with pytest.raises(Refused):
        await acme.refresh(grant.tokens.refresh_token)
    again = await acme.authorised(grant.consent_id)
    assert set(await account_ids(acme, again.token)) == {EVERYDAY}
    after = await consent_of(acme, grant.consent_id)
    assert after["Status"] == "AUTH"
    assert after["Permissions"] == before["Permissions"]
    assert after["CreationDateTime"] == before["CreationDateTime"]
    assert (await acme.get("/accounts", grant.token, knobs=PRESENT)).status == 401  # of the earlier authorisation


async def test_the_page_of_a_renewal_shows_its_accounts_as_text(acme, browser):
    grant = await acme.granted(accounts=[SAVINGS])
    pushed = await acme.push_authorization_request(grant.consent_id)
    await browser.open(await acme.authorization_url(pushed.request_uri))
    await browser.press("login-submit", username="alice", password="alice-pw")
    assert browser.page.ids["account-0"] == "li"
    assert SAVINGS in browser.page.text
    assert EVERYDAY not in browser.page.text
    await browser.press("consent-approve")
    tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    assert set(await account_ids(acme, tokens.access_token)) == {SAVINGS}


async def test_what_the_customer_stops_on_the_dashboard_is_refused_at_the_very_next_call(acme, browser):
    grant = await acme.granted(accounts=[EVERYDAY])
    assert (await acme.get("/accounts", grant.token, knobs=PRESENT)).status == 200
    await browser.open(f"{acme.folder.issuer}/consents")
    await browser.press("login-submit", username="alice", password="alice-pw")
    assert browser.path == "/consents"
    assert grant.consent_id in browser.html
    await browser.open(f"/consents/{grant.consent_id}/revoke")
    await browser.press("revoke-confirm")
    assert (await acme.get("/accounts", grant.token, knobs=PRESENT)).status == 401
    assert (await consent_of(acme, grant.consent_id))["Status"] == "CANC"
    with pytest.raises(Refused):
        await acme.refresh(grant.tokens.refresh_token)
    await browser.press("logout")
    assert browser.cookies == {}


async def test_bob_sees_nothing_of_what_alice_gave(acme, browser):
    grant = await acme.granted(accounts=[EVERYDAY])
    await browser.open(f"{acme.folder.issuer}/consents")
    await browser.press("login-submit", username="bob", password="bob-pw")
    await browser.press("otp-submit", otp="123456")
    assert grant.consent_id not in browser.html
    for path in (f"/consents/{grant.consent_id}", f"/consents/{grant.consent_id}/revoke"):
        await browser.open(path)
        assert browser.status == 404


async def test_joint_holders_see_each_what_they_gave_themselves(acme, browser):
    erins = await acme.granted("erin")
    await browser.open(f"{acme.folder.issuer}/consents")
    await browser.press("login-submit", username="frank", password="frank-pw")
    await browser.press("otp-submit", otp="123456")
    assert erins.consent_id not in browser.html


class TestOfTheBanksOwn:
    """These close accounts or move the clock."""

    @pytest.fixture
    async def tpp(self, own_server):
        async with JudgedTpp.of(own_server, "acme") as made:
            yield made

    async def test_a_closed_account_leaves_every_consent_and_nothing_else_changes(self, tpp):
        both, only = await tpp.granted(accounts=[EVERYDAY, SAVINGS]), await tpp.granted(accounts=[SAVINGS])
        savings = (await account_ids(tpp, both.token))[SAVINGS]
        answer = await tpp.control(f"/accounts/{SAVINGS.replace(' ', '%20')}/close", {"persona": "alice"})
        assert answer.json() == {"closed": True, "consents_changed": 2}
        assert set(await account_ids(tpp, both.token)) == {EVERYDAY}
        refused = await tpp.get(f"/accounts/{savings}/balances", both.token, knobs=PRESENT)
        assert refused.status == 403
        assert (await consent_of(tpp, both.consent_id))["Status"] == "AUTH"
        assert code_of(await tpp.get("/accounts", only.token, knobs=PRESENT)) == (403, "U028")
        assert (await consent_of(tpp, only.consent_id))["Status"] == "CANC"
        assert (await tpp.control(f"/accounts/{SAVINGS.replace(' ', '%20')}/close", {"persona": "alice"})).status == 400
        async with Browser(tpp.folder.ca) as browser:
            await browser.open(f"{tpp.folder.issuer}/consents")
            await browser.press("login-submit", username="alice", password="alice-pw")
            await browser.open(f"/consents/{both.consent_id}")
            assert "An account that you no longer have with us was taken out" in browser.page.text

    @pytest.mark.spec("UK-RTS-10A")
    async def test_ninety_days_end_neither_an_open_consent_nor_its_refresh_token(self, tpp):
        grant, waiting = await tpp.granted(accounts=[EVERYDAY]), await tpp.lodge_account_consent()
        assert (await tpp.control("/clock", {"advance": "P400D"})).status == 200
        assert (await consent_of(tpp, grant.consent_id))["Status"] == "AUTH"
        tokens = await tpp.refresh(grant.tokens.refresh_token)
        everyday = (await account_ids(tpp, tokens.access_token))[EVERYDAY]
        for path in ("balances", "transactions"):
            assert (await tpp.get(f"/accounts/{everyday}/{path}", tokens.access_token, knobs=PRESENT)).status == 200
        assert (await consent_of(tpp, waiting.id))["Status"] == "RJCT"  # it was not authorised within a day

    @pytest.mark.parametrize("own_server", [EMBEDDED], indirect=True)
    async def test_what_time_has_ended_is_refused_alike_before_and_after_it_is_recorded(self, tpp, own_server):
        """The sweep runs with the start and every half minute: no answer may show when."""
        until = datetime.now(UTC) + timedelta(days=30)
        grant, waiting = await tpp.granted(expires=until.isoformat()), await tpp.lodge_account_consent()
        assert (await tpp.control("/clock", {"advance": "P40D"})).status == 200

        async def shown():
            answer = await tpp.get("/accounts", grant.token, knobs=PRESENT)
            with pytest.raises(Refused) as refused:
                await tpp.refresh(grant.tokens.refresh_token)
            consents = [await consent_of(tpp, consent_id) for consent_id in (grant.consent_id, waiting.id)]
            return answer.status, answer.json()["Errors"], str(refused.value), consents

        async def recorded():
            return [await books.consents.state_of(each) for each in (grant.consent_id, waiting.id)]

        async with Books.of(own_server) as books:
            before = await shown()
            assert await recorded() == ["authorised", "awaiting"]
            assert before[0] == 401
            await asyncio.to_thread(own_server.stop)
            await asyncio.to_thread(own_server.start)
            await tpp.reconnect()
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await recorded() != ["expired", "rejected"]:  # noqa: ASYNC110  it happens in another process
                    await asyncio.sleep(0.05)
            assert await shown() == before
            await books.check_whole()
