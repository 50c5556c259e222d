"""State changes by commands (kernel/commands/runner.py): who still opens a transaction by hand, and why."""

import ast
from pathlib import Path

from kernel.commands.locks import Rank

ROOT = Path(__file__).parents[2]
PACKAGES = ("portcullis", "sandbox", "plugins", "policies", "gateway", "consent", "orders", "notices", "openapi", "kernel")
TRANSACTIONS = {"write", "write_patiently"}
DATABASES = {"database", "reserved"}

PRIMITIVES = {
    "kernel/commands/runner.py": "the one caller that stays",
    "kernel/hot_state/epoch.py": "the runner publishes versions through the epoch",
    "kernel/storage/database.py": "lets SQLite's planner look at the tables on closing",
    "kernel/storage/lease.py": "the runner's guards stand on leases",
    "kernel/storage/migrate.py": "makes the tables that commands work with, in the time it takes",
    "portcullis/compose/grants.py": "gives rights on tables, as their owner",
    "plugins/upstreams/built_in_payments.py": "stands for a bank's core: each question is one row under its order's id, safe to repeat",
    "portcullis/compose/payments.py": "completes the numbers of accounts before the server starts",
    "portcullis/compose/nature.py": "comes before the first table of a command",
    "sandbox/control/actions.py": "empties the tables of every context at once",
}


def opens_transaction(node: ast.AST) -> bool:
    """A call of a method that begins one, on something that is named as a database, or on itself."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TRANSACTIONS):
        return False
    return ast.unparse(node.func.value).rpartition(".")[2].lstrip("_") in DATABASES


def writers(sources: dict[str, str]) -> set[str]:
    return {path for path, text in sources.items() if any(map(opens_transaction, ast.walk(ast.parse(text))))}


def test_state_changes_by_commands_alone():
    sources = {str(path.relative_to(ROOT)): path.read_text() for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))}
    assert writers(sources) == PRIMITIVES.keys()


def test_only_the_runner_publishes_versions():
    """After the commit, in one place: nothing else passes a change to the hot state."""
    sources = {path: path.read_text() for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))}
    callers = {str(path.relative_to(ROOT)) for path, text in sources.items() if "versions.change(" in text}
    assert callers == {"kernel/commands/runner.py"}


def test_the_order_of_locks_is_drawn_as_it_is():
    ranks = ", ".join(rank.name.lower().replace("_", " ") for rank in Rank)
    assert f"{ranks.capitalize()}: `kernel/commands/locks.py`" in (ROOT / "ARCHITECTURE.md").read_text()


def test_a_transaction_by_hand_would_be_noticed():
    hands = {
        "a.py": "await services.database.write(work)",
        "b.py": "async def f(self):\n    return await self._database.write_patiently(lambda c: c.execute(x))",
        "c.py": "await commands.run(Command())\nfile.write(text)\nself._page.write(1, 2)",
    }
    assert writers(hands) == {"a.py", "b.py"}
