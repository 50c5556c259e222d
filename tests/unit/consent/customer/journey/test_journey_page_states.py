"""The page where something was wrong, is locked, or leads no further: said at the field, without a field, with a way to go."""

import re
from datetime import timedelta

import pytest

from consent.authentication.attempt_counts import CODES_SENT_MAX
from consent.authentication.attempts import FAILURES_MAX
from consent.customer.pages.render import render_error_page
from consent.customer.session.problems import page_text
from tests.unit.consent.customer.journey.test_journey_walks import begun
from tests.world.brands import BRAND
from tests.world.browser import Browser
from tests.world.pages import PageWorld

FIELD = re.compile(r'<input (?!type="hidden")')


def element(browser: Browser, element_id: str) -> str:
    """The tag of an id."""
    return next(tag for tag in re.findall(r"<[^>]+>", browser.html) if f'id="{element_id}"' in tag)


def check_said_at(browser: Browser, field: str) -> None:
    """WCAG 2.2, 3.3.1: the error stands at its field, which points to it, and has the focus."""
    assert 'role="alert"' in element(browser, "notice")
    assert "notice" in re.findall(r'aria-describedby="([^"]+)"', element(browser, field))[0].split()
    assert 'aria-invalid="true"' in element(browser, field)
    assert re.findall(r'id="([\w-]+)"[^>]* autofocus', browser.html) == [field]
    assert browser.html.index('id="notice"') < browser.html.index(f'<input id="{field}"')
    assert browser.html.index(f'<label for="{field}"') < browser.html.index('id="notice"')


@pytest.mark.spec("WCAG2.2-3.3.1", "WCAG2.2-3.3.3")
async def test_a_wrong_password_is_said_at_the_field_that_has_the_focus(world: PageWorld):
    _, browser = await begun(world)
    await browser.log_in("alice-typed-this", "wrong")
    check_said_at(browser, "username")
    assert 'aria-invalid="true"' in element(browser, "password")
    assert "<title>Error: Log in" in browser.html
    assert "That username and password do not match. Check them and try again." in browser.text


async def test_nothing_that_was_typed_at_the_login_comes_back(world: PageWorld):
    """A password typed as the name would be stored with the journey, and shown to who looks over a shoulder."""
    _, browser = await begun(world)
    await browser.log_in("alice-typed-this", "typed-that")
    assert "typed" not in browser.html
    assert "value" not in element(browser, "username")


@pytest.mark.spec("WCAG2.2-3.3.1", "WCAG2.2-3.3.3")
async def test_a_wrong_code_is_said_at_the_field_that_has_the_focus(world: PageWorld):
    _, browser = await begun(world)
    await browser.log_in("bob")
    await browser.post({"otp": "000000"})
    check_said_at(browser, "otp")
    assert "That code is not right. Check it and try again." in browser.text


async def test_a_choice_that_is_missing_is_said_at_the_accounts(world: PageWorld):
    _, browser = await begun(world)
    await browser.log_in("alice")
    await browser.post({})
    assert re.findall(r'id="([\w-]+)"[^>]* autofocus', browser.html) == ["account-0"]
    assert browser.html.index("<legend>") < browser.html.index('id="notice"') < browser.html.index('id="account-0"')
    assert 'aria-describedby="notice"' in browser.html


async def test_a_locked_login_offers_no_field_and_a_way_back(world: PageWorld):
    _, browser = await begun(world)
    for _ in range(FAILURES_MAX + 1):
        await browser.log_in("alice", "wrong")
    assert not FIELD.search(browser.html)
    assert not browser.shows("login-submit")
    assert "You cannot log in for now" in browser.text
    assert "15 minutes" in browser.text
    assert "Nothing was shared. Go back to Acme Money now" in browser.text
    await browser.post({"action": "cancel"})
    assert browser.answer["error"] == "access_denied"


async def test_a_locked_code_offers_no_field_and_a_way_back(world: PageWorld):
    _, browser = await begun(world)
    await browser.log_in("bob")
    for _ in range(FAILURES_MAX + 1):
        await browser.post({"otp": "000000"})
    assert not FIELD.search(browser.html)
    assert not browser.shows("otp-resend")
    assert "You cannot confirm for now" in browser.text
    await browser.deny()
    assert browser.answer["error"] == "access_denied"


async def test_a_locked_visit_to_the_dashboard_can_be_left_for_a_new_one(world: PageWorld):
    browser = await world.browser().get("/consents")
    for _ in range(FAILURES_MAX + 1):
        await browser.log_in("alice", "wrong")
    assert not FIELD.search(browser.html)
    await browser.post({"action": "cancel"})
    assert browser.shows("login-again")


async def test_a_device_that_was_not_pressed_in_time_can_be_asked_again(world: PageWorld):
    """It offers no code: what has expired is the request, and the button is there."""
    _, browser = await begun(world)
    await browser.log_in("gale")
    for _ in range(2):
        world.clock.advance(timedelta(seconds=110))
        await browser.get("/sca")
    await browser.post({})
    assert "request on your device has expired" in browser.text
    await browser.post({"action": "resend"})
    assert "new request to your device" in browser.text
    world.identity.confirmed = True
    await browser.post({})
    assert browser.path == "/consent"


async def test_where_nothing_more_is_sent_the_page_says_what_to_do(world: PageWorld):
    _, browser = await begun(world)
    await browser.log_in("bob")
    for _ in range(CODES_SENT_MAX):
        await browser.post({"action": "resend"})
    assert not browser.shows("otp-resend")
    assert "return to Acme Money and start again" in browser.text


def _page_problems():
    from consent.customer.session import problems

    return sorted(problems._PAGES, key=lambda kind: kind.code)


@pytest.mark.parametrize("problem", _page_problems(), ids=lambda kind: kind.code)
def test_no_refusal_is_a_dead_end(problem):
    """Words that say what to do, and a link to go on."""
    text, _ = page_text(problem("x"))
    assert re.search(r"[Gg]o back|carry on|Choose it", text), text
    assert 'id="go-on" href="/consents"' in render_error_page(BRAND, "x", text, 400).body.decode()
