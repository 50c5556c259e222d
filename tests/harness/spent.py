"""The time that a run spends, per context, shown at its end with the budget of the whole suite. It is information: no test fails by it.

A fixture's time counts for the context whose test made it: the first one that asks for a server pays for its start. Contexts add up
the time of all workers; the last line has the time that passed.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

import pytest

BUDGET_SECONDS = 12 * 60  # the whole suite, on two quiet cores

_spent: dict[str, float] = defaultdict(float)
_started = pytest.StashKey[float]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_started] = time.monotonic()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Setup, call and teardown of each test; the controller of several workers hears of all."""
    _spent[context_of(report.nodeid)] += report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in render(_spent, time.monotonic() - config.stash[_started]):
        terminalreporter.write_line(line)


def context_of(node: str) -> str:
    """`unit/consent` for a test of one package, else the folder of `tests/`."""
    _, *folders = PurePosixPath(node.partition("::")[0]).parent.parts or ("",)
    return "/".join(folders[: 2 if folders[:1] == ["unit"] else 1]) or "other"


def render(spent: Mapping[str, float], passed: float) -> Iterator[str]:
    """The dearest context first; nothing where there is but one."""
    if len(spent) < 2:
        return
    total = sum(spent.values())
    for context, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        yield f"{context:<20}{seconds:>8.1f} s{100 * seconds / total if total else 0:>6.0f} %"
    yield f"{'all workers':<20}{total:>8.1f} s"
    yield f"{'time that passed':<20}{passed:>8.1f} s, of {BUDGET_SECONDS} s for the whole suite on two quiet cores"
