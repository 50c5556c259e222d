"""The rooms of the house: how much a folder holds, that no modules import each other in a circle, and that unit tests stand where the code does."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("portcullis", "sandbox", "plugins", "policies", "gateway", "consent", "orders", "notices", "openapi", "kernel")
MODULES_MAX = 16
FULLER = {
    "policies": 40,  # one refusal or change per file, listed in order on one page
    "consent/migrations/versions": 100,  # one change of the tables per file, in the order of their numbers
    "orders/migrations/versions": 100,  # likewise
}
CYCLES: frozenset[frozenset[str]] = frozenset()  # the circles that remain, by their modules: none may be added
UNIT = ROOT / "tests/unit"
MIRRORED = {**{package: ROOT / package for package in PACKAGES}, "bench": ROOT / "bench", "harness": ROOT / "tests/harness"}
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
}
UNIT_TESTS = sorted(UNIT.rglob("test_*.py"))
UNIT_FOLDERS = sorted(path for path in UNIT.rglob("*") if path.is_dir() and any(path.rglob("*.py")))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports_at_load(body: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """The modules that a module imports while it is loaded: not within functions, and not for type checkers alone."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from imports_at_load(node.orelse)
        else:
            yield from imports_at_load(child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))
            yield from imports_at_load(child for handler in getattr(node, "handlers", ()) for child in handler.body)


def targets(node: ast.Import | ast.ImportFrom, modules: Iterable[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names)
        return
    for name in node.names:
        member = f"{node.module}.{name.name}"
        yield member if member in modules else node.module or ""


def graph_of(sources: dict[str, str]) -> dict[str, set[str]]:
    return {
        module: {
            target
            for node in imports_at_load(ast.parse(text).body)
            for target in targets(node, sources)
            if target in sources and target != module
        }
        for module, text in sources.items()
    }


def reach(graph: dict[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    left = list(graph[start])
    while left:
        module = left.pop()
        if module not in seen:
            seen.add(module)
            left += graph[module]
    return seen


def circles(graph: dict[str, set[str]]) -> set[frozenset[str]]:
    """The sets of modules each of which imports, directly or through others, all of its set."""
    reached = {module: reach(graph, module) for module in graph}
    return {
        frozenset(other for other in reached[module] if module in reached[other]) for module in graph if module in reached[module]
    }


def held_by(folder: Path) -> int:
    return len([path for path in folder.glob("*.py") if path.name != "__init__.py"])


def test_a_folder_can_be_seen_at_a_glance():
    folders = {relative(folder): held_by(folder) for folder in {path.parent for path in MODULES.values()}}
    assert {name: held for name, held in folders.items() if held > FULLER.get(name, MODULES_MAX)} == {}


@pytest.mark.parametrize("folder", FULLER)
def test_a_folder_that_may_be_fuller_is(folder: str):
    """An exception that is no longer needed goes."""
    assert held_by(ROOT / folder) > MODULES_MAX


def test_no_modules_import_each_other_in_a_circle():
    graph = graph_of({module: path.read_text() for module, path in MODULES.items()})
    assert circles(graph) == CYCLES


def test_a_circle_would_be_noticed():
    sources = {
        "a": "",
        "a.b": "from a.c import x",
        "a.c": "try:\n    pass\nexcept OSError:\n    from a import d",
        "a.d": "class D:\n    import a.b",
        "a.late": "def later():\n    from a.b import y\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a.e import z",
        "a.e": "from a.late import later",
    }
    assert circles(graph_of(sources)) == {frozenset({"a.b", "a.c", "a.d"})}


def place_of(path: Path) -> Path:
    """The folder whose code the tests of a folder are about."""
    package, *rest = path.relative_to(UNIT).parts
    return MIRRORED.get(package, UNIT / "of no package").joinpath(*rest)


def test_unit_tests_have_the_folders_of_the_code():
    assert [relative(folder) for folder in UNIT_FOLDERS if not place_of(folder).is_dir()] == []


def test_the_test_of_a_module_stands_where_the_module_does():
    """One that is named for no module tests how several of its folder work together."""
    homes: dict[tuple[Path, str], set[Path]] = defaultdict(set)
    for package in set(MIRRORED.values()):
        for home in package.rglob("*.py"):
            homes[package, home.name].add(home.parent)
    strays = []
    for path in UNIT_TESTS:
        known = homes[MIRRORED[path.relative_to(UNIT).parts[0]], path.name.removeprefix("test_")]
        if known and place_of(path.parent) not in known:
            strays.append(relative(path))
    assert strays == []
