"""Every clause of a standard that a docstring claims is held by a test that is marked with it (`make clauses`)."""

from pathlib import Path

from tests.clauses.claimed import find_claimed, find_marked
from tests.clauses.coverage import cover, find_faults

ROOT = Path(__file__).parents[2]


def test_every_clause_that_the_code_claims_has_a_test():
    assert list(find_faults(cover(find_claimed(ROOT), find_marked(ROOT)))) == []
