"""`make gallery`: picture every page of the customer's in every state, in light and dark and at three widths, in a real Chromium on a
sandbox of its own. var/gallery/index.html shows them.

It ends by itself: each group of pages has a limit of time. The exit status is 1 where a page breaks a rule or a group was not walked to
its end.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from portcullis.cli.control_client import post
from sandbox.tpp_kit.tpp import Tpp
from tests.browser.callback import Callback, callback_server
from tests.browser.page_rules import CHROMIUM
from tests.gallery.camera import HEIGHT, WIDTHS, Camera, Shot
from tests.gallery.index import render_index
from tests.gallery.scene import Scene
from tests.gallery.walks import WALKS
from tests.harness.patience import PATIENCE_SECONDS
from tests.harness.server import Server

WALK_SECONDS_MAX = 300.0  # for one group: some twenty pages, each pictured six times
ASKING = "Asked on another device"  # by a client of another profile


def main() -> int:
    arguments = _parse_arguments()
    names = [name for name in WALKS if fnmatchcase(name.lower(), arguments.only.lower())]
    if CHROMIUM is None or not names:
        print(
            "no chromium is installed" if CHROMIUM is None else f"no group of pages is called {arguments.only}", file=sys.stderr
        )
        return 2
    shutil.rmtree(arguments.folder, ignore_errors=True)
    arguments.folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="portcullis-gallery-") as directory, callback_server() as callback:
        server = Server(Path(directory))
        try:
            server.start()
            shots, broken = asyncio.run(_walk(names, server.state_dir, callback, arguments.folder))
        finally:
            server.stop()
    (arguments.folder / "index.html").write_text(render_index(shots, broken))
    faults = [f"{shot.group}, {shot.name}: {fault}" for shot in shots for fault in shot.faults]
    print("\n".join([*broken, *faults, f"{len(shots)} pages, each {len(WIDTHS) * 2} times: {arguments.folder / 'index.html'}"]))
    return 1 if broken or faults else 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make gallery", description=__doc__)
    parser.add_argument("--only", default="*", help="a group of pages, or a glob (default: all)")
    parser.add_argument("--folder", type=Path, default=Path("var/gallery"), help="where the pictures go; it is emptied first")
    return parser.parse_args()


async def _walk(names: list[str], state_dir: Path, callback: Callback, folder: Path) -> tuple[list[Shot], list[str]]:
    """The pages that were pictured, and the walks that did not reach their end."""
    shots: list[Shot] = []
    broken: list[str] = []
    async with _chromium() as chromium:
        for name in names:
            async with _scene(name, chromium, state_dir, callback, folder) as scene:
                try:
                    async with asyncio.timeout(WALK_SECONDS_MAX):
                        await WALKS[name](scene)
                except Exception as error:  # the other groups are still to be walked
                    broken.append(f"{name}: {type(error).__name__} at {scene.page.url}: {str(error)[:400]}")
                shots += scene.camera.shots
    return shots, broken


@asynccontextmanager
async def _chromium() -> AsyncIterator[Any]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


@asynccontextmanager
async def _scene(name: str, chromium: Any, state_dir: Path, callback: Callback, folder: Path) -> AsyncIterator[Scene]:
    wanted: dict[str, Any] = {"name": f"gallery-{list(WALKS).index(name)}", "redirect_uris": [callback.redirect_uri]}
    if name == ASKING:
        wanted = {"name": "gallery-asking", "profile": "fapi1-advanced", "ciba": "poll"}
    tpp_folder = Path((await asyncio.to_thread(post, state_dir, "/sandbox/tpps", wanted))["folder"])
    window = {"width": WIDTHS[-1], "height": HEIGHT}
    async with (
        Tpp.from_folder(tpp_folder) as tpp,
        await chromium.new_context(viewport=window, ignore_https_errors=True) as context,
    ):
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_SECONDS * 1_000)
        yield Scene(state_dir, tpp, callback, Camera(folder, name, page), page)


if __name__ == "__main__":
    raise SystemExit(main())
