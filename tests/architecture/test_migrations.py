"""The migrations of each context form one line: two that follow the same one would leave half of the databases without either."""

import ast
from pathlib import Path

import pytest

from portcullis.compose.contexts import CONTEXTS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("package", [package for package, _ in CONTEXTS])
def test_each_migration_follows_the_one_before_it(package):
    files = sorted((ROOT / package.replace(".", "/") / "versions").glob("*.py"))
    lines = [(read(path, "down_revision"), read(path, "revision")) for path in files]
    numbers = [path.name.partition("_")[0] for path in files]
    assert lines == [*zip([None, *numbers], numbers, strict=False)]


def read(path, name):
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise LookupError(name)
