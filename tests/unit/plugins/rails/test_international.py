"""The simulated scheme for payments abroad: what its guide says of it."""

import re
from pathlib import Path

from plugins.rails.international.rules import OUTCOMES

GUIDE = Path(__file__).parents[4] / "docs" / "sandbox-payments.md"


def test_the_guide_lists_every_number_with_its_reason():
    section = GUIDE.read_text().split("## Payments abroad")[1].split("\n## ")[0]
    listed = dict(re.findall(r"^\| `(\d{4})` \|(.*)\|$", section, re.MULTILINE))
    assert listed.keys() == OUTCOMES.keys()
    for digits, outcome in OUTCOMES.items():
        assert outcome.reason is None or outcome.reason.value in listed[digits]
