"""The camera: one page as it stands, at every width and in both colour schemes, with what breaks the rules of pages."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.browser.page_rules import findings, overflows

WIDTHS = (320, 768, 1280)  # CSS pixels: a phone zoomed in, a tablet, a desktop
HEIGHT = 800  # of the window; a picture is as high as its page
SCHEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Shot:
    """One page in one state. `pictures` by width and scheme; `faults` name the rule and where it is broken."""

    group: str
    name: str
    address: str
    pictures: tuple[tuple[int, str, str], ...]
    faults: tuple[str, ...]


@dataclass(slots=True)
class Camera:
    """Takes the pages of one group."""

    folder: Path
    group: str
    page: Any
    shots: list[Shot] = field(default_factory=list)

    async def take(self, name: str) -> None:
        """The page as it is now. `name` says the state in a few words."""
        number, page = len(self.shots) + 1, self.page
        pictures, faults = [], []
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": HEIGHT})
            for scheme in SCHEMES:
                await page.emulate_media(color_scheme=scheme)
                file = f"{_slug(self.group)}-{number:02}-{_slug(name)}-{width}-{scheme}.png"
                await page.screenshot(path=self.folder / file, full_page=True, animations="disabled")
                pictures.append((width, scheme, file))
                if width == WIDTHS[0]:
                    faults += [f"{scheme}: {rule}" for rule in await findings(page)]
            if await overflows(page):
                faults.append(f"{width}: wider than the window")
        address = await page.evaluate("location.pathname")
        self.shots.append(Shot(self.group, name, address, tuple(pictures), tuple(faults)))


def _slug(text: str) -> str:
    return "-".join("".join(each if each.isalnum() else " " for each in text.lower()).split())
