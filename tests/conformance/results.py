"""The last results: results.json, next to this file, and the table of docs/conformance.md, which is rendered from it."""

import json
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.conformance.findings import Outcome, undeclared
from tests.conformance.plans import HERE, Expected, Plan, load_plans

RESULTS = HERE / "results.json"
ROOT = HERE.parents[1]
DOCUMENT = ROOT / "docs" / "conformance.md"
BEGIN, END = "<!-- results: written by make conformance -->\n", "<!-- end of results -->\n"
WORDS = ("PASSED", "WARNING", "REVIEW", "SKIPPED", "FAILED")


def record(plan: Plan, version: str, outcomes: Sequence[Outcome], expected: Sequence[Expected]) -> None:
    """Remember a whole plan's results in place of its last ones, and render the table again."""
    results = load_results()
    results[plan.name] = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "suite": version,
        "modules": {outcome.module: outcome.result for outcome in outcomes},
        "undeclared": {outcome.module: lines for outcome in outcomes if (lines := undeclared(plan.name, outcome, expected))},
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    DOCUMENT.write_text(with_table(DOCUMENT.read_text(), render_table(load_plans(), results)))


def load_results() -> dict[str, Any]:
    return dict(json.loads(RESULTS.read_text())) if RESULTS.exists() else {}


def render_table(plans: Sequence[Plan], results: Mapping[str, Any]) -> str:
    """A row a plan; one that was never run says so."""
    lines = [
        "| row | modules | passed | warning | review | skipped | failed | not as declared | run on | at commit | suite |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for plan in plans:
        result = results.get(plan.name)
        if result is None:
            lines.append(f"| `{plan.name}` | {len(plan.modules)} | not run | | | | | | | | |")
            continue
        counts = Counter(result["modules"].values())
        cells = " | ".join(str(counts[word]) for word in WORDS)
        lines.append(
            f"| `{plan.name}` | {len(result['modules'])} | {cells} | {len(result['undeclared'])} "
            f"| {result['date']} | `{result['commit']}` | {result['suite']} |"
        )
    return "\n".join(lines) + "\n"


def with_table(document: str, table: str) -> str:
    """The document with this table between its marks."""
    head, _, rest = document.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{table}\n{END}{tail}"


def _commit() -> str:
    """The commit that was judged; with `+` if the tree was not that commit's, results aside."""
    changed = _git("status", "--porcelain", "--", ".", *(f":!{path.relative_to(ROOT)}" for path in (RESULTS, DOCUMENT)))
    return _git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
