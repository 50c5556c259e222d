"""A real browser, and a TPP whose redirect address is a page of its own on loopback, so that the browser can land there."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import pytest_asyncio

from portcullis.cli.control_client import post
from sandbox.tpp_kit.tpp import Tpp
from tests.browser.page_rules import CHROMIUM, SCREENS


class Callback(ThreadingHTTPServer):
    """Remembers where it was visited."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Landing)
        self.landed: list[str] = []

    @property
    def redirect_uri(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/callback"


class Landing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/callback"):
            self.server.landed.append(f"http://127.0.0.1:{self.server.server_address[1]}{self.path}")
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>TPP</title><h1>Back at the TPP</h1>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def callback() -> Iterator[Callback]:
    server = Callback()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


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
