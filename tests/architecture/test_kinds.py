"""The kinds of consent differ in consent/store/kinds/ alone. Other code reads the members of a kind and compares no kinds."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("portcullis", "sandbox", "plugins", "policies", "gateway", "consent", "orders", "notices", "openapi", "kernel")
KINDS = "consent/store/kinds/"
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def names_a_kind(node: ast.AST) -> bool:
    """True if it names a member of ConsentKind, such as ConsentKind.ACCOUNTS."""
    return any(
        isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "ConsentKind"
        for part in ast.walk(node)
    )


def comparisons(text: str) -> Iterator[int]:
    """The lines that compare with a kind, or match one."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Compare | ast.match_case) and names_a_kind(
            node if isinstance(node, ast.Compare) else node.pattern
        ):
            yield node.lineno if isinstance(node, ast.Compare) else node.pattern.lineno


def test_no_code_outside_its_folder_asks_for_the_kind():
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in SOURCES
        if not str(path.relative_to(ROOT)).startswith(KINDS)
        for line in comparisons(path.read_text())
    ]
    assert found == []


def test_a_comparison_would_be_noticed():
    noticed = (
        "consent.kind is ConsentKind.PAYMENT",
        "consent.kind != ConsentKind.PAYMENT",
        "consent.kind in (ConsentKind.VRP, ConsentKind.FUNDS)",
        "match kind:\n    case ConsentKind.VRP:\n        pass",
    )
    for text in noticed:
        assert list(comparisons(text)), text
    assert not list(comparisons("scope_of(ConsentKind.ACCOUNTS)"))
