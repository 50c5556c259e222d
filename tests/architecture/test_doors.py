"""The doors of the tests: who reads tables, and how a dialect's operations are named."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = sorted(path for path in ROOT.glob("tests/**/*.py") if {"harness", "world"}.isdisjoint(path.relative_to(ROOT).parts[:2]))
PACKAGES = {"portcullis", "sandbox", "plugins", "policies", "gateway", "consent", "orders", "notices", "openapi", "kernel"}


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


STATEMENTS = {"execute", "exec_driver_sql", "scalar", "scalars"}
TABLES_OF_THEIR_OWN = {  # where a test may read and write rows itself, and why
    "tests/unit/kernel": "storage, commands and hot state are tested on tables that each test makes",
    "tests/unit/consent/migrations": "rows of earlier releases, which no code of this one writes",
    "tests/unit/sandbox/migrations": "rows of earlier releases, which no code of this one writes",
    "tests/unit/plugins/ledger": "the rules that the database itself holds about its rows",
    "tests/unit/orders": "the rules that the database itself holds about its rows",
    "tests/unit/harness/test_compiled_once.py": "a table of numbers, which this test makes",
    "tests/unit/notices": "rows of a later or earlier release, or of a time long past, which no code writes",
    "tests/unit/portcullis/cli/ledger/test_sealed_rows.py": "rows that it damages one by one, by the names of their columns",
    "tests/unit/consent/store/test_changes.py": "a toy order, in a table that this test makes",
    "tests/unit/portcullis/compose/test_nature.py": "databases from before their nature was written into them",
    "tests/contracts/test_hot_state_outage.py": "a toy consent, in a table that this test makes",
    "tests/journeys/test_books.py": "the books themselves, on rows that it damages",
    "tests/drills/written.py": "how many rows PostgreSQL wrote, by its own statistics",
}


def touches_rows(tree: ast.Module) -> Iterator[str]:
    """Imports of tables, and statements that are executed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{name.name}" for name in node.names]
        else:
            names = [name.name for name in node.names] if isinstance(node, ast.Import) else []
        yield from (name for name in names if "tables" in name.split(".") and name.split(".")[0] in PACKAGES)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in STATEMENTS:
            yield ast.unparse(node.func)


def has_its_own(path: Path) -> bool:
    return any(path.is_relative_to(ROOT / excepted) for excepted in TABLES_OF_THEIR_OWN)


def test_the_books_are_the_only_door_to_tables():
    """Tests read rows through `tests/harness/books`, and spoil them through `tests/harness/damage`."""
    touched = {relative(path): list(touches_rows(ast.parse(path.read_text()))) for path in TESTS if not has_its_own(path)}
    assert {name: found for name, found in touched.items() if found} == {}


def test_each_exception_is_needed():
    used = [path for path in TESTS if list(touches_rows(ast.parse(path.read_text())))]
    assert [each for each in TABLES_OF_THEIR_OWN if not any(path.is_relative_to(ROOT / each) for path in used)] == []


def test_a_statement_in_a_test_would_be_noticed():
    module = "from consent.store.tables.oauth import codes\nawait connection.execute(codes.select())\nawait books.oauth.codes()"
    assert list(touches_rows(ast.parse(module))) == ["consent.store.tables.oauth.codes", "connection.execute"]


def rows_by_number(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).rpartition(".")[2] == "ROWS":
            yield ast.unparse(node)


def test_an_operation_is_found_by_its_name_and_not_by_its_place():
    found = {relative(path): list(rows_by_number(ast.parse(path.read_text()))) for path in TESTS}
    assert {name: rows for name, rows in found.items() if rows} == {}


def test_a_row_by_number_would_be_noticed():
    assert list(rows_by_number(ast.parse("world.ROWS[4]; ROWS[3:4]; rows[0]"))) == ["world.ROWS[4]", "ROWS[3:4]"]
