"""The ratios that are committed, and what left them: ratios of one run are comparable across machines, figures are not."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

BASELINE = Path(__file__).with_name("baseline.json")
TOLERANCE = 0.1  # of a ratio, within which two runs of the same code differ


def moved(ratios: Mapping[str, float], kept: Mapping[str, float] | None = None) -> Iterator[str]:
    """A line for each ratio that differs from the committed one by more than the tolerance."""
    before = kept if kept is not None else json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    for name in sorted(ratios.keys() & before.keys()):
        change = ratios[name] / before[name] - 1
        if abs(change) > TOLERANCE:
            print_as = "more" if change > 0 else "less"
            yield f"moved: {name} is {ratios[name]}, {abs(change):.0%} {print_as} than the baseline's {before[name]}"
