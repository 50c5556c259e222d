"""The coverage of each standard: every claimed clause with the tests that are marked with it, or with a part of it."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.clauses.claimed import Places
from tests.clauses.standards import is_within, standard_of


@dataclass(frozen=True)
class Covered:
    """A claimed clause, where it is claimed and which tests hold it."""

    clause: str
    claims: tuple[str, ...]
    tests: tuple[str, ...]

    @property
    def standard(self) -> str:
        return standard_of(self.clause)


def cover(claimed: Places, marked: Places) -> list[Covered]:
    return [
        Covered(
            clause,
            tuple(claims),
            tuple(sorted({test for mark, tests in marked.items() if is_within(mark, clause) for test in tests})),
        )
        for clause, claims in sorted(claimed.items(), key=lambda item: _in_order(item[0]))
    ]


def find_faults(coverage: list[Covered], untested: list[str]) -> Iterator[str]:
    """`untested` are the clauses that may be without a test: one that has a test, or is claimed no longer, goes."""
    without = {covered.clause for covered in coverage if not covered.tests}
    for covered in coverage:
        if covered.clause in without and covered.clause not in untested:
            yield f"{covered.clause} is claimed by {', '.join(covered.claims)}, and no test is marked with it"
    for clause in untested:
        if clause not in without:
            yield f"{clause} has a test now, or is claimed no longer: take it out of tests/clauses.toml"


def read_untested(path: Path) -> list[str]:
    return tomllib.loads(path.read_text())["untested"]


def render(coverage: list[Covered], untested: list[str]) -> Iterator[str]:
    standards: dict[str, list[Covered]] = {}
    for covered in coverage:
        standards.setdefault(covered.standard, []).append(covered)
    for standard, clauses in standards.items():
        held = sum(bool(covered.tests) for covered in clauses)
        yield f"{standard}: {len(clauses)} claimed, {held} held by {len({test for covered in clauses for test in covered.tests})} tests"
        for covered in clauses:
            number = len(covered.tests)
            tests = (
                f"{number} test{'s' * (number != 1)}"
                if number
                else f"no test{'' if covered.clause in untested else ', and not listed'}"
            )
            yield f"  {covered.clause:<40} {tests}"


def _in_order(clause: str) -> list[tuple[int, str]]:
    """Numbers in the order of numbers: 5.9 before 5.10."""
    pieces = clause.replace("-", ".").split(".")
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in pieces]
