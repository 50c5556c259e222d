"""The map: what ARCHITECTURE.md names as the place of a thing is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text()
SECTION = TEXT.partition("## Where to look\n")[2].partition("\n## ")[0]
PLACE = re.compile(r"`([\w/]+/(?:[\w.]+)?)(?:: ([\w.]+))?`")
NAMED = PLACE.findall(SECTION)
QUESTIONS = 22
STRANGERS = (
    "Where is PKCE checked?",
    "What happens when a consent is withdrawn?",
    "Where is the rule of four accesses a day?",
    "What must I write to add a permission?",
    "Where is the single use of a code?",
    "Where are the limits?",
    "What does a UK 401 look like?",
    "Where will a payment run?",
    "Which table holds refresh tokens?",
    "How is a page rendered?",
)


def names_of(body: list[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """The names that a module or a class defines, with the bodies of those that have members."""
    named: dict[str, list[ast.stmt]] = {}
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            named[node.name] = node.body
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named |= {target.id: [] for target in targets if isinstance(target, ast.Name)}
    return named


def test_each_row_is_a_question_and_names_a_place():
    _, _, *rows = [line for line in SECTION.splitlines() if line.startswith("|")]
    assert len(rows) == QUESTIONS
    for row in rows:
        assert re.match(r"\| [A-Z][^|]*\? \|", row), row
        assert PLACE.search(row), row


@pytest.mark.parametrize("question", STRANGERS)
def test_a_question_of_a_stranger_has_an_answer(question: str):
    assert f"| {question} |" in SECTION


@pytest.mark.parametrize(("path", "symbol"), NAMED)
def test_what_the_map_names_exists(path: str, symbol: str):
    assert (ROOT / path).exists()
    body = ast.parse((ROOT / path).read_text()).body if symbol else []
    for name in filter(None, symbol.split(".")):
        named = names_of(body)
        assert name in named, f"{path} has no {symbol}"
        body = named[name]
