"""The time of each context is added up and shown, the dearest first, with the budget."""

import pytest

from tests.harness.spent import context_of, render


@pytest.mark.parametrize(
    ("node", "context"),
    [
        ("tests/unit/consent/store/test_sweeper.py::test_one[sqlite]", "unit/consent"),
        ("tests/unit/policies/test_chain.py::TestOrder::test_one", "unit/policies"),
        ("tests/journeys/test_ciba.py::test_one", "journeys"),
        ("tests/docs/test_make.py::test_one[a/b]", "docs"),
        ("test_toy.py::test_one", "other"),
    ],
)
def test_a_context_is_a_folder_or_a_package_of_the_unit_tests(node: str, context: str):
    assert context_of(node) == context


def test_the_dearest_context_comes_first_and_the_budget_last():
    lines = list(render({"docs": 10.0, "journeys": 30.0}, 25.0))
    assert [line.split() for line in lines[:3]] == [
        ["journeys", "30.0", "s", "75", "%"],
        ["docs", "10.0", "s", "25", "%"],
        ["all", "workers", "40.0", "s"],
    ]
    assert lines[3].split()[3:7] == ["25.0", "s,", "of", "720"]


def test_a_run_of_one_context_shows_nothing():
    assert list(render({"docs": 10.0}, 10.0)) == []
