"""A real Chromium walks the pages of standing agreements, on a phone and on a desktop: recurring payments and checks of funds. No dialect
lodges them yet, so the pages come from the small world of the unit tests."""

from urllib.parse import parse_qs, urlsplit

import pytest

from kernel.banking.consents import ConsentKind, ConsentState
from tests.browser.page_rules import NEEDS_CHROMIUM, ONE_LOOP, check_page, log_in
from tests.unit.consent.customer.journey.test_journey_agreements import FUNDS, VRP
from tests.world.brands import BRAND
from tests.world.browser import Browser
from tests.world.pages import page_world

pytestmark = [NEEDS_CHROMIUM, ONE_LOOP]
BACK = "<!doctype html><html lang=en><title>TPP</title><h1>Back at the TPP</h1>"


async def serve(page, browser: Browser) -> None:
    """Answer the page's requests to the bank; `browser` keeps the cookies and follows redirects."""

    async def answer(route) -> None:
        target = urlsplit(route.request.url)._replace(scheme="", netloc="").geturl()
        if target.startswith("/assets/"):
            asset = await browser.world.server.handle(BRAND, browser.request("GET", target))
            await route.fulfill(status=asset.status, content_type=asset.headers["Content-Type"], body=asset.body)
            return
        if route.request.method == "POST":
            await browser.follow(await browser.send(target, parse_qs(route.request.post_data or "")), target)
        else:
            await browser.get(target)
        await route.fulfill(content_type="text/html; charset=utf-8", body=browser.html or BACK)

    await page.route(f"{BRAND.issuer}/**", answer)


@pytest.mark.parametrize(
    ("kind", "terms", "heading", "fixed"),
    [
        (ConsentKind.VRP, VRP, "let acme money make payments to savings ltd", False),
        (ConsentKind.FUNDS, FUNDS, "let acme money ask whether you have funds", True),
    ],
)
async def test_alice_allows_it_and_stops_it_on_her_dashboard(page, migrated_sqlite_url, kind, terms, heading, fixed):
    async with page_world(migrated_sqlite_url) as world:
        consent = await world.lodge(kind=kind, terms=terms)
        browser = await world.browser().begin(await world.push(consent))
        await serve(page, browser)
        await page.goto(f"{BRAND.issuer}{browser.path}")
        await check_page(page, "log in")
        await log_in(page, "alice")
        await page.wait_for_selector("#consent-approve")
        await check_page(page, heading)
        if not fixed:
            await page.click("#consent-approve")
            await page.wait_for_selector('[role="alert"]')
            await check_page(page, heading)
            await page.check("#account-0")
        await page.click("#consent-approve")
        await page.get_by_text("Back at the TPP").wait_for()
        await page.goto(f"{BRAND.issuer}/consents")
        await log_in(page, "alice")
        await page.wait_for_selector(f"#{kind}-stop-0")
        await check_page(page, "who can see your accounts")
        await page.click(f"#{kind}-stop-0")
        await page.wait_for_selector("#revoke-confirm")
        await check_page(page, "stop this with acme money")
        await page.click("#revoke-confirm")
        await page.get_by_text("You stopped it on").wait_for()
        stopped = await world.store.load(BRAND, consent.id)
        assert stopped is not None
        assert stopped.state is ConsentState.REVOKED_BY_PSU


async def test_dave_reads_that_no_account_of_his_fits(page, migrated_sqlite_url):
    async with page_world(migrated_sqlite_url) as world:
        consent = await world.lodge(kind=ConsentKind.VRP, terms=VRP)
        browser = await world.browser().begin(await world.push(consent))
        await serve(page, browser)
        await page.goto(f"{BRAND.issuer}{browser.path}")
        await log_in(page, "dave")
        await page.wait_for_selector("#consent-deny")
        await check_page(page, "you have no account for this")
        assert await page.locator("#consent-approve").count() == 0
