"""The words of docstrings, comments and docs: plain English. A docstring opens with the thing and what it does."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "portcullis",
    "sandbox",
    "plugins",
    "policies",
    "gateway",
    "consent",
    "orders",
    "notices",
    "openapi",
    "kernel",
    "bench",
    "tests",
)
MODULES = sorted(path for package in PACKAGES for path in ROOT.glob(f"{package}/**/*.py"))
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
AVOIDED = re.compile(r"\b(nobody|whoever|whatever|anew|(?:is|are|was|were) told|speaks? of|tells? of)\b", re.IGNORECASE)
STILTED = re.compile(r"(?<![A-Za-z])(told|tells|beside|nobodys?|whoever|whatever|anew|speaks|elsewhere)(?![a-z])", re.IGNORECASE)
OURS = sorted(
    path
    for package in PACKAGES
    for pattern in ("*.py", "*.html")
    for path in (ROOT / package).rglob(pattern)
    if path != Path(__file__)
)
OPENINGS = re.compile(r"(What|Who|Whom|Whose|How|Whether)\b")
QUOTED = re.compile(r"`[^`]*`")  # names of tests and of code are not prose


def avoided_in(text: str) -> list[str]:
    return [found[0] for found in AVOIDED.finditer(QUOTED.sub("", text))]


def faults_of(module: str) -> Iterator[str]:
    """Of its docstrings and comments. A test's docstring is a reason, and may open as it likes."""
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node) or ""
            yield from avoided_in(docstring)
            opening = OPENINGS.match(docstring)
            if opening and not getattr(node, "name", "").startswith("test_"):
                yield opening[0]
    for token in tokenize.generate_tokens(io.StringIO(module).readline):
        if token.type == tokenize.COMMENT:
            yield from avoided_in(token.string)


def test_no_page_has_a_word_that_is_avoided():
    assert {path.name: words for path in PAGES if (words := avoided_in(path.read_text()))} == {}


def stilted_in(text: str) -> list[str]:
    return [found[0] for found in STILTED.finditer(text)]


def test_no_page_has_a_stilted_word():
    assert {path.name: words for path in PAGES if (words := stilted_in(QUOTED.sub("", path.read_text())))} == {}


def test_no_name_or_text_of_the_code_has_a_stilted_word():
    """Identifiers, log lines, errors and the pages that customers see, as well as comments; and the tests."""
    assert {str(path.relative_to(ROOT)): words for path in OURS if (words := stilted_in(path.read_text()))} == {}


def test_a_stilted_word_would_be_noticed_within_a_name():
    assert stilted_in("is_asked_elsewhere = _told, NOBODYS, tellsomething") == ["elsewhere", "told", "NOBODYS"]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_has_a_word_that_is_avoided(package: str):
    inside = [path for path in MODULES if path.is_relative_to(ROOT / package)]
    found = {str(path.relative_to(ROOT)): list(faults_of(path.read_text())) for path in inside}
    assert {name: words for name, words in found.items() if words} == {}


def test_a_word_that_is_avoided_would_be_noticed():
    module = '"""Nobody is here."""\ncode = "whatever"  # whoever reads\n\ndef f():\n    """What is told `anew`."""\n'
    assert list(faults_of(module)) == ["Nobody", "is told", "What", "whoever"]
