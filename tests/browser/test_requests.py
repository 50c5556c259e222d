"""A real Chromium answers what a TPP asks while its customer is on another device, on a phone and on a desktop."""

import secrets
from pathlib import Path

import pytest
import pytest_asyncio

from portcullis.cli.control_client import post
from sandbox.tpp_kit.answers import Refused
from sandbox.tpp_kit.backchannel import ask_customer, poll
from sandbox.tpp_kit.tpp import Tpp
from tests.browser.page_rules import NEEDS_CHROMIUM, ONE_LOOP, check_page, log_in

pytestmark = [NEEDS_CHROMIUM, ONE_LOOP]


@pytest.fixture(scope="session")
def asking_folder(embedded_server):
    wanted = {"name": f"asking-{secrets.token_hex(4)}", "profile": "fapi1-advanced", "ciba": "poll"}
    return Path(post(embedded_server.state_dir, "/sandbox/tpps", wanted)["folder"])


@pytest_asyncio.fixture(loop_scope="session")
async def asking(asking_folder):
    async with Tpp.from_folder(asking_folder) as tpp:
        yield tpp


async def enter(page, embedded_server):
    await page.goto(f"{embedded_server.issuer}/consents")
    await log_in(page, "alice")
    await page.wait_for_selector("#questions-heading")


async def test_alice_compares_the_code_and_chooses_an_account(page, embedded_server, asking):
    asked = await ask_customer(asking, "alice", binding_message="K7-42")
    await enter(page, embedded_server)
    await check_page(page, "who can see your accounts")
    await page.click("#question-open-0")
    await page.wait_for_selector("#consent-approve")
    await check_page(page, "choose accounts")
    assert await page.inner_text("#binding-message") == "K7-42"
    await page.click("#consent-approve")
    await page.wait_for_selector("#notice")
    assert "Choose at least one account" in await page.inner_text("#notice")
    await page.check("#account-0")
    await page.click("#consent-approve")
    await page.wait_for_selector("#active-heading")
    assert "You have shared" in await page.inner_text("#notice")
    assert (await poll(asking, asked)).access_token


async def test_alice_says_no(page, embedded_server, asking):
    asked = await ask_customer(asking, "alice")
    await enter(page, embedded_server)
    await page.click("#question-open-0")
    await page.click("#consent-deny")
    await page.wait_for_selector("#notice")
    assert "Nothing was shared" in await page.inner_text("#notice")
    with pytest.raises(Refused, match="access_denied"):
        await poll(asking, asked)
