"""A real browser, and a TPP whose redirect address is a page of its own on loopback (callback.py)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from portcullis.cli.control_client import post
from sandbox.tpp_kit.tpp import Tpp
from tests.browser.callback import Callback, callback_server
from tests.browser.page_rules import CHROMIUM, SCREENS


@pytest.fixture(scope="session")
def callback() -> Iterator[Callback]:
    with callback_server() as server:
        yield server


@pytest.fixture(scope="session")
def tpp_folder(embedded_server, callback):
    """A TPP registered with the callback's address."""
    made = post(embedded_server.state_dir, "/sandbox/tpps", {"name": "browser-tests", "redirect_uris": [callback.redirect_uri]})
    return Path(made["folder"])


@pytest_asyncio.fixture(loop_scope="session")
async def tpp(tpp_folder):
    async with Tpp.from_folder(tpp_folder) as tpp:
        yield tpp


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium():
    """One browser for the whole run: starting it takes longer than most visits."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--no-first-run",
            ],
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session", params=SCREENS)
async def page(request, chromium):
    """A visitor's own: no cookie and no cache of another's."""
    async with await chromium.new_context(viewport=SCREENS[request.param], ignore_https_errors=True) as context:
        page = await context.new_page()
        page.set_default_timeout(15_000)
        yield page
