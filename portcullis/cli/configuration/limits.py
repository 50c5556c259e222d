"""`portcullis config limits`: every limit of a server, collected from the constants of its code, so that no list falls behind.

A limit is a module's constant in capitals that holds a length of time, or a number under a name with one of WORDS. Its unit stands in its
name. The comment on its line says what it protects, the docstring of its module where that belongs. A setting changes it if the default of
the setting is this constant. The sandbox and database migrations are left out: they bound no caller of a bank.
"""

import ast
import importlib
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from rich.console import Console
from rich.markup import escape

import portcullis
from portcullis.settings import schema
from portcullis.settings.schema import Settings

PACKAGES = ("kernel", "openapi", "consent", "orders", "notices", "gateway", "policies", "plugins", "portcullis")
WORDS = frozenset(
    {
        *("MAX", "MIN", "PER", "LIMIT", "FACTOR", "SHARE", "SIZE", "CAPACITY", "BACKLOG", "RESERVED", "ROUNDS"),
        *("SECONDS", "MS", "BYTES", "KIB", "ROWS", "DIGITS", "BITS"),
    }
)
UNITS = {
    "SECONDS": "s",
    "MS": "ms",
    "BYTES": "bytes",
    "KIB": "KiB",
    "ROWS": "rows",
    "CHARS": "characters",
    "CHARACTERS": "characters",
    "LENGTH": "characters",
    "DIGITS": "digits",
    "BITS": "bits",
}
NAME = re.compile(r"[A-Z][A-Z0-9_]*")
SPELLED = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"), (timedelta(seconds=1), "s"))
ROOT = Path(portcullis.__file__).parents[1]
LEGEND = "Name, value, the setting that changes it (- where the code alone does), and what it protects."
FIXED = "-"
VALUE_WIDTH = 25

Value = int | float | timedelta


@dataclass(frozen=True, slots=True)
class Constant:
    """A public number of a module, or a length of time. `protects` is the comment on its line, `setting` the key that changes it."""

    file: str
    about: str
    name: str
    value: Value
    protects: str
    setting: str | None

    @property
    def is_limit(self) -> bool:
        return isinstance(self.value, timedelta) or not WORDS.isdisjoint(self.name.split("_"))

    def spell(self, value: Value) -> str:
        """The value with its unit."""
        if isinstance(value, timedelta):
            length, unit = next(each for each in SPELLED if value % each[0] == timedelta())
            return f"{value // length} {unit}"
        number = f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"
        return " ".join((number, *(UNITS[word] for word in self.name.split("_") if word in UNITS)))


def print_limits(console: Console, settings: Settings | None) -> None:
    """A table of limits under each module: name, value with unit, the setting that changes it, what it protects. A limit that a setting
    changes has its value from `settings`, if they are given."""
    console.print(f"[dim]{LEGEND}[/]", soft_wrap=True)
    limits = [each for each in collect_constants() if each.is_limit]
    names, keys = (max(map(len, column)) for column in zip(*((each.name, each.setting or FIXED) for each in limits), strict=True))
    for (file, about), group in groupby(limits, attrgetter("file", "about")):
        console.print(f"\n[bold]{file}[/]  [dim]{escape(about)}[/]", soft_wrap=True)
        for limit in group:
            value, protects = limit.value, limit.protects
            if limit.setting and settings is not None:
                value = attrgetter(limit.setting)(settings)
            if value != limit.value:
                protects += f" (default: {limit.spell(limit.value)})"
            line = f"  {limit.name:{names}}  {limit.spell(value):>{VALUE_WIDTH}}  {limit.setting or FIXED:{keys}}  {protects}"
            console.print(escape(line.rstrip()), soft_wrap=True)


def collect_constants() -> Iterator[Constant]:
    """In the order of packages, files and lines; what is no limit as well."""
    settings = settings_of_constants()
    for path in (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))):
        if "migrations" in path.parts or path.name == "__main__.py":
            continue
        named, source = path.relative_to(ROOT), path.read_text()
        module = ".".join(named.with_suffix("").parts).removesuffix(".__init__")
        tree = ast.parse(source)
        about = (ast.get_docstring(tree) or "").partition("\n\n")[0].replace("\n", " ")
        if not (lines := dict(_names_of(tree))):
            continue
        comments, loaded = _comments_of(source), importlib.import_module(module)
        for name, line in lines.items():
            value = getattr(loaded, name)
            if type(value) in (int, float, timedelta):
                yield Constant(str(named), about, name, value, comments.get(line, ""), settings.get((module, name)))


def settings_of_constants() -> Mapping[tuple[str, str], str]:
    """The key of the setting whose default is a constant, by the constant's module and name."""
    tree = ast.parse(Path(schema.__file__).read_text())
    imported = {
        alias.name: (node.module or "", alias.name)
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    tables = {"": classes["Settings"]}
    for field in _fields_of(classes["Settings"]):
        if isinstance(field.annotation, ast.Name) and field.annotation.id in classes:
            tables[f"{ast.unparse(field.target)}."] = classes[field.annotation.id]
    return {
        imported[used.id]: f"{prefix}{ast.unparse(field.target)}"
        for prefix, table in tables.items()
        for field in _fields_of(table)
        for used in ast.walk(field.value or field.target)
        if isinstance(used, ast.Name) and used.id in imported
    }


def _fields_of(table: ast.ClassDef) -> Iterator[ast.AnnAssign]:
    return (node for node in table.body if isinstance(node, ast.AnnAssign))


def _names_of(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The public names in capitals that a module sets, each with its line."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for each in target.elts if isinstance(target, ast.Tuple) else [target]:
                    if isinstance(each, ast.Name) and NAME.fullmatch(each.id):
                        yield each.id, node.end_lineno or node.lineno


def _comments_of(source: str) -> Mapping[int, str]:
    """By line."""
    read = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ") for token in read if token.type == tokenize.COMMENT}
