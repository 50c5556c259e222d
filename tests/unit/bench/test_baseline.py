"""The ratios of a run that left the committed ones."""

import pytest

from bench.baseline import moved

KEPT = {"reads_to_proxy": 0.2, "tokens_to_raw": 0.1}


def test_a_ratio_that_moved_by_more_than_a_tenth_is_named_with_its_direction():
    assert list(moved({"reads_to_proxy": 0.25, "tokens_to_raw": 0.08, "new": 1.0}, KEPT)) == [
        "moved: reads_to_proxy is 0.25, 25% more than the baseline's 0.2",
        "moved: tokens_to_raw is 0.08, 20% less than the baseline's 0.1",
    ]


@pytest.mark.parametrize("ratio", [0.181, 0.2, 0.219])
def test_what_two_runs_of_the_same_code_differ_by_has_not_moved(ratio):
    assert list(moved({"reads_to_proxy": ratio}, KEPT)) == []
