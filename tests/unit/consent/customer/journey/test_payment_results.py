"""The result page of a payment that was answered already: its customer pressed twice, or went back. The first answer is the redirect alone."""

from datetime import timedelta

import pytest

from consent.store.rows.journeys import IDLE_MAX
from kernel.banking.consents import ConsentKind
from tests.world.browser import Browser
from tests.world.customers import ACCOUNTS, CODE, account
from tests.world.pages import PageWorld
from tests.world.signing import PAYMENT

UK = "uk_obie/v4.0"
JOINT = account("up-j", "Home", "80200144443333", signatures=2, signers=("c-alice", "c-bob"))


async def at_payment(world: PageWorld, name: str = "alice") -> Browser:
    consent = await world.lodge(kind=ConsentKind.PAYMENT, terms=PAYMENT, lodged_as=UK)
    return await (await world.browser().begin(await world.push(consent))).log_in(name)


def again(world: PageWorld, browser: Browser) -> Browser:
    """The same browser at the same page, before it has read the answer to its first press."""
    return world.browser(cookies=dict(browser.cookies), path=browser.path, html=browser.html)


def words_of(browser: Browser) -> str:
    return " ".join(browser.text.split())


async def test_a_second_press_shows_what_was_approved_and_the_code_is_given_once(world: PageWorld):
    browser = await at_payment(world)
    second, fields = again(world, browser), {"account": [browser.handles[0]]}
    await browser.post(fields)
    assert (browser.status, sorted(browser.answer)) == (303, ["code", "iss", "state"])
    assert not browser.html, "a redirect and no page before it"
    await second.post(fields)
    assert (second.status, second.shows("result")) == (409, True)
    for part in (
        "You approved £1,123.50 to Merchant A Acme Money will now send the payment.",
        "80-20-01 10203345",
        "You can close this page, or go back to Acme Money.",
    ):
        assert part in words_of(second), part
    assert "code=" not in second.html
    for path in ("/login", "/sca", "/consent"):
        assert "You approved" in (await second.get(path)).text


async def test_a_second_press_of_no_shows_what_was_refused(world: PageWorld):
    browser = await at_payment(world)
    second = again(world, browser)
    await browser.deny()
    assert browser.answer["error"] == "access_denied"
    await second.deny()
    assert "You refused £1,123.50 to Merchant A Nothing is paid." in words_of(second)


async def test_the_first_of_two_signers_reads_that_it_waits(world: PageWorld, monkeypatch: pytest.MonkeyPatch):
    for customer in ("c-alice", "c-bob"):
        monkeypatch.setitem(ACCOUNTS, customer, (JOINT,))  # type: ignore[arg-type]
    browser = await at_payment(world)
    second = again(world, browser)
    await browser.approve(0)
    await second.approve(0)
    assert "Nothing is paid before everyone who must agree has agreed." in words_of(second)


async def test_the_result_is_read_for_a_while_and_by_no_other_browser(world: PageWorld):
    browser = await at_payment(world, "bob")
    login = again(world, browser)
    await browser.approve(0)
    second = again(world, browser)
    await browser.post({"otp": CODE})
    assert "You approved" in (await second.get("/consent")).text
    world.clock.advance(IDLE_MAX + timedelta(seconds=1))
    late = await second.get("/consent")
    assert "Merchant A" not in late.text
    assert "Merchant A" not in (await login.get("/consent")).text
    assert "Merchant A" not in (await world.browser().get("/consent")).text


async def test_access_to_accounts_says_that_it_was_answered(world: PageWorld):
    browser = await (await world.browser().begin(await world.push(await world.lodge()))).log_in("alice")
    second = again(world, browser)
    await browser.approve(0)
    await second.approve(0)
    assert (second.status, second.shows("error-code")) == (409, True)
    assert "already answered" in second.text
