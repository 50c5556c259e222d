"""Count the answers that were held against official documents, over all workers, and say so at the end of the run."""

from typing import Any

import pytest

from tests.official import COUNTS

_KEY = "official_documents"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands its counts to the controller."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_KEY] = {
            "validated": COUNTS.validated,
            "deviating": COUNTS.deviating,
            "skipped": COUNTS.skipped,
            "tables": COUNTS.tables,
        }


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """The controller adds them up."""
    counts = getattr(node, "workeroutput", {}).get(_KEY)
    if counts is None:
        return
    COUNTS.validated += counts["validated"]
    COUNTS.deviating += counts["deviating"]
    COUNTS.tables += counts["tables"]
    for reason, answers in counts["skipped"].items():
        COUNTS.skip(reason, answers)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = sum(COUNTS.skipped.values())
    if not (COUNTS.validated or COUNTS.deviating or skipped):
        return
    for table in sorted(COUNTS.tables):
        terminalreporter.write_line(table)
    deviating = f", {COUNTS.deviating} deviating as listed" if COUNTS.deviating else ""
    terminalreporter.write_line(f"official documents: {COUNTS.validated} answers validated, {skipped} skipped{deviating}")
    for reason, answers in sorted(COUNTS.skipped.items()):
        terminalreporter.write_line(f"  {answers} skipped: {reason}")
