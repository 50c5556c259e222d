"""The index of the gallery: every page in every state, its pictures side by side, and what breaks a rule."""

from collections.abc import Iterable
from html import escape
from itertools import groupby

from tests.gallery.camera import Shot

_STYLE = """
body { margin: 2rem; font: 1rem/1.5 system-ui, sans-serif; background: #f6f7f9; color: #181c24; }
h2 { margin-top: 3rem; } .row { display: flex; gap: 1rem; align-items: flex-start; overflow-x: auto; padding: .5rem 0 1.5rem; }
figure { margin: 0; flex: none; } img { height: 26rem; width: auto; max-width: 40rem; object-fit: cover; object-position: top; border: 1px solid #ccd; background: #fff; }
figcaption { font-size: .8125rem; color: #545c6a; } .fault { color: #b01c1c; font-weight: 600; }
"""


def render_index(shots: Iterable[Shot], broken: Iterable[str]) -> str:
    parts = ["<!doctype html><html lang=en-GB><meta charset=utf-8><title>Gallery of pages</title>", f"<style>{_STYLE}</style>"]
    parts.append("<h1>Gallery of pages</h1>")
    parts += [f'<p class="fault">{escape(each)}</p>' for each in broken]
    for group, members in groupby(shots, lambda shot: shot.group):
        parts.append(f"<h2>{escape(group)}</h2>")
        parts += [_row(shot) for shot in members]
    return "\n".join(parts) + "\n"


def _row(shot: Shot) -> str:
    faults = "".join(f'<p class="fault">{escape(fault)}</p>' for fault in shot.faults)
    pictures = "".join(
        f'<figure><a href="{file}"><img src="{file}" alt="{escape(shot.name)}, {width} px, {scheme}" loading="lazy"></a>'
        f"<figcaption>{width} px, {scheme}</figcaption></figure>"
        for width, scheme, file in shot.pictures
    )
    return f'<h3>{escape(shot.name)}</h3><p><code>{escape(shot.address)}</code></p>{faults}<div class="row">{pictures}</div>'
