"""The coverage of each standard: every claimed clause with the tests that are marked with it, or with a part of it."""

from collections.abc import Iterator
from dataclasses import dataclass

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


def find_faults(coverage: list[Covered]) -> Iterator[str]:
    for covered in coverage:
        if not covered.tests:
            yield f"{covered.clause} is claimed by {', '.join(covered.claims)}, and no test is marked with it"


def render(coverage: list[Covered]) -> Iterator[str]:
    standards: dict[str, list[Covered]] = {}
    for covered in coverage:
        standards.setdefault(covered.standard, []).append(covered)
    for standard, clauses in standards.items():
        held = sum(bool(covered.tests) for covered in clauses)
        yield f"{standard}: {len(clauses)} claimed, {held} held by {len({test for covered in clauses for test in covered.tests})} tests"
        for covered in clauses:
            number = len(covered.tests)
            tests = f"{number} test{'s' * (number != 1)}" if number else "no test"
            yield f"  {covered.clause:<40} {tests}"


def _in_order(clause: str) -> list[tuple[int, str]]:
    """Numbers in the order of numbers: 5.9 before 5.10."""
    pieces = clause.replace("-", ".").split(".")
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in pieces]
