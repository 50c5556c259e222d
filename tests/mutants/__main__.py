"""`make mutants`: change policies, authorize, grants, tokens and store in a copy of the tree, one small change at a time, and list the
changes that no unit test notices.

The sample is drawn by a seed, evenly over the areas. A first run of all their tests learns which test runs which line; after that
each mutant is met only by the tests that run its lines, until one fails. What time does not suffice for is counted.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.mutants.areas import AREAS, Area
from tests.mutants.mutations import Mutant, find_mutants
from tests.mutants.scratch import FAILED, PASSED, TIMED_OUT, Scratch

ROOT = Path(__file__).parents[2]
BASELINE_SECONDS_MAX = 1_800.0
MUTANT_SECONDS_MAX = 180.0
KILLED, SURVIVED, UNTESTED, LEFT = "killed", "survived", "no test runs it", "no time left"
IMPORTED = ""
VERDICTS = {FAILED: KILLED, PASSED: SURVIVED, TIMED_OUT: TIMED_OUT}


def main() -> int:
    arguments = _parse_arguments()
    until = time.monotonic() + 60 * arguments.minutes
    areas = {name: AREAS[name] for name in arguments.area or AREAS}
    drawn = draw(areas, ROOT, arguments.seed, arguments.count)
    with tempfile.TemporaryDirectory(prefix="portcullis-mutants-") as folder:
        scratch = Scratch.copy(ROOT, Path(folder))
        runs: dict[tuple[str, ...], dict[str, dict[int, list[str]]]] = {}
        counts: Counter[str] = Counter()
        for name, mutant in drawn:
            tests = areas[name].tests
            if tests not in runs:
                folders = [area.folder for area in areas.values() if area.tests == tests]
                runs[tests] = scratch.tests_by_line(tests, folders, BASELINE_SECONDS_MAX)
            verdict = judge(scratch, mutant, runs[tests].get(mutant.path, {})) if time.monotonic() < until else LEFT
            counts[verdict] += 1
            _print(name, mutant, verdict, (scratch.root / mutant.path).read_text())
    print(
        f"\nseed {arguments.seed}: {len(drawn)} mutants, "
        + ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
    )
    return 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=4, help="of the sample: the same seed draws the same mutants of the same tree"
    )
    parser.add_argument("--count", type=int, default=60, help="how many mutants, evenly over the areas")
    parser.add_argument("--minutes", type=float, default=30.0, help="after which no further mutant is begun")
    parser.add_argument("--area", action="append", choices=list(AREAS), help="one area; may be repeated (default: all)")
    return parser.parse_args()


def draw(areas: dict[str, Area], root: Path, seed: int, count: int) -> list[tuple[str, Mutant]]:
    """`count` mutants, as many of each area as of any other, grouped by area."""
    chance = random.Random(seed)
    drawn = []
    for number, (name, area) in enumerate(areas.items()):
        every = [mutant for path in area.modules(root) for mutant in find_mutants(path, (root / path).read_text())]
        share = count // len(areas) + (number < count % len(areas))
        drawn += [(name, mutant) for mutant in chance.sample(every, min(share, len(every)))]
    return drawn


def judge(scratch: Scratch, mutant: Mutant, tests_by_line: dict[int, list[str]]) -> str:
    first, last = mutant.lines
    tests = {test for line in range(first, last + 1) for test in tests_by_line.get(line, [])}
    if tests == {IMPORTED}:
        tests = {test for found in tests_by_line.values() for test in found}
    tests.discard(IMPORTED)
    if not tests:
        return UNTESTED
    original = (scratch.root / mutant.path).read_text()
    scratch.write(mutant.path, mutant.text)
    try:
        return VERDICTS.get(scratch.run(sorted(tests), MUTANT_SECONDS_MAX), SURVIVED)
    finally:
        scratch.write(mutant.path, original)


def _print(area: str, mutant: Mutant, verdict: str, original: str) -> None:
    print(f"{verdict:<16} {area:<10} {mutant.change:<24} {mutant.path}:{mutant.lines[0]}", flush=True)
    if verdict not in {KILLED, LEFT}:
        print(mutant.difference_from(original), flush=True)


if __name__ == "__main__":
    sys.exit(main())
