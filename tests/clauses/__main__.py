"""`make clauses`: the clauses of standards that the code claims in its docstrings, and the tests that are marked with them.

A clause is covered by a test that is marked with it, or with a part of it. Exits 1 where a claimed clause has no test.
"""

import argparse
import sys
from pathlib import Path

from tests.clauses.claimed import find_claimed, find_marked
from tests.clauses.coverage import cover, find_faults, render
from tests.clauses.standards import is_within

ROOT = Path(__file__).parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make clauses", description=__doc__)
    parser.add_argument("--standard", default="", help="one standard, or a clause of it: 'RFC 9126', 'FAPI2-SP-FINAL-5.3.2.1'")
    parser.add_argument("--tests", action="store_true", help="name claims and tests")
    arguments = parser.parse_args()
    wanted = arguments.standard.replace("RFC ", "RFC").replace(" ", "-")
    every = cover(find_claimed(ROOT), find_marked(ROOT))
    shown = [covered for covered in every if not wanted or is_within(covered.clause, wanted)]
    if not shown:
        print(f"no docstring claims a clause of {arguments.standard}")
        return 2
    for line in render(shown):
        print(line)
    if arguments.tests:
        for covered in shown:
            print(
                f"\n{covered.clause}",
                *(f"  claimed: {claim}" for claim in covered.claims),
                *(f"  held by: {test}" for test in covered.tests),
                sep="\n",
            )
    faults = list(find_faults(every))
    print(
        "",
        *faults,
        f"{len(every)} clauses are claimed, {sum(bool(covered.tests) for covered in every)} of them have tests",
        sep="\n",
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
