"""The doors of the tests: who reads tables, and how a dialect's operations are named."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = sorted(path for path in ROOT.glob("tests/**/*.py") if {"harness", "world"}.isdisjoint(path.relative_to(ROOT).parts[:2]))
PACKAGES = {"portcullis", "sandbox", "plugins", "policies", "gateway", "consent", "orders", "openapi", "kernel"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tables_known_by(tree: ast.Module) -> set[str]:
    """The packages whose tables a module imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{name.name}" for name in node.names]
        else:
            names = [name.name for name in node.names] if isinstance(node, ast.Import) else []
        found |= {name.split(".")[0] for name in names if "tables" in name.split(".")} & PACKAGES
    return found


def owners(path: Path) -> set[str]:
    """The tests of one package look into its own tables."""
    parts = path.relative_to(ROOT).parts
    return {parts[2]} if parts[1] == "unit" else set()


def test_the_books_are_the_only_door_to_the_tables_of_others():
    """A test that sees a server from outside reads what it wrote through `tests/harness/books.py`."""
    assert [relative(path) for path in TESTS if tables_known_by(ast.parse(path.read_text())) - owners(path)] == []


def rows_by_number(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).rpartition(".")[2] == "ROWS":
            yield ast.unparse(node)


@pytest.mark.parametrize("path", TESTS, ids=relative)
def test_an_operation_is_found_by_its_name_and_not_by_its_place(path: Path):
    assert list(rows_by_number(ast.parse(path.read_text()))) == []


def test_a_row_by_number_would_be_noticed():
    assert list(rows_by_number(ast.parse("world.ROWS[4]; ROWS[3:4]; rows[0]"))) == ["world.ROWS[4]", "ROWS[3:4]"]
