"""The mutants themselves, in small: what is changed, that a seed draws the same again, and what becomes of each."""

import subprocess
from pathlib import Path

import pytest

from tests.harness.patience import PATIENCE_SECONDS
from tests.mutants import __main__ as mutants
from tests.mutants.areas import AREAS
from tests.mutants.mutations import find_mutants
from tests.mutants.scratch import Scratch

ROOT = Path(__file__).parents[2]
MODULE = """
def judge(age: int, known: bool) -> str:
    if age < 18:
        return "young"
    if known and age > 90:
        raise ValueError(f"{age + 1}")
    print("seen")
    return "ok"
"""


def test_the_changes_of_a_module():
    assert sorted({mutant.change for mutant in find_mutants("m.py", MODULE)}) == [
        "and for or, or for and",
        "drop a call",
        "drop a guard",
        "drop a raise",
        "negate a condition",
        "one more",
        "swap a comparison",
    ]
    texts = [mutant.text for mutant in find_mutants("m.py", MODULE)]
    assert MODULE.replace("age < 18", "age <= 18") in texts
    assert MODULE.replace('print("seen")', "pass") in texts
    assert MODULE.replace("90", "91") in texts
    assert not any("age + 2" in text for text in texts)  # the words of a refusal
    assert len(set(texts)) == len(texts)
    for text in texts:
        compile(text, "m.py", "exec")


def test_a_seed_draws_the_same_mutants_again_evenly_over_the_areas():
    drawn = mutants.draw(AREAS, ROOT, seed=4, count=10)
    assert drawn == mutants.draw(AREAS, ROOT, seed=4, count=10)
    assert drawn != mutants.draw(AREAS, ROOT, seed=5, count=10)
    assert [name for name, _ in drawn] == [name for name in AREAS for _ in range(2)]


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    tree = tmp_path / "tree"
    tree.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    (tree / "toy.py").write_text(MODULE + "\ndef unused():\n    return 1\n")
    (tree / "test_toy.py").write_text(
        "import toy\ndef test_young():\n    assert toy.judge(17, False) == 'young'\n    assert toy.judge(20, False) == 'ok'\n"
    )
    return Scratch.copy(tree, tmp_path / "scratch")


def test_a_change_that_no_test_notices_survives(scratch: Scratch):
    tests_by_line = scratch.tests_by_line(["test_toy.py"], ["toy"], PATIENCE_SECONDS)["toy.py"]
    text = (scratch.root / "toy.py").read_text()
    verdicts = {
        (mutant.change, mutant.lines[0]): mutants.judge(scratch, mutant, tests_by_line)
        for mutant in find_mutants("toy.py", text)
        if (mutant.change, mutant.lines[0]) in {("drop a guard", 3), ("drop a call", 7), ("one more", 11)}
    }
    assert verdicts == {
        ("drop a guard", 3): mutants.KILLED,
        ("drop a call", 7): mutants.SURVIVED,
        ("one more", 11): mutants.UNTESTED,
    }
    assert (scratch.root / "toy.py").read_text() == text
