"""`python -m tests.harness.recorded compare BEFORE AFTER`: what tests were answered in one recording and not in the other.
Exits 1 if an answer differs, 2 if there is nothing to compare."""

import argparse
import sys
from pathlib import Path

from tests.harness.recorded.comparison import Comparison, compare
from tests.harness.recorded.recording import read_made, read_recording


def main(arguments: list[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness.recorded", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("compare", help="print the differences of two recordings")
    command.add_argument("before", type=Path)
    command.add_argument("after", type=Path)
    asked = parser.parse_args(arguments)
    try:
        show_made(asked.before, asked.after)
        compared = compare(read_recording(asked.before), read_recording(asked.after))
    except FileNotFoundError as missing:
        print(missing, file=sys.stderr)
        return 2
    show(compared)
    return 1 if compared.differences else 0


def show_made(before: Path, after: Path) -> None:
    """The commits and days; the synthetic bank's transactions depend on the day on which it was made."""
    made = [read_made(folder) for folder in (before, after)]
    print(
        *(f"{name}: commit {one['commit']}, {one['day']}" for name, one in zip(("before", "after"), made, strict=True)), sep="\n"
    )
    if made[0]["day"] != made[1]["day"]:
        print("They were recorded on different days: transactions, balances and pages of results will differ.")


def show(compared: Comparison) -> None:
    """The differences test by test, then what only one side has, then the sum."""
    for name, lines in compared.differences.items():
        print(f"\n== {name}", *lines, sep="\n")
    for name in compared.other_order:
        print(f"equal but for the order: {name}")
    for name, reason in compared.chance.items():
        print(f"different by chance ({reason}): {name}")
    for side, names in (("before", compared.only_before), ("after", compared.only_after)):
        for name in names:
            print(f"only {side}: {name}")
    counts = f"{len(compared.only_before)} only before, {len(compared.only_after)} only after"
    print(f"{compared.pairs} tests compared, {len(compared.differences)} answered differently; {counts}")


if __name__ == "__main__":
    sys.exit(main())
