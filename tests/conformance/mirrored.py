"""Which modules of the conformance suite have a test of ours: those whose names the marks of the collected tests carry."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LISTING = "PORTCULLIS-CONFORMANCE "
NAMES = pytest.StashKey[set[str]]()
COLLECT_SECONDS_MAX = 100


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--list-conformance", action="store_true", help="list the conformance modules that have a test")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[NAMES] = set()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Before any is left out by name or mark. A mark may say after a colon which step of its module the test is."""
    for mark in item.iter_markers("conformance"):
        item.config.stash[NAMES].update(name.partition(":")[0] for name in mark.args)


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.getoption("list_conformance"):
        for name in sorted(session.config.stash[NAMES]):
            print(f"\n{LISTING}{name}", end="")


def mirrored_names(config: pytest.Config, wanted: set[str]) -> set[str]:
    """Of the tests of this run; of the whole tree, if this run saw only a part and that is not all that is wanted."""
    found = config.stash[NAMES]
    is_whole = [(ROOT / name).resolve() for name in config.args] == [ROOT / "tests"] and not config.getoption("lf")
    return found if is_whole or wanted <= found else _names_of_the_whole_tree()


@cache
def _names_of_the_whole_tree() -> set[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "--list-conformance", "tests"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=COLLECT_SECONDS_MAX)
    return {line.removeprefix(LISTING) for line in done.stdout.splitlines() if line.startswith(LISTING)}
