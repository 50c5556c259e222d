"""The access dashboard, as its PSU sees it: list, details, stopping, and whose eyes it is for."""

from datetime import timedelta

import msgspec
import pytest

from consent.customer.dashboard.access import UNREGISTERED, Known, Parties, describe
from consent.store.rows.journeys import IDLE_MAX, VISIT_MAX
from kernel.banking.consents import ConsentState
from kernel.errors import UpstreamTimedOut
from tests.harness.damage.oauth import replace_client_row
from tests.world.brands import BRAND, OTHER_BRAND, START
from tests.world.clients import BOROUGH
from tests.world.customers import CODE

COOKIE = "__Host-dashboard"


async def test_alice_sees_what_she_gave_and_stops_it_in_two_clicks(visits_anywhere):
    visits = visits_anywhere
    consent = await visits.give("alice", 0, 1)
    browser = await visits.visit()
    for words in ("Acme Money", "Acme Technologies Limited", "Everyday current account", "5678", "Active", "1 July 2026"):
        assert words in browser.text
    assert "12345678" not in browser.html
    assert f'href="/consents/{consent.id}/revoke"' in browser.html
    await browser.get(f"/consents/{consent.id}/revoke")
    await browser.post({})
    assert browser.path == "/consents"
    assert "Sharing has stopped" in browser.text
    assert "You stopped it on 1 July 2026" in browser.text
    current = await visits.world.store.load(BRAND, consent.id)
    assert current.state is ConsentState.REVOKED_BY_PSU
    assert [row.state for row in await visits.world.books.oauth.families()] == ["ended"]
    assert visits.world.versions.published[f"main/consent/{consent.id}"] == current.version
    await browser.get("/consents")
    assert "Sharing has stopped" not in browser.text  # said once


async def test_a_psu_does_not_see_the_consents_of_another(visits):
    consent = await visits.give("alice")
    browser = await visits.visit("bob")
    assert "Acme Money" not in browser.text
    for path in (f"/consents/{consent.id}", f"/consents/{consent.id}/revoke", "/consents/none", f"/consents/{'x' * 300}"):
        await browser.get(path)
        assert browser.status == 404
        assert browser.response.headers["Content-Type"].startswith("text/html")
        assert "Acme Money" not in browser.text
    own = await visits.visit("bob")
    response = await own.send(f"/consents/{consent.id}/revoke", {"form_token": own.token})
    assert response.status == 404
    assert (await visits.world.store.load(BRAND, consent.id)).state is ConsentState.AUTHORISED


async def test_a_consent_that_was_never_given_is_not_listed(visits):
    rejected = await visits.world.lodge()
    browser = await visits.world.browser().begin(await visits.world.push(rejected))
    await browser.log_in("alice")
    await browser.deny()
    inside = await visits.visit()
    assert "Acme Money" not in inside.text
    assert "No app or website at the moment" in inside.text
    await inside.get(f"/consents/{rejected.id}")
    assert inside.status == 404


async def test_details_show_every_permission_and_what_has_happened(visits):
    consent = await visits.give("alice", 1, valid_until=START + timedelta(days=90))
    await visits.use(consent, timedelta(minutes=5), attended=False)
    browser = await visits.visit()
    await browser.get(f"/consents/{consent.id}")
    for words in (
        "How much money is in your account",
        "Money that came in",
        "Rainy day savings",
        "Until 29 September 2026",
        "1 July 2026 at 10:05, while you were away",
        "Acme Money asked for access",
        "You agreed to share",
        "Rainy day savings, ending 4321",
    ):
        assert words in browser.text


async def test_active_and_past_stand_apart(visits):
    active = await visits.give("alice")
    past = await visits.give("alice", client=BOROUGH)
    await visits.world.store.withdraw(BRAND, BOROUGH.caller, past.id)
    html = (await visits.visit()).html
    heading = html.index('id="past-heading"')
    assert html.index(active.id) < heading < html.index(past.id)
    assert "They withdrew it on 1 July 2026" in html
    assert f"{past.id}/revoke" not in html


async def test_what_ran_out_is_past_before_any_sweeper_says_so(visits):
    await visits.give("alice", valid_until=START + timedelta(days=1))
    visits.world.clock.offset = timedelta(days=2)
    text = (await visits.visit()).text
    assert "It ran out on 2 July 2026" in text
    assert "Inactive" in text


async def test_what_ran_out_reads_the_same_before_and_after_it_is_recorded(visits):
    consent = await visits.give("alice", valid_until=START + timedelta(days=1))
    visits.world.clock.offset = timedelta(days=2)

    async def shown_text():
        browser = await visits.visit()
        listed = browser.text
        await browser.get(f"/consents/{consent.id}")
        return listed, browser.text

    before = await shown_text()
    assert "The time that you agreed to was over" in before[1]
    await visits.world.store.expire(BRAND, consent.id)
    assert await shown_text() == before


async def test_a_suspended_one_is_inactive_and_can_be_stopped_for_good(visits):
    consent = await visits.give("alice")
    await visits.world.store.suspend(BRAND, consent.id)
    browser = await visits.visit()
    assert "Paused since 1 July 2026" in browser.text
    await browser.get(f"/consents/{consent.id}/revoke")
    await browser.post({})
    assert (await visits.world.store.load(BRAND, consent.id)).state is ConsentState.REVOKED_BY_PSU


async def test_stopping_what_has_ended_meanwhile_changes_nothing_and_says_so(visits):
    consent = await visits.give("alice")
    browser = await visits.visit()
    await browser.get(f"/consents/{consent.id}/revoke")
    await visits.world.store.revoke_by_psu(BRAND, "psu-alice", consent.id)
    await browser.post({})
    assert "already ended" in browser.text
    await browser.get(f"/consents/{consent.id}/revoke")
    assert browser.path == f"/consents/{consent.id}"
    assert (await visits.world.store.load(BRAND, consent.id)).version == 3


@pytest.mark.parametrize(("query", "names"), [("q=bor", ["Borough"]), ("q=technologies", ["Acme Money"]), ("q=zzz", [])])
async def test_a_search_finds_by_any_name(visits, query, names):
    await visits.give("alice")
    await visits.give("alice", client=BOROUGH)
    browser = await visits.visit()
    await browser.get(f"/consents?{query}")
    assert [name for name in ("Acme Money", "Borough") if f">{name}</h3>" in browser.html] == names


async def test_sorting_is_by_name_by_grant_or_by_use(visits):
    first = await visits.give("alice")
    visits.world.clock.advance(timedelta(minutes=1))
    second = await visits.give("alice", client=BOROUGH)
    await visits.use(first, timedelta(hours=1))
    browser = await visits.visit()
    orders = {}
    for sort in ("granted", "used", "name", "nonsense"):
        html = (await browser.get(f"/consents?sort={sort}&sort=name")).html
        orders[sort] = [first.id, second.id] if html.index(first.id) < html.index(second.id) else [second.id, first.id]
    assert orders == {
        "granted": [second.id, first.id],
        "used": [first.id, second.id],
        "name": [first.id, second.id],
        "nonsense": [second.id, first.id],
    }


async def test_what_is_typed_into_the_search_is_text(visits):
    await visits.give("alice")
    browser = await visits.visit()
    await browser.get("/consents?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script" not in browser.html


async def test_who_has_access_can_be_seen_and_stopped_while_the_banks_systems_are_silent(visits):
    consent = await visits.give("alice", 0, 1)
    browser = await visits.visit()

    async def silent(*_):
        raise UpstreamTimedOut("no answer")

    visits.world.services.customer_accounts.accounts_of = silent
    await browser.get("/consents")
    assert "2 accounts. We cannot show their names right now." in browser.text
    await browser.get(f"/consents/{consent.id}/revoke")
    await browser.post({})
    assert "Sharing has stopped" in browser.text


async def test_an_agent_is_named_with_whom_it_acts_for(visits):
    import msgspec

    agent = msgspec.structs.replace(BOROUGH, on_behalf_of="Pocket Planner", version=2)
    await replace_client_row(visits.world.database, agent)
    consent = await visits.give("alice", client=agent)
    browser = await visits.visit()
    assert "on behalf of Pocket Planner" in browser.text
    await browser.get(f"/consents/{consent.id}")
    assert "on behalf of Pocket Planner" in browser.text


class TestVisits:
    async def test_bob_confirms_with_a_code_and_his_entry_is_on_record(self, visits):
        browser = await visits.world.browser().get("/consents")
        await browser.log_in("bob")
        assert browser.path == "/consents/sca"
        assert "psu-bob" not in browser.html
        await browser.post({"otp": CODE})
        assert browser.path == "/consents"
        (entry,) = await visits.world.books.records.entries(kind="dashboard.entered")
        assert entry.actor == "psu:psu-bob"

    @pytest.mark.spec("RTS-4.3.b")
    async def test_wrong_passwords_count_as_everywhere(self, visits):
        browser = await visits.world.browser().get("/consents")
        for _ in range(5):
            await browser.log_in("alice", "wrong")
        await browser.log_in("alice")
        assert browser.path == "/consents/login"
        assert "too many failed attempts" in browser.text
        journey = await visits.world.browser().begin(await visits.world.push(await visits.world.lodge()))
        await journey.log_in("alice")
        assert "too many failed attempts" in journey.text

    async def test_the_cookie_is_new_after_the_login_and_the_old_one_is_worth_nothing(self, visits):
        browser = await visits.world.browser().get("/consents")
        planted = browser.cookies[COOKIE]
        await browser.log_in("alice")
        assert browser.cookies[COOKIE] != planted
        other = visits.world.browser(cookies={COOKIE: planted})
        await other.get("/consents")
        assert other.path == "/consents/login"

    async def test_the_cookie_is_bound_to_this_host_and_hidden_from_scripts(self, visits):
        browser = visits.world.browser()
        response = await visits.world.server.handle(BRAND, browser.request("GET", "/consents"))
        cookie = response.headers["Set-Cookie"]
        for attribute in ("__Host-dashboard=", "Path=/", "Secure", "HttpOnly", "SameSite=Lax"):
            assert attribute in cookie
        assert "Domain" not in cookie

    @pytest.mark.spec("RTS-4.3.d")
    async def test_five_idle_minutes_end_it_and_the_login_page_says_so(self, visits):
        consent = await visits.give()
        browser = await visits.visit()
        await browser.get(f"/consents/{consent.id}/revoke")
        token = browser.token
        visits.world.clock.advance(IDLE_MAX)
        response = await browser.send(f"/consents/{consent.id}/revoke", {"form_token": token})
        assert response.headers["Location"] == "/consents/login"
        await browser.get("/consents/login")
        assert "We logged you out" in browser.text
        assert (await visits.world.store.load(BRAND, consent.id)).state is ConsentState.AUTHORISED

    async def test_activity_prolongs_it_but_not_for_ever(self, visits):
        browser = await visits.visit()
        for _ in range(int(VISIT_MAX / timedelta(minutes=4)) - 1):
            visits.world.clock.advance(timedelta(minutes=4))
            assert (await browser.get("/consents")).path == "/consents"
        visits.world.clock.advance(timedelta(minutes=4))
        assert (await browser.get("/consents")).path == "/consents/login"

    async def test_logging_out_ends_it(self, visits):
        browser = await visits.visit()
        kept = dict(browser.cookies)
        response = await browser.send("/consents/logout", {"form_token": browser.token})
        assert response.headers["Location"] == "/consents/logged-out"
        assert COOKIE not in browser.cookies
        assert "You are logged out" in (await browser.get("/consents/logged-out")).text
        again = visits.world.browser(cookies=kept)
        assert (await again.get("/consents")).path == "/consents/login"

    async def test_leaving_before_the_second_factor_ends_it(self, visits):
        browser = await visits.world.browser().get("/consents")
        await browser.log_in("bob")
        await browser.deny()
        assert browser.path == "/consents/logged-out"

    async def test_neither_visit_nor_journey_ends_the_other(self, visits):
        inside = await visits.visit()
        journey = await inside.begin(await visits.world.push(await visits.world.lodge()))
        await journey.log_in("alice")
        assert journey.path == "/consent"
        assert (await journey.get("/consents")).path == "/consents"

    async def test_a_journeys_session_opens_no_dashboard_nor_the_other_way_round(self, visits):
        inside = await visits.visit()
        as_journey = visits.world.browser(cookies={"__Host-journey": inside.cookies[COOKIE]})
        assert (await as_journey.get("/consent")).status == 400
        journey = await visits.world.browser().begin(await visits.world.push(await visits.world.lodge()))
        await journey.log_in("alice")
        as_visit = visits.world.browser(cookies={COOKIE: journey.cookies["__Host-journey"]})
        assert (await as_visit.get("/consents")).path == "/consents/login"

    async def test_a_page_is_not_reached_without_the_second_factor(self, visits):
        consent = await visits.give("bob")
        browser = await visits.world.browser().get("/consents")
        await browser.log_in("bob")
        for path in ("/consents", f"/consents/{consent.id}", f"/consents/{consent.id}/revoke"):
            assert (await browser.get(path)).path == "/consents/sca"

    async def test_another_brands_visit_opens_nothing_here(self, visits):
        await visits.give()
        inside = await visits.visit()
        other = visits.world.browser(brand=OTHER_BRAND, cookies=dict(inside.cookies))
        await other.get("/consents")
        assert other.path == "/consents/login"

    @pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
    async def test_a_form_of_another_site_stops_nothing(self, visits, headers):
        consent = await visits.give()
        browser = await visits.visit()
        await browser.get(f"/consents/{consent.id}/revoke")
        response = await browser.send(f"/consents/{consent.id}/revoke", {"form_token": browser.token}, headers)
        assert response.status == 403
        assert (await visits.world.store.load(BRAND, consent.id)).state is ConsentState.AUTHORISED

    @pytest.mark.parametrize("token", ["", "0" * 64])
    async def test_a_form_without_our_token_stops_nothing(self, visits, token):
        consent = await visits.give()
        browser = await visits.visit()
        response = await browser.send(f"/consents/{consent.id}/revoke", {"form_token": token})
        assert response.status == 403
        assert (await visits.world.store.load(BRAND, consent.id)).state is ConsentState.AUTHORISED

    async def test_one_address_cannot_fill_the_table_with_visits(self, visits, monkeypatch):
        """A visit is a row once its login form has come."""
        monkeypatch.setattr("consent.customer.session.visits.VISITS_MAX", 3)

        async def press(peer):
            browser = await visits.world.browser(peer=peer).get("/consents")
            return (await browser.log_in("stranger")).status

        assert [await press("192.0.2.99") for _ in range(5)] == [200, 200, 200, 429, 429]
        assert len(await visits.world.books.pages.journeys()) == 3
        assert await press("192.0.2.98") == 200

    async def test_one_ipv6_network_begins_no_more_visits_than_one_address(self, visits, monkeypatch):
        monkeypatch.setattr("consent.customer.session.visits.VISITS_MAX", 2)
        peers = [f"2001:db8:1:2::{number}" for number in range(3)] + ["2001:db8:1:3::"]
        browsers = [await visits.world.browser(peer=peer).get("/consents") for peer in peers]
        assert [(await browser.log_in("alice")).status for browser in browsers] == [200, 200, 429, 200]

    async def test_where_no_address_is_known_no_psu_is_locked_out_by_the_others(self, visits, monkeypatch):
        """Behind a proxy that names no client, one limit would be everyone's."""
        monkeypatch.setattr("consent.customer.session.visits.VISITS_MAX", 1)
        browsers = [await visits.world.browser(peer="").get("/consents") for _ in range(3)]
        assert [(await browser.log_in("stranger")).status for browser in browsers] == [200, 200, 200]

    async def test_a_form_without_a_session_begins_none(self, visits):
        """Another site's form comes without the cookie; an answer with a new one would end the visit that is there."""
        browser = visits.world.browser()
        response = await browser.send("/consents/any/revoke", {})
        assert (response.status, response.headers["Location"]) == (303, "/consents")
        assert "Set-Cookie" not in response.headers
        assert await visits.world.books.pages.journeys() == []


async def test_a_tpp_known_by_its_certificate_is_named_as_it_registered(visits):
    """The consent has no client: its organisation's name stands there."""
    given = await visits.give("alice")
    consent, services = msgspec.structs.replace(given, client_id=""), visits.world.services
    for names, shown in (({consent.organisation_id: "Larch Ltd"}, "Larch Ltd"), ({}, UNREGISTERED)):
        known = Known(Parties(clients={}, organisations=names, last_used={}), {})
        assert describe(services, BRAND, consent, known).name == shown
