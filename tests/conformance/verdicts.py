"""The verdict of a run, a line for each plan and one for all: what is printed last is what the exit status says."""

from collections.abc import Mapping

PASSED, FAILED = "as declared", "NOT as declared"


def render_plan(name: str, wrong: int) -> str:
    return f"{name}: {PASSED}" if wrong == 0 else f"{name}: {FAILED}: {wrong} differ"


def render_verdict(wrong: Mapping[str, int]) -> str:
    """`wrong`: by plan, how many modules and declarations are not as expected."""
    lines = [f"  {render_plan(name, count)}" for name, count in wrong.items()]
    failed = sum(count > 0 for count in wrong.values())
    overall = f"PASSED: {len(wrong)} plans {PASSED}" if not failed else f"FAILED: {failed} of {len(wrong)} plans {FAILED}"
    return "\n".join(["", "verdict", *lines, overall])


def exit_status(wrong: Mapping[str, int]) -> int:
    """A run of nothing passes nothing."""
    return 1 if not wrong or any(wrong.values()) else 0
