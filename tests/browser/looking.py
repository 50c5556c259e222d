"""What every page is looked at for, on a phone and on a desktop, in a real Chromium."""

import os
import shutil

import pytest

# the first that is installed: without windows that nobody sees, the same browser takes half the time
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
if CHROMIUM is not None and shutil.which(CHROMIUM) is None:
    raise RuntimeError(f"CHROMIUM={CHROMIUM}: no program that can be run")
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
