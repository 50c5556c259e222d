"""The rules that every page keeps, on a phone and on a desktop, in a real Chromium."""

import os
import shutil

import pytest


def find_chromium() -> str | None:
    """The program that CHROMIUM names, or the first that is installed: without hidden windows, the same browser takes half
    the time. Raises FileNotFoundError where CHROMIUM names none: who names a browser does not want to skip."""
    named = os.environ.get("CHROMIUM")
    if named and shutil.which(named) is None:
        raise FileNotFoundError(f"CHROMIUM: {named} is not a program")
    return named or shutil.which("chromium-headless-shell") or shutil.which("chromium")


CHROMIUM = find_chromium()
NEEDS_CHROMIUM = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium-headless-shell, or chromium")
ONE_LOOP = pytest.mark.asyncio(loop_scope="session")  # that of the browser, which these tests share
SCREENS = {"phone": {"width": 375, "height": 812}, "desktop": {"width": 1280, "height": 800}}
SERIOUS = {"serious", "critical"}


async def findings(page) -> list[str]:
    """axe-core's findings of the serious class or above."""
    from axe_playwright_python.async_playwright import Axe

    results = await Axe().run(page)
    return [violation["id"] for violation in results.response["violations"] if violation["impact"] in SERIOUS]


async def overflows(page) -> bool:
    return await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


async def check_page(page, heading: str) -> None:
    assert await page.locator("h1").count() == 1
    assert heading in (await page.locator("h1").inner_text()).lower()
    assert await findings(page) == []
    assert not await overflows(page)


async def log_in(page, name: str) -> None:
    await page.fill("#username", name)
    await page.fill("#password", f"{name}-pw")
    await page.click("#login-submit")
