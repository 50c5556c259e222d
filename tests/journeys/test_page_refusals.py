"""Forged, replayed, skipped and expired forms and cookies at the PSU's pages, and guessing: each is refused, and harms no one else's journey."""

import asyncio
from http.cookies import SimpleCookie

import pytest

from sandbox.tpp_kit.answers import Refused
from tests.harness.forms import Browser
from tests.harness.judged import JudgedTpp
from tests.harness.lifetimes import end_code, end_journey, end_request

COOKIE = "__Host-journey"


async def begin(tpp, browser, persona=None):
    """A journey at its login page, or past it."""
    consent = await tpp.lodge_account_consent()
    pushed = await tpp.push_authorization_request(consent.id)
    await browser.open(await tpp.authorization_url(pushed.request_uri))
    assert browser.path == "/login"
    if persona:
        await browser.press("login-submit", username=persona, password=f"{persona}-pw")
    return consent, pushed


def login(browser, persona="alice"):
    return [("form_token", browser.form_token("login-submit")), ("username", persona), ("password", f"{persona}-pw")]


async def finish(tpp, browser, pushed):
    """Alice's own browser ends the journey as if nothing had happened."""
    await browser.open(f"{tpp.folder.issuer}/login")
    if browser.path == "/login":
        await browser.press("login-submit", username="alice", password="alice-pw")
    await browser.press("consent-approve", account_0=True)
    assert (await tpp.redeem(tpp.read_authorization_response(browser.landed, pushed), pushed)).access_token


@pytest.mark.spec("RFC9700-4.16", "RFC6265bis-4.1.3")
async def test_pages_are_dressed_for_a_hostile_web(acme, browser):
    await begin(acme, browser)
    (cookie,) = browser.set_cookies
    morsel = SimpleCookie(cookie)[COOKIE]
    assert (morsel["secure"], morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, True, "Lax", "/")
    assert not morsel["domain"]
    assert len(morsel.value) >= 32
    policy = browser.headers["Content-Security-Policy"]
    for directive in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert directive in policy
    assert "unsafe" not in policy
    assert browser.headers["X-Frame-Options"] == "DENY"
    assert browser.headers["Cache-Control"] == "no-store"
    assert browser.headers["Referrer-Policy"] == "no-referrer"
    assert browser.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in browser.html


@pytest.mark.parametrize(
    "cookies", [{}, {COOKIE: "made-up"}, {COOKIE: "x" * 5000}, {COOKIE: ""}, {"journey": "real"}], ids=["none", "made up", "huge", "empty", "misnamed"]
)  # fmt: skip
async def test_a_browser_without_its_cookie_is_asked_to_start_again(acme, browser, cookies):
    await begin(acme, browser)
    fields = login(browser)
    if "journey" in cookies:
        cookies = {"journey": browser.cookies[COOKIE]}
    async with Browser(acme.folder.ca, cookies) as stranger:
        for method, path, sent in (("GET", "/login", None), ("GET", "/consent", None), ("POST", "/login", fields)):
            await stranger.send(method, acme.folder.issuer + path, sent)
            assert (stranger.status, stranger.error_code) == (400, "invalid_request")
            assert stranger.landed == ""


async def test_two_cookies_of_the_name_are_none(acme, browser):
    _, pushed = await begin(acme, browser)
    kept = browser.cookies[COOKIE]
    browser.cookies = {"a": f"b; {COOKIE}={kept}; {COOKIE}={kept}"}
    await browser.send("GET", f"{acme.folder.issuer}/login")
    assert browser.status == 400
    browser.cookies = {COOKIE: kept}
    await finish(acme, browser, pushed)


@pytest.mark.spec("RFC9700-4.7")
@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}], ids=str
)
async def test_another_sites_form_is_refused(acme, browser, headers):
    _, pushed = await begin(acme, browser)
    await browser.send("POST", "/login", login(browser), headers)
    assert (browser.status, browser.error_code) == (403, "invalid_request")
    await finish(acme, browser, pushed)


@pytest.mark.parametrize("token", ["", "0" * 64, "another's"])
async def test_a_form_token_that_is_not_this_journeys_is_refused(acme, browser, token):
    _, pushed = await begin(acme, browser)
    fields = login(browser)
    if token == "another's":
        async with Browser(acme.folder.ca) as other:
            await begin(acme, other)
            token = other.form_token("login-submit")
    for changed in ([("form_token", token), *fields[1:]], fields[1:]):
        await browser.send("POST", f"{acme.folder.issuer}/login", changed)
        assert (browser.status, browser.error_code) == (403, "invalid_request")
    await finish(acme, browser, pushed)


async def test_no_stage_can_be_skipped(acme, browser, books):
    """Bob's browser asks for the page of consent, and sends its form, before his code was seen."""
    consent, _ = await begin(acme, browser)
    at_login = browser.form_token("login-submit")
    await browser.send("GET", "/consent")
    assert browser.path == "/login"
    await browser.send("POST", "/consent", [("form_token", at_login), ("account", "x")])
    assert browser.status == 409
    await browser.open(f"{acme.folder.issuer}/login")
    await browser.press("login-submit", username="bob", password="bob-pw")
    at_sca = browser.form_token("otp-submit")
    await browser.send("GET", "/consent")
    assert browser.path == "/sca"
    for token in (at_login, at_sca):
        await browser.send("POST", "/consent", [("form_token", token), ("account", "x")])
        assert browser.status in {403, 409}
        assert browser.landed == ""
    token = await acme.client_credentials_token()
    assert (await acme.get(f"/account-access-consents/{consent.id}", token)).json()["Data"]["Status"] == "AWAU"
    await books.check_whole()


@pytest.mark.spec("RFC9700-4.7")
async def test_the_cookie_from_before_the_login_is_worth_nothing_after_it(acme, browser):
    _, pushed = await begin(acme, browser)
    planted = browser.cookies[COOKIE]
    await browser.press("login-submit", username="alice", password="alice-pw")
    assert browser.cookies[COOKIE] != planted
    async with Browser(acme.folder.ca, {COOKIE: planted}) as attacker:
        for path in ("/login", "/sca", "/consent"):
            await attacker.send("GET", acme.folder.issuer + path)
            assert (attacker.status, attacker.error_code) == (400, "invalid_request")
    await finish(acme, browser, pushed)


async def test_an_approval_pressed_by_many_at_once_gives_one_code(acme, browser, books):
    _, pushed = await begin(acme, browser, "alice")
    form, button = browser.page.find("consent-approve")
    fields = form.fields(button, {"account-0": True})

    async def press():
        async with Browser(acme.folder.ca, browser.cookies) as again:
            await again.send("POST", f"{acme.folder.issuer}/consent", fields)
            return again.landed

    landed = [each for each in await asyncio.gather(*(press() for _ in range(5))) if each]
    assert len(landed) == 1
    await browser.send("POST", f"{acme.folder.issuer}/consent", fields)
    assert (browser.landed, browser.status) == ("", 409)
    assert (await acme.redeem(acme.read_authorization_response(landed[0], pushed), pushed)).access_token
    await books.check_whole()


async def test_an_account_that_is_not_the_customers_cannot_be_slipped_in(acme, browser):
    """Handles mean nothing outside their journey: Bob's are worth nothing to Alice, and made-up ones to anyone."""
    async with Browser(acme.folder.ca) as bobs:
        await begin(acme, bobs, "bob")
        await bobs.press("otp-submit", otp="123456")
        handles = [control.value for control in bobs.page.find("consent-approve")[0].controls if control.type == "checkbox"]
    _, pushed = await begin(acme, browser, "alice")
    for handle in (*handles, "made-up", ""):
        token = browser.form_token("consent-approve")
        await browser.send("POST", "/consent", [("form_token", token), ("account", handle)])
        assert browser.path == "/consent"
        assert "Choose at least one account" in browser.page.text
    await finish(acme, browser, pushed)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"\xff\xfe", None),
        (b"form_token=%zz", None),
        (b"form_token=a&form_token=b", None),
        (b"username=" + b"a" * 2000, None),
        (b"a=" + b"b" * 100_000, None),
        (b"form_token=a", "text/plain"),
        (b"{}", "application/json"),
    ],
    ids=["no text", "broken escape", "field twice", "long field", "huge", "plain text", "json"],
)
async def test_a_form_that_cannot_be_read_is_refused_as_a_page(acme, browser, body, content_type):
    _, pushed = await begin(acme, browser)
    await browser.send("POST", "/login", body, {"Content-Type": content_type} if content_type else {})
    assert browser.status in {400, 413}
    assert browser.error_code == "invalid_request"
    assert browser.headers["Content-Type"].startswith("text/html")
    await finish(acme, browser, pushed)


HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/no/such/page", "/consents/x/y", "/whoami/x", "/login/"])
@pytest.mark.parametrize("base", ["issuer", "mtls"])
async def test_an_unknown_address_shows_a_page_to_a_browser(acme, base, path):
    answer = await acme.wire.call("GET", getattr(acme.folder, base) + path, certificate="none", headers={"Accept": HTML})
    assert answer.status == 404
    assert answer.header("Content-Type").startswith("text/html")
    assert "default-src 'none'" in answer.header("Content-Security-Policy")
    assert "There is no such page" in answer.body.decode()
    assert 'href="/consents"' in answer.body.decode()


@pytest.mark.parametrize(
    ("method", "path", "accept"),
    [
        ("GET", "/no/such/page", "*/*"),
        ("GET", "/no/such/page", "application/json"),
        ("GET", "/no/such/page", None),
        ("POST", "/no/such/page", HTML),
        ("GET", "/open-banking/v4.0/aisp/nothing", HTML),
        ("GET", "/open-banking/v4.0/aisp/accounts", HTML),
        ("GET", "/psd2/v1/nothing", HTML),
        ("GET", "/whoami", HTML),
    ],
)
async def test_a_client_of_an_api_gets_no_page(acme, method, path, accept):
    """Not even one that accepts HTML, where an API is."""
    headers = {} if accept is None else {"Accept": accept}
    answer = await acme.wire.call(method, acme.folder.mtls + path, certificate="none", headers=headers)
    assert answer.status in {400, 401, 404, 405, 406}
    assert "html" not in (answer.header("Content-Type") or "")
    assert "<html" not in answer.body.decode()


@pytest.mark.parametrize("path", ["/favicon.ico", "/assets/icon.svg"])
async def test_there_is_an_icon_in_the_brands_colour(acme, path):
    answer = await acme.wire.call("GET", acme.folder.issuer + path, certificate="none", headers={"Accept": "image/*"})
    assert (answer.status, answer.header("Content-Type")) == (200, "image/svg+xml")
    assert 'fill="#1d4d8f"' in answer.body.decode()
    assert "http" not in answer.body.decode().replace('xmlns="http://www.w3.org/2000/svg"', ""), "it loads nothing"


@pytest.mark.parametrize(("method", "path"), [("PUT", "/login"), ("DELETE", "/consent"), ("POST", "/jwks")])
async def test_a_page_by_another_method(acme, method, path):
    answer = await acme.wire.call(method, acme.folder.issuer + path, certificate="none", headers={})
    assert answer.status == 405
    assert "GET" in (answer.header("Allow") or "")


@pytest.mark.spec("RTS-4.3.d")
async def test_an_expired_journey_is_over(acme, browser, server):
    await begin(acme, browser, "alice")
    form, button = browser.page.find("consent-approve")
    fields = form.fields(button, {"account-0": True})
    await end_journey(server, browser.cookies[COOKIE])
    for method, sent in (("GET", None), ("POST", fields)):
        await browser.send(method, f"{acme.folder.issuer}/consent", sent)
        assert browser.landed == ""
        assert (browser.status, browser.error_code) == (400, "access_denied")


@pytest.mark.conformance("fapi2-security-profile-final-par-attempt-to-use-expired-request_uri")
async def test_an_expired_request_uri(acme, browser, server):
    consent = await acme.lodge_account_consent()
    pushed = await acme.push_authorization_request(consent.id)
    await end_request(server, pushed.request_uri)
    await browser.open(await acme.authorization_url(pushed.request_uri))
    assert browser.landed.startswith(pushed.redirect_uri + "?")
    assert (browser.answer["error"], browser.answer["state"]) == ("invalid_request_uri", pushed.state)


@pytest.mark.conformance("fapi2-security-profile-final-ensure-token-endpoint-fails-with-expired-auth-code")
async def test_an_expired_code(acme, server, books):
    consent = await acme.lodge_account_consent()
    pushed = await acme.push_authorization_request(consent.id)
    await acme.decide(consent.id)
    code = await acme.authorize_without_page(pushed)
    await end_code(server, code)
    with pytest.raises(Refused, match="invalid_grant"):
        await acme.redeem(code, pushed)
    await books.check_whole()


@pytest.mark.spec("RTS-4.3.b")
async def test_guessing_is_stopped_after_five_attempts_and_everyone_else_goes_on(own_server):
    async with JudgedTpp.of(own_server, "acme") as acme, Browser(acme.folder.ca) as browser:
        await begin(acme, browser)
        for _ in range(5):
            await browser.press("login-submit", username="alice", password="wrong")
            assert "do not match" in browser.page.text
        await browser.press("login-submit", username="alice", password="alice-pw")
        assert browser.path == "/login"
        assert "too many failed attempts" in browser.page.text
        for name in ("alice", "ALICE "):
            async with Browser(acme.folder.ca) as other_place:
                await begin(acme, other_place)
                await other_place.press("login-submit", username=name, password="alice-pw")
                assert other_place.path == "/login"
                assert "login-submit" not in other_place.page.ids
        async with Browser(acme.folder.ca) as bobs:
            await begin(acme, bobs, "bob")
            for _ in range(5):
                await bobs.press("otp-submit", otp="000000")
                assert "not right" in bobs.page.text
            await bobs.press("otp-submit", otp="123456")
            assert bobs.path == "/sca"
            assert "too many failed attempts" in bobs.page.text
        own_server.kill()
        own_server.start()
        await acme.reconnect()
        async with Browser(acme.folder.ca) as after:
            await begin(acme, after, "alice")
            assert after.path == "/login", "a restart forgot the block"
        async with Browser(acme.folder.ca) as erins:
            _, pushed = await begin(acme, erins, "erin")
            await erins.press("consent-approve", account_0=True)
            assert (await acme.redeem(acme.read_authorization_response(erins.landed, pushed), pushed)).access_token
