"""The worlds of the tests: they stand in tests/world, and each fixture only chooses one."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TREES = {path: ast.parse(path.read_text()) for path in sorted((ROOT / "tests").rglob("*.py"))}
CONFTESTS = [path for path in TREES if path.name == "conftest.py" and (ROOT / "tests/unit") in path.parents]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def names_in(tree: ast.Module) -> set[str]:
    """All that a module makes or imports at its top."""
    found = {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for name in node.names
    }
    found |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return found | {node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)}


def test_what_a_test_imports_from_the_tests_exists():
    missing = []
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("tests.")):
                continue
            home = ROOT / node.module.replace(".", "/")
            inside = TREES.get(home.with_suffix(".py"))
            known = names_in(inside) if inside else {each.stem for each in home.glob("*")}
            missing += [f"{relative(path)}: {node.module}.{name.name}" for name in node.names if name.name not in known]
    assert missing == []


@pytest.mark.parametrize("path", CONFTESTS, ids=relative)
def test_a_fixture_of_a_part_only_chooses_a_world(path: Path):
    assert [node.name for node in TREES[path].body if isinstance(node, ast.ClassDef)] == []
