"""The camera of `make gallery`: six pictures of a page, and the rules that it breaks."""

from tests.browser.page_rules import NEEDS_CHROMIUM, ONE_LOOP
from tests.gallery.camera import SCHEMES, WIDTHS, Camera
from tests.gallery.index import render_index

pytestmark = [NEEDS_CHROMIUM, ONE_LOOP]
WRONG = '<!doctype html><html lang=en><title>T</title><main><h1>T</h1><p style="width: 800px"><img src="data:,"></p></main>'


async def test_a_page_is_pictured_at_every_width_and_its_faults_are_named(page, tmp_path):
    await page.set_content(WRONG)
    camera = Camera(tmp_path, "Group", page)
    await camera.take("Wide & wrong")
    (shot,) = camera.shots
    files = {file for _, _, file in shot.pictures}
    assert files == {path.name for path in tmp_path.iterdir()}
    assert len(files) == len(WIDTHS) * len(SCHEMES)
    assert set(shot.faults) == {
        "light: image-alt",
        "dark: image-alt",
        *(f"{width}: wider than the window" for width in WIDTHS[:2]),
    }
    index = render_index([shot], ["Pay: broke <here>"])
    assert "Pay: broke &lt;here&gt;" in index
    assert "Wide &amp; wrong" in index
    assert all(f'src="{file}"' in index for file in files)
