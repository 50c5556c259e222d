"""The rules of the house that a linter does not know, each with the reason."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("portcullis", "sandbox", "plugins", "policies", "gateway", "consent", "orders", "notices", "openapi", "kernel")
MODULE_LINES_MAX = 350
FUNCTION_LINES_MAX = 50

# read by most rules: one test asks a rule of them all and names those that break it, since each test of its own costs as much as to parse
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def words_outside(pattern: str, folders: tuple[str, ...]) -> list[str]:
    found = []
    for path in SOURCES:
        if relative(path).startswith(folders):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(pattern, line):
                found.append(f"{relative(path)}:{number}: {line.strip()}")
    return found


def test_a_dialects_words_stay_in_its_folder():
    """One canonical model: a standard's word outside would be a second one. FAPI's header is the authorization server's own too."""
    pattern = r"(?i)\bobie\b|openbanking_intent|\bintent\b|\bU0\d\d\b|\bpsd2\b|consent-id|x-fapi"
    outside = words_outside(pattern, ("openapi/", "sandbox/", "portcullis/", "kernel/observability/interaction.py"))
    assert outside == []


def test_the_production_code_does_not_know_the_sandbox():
    """The sandbox acts only through ports that production also has."""
    assert words_outside(r"(?i)sandbox", ("sandbox/", "portcullis/", "plugins/")) == []


def too_long(text: str) -> Iterator[str]:
    lines = len(text.splitlines())
    if lines > MODULE_LINES_MAX:
        yield f"the module has {lines} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node, clean=False) or ""
            length = (node.end_lineno or 0) - node.lineno + 1 - len(docstring.splitlines())
            if length > FUNCTION_LINES_MAX:
                yield f"{node.name} has {length} lines"


def test_modules_and_functions_are_short():
    """A function fits a screen; a module is one room."""
    found = {relative(path): list(too_long(path.read_text())) for path in SOURCES if "migrations" not in path.parts}
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_a_long_module_and_a_long_function_would_be_noticed():
    body = "    pass\n" * MODULE_LINES_MAX
    assert list(too_long(f"def f():\n{body}")) == ["the module has 351 lines", "f has 351 lines"]


def says_what_it_is_for(text: str) -> bool:
    tree = ast.parse(text)
    return bool(ast.get_docstring(tree) or not tree.body)


def test_a_module_says_what_it_is_for():
    assert [relative(path) for path in SOURCES if not says_what_it_is_for(path.read_text())] == []


def test_a_module_that_does_not_say_it_would_be_noticed():
    assert [says_what_it_is_for(text) for text in ("x = 1", "", '"""Why."""\nx = 1')] == [False, True, True]


def test_no_attics():
    """Code has a name for what it does, or it is not understood yet."""
    attics = {"utils", "util", "helpers", "common", "base", "manager", "misc"}
    assert [relative(path) for path in SOURCES if path.stem in attics] == []


def test_time_and_chance_come_from_one_place():
    """A test, a simulation and a moved clock must be able to replace them."""
    pattern = r"datetime\.(now|utcnow|today)\(|date\.today\(|time\.time\(|uuid\.uuid[14]\(|uuid4\(|secrets\.\w+\("
    assert words_outside(pattern, ("kernel/clock.py", "kernel/ids.py", "sandbox/tpp_kit/")) == []


def test_no_promises_in_place_of_code():
    assert words_outside(r"NotImplementedError|\bTODO\b|\bFIXME\b|\bXXX\b", ()) == []


def test_no_download_addresses_or_machine_paths_are_committed():
    """A lock file or a script that names an index or a machine works in one place only."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    pattern = re.compile(r"https?://[^ \"']+\.(whl|tgz|tar\.gz)\b|^--(extra-)?index-url", re.MULTILINE)
    guilty = [
        name
        for name in files
        if name
        and name != relative(Path(__file__))
        and (ROOT / name).is_file()
        and pattern.search((ROOT / name).read_text(errors="ignore"))
    ]
    assert guilty == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_packages_and_hashes_and_no_address(lock):
    assert "://" not in (ROOT / lock).read_text()


def test_import_contracts_hold():
    """portcullis > sandbox > plugins > policies > (gateway | consent) > openapi > kernel."""
    done = subprocess.run(
        [str(ROOT / ".venv/bin/lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


TEST_FILES = sorted(path for path in ROOT.glob("tests/**/*.py") if "drills" not in path.parts)  # a drill measures, on purpose
WAITS = {"timeout", "timeout_at", "wait_for"}
CLOCKS = {"monotonic", "perf_counter", "time"}


def callee(node: ast.AST) -> str:
    function = node.func if isinstance(node, ast.Call) else None
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""


def is_limit(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value > 0


def measures_the_machine(node: ast.AST) -> bool:
    """A limit of its own on what must come, or an upper bound on what has passed."""
    if isinstance(node, ast.Call):
        limits = [keyword.value for keyword in node.keywords if keyword.arg == "timeout"]
        return any(map(is_limit, [*limits, *(node.args[-1:] if callee(node) in WAITS else [])]))
    if isinstance(node, ast.Compare) and isinstance(node.left, ast.BinOp) and isinstance(node.ops[0], ast.Lt | ast.LtE):
        return callee(node.left.left) in CLOCKS
    return False


def test_no_test_depends_on_how_fast_the_machine_is():
    """What must come is waited for with PATIENCE_SECONDS; what must be quick is proven by an event, a count or an order."""
    found = [
        f"{relative(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in TEST_FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if measures_the_machine(node)
    ]
    assert found == []
