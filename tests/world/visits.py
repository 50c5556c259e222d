"""Consents that were given and used, and a visitor of the dashboard who has logged in."""

from datetime import timedelta

from consent.store.rows.last_used import Use, record_uses
from kernel.banking.consents import Consent
from tests.world.brands import BRAND, START
from tests.world.browser import Browser
from tests.world.clients import CLIENT
from tests.world.customers import CODE
from tests.world.pages import PageWorld


class Visits:
    """Gives consents and visits the dashboard as a PSU would."""

    def __init__(self, world: PageWorld) -> None:
        self.world = world

    async def give(self, psu: str = "alice", *accounts: int, client=CLIENT, **facts) -> Consent:
        """A consent that `psu` authorised for the accounts of these positions (the first, if none is named)."""
        consent = await self.world.lodge(client, **facts)
        browser = await self.world.browser().begin(await self.world.push(consent, client))
        await self.authenticate(browser, psu)
        await browser.approve(*(accounts or (0,)))
        assert "code" in browser.answer
        return await self.world.store.load(BRAND, consent.id)

    async def authenticate(self, browser: Browser, psu: str) -> Browser:
        await browser.log_in(psu)
        return await browser.post({"otp": CODE}) if browser.shows("otp") else browser

    async def visit(self, psu: str = "alice", **facts) -> Browser:
        """A browser inside the dashboard."""
        browser = await self.world.browser(**facts).get("/consents")
        assert browser.path == "/consents/login"
        await self.authenticate(browser, psu)
        assert browser.path == "/consents"
        return browser

    async def use(self, consent: Consent, after: timedelta, *, attended: bool = True) -> None:
        use = Use(BRAND.name, consent.id, START + after, attended)
        await self.world.database.write(lambda connection: record_uses(connection, [use]))
