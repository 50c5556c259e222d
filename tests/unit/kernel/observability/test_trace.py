"""kernel/observability/trace.py: a trace is passed on as it came, or not at all."""

import pytest

from kernel.observability.trace import parse_traceparent

GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.spec("TRACE-CONTEXT-3.2")
def test_passes_a_well_formed_parent_on():
    assert parse_traceparent(GOOD) == GOOD


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "",
        GOOD + "\n",
        GOOD.upper(),
        "ff" + GOOD[2:],
        GOOD + "-extra",
        GOOD.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32),
        GOOD.replace("b7ad6b7169203331", "0" * 16),
    ],
)
def test_any_other_is_as_if_absent(wrong):
    assert parse_traceparent(wrong) == ""
