"""A module is as it should be if nothing but the declared is wrong, and what is declared happens."""

import pytest

from tests.conformance.findings import Found, Outcome, read_outcome, undeclared, unused
from tests.conformance.plans import Expected, load_expected, load_plans
from tests.conformance.results import DOCUMENT, load_results, render_table, with_table

FINISHED = {"status": "FINISHED"}
WARNED = Found("WARNING", "CheckKeys", "other keys")
SKIPS = Expected(result="SKIPPED", module="fapi-*-a", reason="no such thing")
WARNS = Expected(result="WARNING", condition="CheckKeys", module="fapi-*", reason="a sandbox's keys")


def entry(result, condition, message="wrong"):
    return {"result": result, "src": condition, "msg": message}


def test_reads_a_modules_end_and_its_wrong_conditions():
    log = [entry("SUCCESS", "Fine"), entry("WARNING", "CheckKeys"), entry("WARNING", "CheckKeys"), {"msg": "no result"}]
    outcome = read_outcome("fapi-one", {**FINISHED, "result": "WARNING"}, log)
    assert outcome == Outcome("fapi-one", "WARNING", (Found("WARNING", "CheckKeys", "wrong"),))


@pytest.mark.parametrize("info", [{"status": "INTERRUPTED", "result": "PASSED"}, {"status": "WAITING"}, {"status": "FINISHED"}])
def test_a_module_that_did_not_come_to_an_end_failed(info):
    assert read_outcome("fapi-one", info, []).result == "FAILED"


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome("fapi-x-a", "PASSED", ()), ()),
        (Outcome("fapi-x-a", "SKIPPED", ()), (SKIPS,)),
        (Outcome("fapi-x-a", "WARNING", (WARNED,)), (WARNS,)),
        (Outcome("fapi-x-a", "SKIPPED", (WARNED,)), (SKIPS, WARNS)),
    ],
)
def test_what_is_declared_may_happen(outcome, expected):
    assert undeclared("row", outcome, expected) == []


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome("fapi-x-a", "FAILED", ()),
        Outcome("fapi-x-a", "REVIEW", ()),
        Outcome("fapi-x-b", "SKIPPED", ()),
        Outcome("fapi-x-a", "PASSED", (Found("WARNING", "Another", ""),)),
        Outcome("fapi-x-a", "FAILED", (Found("FAILURE", "CheckKeys", ""),)),
        Outcome("other", "WARNING", (WARNED,)),
    ],
)
def test_nothing_else_may(outcome):
    assert undeclared("row", outcome, (SKIPS, WARNS)) != []


def test_what_is_declared_for_one_plan_is_not_for_another():
    row = Expected(plan="one-*", result="SKIPPED", module="*", reason="r")
    outcome = Outcome("fapi-x", "SKIPPED", ())
    assert (undeclared("one-plan", outcome, [row]), undeclared("two", outcome, [row])) == ([], ["the module ended as SKIPPED"])


def test_a_declaration_that_no_longer_comes_true_is_reported():
    """It would hide the next defect."""
    outcomes = [Outcome("fapi-x-a", "PASSED", (WARNED,))]
    assert unused("row", outcomes, [SKIPS, WARNS]) == [SKIPS]


def test_every_declaration_gives_its_reason_and_names_modules_that_exist():
    for row in load_expected():
        assert row.reason
        assert row.result in {"SKIPPED", "REVIEW", "WARNING", "FAILURE", "FAILED"}
        assert any(row.covers(plan.name, module) for plan in load_plans() for module in plan.modules), row


def test_a_plan_that_was_not_run_says_so():
    plan = load_plans()[0]
    assert "not run" in render_table([plan], {})


def test_the_table_of_the_document_is_that_of_the_results():
    document = DOCUMENT.read_text()
    assert with_table(document, render_table(load_plans(), load_results())) == document
