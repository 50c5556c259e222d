"""The suite's findings, without those that are declared in expected.toml: a module is as it should be if nothing but the declared is wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.conformance.plans import Expected

WRONG = ("FAILURE", "WARNING")
GOOD = ("PASSED", "WARNING")  # each warning is judged by its condition


@dataclass(frozen=True, slots=True)
class Found:
    """A failed or doubtful condition of a module."""

    result: str
    condition: str
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a module: the suite's own word, and the conditions behind it."""

    module: str
    result: str
    found: tuple[Found, ...]


def read_outcome(module: str, info: dict[str, Any], log: Iterable[dict[str, Any]]) -> Outcome:
    """An interrupted module has no result: it failed."""
    result = str(info.get("result") or "FAILED")
    if info.get("status") != "FINISHED":
        result = "FAILED"
    found = (
        Found(entry["result"], str(entry.get("src", "")), str(entry.get("msg", "")))
        for entry in log
        if entry.get("result") in WRONG
    )
    return Outcome(module, result, tuple(dict.fromkeys(found)))


def undeclared(plan: str, outcome: Outcome, expected: Sequence[Expected]) -> list[str]:
    """The findings that were not expected, a line each. Empty: the module is as it should be."""
    rows = [row for row in expected if row.covers(plan, outcome.module)]
    conditions = {(row.result, row.condition) for row in rows if row.condition}
    lines = [
        f"{found.result} {found.condition}: {found.message}"
        for found in outcome.found
        if (found.result, found.condition) not in conditions
    ]
    whole = {row.result for row in rows if not row.condition}
    if outcome.result == "FAILED" and ("FAILURE" in {result for result, _ in conditions} or "FAILED" in whole):
        return lines
    if outcome.result not in {*GOOD, *whole}:
        lines.append(f"the module ended as {outcome.result}")
    return lines


def unused(plan: str, outcomes: Sequence[Outcome], expected: Sequence[Expected]) -> list[Expected]:
    """The declarations for this plan's modules that did not happen. A declaration that has outlived its reason hides the next defect."""
    return [row for row in expected if not any(_happened(plan, outcome, row) for outcome in outcomes)]


def _happened(plan: str, outcome: Outcome, row: Expected) -> bool:
    if not row.covers(plan, outcome.module):
        return False
    if row.condition:
        return any((found.result, found.condition) == (row.result, row.condition) for found in outcome.found)
    return outcome.result == row.result
