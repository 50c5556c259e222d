"""The clauses that docstrings of the code claim, and those that tests are marked with."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.clauses.standards import clauses_of

PACKAGES = ("portcullis", "sandbox", "plugins", "policies", "gateway", "consent", "openapi", "kernel")
MARK = "pytest.mark.spec"

Places = dict[str, list[str]]  # by clause: files with the name of what claims or tests it


def find_claimed(root: Path, packages: Iterable[str] = PACKAGES) -> Places:
    """Migrations claim nothing: they repeat what the code that they serve says."""
    places: Places = defaultdict(list)
    for path in (path for package in packages for path in sorted((root / package).rglob("*.py"))):
        if "migrations" not in path.parts:
            for name, docstring in _docstrings(ast.parse(path.read_text())):
                for clause in dict.fromkeys(clauses_of(docstring)):
                    places[clause].append(f"{path.relative_to(root)}{name}")
    return places


def find_marked(root: Path, folder: str = "tests") -> Places:
    """A mark of a class or a module counts for each of its tests. Raises ValueError for a mark that does not name one clause."""
    places: Places = defaultdict(list)
    for path in sorted((root / folder).rglob("test_*.py")):
        for name, mark in _marks(ast.parse(path.read_text())):
            where = f"{path.relative_to(root)}::{name}"
            for argument in mark.args:
                clauses = list(clauses_of(str(ast.literal_eval(argument))))
                if len(clauses) != 1:
                    raise ValueError(f"{where}: {ast.unparse(argument)} does not name one clause, as RFC9126-2.1 does")
                places[clauses[0]].append(where)
    return places


def _docstrings(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            if docstring:
                yield "" if isinstance(node, ast.Module) else f"::{node.name}", docstring


def _marks(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Each mark with the name of each test that it is on."""
    above = [
        mark for node in tree.body if isinstance(node, ast.Assign) and _assigns_marks(node) for mark in _calls_in(node.value)
    ]
    yield from _marks_within(tree.body, "", above)


def _marks_within(body: list[ast.stmt], prefix: str, above: list[ast.Call]) -> Iterator[tuple[str, ast.Call]]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            marks = [*above, *(mark for decorator in node.decorator_list for mark in _calls_in(decorator))]
            if isinstance(node, ast.ClassDef):
                yield from _marks_within(node.body, f"{prefix}{node.name}::", marks)
            elif node.name.startswith("test"):
                yield from ((f"{prefix}{node.name}", mark) for mark in marks)


def _assigns_marks(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets)


def _calls_in(node: ast.AST) -> Iterator[ast.Call]:
    """Also those on one set of parameters."""
    yield from (inner for inner in ast.walk(node) if isinstance(inner, ast.Call) and ast.unparse(inner.func) == MARK)
