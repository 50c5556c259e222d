"""Attacks on the PSU's pages: guessing, fixation, forgery, replay, skipping, waiting. Each leaves the journey unharmed."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from consent.authentication.attempt_counts import CODES_SENT_MAX
from consent.authentication.attempts import BLOCKED_FOR, FAILURES_MAX, PEER_FAILURES_MAX, SENT_MAX, forgive_attempts, take_attempt
from consent.store.rows.journeys import IDLE_MAX, JOURNEY_MAX
from kernel.banking.consents import ConsentState
from tests.harness.damage.oauth import insert_clients
from tests.world.brands import BRAND, OTHER_BRAND
from tests.world.customers import CODE

COOKIE = "__Host-journey"


async def begun(world, **facts):
    consent = await world.lodge()
    return await world.browser(**facts).begin(await world.push(consent))


@pytest.mark.spec("RTS-4.3.b")
async def test_five_wrong_passwords_block_the_psu_and_the_sixth_right_one_is_refused(both_world):
    world = both_world
    browser = await begun(world)
    for _ in range(FAILURES_MAX):
        await browser.log_in("alice", "wrong")
        assert "do not match" in browser.text
    await browser.log_in("alice")
    assert browser.path == "/login"
    assert "too many failed attempts" in browser.text
    fresh = await begun(world)
    await fresh.log_in("alice")
    assert "too many failed attempts" in fresh.text
    assert world.identity.password_checks == FAILURES_MAX


async def test_the_block_ends_after_its_time(world):
    browser = await begun(world)
    for _ in range(FAILURES_MAX):
        await browser.log_in("alice", "wrong")
    world.clock.advance(BLOCKED_FOR)
    fresh = await begun(world)
    await fresh.log_in("alice")
    assert fresh.path == "/consent"


async def test_a_right_password_restarts_the_count(world):
    for _ in range(3):
        browser = await begun(world)
        for _ in range(FAILURES_MAX - 1):
            await browser.log_in("alice", "wrong")
        await browser.log_in("alice")
        assert browser.path == "/consent"


async def test_guesses_in_flight_together_count_together(both_world):
    world = both_world
    browser = await begun(world)
    fields = {"form_token": browser.token, "username": "alice", "password": "wrong"}
    await asyncio.gather(*(browser.send("/login", fields) for _ in range(12)))
    assert world.identity.password_checks == FAILURES_MAX


async def test_one_journey_may_not_try_five_passwords_on_each_of_many_customers(world):
    browser = await begun(world)
    for name in ("alice", "bob", "carol", "dave", "stranger"):
        await browser.log_in(name, "wrong")
    await browser.log_in("gale")
    assert "too many failed attempts" in browser.text


async def test_one_address_may_not_try_many_customers_in_many_journeys(world, monkeypatch):
    monkeypatch.setattr("consent.authentication.attempt_counts.PEER_FAILURES_MAX", 7)
    assert PEER_FAILURES_MAX > 7
    for number in range(7):
        browser = await begun(world)
        await browser.log_in(f"somebody-{number}", "wrong")
        assert "do not match" in browser.text
    browser = await begun(world)
    await browser.log_in("alice")
    assert "too many failed attempts" in browser.text
    other_place = await begun(world, peer="198.51.100.9")
    await other_place.log_in("alice")
    assert other_place.path == "/consent"


async def test_many_addresses_of_one_ipv6_network_try_no_more_than_one(world, monkeypatch):
    monkeypatch.setattr("consent.authentication.attempt_counts.PEER_FAILURES_MAX", 3)
    for number in range(3):
        browser = await begun(world, peer=f"2001:db8:1:2::{number}")
        await browser.log_in(f"somebody-{number}", "wrong")
    browser = await begun(world, peer="2001:db8:1:2:ffff::1")
    await browser.log_in("alice")
    assert "too many failed attempts" in browser.text
    other_place = await begun(world, peer="2001:db8:1:3::1")
    await other_place.log_in("alice")
    assert other_place.path == "/consent"


async def test_an_unknown_name_and_a_wrong_password_look_the_same(world):
    known, unknown = await begun(world), await begun(world)
    await known.log_in("alice", "wrong")
    await unknown.log_in("stranger", "wrong")
    blank = {known.token: "", unknown.token: ""}
    pages = [browser.html.replace(browser.token, "") for browser in (known, unknown)]
    assert len(blank) == 2
    assert pages[0] == pages[1]


async def test_names_are_counted_without_being_stored(world):
    browser = await begun(world)
    await browser.log_in("Alice ", "wrong")
    rows = await world.books.pages.attempts()
    assert {row.subject.split("/")[0] for row in rows} == {"journeys", "password", "peer"}
    assert not any("alice" in row.subject.lower() or "192.0.2" in row.subject for row in rows)


@pytest.mark.spec("RTS-4.3.b")
async def test_five_wrong_codes_block_the_psu_also_in_the_next_journey(world):
    browser = await begun(world)
    await browser.log_in("bob")
    for _ in range(FAILURES_MAX):
        await browser.post({"otp": "000000"})
        assert "not right" in browser.text
    await browser.post({"otp": CODE})
    assert browser.path == "/sca"
    assert "too many failed attempts" in browser.text
    fresh = await begun(world)
    await fresh.log_in("bob")
    await fresh.post({"otp": CODE})
    assert "too many failed attempts" in fresh.text
    await fresh.deny()
    assert fresh.answer["error"] == "access_denied"


async def test_a_new_code_does_not_give_new_attempts(world):
    browser = await begun(world)
    await browser.log_in("bob")
    for _ in range(FAILURES_MAX - 1):
        await browser.post({"otp": "000000"})
    await browser.post({"action": "resend"})
    assert "sent you a new code" in browser.text
    await browser.post({"otp": "000000"})
    await browser.post({"otp": CODE})
    assert browser.path == "/sca"


async def test_codes_are_not_sent_without_end(world):
    browser = await begun(world)
    await browser.log_in("bob")
    token = browser.token
    for _ in range(12):
        await browser.send("/sca", {"form_token": token, "action": "resend"})
    assert len(world.identity.started) == 5


async def test_logging_in_again_and_again_sends_no_more_than_asking_for_codes(world):
    """Who knows the password presses the button twenty times: each press would send a code, or wake the device."""
    first = await begun(world)
    fields = {"form_token": first.token, "username": "bob", "password": "bob-pw"}
    presses = [await world.browser(cookies=dict(first.cookies)).send("/login", fields) for _ in range(20)]
    assert len(world.identity.started) == CODES_SENT_MAX
    assert presses[-1].status == 409


@pytest.mark.parametrize("name", ["bob", "gale"])
async def test_one_psu_is_sent_no_more_in_many_journeys_until_they_authenticate(world, name):
    while len(world.identity.started) < SENT_MAX:
        browser = await begun(world)
        await browser.log_in(name)
        await browser.post({"action": "resend"})
    await browser.post({"action": "resend"})
    assert "send no more for now" in browser.text
    refused = await begun(world)
    await refused.log_in(name)
    assert refused.path == "/login"
    assert "send no more for now" in refused.text
    assert len(world.identity.started) == SENT_MAX
    other = await begun(world)
    await other.log_in("carol")
    assert other.path == "/sca", "no other customer is kept out"

    world.identity.confirmed = True
    await browser.post({"otp": CODE})
    assert browser.path == "/consent", "what was sent before is good still"
    again = await begun(world)
    await again.log_in(name)
    assert len(world.identity.started) == SENT_MAX + 2


async def test_what_was_sent_again_to_one_psu_is_not_put_into_the_journey_of_another(world):
    """While a new code is on its way, another customer logs in to the same journey: theirs is the one that is due."""
    bob = await begun(world)
    planted, page = dict(bob.cookies), bob.html
    await bob.log_in("bob")
    start, held, go_on = world.identity.start_sca, asyncio.Event(), asyncio.Event()

    async def slow(*arguments):
        challenge = await start(*arguments)
        held.set()
        await go_on.wait()
        return challenge

    world.identity.start_sca = slow
    resending = asyncio.create_task(bob.send("/sca", {"form_token": bob.token, "action": "resend"}))
    await held.wait()
    world.identity.start_sca = start
    carol = world.browser(cookies=planted, path="/login", html=page)
    await carol.log_in("carol")
    (before,) = await world.books.pages.journeys()
    go_on.set()
    assert (await resending).status == 409
    assert await world.books.pages.journeys() == [before]


async def test_attempts_are_taken_while_others_are_forgiven(both_world):
    """Of one customer, at once: each is counted or forgiven, none fails."""
    world, now = both_world, both_world.clock.wall()

    async def attempt(number):
        work = take_attempt if number % 2 else forgive_attempts
        arguments = (BRAND.name, "password/x", now) if number % 2 else (BRAND.name, "password/x")
        await world.database.write(lambda connection: work(connection, *arguments))

    await asyncio.gather(*map(attempt, range(200)))


async def test_an_expired_code_is_not_taken(world):
    browser = await begun(world)
    await browser.log_in("bob")
    world.clock.advance(timedelta(minutes=3))
    await browser.post({"otp": CODE})
    assert "has expired" in browser.text
    await browser.post({"action": "resend"})
    await browser.post({"otp": CODE})
    assert browser.path == "/consent"


async def test_a_session_planted_before_login_is_worth_nothing_after_it(world):
    """Session fixation: the attacker knows the cookie that the victim logged in under."""
    victim = await begun(world)
    planted = dict(victim.cookies)
    await victim.log_in("alice")
    assert victim.cookies != planted
    attacker = world.browser(cookies=planted)
    for path in ("/login", "/sca", "/consent"):
        await attacker.get(path)
        assert attacker.status == 400
        assert attacker.token == ""


async def test_a_planted_session_does_not_skip_strong_authentication(world):
    """Who knows the planted cookie and the password, but has not the second factor, starts again before the second factor."""
    victim = await begun(world)
    attacker = world.browser(cookies=dict(victim.cookies), path="/login", html=victim.html)
    await victim.log_in("bob")
    await victim.post({"otp": CODE})
    assert victim.path == "/consent"
    await attacker.log_in("bob")
    assert attacker.path == "/sca"


async def test_pressing_the_login_button_twice_ends_where_once_does(both_world):
    world = both_world
    browser = await begun(world)
    again = world.browser(cookies=dict(browser.cookies), path="/login", html=browser.html)
    await browser.log_in("alice")
    await again.log_in("alice")
    assert again.path == "/consent"
    await again.approve(0)
    assert "code" in again.answer


async def test_a_failed_second_press_leaves_the_first_as_it_is(world):
    browser = await begun(world)
    again = world.browser(cookies=dict(browser.cookies), path="/login", html=browser.html)
    await browser.log_in("alice")
    await again.log_in("alice", "wrong")
    assert again.status == 409
    await browser.approve(0)
    assert "code" in browser.answer


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "é"])
async def test_a_forged_form_is_refused_and_harms_nothing(world, token):
    browser = await begun(world)
    response = await browser.send("/login", {"form_token": token, "username": "alice", "password": "alice-pw"})
    assert response.status == 403
    assert b"invalid_request" in response.body
    assert world.identity.password_checks == 0
    await browser.log_in("alice")
    assert browser.path == "/consent"


async def test_a_form_of_another_journey_is_refused(world):
    one, other = await begun(world), await begun(world)
    response = await one.send("/login", {"form_token": other.token, "username": "alice", "password": "alice-pw"})
    assert response.status == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "https://localhost:8443.evil.example"}, 403),
        ({"Origin": "http://localhost:8443"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://localhost:8443", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "https://localhost:8444"}, 303),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({}, 303),
    ],
)
async def test_a_form_that_another_site_sent_is_refused(world, headers, status):
    browser = await begun(world)
    fields = {"form_token": browser.token, "username": "alice", "password": "alice-pw"}
    assert (await browser.send("/login", fields, headers)).status == status


async def test_stages_cannot_be_skipped(world):
    browser = await begun(world)
    for path in ("/sca", "/consent"):
        response = await browser.send(path, {"form_token": browser.token, "otp": CODE, "account": ["x"]})
        assert response.status == 409
        assert b'href="/login"' in response.body
        await browser.get(path)
        assert browser.path == "/login"
    await browser.log_in("bob")
    response = await browser.send("/consent", {"form_token": browser.token, "account": ["x"]})
    assert response.status == 409
    assert await world.books.oauth.codes() == []


async def test_a_form_of_a_stage_that_is_over_is_refused_with_a_way_on(world):
    browser = await begun(world)
    await browser.log_in("bob")
    token = browser.token
    await browser.post({"otp": CODE})
    response = await browser.send("/sca", {"form_token": token, "action": "deny"})
    assert response.status == 409
    assert b'href="/consent"' in response.body
    await browser.get("/login")
    assert browser.path == "/consent"
    await browser.approve(0)
    assert "code" in browser.answer


async def test_an_answered_journey_stays_answered(world):
    browser = await begun(world)
    await browser.log_in("alice")
    cookies, fields = dict(browser.cookies), {"form_token": browser.token, "account": browser.handles}
    await browser.approve(0)
    late = world.browser(cookies=cookies)
    for path in ("/login", "/sca", "/consent"):
        await late.get(path)
        assert late.status == 409
        assert "already answered" in late.text
    response = await late.send("/consent", fields)
    assert response.status == 409
    assert "Location" not in response.headers


@pytest.mark.spec("RTS-4.3.d")
async def test_five_idle_minutes_end_the_journey(world):
    browser = await begun(world)
    world.clock.advance(IDLE_MAX - timedelta(seconds=1))
    await browser.log_in("alice")
    assert browser.path == "/consent"
    world.clock.advance(IDLE_MAX)
    await browser.approve(0)
    assert browser.status == 400
    assert "open for too long" in browser.text
    assert await world.books.oauth.codes() == []


async def test_activity_does_not_prolong_a_journey_without_end(world):
    browser = await begun(world)
    for _ in range(int(JOURNEY_MAX / timedelta(minutes=4))):
        world.clock.advance(timedelta(minutes=4))
        await browser.get("/login")
        assert browser.status == 200
    world.clock.advance(timedelta(minutes=4))
    await browser.get("/login")
    assert "open for too long" in browser.text


async def test_business_time_neither_ends_nor_prolongs_a_journey(world):
    browser = await begun(world)
    world.clock.offset = timedelta(days=90)
    await browser.log_in("alice")
    assert browser.path == "/consent"


@pytest.mark.parametrize("cookies", [{}, {COOKIE: "forged"}, {COOKIE: "x" * 4000}, {"other": "y"}])
async def test_a_missing_or_forged_cookie_finds_nothing(world, cookies):
    await begun(world)
    stranger = world.browser(cookies=cookies)
    await stranger.get("/consent")
    assert stranger.status == 400
    assert "invalid_request" in stranger.text


async def test_two_cookies_of_the_name_are_refused(world):
    browser = await begun(world)
    secret = browser.cookies[COOKIE]
    browser.cookies = {COOKIE: f"{secret}; {COOKIE}=other"}
    await browser.get("/login")
    assert browser.status == 400


async def test_another_brand_does_not_know_the_journey(world):
    browser = await begun(world)
    browser.brand = OTHER_BRAND
    await browser.get("/login")
    assert browser.status == 400


async def test_the_cookie_is_kept_from_scripts_other_hosts_and_plain_http(world):
    consent = await world.lodge()
    from consent.customer.journey.start import begin

    browser = world.browser()
    pushed = await world.push(consent)
    client = await world.services.clients.current(BRAND, pushed.client_id)
    response = await begin(world.services, BRAND, client, pushed)
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for attribute in ("Path=/", "Secure", "HttpOnly", "SameSite=Lax"):
        assert attribute in cookie.split("; ")
    assert "Domain" not in cookie
    (row,) = await world.books.pages.journeys()
    assert browser.keep(response) is response
    assert row.secret_hash != browser.cookies[COOKIE]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{}", "application/json"),
        (b"username=%ff", None),
        (b"username=\xff", None),
        (b"username=%zz", None),
        (b"username=%00", None),
        (b"username=a&username=b", None),
        (b"&".join([b"account="] * 700), None),
        (b"password=" + b"x" * 2000, None),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused(world, body, content_type):
    browser = await begun(world)
    headers = {"Content-Type": content_type} if content_type else {}
    response = await world.server.handle(BRAND, browser.request("POST", "/login", body, headers))
    assert response.status == 400
    assert b"We could not read the form" in response.body


async def test_a_form_larger_than_its_page_needs_is_refused(world):
    browser = await begun(world)
    response = await world.server.handle(BRAND, browser.request("POST", "/login", b"username=" + b"x" * 8_192))
    assert response.status == 413
    assert b"<html" in response.body


async def test_no_byte_of_a_form_is_read_from_a_browser_without_a_journey(world):
    form = "application/x-www-form-urlencoded"

    class Unread:
        async def read(self, limit: int) -> bytes:
            raise AssertionError("the body was asked for")

    for method, path in (("POST", "/login"), ("POST", "/consent"), ("POST", "/consents/logout"), ("POST", "/consents/a/revoke")):
        request = replace(world.browser().request(method, path, b"", {"Content-Type": form}), incoming=Unread())
        assert (await world.server.handle(BRAND, request)).status in {303, 400}


async def test_an_identity_system_that_hangs_is_not_waited_for(world, monkeypatch):
    monkeypatch.setattr("consent.authentication.bank_answer.ANSWER_SECONDS", 0.01)
    browser = await begun(world)
    world.identity.hangs = True
    await browser.log_in("alice")
    assert browser.status == 503
    assert "temporarily_unavailable" in browser.text


async def test_names_from_outside_are_escaped(world):
    import msgspec

    from tests.world.clients import CLIENT

    hostile = msgspec.structs.replace(CLIENT, id="hostile", name="<script>alert(1)</script>", organisation_name='"><img>')
    await insert_clients(world.database, hostile)
    consent = await world.lodge(hostile)
    browser = await world.browser().begin(await world.push(consent, hostile))
    await browser.log_in("alice")
    assert browser.path == "/consent"
    assert "<script" not in browser.html
    assert "<img" not in browser.html
    assert (await world.store.load(BRAND, consent.id)).state is ConsentState.AWAITING
