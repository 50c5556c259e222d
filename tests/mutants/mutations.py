"""The small changes that a test should notice: each is one edit of a module's text, found in its syntax tree."""

import ast
import difflib
from collections.abc import Iterator
from dataclasses import dataclass

SWAPPED = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}

COUNTED_MAX = 1_000  # of what is sized in thousands, no call notices one more


@dataclass(frozen=True)
class Mutant:
    """`lines` of `path`, first and last, hold what is changed and where its statement begins; `text` is the whole module afterwards."""

    path: str
    lines: tuple[int, int]
    change: str
    text: str

    def difference_from(self, original: str) -> str:
        lines = difflib.unified_diff(original.splitlines(), self.text.splitlines(), self.path, self.path, lineterm="", n=1)
        return "\n".join(lines)


def find_mutants(path: str, text: str) -> list[Mutant]:
    """Every mutant of one module, in the order of its text."""
    source = text.encode()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def edited(node: ast.AST, change: str, replacement: str) -> Mutant:
        begin, end = (starts[line - 1] + column for line, column in _span(node))
        changed = source[:begin] + replacement.encode() + source[end:]
        return Mutant(path, (begins[node], node.end_lineno), change, changed.decode())

    tree = ast.parse(text)
    begins = {inner: node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt) for inner in ast.walk(node)}
    found = [edited(node, change, replacement) for node, change, replacement in _changes(tree, text)]
    return sorted(found, key=lambda mutant: (mutant.lines, mutant.change, mutant.text))


def _span(node: ast.AST) -> tuple[tuple[int, int], tuple[int, int]]:
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _changes(tree: ast.Module, text: str) -> Iterator[tuple[ast.AST, str, str]]:
    untouched = {inner for node in _never_changed(tree) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if node not in untouched:
            yield from ((where, change, replacement) for where, change, replacement in _changes_of(node, text))


def _never_changed(tree: ast.Module) -> Iterator[ast.AST]:
    """Imports for type checkers, annotations, and the words of a refusal: nothing that a call could notice."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield node
        elif isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            yield node.returns
        elif isinstance(node, ast.JoinedStr):
            yield node


def _changes_of(node: ast.AST, text: str) -> Iterator[tuple[ast.AST, str, str]]:
    match node:
        case ast.If(body=[ast.Raise() | ast.Return() | ast.Continue()], orelse=[]):
            yield node, "drop a guard", "pass"
        case ast.Raise():
            yield node, "drop a raise", "pass"
        case ast.Expr(value=ast.Call() | ast.Await(value=ast.Call())):
            yield node, "drop a call", "pass"
        case ast.Compare(ops=[only], comparators=[right]) if type(only) in SWAPPED:
            left = ast.get_source_segment(text, node.left)
            yield node, "swap a comparison", f"{left} {SWAPPED[type(only)]} {ast.get_source_segment(text, right)}"
        case ast.BoolOp(op=op, values=values):
            joined = f" {'or' if isinstance(op, ast.And) else 'and'} ".join(
                f"({ast.get_source_segment(text, one)})" for one in values
            )
            yield node, "and for or, or for and", f"({joined})"
        case ast.Constant(value=int(value)) if not isinstance(value, bool) and value < COUNTED_MAX:
            yield node, "one more", str(value + 1)
    if isinstance(node, ast.If | ast.While | ast.IfExp) and not isinstance(node.test, ast.Compare):
        yield node.test, "negate a condition", f"(not ({ast.get_source_segment(text, node.test)}))"
