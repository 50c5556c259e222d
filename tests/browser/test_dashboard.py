"""A real Chromium visits the access dashboard, on a phone and on a desktop, as a customer would."""

import asyncio

import pytest_asyncio

from portcullis.cli.control_client import post
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.tpp import Tpp
from tests.browser.page_rules import NEEDS_CHROMIUM, ONE_LOOP, check_page, findings, log_in

pytestmark = [NEEDS_CHROMIUM, ONE_LOOP]

PRESENT = Knobs(headers={"x-fapi-customer-ip-address": "192.0.2.7"})


@pytest_asyncio.fixture(loop_scope="session")
async def given(embedded_server):
    """A consent that alice gave to acme, and used."""
    async with Tpp.from_folder(embedded_server.state_dir / "tpps" / "acme") as acme:
        consent = await acme.lodge_account_consent()
        pushed = await acme.push_authorization_request(consent.id)
        decision = {"persona": "alice", "accounts": ["Bills and spending"]}
        await asyncio.to_thread(post, embedded_server.state_dir, f"/sandbox/consents/{consent.id}/approve", decision)
        tokens = await acme.redeem(await acme.authorize_without_page(pushed), pushed)
        assert (await acme.get("/accounts", tokens.access_token, knobs=PRESENT)).status == 200
        yield acme, consent.id, tokens.access_token


async def enter(page, embedded_server, name="alice"):
    await page.goto(f"{embedded_server.issuer}/consents")
    await check_page(page, "log in")
    await log_in(page, name)
    await page.wait_for_selector("#search")


async def test_alice_finds_who_has_access_and_stops_it_in_two_clicks(page, embedded_server, given):
    acme, consent_id, token = given
    await enter(page, embedded_server)
    await check_page(page, "who can see your accounts")
    await page.click(f'a[href="/consents/{consent_id}/revoke"]')
    await check_page(page, "stop sharing")
    await page.click("#revoke-confirm")
    await page.wait_for_selector("#search")
    await check_page(page, "who can see your accounts")
    assert "Sharing has stopped" in await page.inner_text("#notice")
    assert (await acme.get("/accounts", token, knobs=PRESENT)).status == 401


async def test_details_show_the_permissions_and_can_be_folded(page, embedded_server, given):
    _, consent_id, _ = given
    await enter(page, embedded_server)
    await page.click(f'a[href="/consents/{consent_id}"]')
    await check_page(page, "acme")
    sentence = page.get_by_text("How much money is in your account")
    assert await sentence.is_visible()
    assert await findings(page) == []
    for summary in await page.locator("summary").all():
        await summary.click()
    assert not await sentence.is_visible()
    assert await findings(page) == []
    assert "You agreed to share" in await page.inner_text(".history")


async def test_looking_and_stopping_are_equally_easy_to_see(page, embedded_server, given):
    """Same shape, same size, same ink, side by side."""
    _, consent_id, _ = given
    await enter(page, embedded_server)
    look = """element => { const style = getComputedStyle(element), box = element.getBoundingClientRect();
        return [style.color, style.backgroundColor, style.borderColor, style.fontSize, style.fontWeight,
                Math.round(box.width), Math.round(box.height), Math.round(box.top)]; }"""
    view = await page.eval_on_selector(f'a[href="/consents/{consent_id}"]', look)
    stop = await page.eval_on_selector(f'a[href="/consents/{consent_id}/revoke"]', look)
    assert view == stop


async def test_the_search_narrows_the_list(page, embedded_server, given):
    _, consent_id, _ = given
    await enter(page, embedded_server)
    await page.fill("#search", "no such company")
    await page.click("#search-submit")
    await page.wait_for_url("**/consents?q=**")
    assert await page.locator(".access").count() == 0
    await check_page(page, "who can see your accounts")
    await page.fill("#search", "acme")
    await page.select_option("#sort", "used")
    await page.keyboard.press("Tab")
    await page.click("#search-submit")
    await page.wait_for_url("**sort=used")
    assert await page.locator(f'a[href="/consents/{consent_id}"]').count() == 1


async def test_the_dashboard_can_be_used_with_the_keyboard_alone(page, embedded_server, given):
    _, consent_id, _ = given
    await page.goto(f"{embedded_server.issuer}/consents")
    await page.focus("#username")
    await page.keyboard.type("alice")
    await page.keyboard.press("Tab")
    await page.keyboard.type("alice-pw")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#search")
    stop = f'a[href="/consents/{consent_id}/revoke"]'
    for _ in range(200):
        await page.keyboard.press("Tab")
        if await page.eval_on_selector(stop, "element => element === document.activeElement"):
            break
    outline = await page.eval_on_selector(stop, "element => getComputedStyle(element).outlineStyle")
    assert outline == "solid"  # a user who tabs sees where they are
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#revoke-confirm")
    await page.focus("#revoke-confirm")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#notice")
    await page.focus("#logout")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#login-again")
    await check_page(page, "logged out")


async def test_bob_comes_in_with_a_code(page, embedded_server):
    await page.goto(f"{embedded_server.issuer}/consents")
    await log_in(page, "bob")
    await page.wait_for_selector("#otp")
    await check_page(page, "confirm it is you")
    await page.fill("#otp", "123456")
    await page.click("#otp-submit")
    await page.wait_for_selector("#active-heading")
    await check_page(page, "who can see your accounts")


async def test_what_is_not_there_is_a_page(page, embedded_server, given):
    await enter(page, embedded_server)
    answer = await page.goto(f"{embedded_server.issuer}/consents/nothing")
    assert answer.status == 404
    assert await findings(page) == []
    await page.click("text=Carry on")
    await page.wait_for_selector("#search")


async def test_a_renewal_shows_its_accounts_as_text(page, tpp, callback, embedded_server):
    lodged = await tpp.lodge_account_consent()
    for times in range(2):
        pushed = await tpp.push_authorization_request(lodged.id)
        await page.goto(await tpp.authorization_url(pushed.request_uri))
        await log_in(page, "alice")
        await page.wait_for_selector("#consent-approve")
        if times == 0:
            await page.check("#account-0")
        else:
            await check_page(page, "keep sharing")
            assert await page.locator("input[type=checkbox]").count() == 0
            assert "Bills and spending" in await page.inner_text("#account-0")
        await page.click("#consent-approve")
        await page.wait_for_url(f"{callback.redirect_uri}**")
        assert "code=" in callback.landed[-1]
