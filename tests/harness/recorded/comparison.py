"""Two recordings side by side: which tests were answered differently, and how."""

import difflib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tests.harness.recorded.answer import Lines
from tests.harness.recorded.recording import TestAnswers

DRAWN = "requests are drawn, also from words that stand in the code"
# by a part of their names, tests whose answers are chance: where they differ they are named, and count as no difference
CHANCE = {
    "test_a_bank_that_dies_or_hangs_costs_its_callers_little_and_comes_back": "time decides which calls meet the open circuit",
    "test_killed_at_random_moments_under_load": "calls end where the server is killed",
    "test_every_read_is_recorded_with_its_interaction_id": "it reads on until the record is committed, or need not",
    "test_no_generated_request_breaks_the_document": DRAWN,
    "_at_the_edges_": DRAWN,
}
Recording = dict[str, TestAnswers]


@dataclass(frozen=True)
class Comparison:
    """`pairs`: how many tests both have; `differences` by the test's name in the second; `other_order`: what is equal but for the order
    of calls or of a listing's members; `chance`: what differs as it may, by name, with the reason."""

    pairs: int
    differences: dict[str, list[str]]
    other_order: list[str]
    chance: dict[str, str]
    only_before: list[str]
    only_after: list[str]


def compare(before: Recording, after: Recording) -> Comparison:
    """A test whose file moved is known by its function and parameters, where only one of that name stands on either side."""
    moved = dict(_moved(before.keys() - after.keys(), after.keys() - before.keys()))
    pairs = {name: name for name in before if name in after} | moved
    changed = {new: _difference(before[old], after[new]) for old, new in pairs.items() if not _is_same(before[old], after[new])}
    chance = {name: reason for name in changed for part, reason in CHANCE.items() if part in name}
    return Comparison(
        pairs=len(pairs),
        differences={name: lines for name, lines in changed.items() if lines and name not in chance},
        other_order=sorted(name for name, lines in changed.items() if not lines and name not in chance),
        chance=chance,
        only_before=sorted(before.keys() - pairs.keys()),
        only_after=sorted(after.keys() - set(pairs.values())),
    )


def own_name(name: str) -> str:
    """A test's name without its file."""
    return name.partition("::")[2] or name


def _moved(before: set[str], after: set[str]) -> Iterator[tuple[str, str]]:
    once = [{name for name, count in Counter(map(own_name, names)).items() if count == 1} for names in (before, after)]
    new = {own_name(name): name for name in after}
    for old in sorted(before):
        if own_name(old) in once[0] & once[1]:
            yield old, new[own_name(old)]


def _is_same(before: TestAnswers, after: TestAnswers) -> bool:
    if before.is_ordered and after.is_ordered:
        return before.in_order() == after.in_order()
    return before.without_order() == after.without_order()


def _difference(before: TestAnswers, after: TestAnswers) -> list[str]:
    """Shown in the order of the calls where there is one; empty if nothing but the order differs."""
    if before.in_parts() == after.in_parts():
        return []
    ordered = before.is_ordered and after.is_ordered
    old, new = (each.in_order() if ordered else each.in_parts() for each in (before, after))
    return list(difflib.unified_diff(_flat(old), _flat(new), "before", "after", lineterm="", n=6))[2:]


def _flat(answers: list[Lines]) -> list[str]:
    return [line for answer in answers for line in answer]
