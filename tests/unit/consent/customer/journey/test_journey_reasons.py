"""The log says why each step of a customer's journey was refused, also where page, redirect and notice do not; never what was
typed."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog

from consent.authentication.attempt_counts import CODES_SENT_MAX
from consent.authentication.attempts import FAILURES_MAX
from consent.store.rows.journeys import GOOD_NEWS, IDLE_MAX, Notice
from kernel.observability import log
from tests.world.brands import BRAND
from tests.world.browser import Browser
from tests.world.clients import REDIRECT_URI
from tests.world.customers import CODE
from tests.world.pages import PageWorld


class Log:
    """The lines that the server has written since it was last read."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.text = ""

    def lines(self) -> list[dict[str, Any]]:
        self.text = self.stream.getvalue()
        self.stream.seek(0)
        self.stream.truncate()
        return [json.loads(line) for line in self.text.splitlines()]

    def reasons(self) -> list[str]:
        return [line["code"] for line in self.lines() if line["event"] == "refused"]


@pytest.fixture(params=["info"])
def written(world: PageWorld, request: pytest.FixtureRequest) -> Iterator[Log]:
    root, answers = logging.getLogger(), logging.getLogger("answers")
    before = root.handlers, root.level, answers.level
    kept = Log()
    log.configure(world.clock, stream=kept.stream, console=False, level=logging.getLevelNamesMapping()[request.param.upper()])
    yield kept
    root.handlers, level, answers_level = before
    root.setLevel(level)
    answers.setLevel(answers_level)
    structlog.reset_defaults()


async def begun(world: PageWorld) -> Browser:
    return await world.browser().begin(await world.push(await world.lodge()))


async def test_wrong_passwords_and_the_lock_out_are_distinguished(world: PageWorld, written: Log):
    browser = await begun(world)
    for _ in range(FAILURES_MAX):
        await browser.log_in("alice", "wrong-canary")
    assert written.reasons() == ["credentials_wrong"] * FAILURES_MAX
    assert "alice" not in written.text
    assert "canary" not in written.text
    await browser.log_in("alice")
    (line,) = [line for line in written.lines() if line["event"] == "refused"]
    assert line["code"] == "credentials_blocked"
    assert "no attempt left" in line["detail"]
    assert line["path"] == "/login"
    assert line["client_id"] == "acme-client"
    assert line["interaction_id"]


async def test_wrong_codes_their_lock_out_and_codes_that_ran_out_are_distinguished(world: PageWorld, written: Log):
    browser = await (await begun(world)).log_in("bob")
    for _ in range(FAILURES_MAX):
        await browser.post({"otp": "918273"})
    assert written.reasons() == ["code_wrong"] * FAILURES_MAX
    assert "918273" not in written.text
    await browser.post({"otp": CODE})
    assert written.reasons() == ["code_blocked"]
    for _ in range(CODES_SENT_MAX):
        await browser.post({"action": "resend"})
    assert written.reasons() == ["sending_blocked"]
    late = await (await begun(world)).log_in("carol")
    world.clock.advance(IDLE_MAX - IDLE_MAX / 10)
    await late.post({"otp": CODE})
    assert written.reasons() == ["code_expired"]


async def test_a_lost_or_expired_session_a_forged_form_and_a_stale_one_are_distinguished(world: PageWorld, written: Log):
    browser = await begun(world)
    stranger = world.browser()
    await stranger.get("/login")
    assert [line["detail"] for line in written.lines()] == ["no cookie of ours, or two"]
    stranger.cookies = {"__Host-journey": "invented"}
    await stranger.get("/login")
    assert [line["detail"] for line in written.lines()] == ["no cookie of ours, or two"]
    await browser.send("/login", {"form_token": "forged", "username": "alice", "password": "alice-pw"})
    assert written.reasons() == ["form_forged"]
    world.clock.advance(IDLE_MAX)
    await browser.get("/login")
    assert written.reasons() == ["journey_expired"]


async def test_a_page_of_the_dashboard_says_why_it_is_over_and_a_first_visit_is_no_refusal(world: PageWorld, written: Log):
    visitor = await world.browser().get("/consents")
    assert written.reasons() == []
    await visitor.log_in("alice")
    await visitor.get("/consents/no-such")
    assert written.reasons() == ["access_unknown"]
    world.clock.advance(IDLE_MAX)
    await visitor.get("/consents")
    assert written.reasons() == ["journey_expired"]
    await world.server.handle(BRAND, world.browser().request("POST", "/consents/x/revoke", b""))
    assert written.reasons() == ["journey_unknown"]


async def test_no_account_chosen_and_a_denial_are_named(world: PageWorld, written: Log):
    browser = await (await begun(world)).log_in("alice")
    await browser.approve()
    assert written.reasons() == ["no_account"]
    await browser.deny()
    assert browser.answer["error"] == "access_denied"
    assert written.reasons() == ["access_denied"]


async def test_a_redirect_with_an_error_for_the_client_is_explained_here(world: PageWorld, written: Log):
    pushed = await world.push(await world.lodge())
    world.clock.advance(IDLE_MAX)
    query = urlencode({"client_id": "acme-client", "request_uri": f"urn:ietf:params:oauth:request_uri:{'x' * 43}"})
    answer = await world.server.handle(BRAND, world.browser().request("GET", f"/authorize?{query}"))
    assert answer.headers["Location"].startswith(REDIRECT_URI)
    assert written.reasons() == ["request_uri_invalid"]
    await world.browser().begin(pushed)  # its consent may still be authorised: nothing to refuse
    assert written.reasons() == []


@pytest.mark.parametrize("written", ["debug"], indirect=True)
async def test_at_level_debug_what_went_well_is_logged_too(world: PageWorld, written: Log):
    browser = await begun(world)
    await browser.log_in("alice")
    shown = [(line["event"], line["method"], line["path"], line["status"]) for line in written.lines()]
    assert ("answered", "POST", "/login", 303) in shown
    assert ("answered", "GET", "/consent", 200) in shown


@pytest.mark.parametrize("written", ["warning"], indirect=True)
async def test_at_level_warning_refusals_are_not_logged(world: PageWorld, written: Log):
    await (await begun(world)).log_in("alice", "wrong")
    assert written.lines() == []


def test_every_notice_is_good_news_or_a_reason():
    assert {notice.value for notice in set(Notice) - GOOD_NEWS} == {
        *("credentials_wrong", "credentials_blocked", "code_wrong", "code_blocked", "code_expired", "sending_blocked"),
        *("device_waiting", "no_account", "account_closed", "no_debtor_account", "debtor_account_closed", "timed_out"),
        *("not_sharing", "nothing_to_sign", "request_expired", "signers_unable", "debtor_signers_unable"),
        *("chosen_account_closed", "payee_not_own", "payment_not_cancelled"),
    }
