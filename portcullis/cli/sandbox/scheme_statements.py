"""Write what the simulated schemes state of their own books: one document for each day that it has settled, and one of what came back."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from kernel.clock import SystemClock
from orders.reconciliation.statement import Statement
from plugins.rails.faster_payments.rules import FASTER_PAYMENTS
from plugins.rails.files import rules as files
from plugins.rails.files.bureau_record import RECORD, BureauRecord
from plugins.rails.iso20022.returns import write_returns
from plugins.rails.iso20022.statement_writer import write_statement
from plugins.rails.schemes import SCHEMES
from plugins.rails.simulated.books import Books
from plugins.rails.simulated.rules import SchemeRules
from plugins.rails.simulated.scheme import books_path
from plugins.rails.simulated.settlement_statement import daily_statements, settled_until, statements_of
from portcullis.cli.control_client import ServerRefused
from portcullis.compose.payments import FILES
from portcullis.settings.schema import Settings

RETURNS = "returns.xml"


def write_scheme_statements(settings: Settings, folder: Path) -> Iterator[Path]:
    """Of every scheme that settles later, and of the bureau of files. Raises ServerRefused where none has books."""
    state = settings.state_dir.resolve()
    found = [rules for rules in SCHEMES if rules.calendar is not None and books_path(rules, state).is_file()]
    if not found:
        raise ServerRefused(f"no simulated scheme has books in {settings.state_dir}")
    folder.mkdir(parents=True, exist_ok=True)
    for rules in found:
        yield from _write(rules, books_path(rules, state), folder)
    record = state / FILES / RECORD
    if record.is_file():
        yield from _write_bureau(record, folder)


def _write(rules: SchemeRules, path: Path, folder: Path) -> Iterator[Path]:
    now = SystemClock().wall
    books = Books(rules, path, now)
    try:
        assert rules.calendar is not None
        yield from _put(statements_of(rules, books, settled_until(rules.calendar, now())), folder)
        returned = books.given_back()
        if returned:
            written = folder / (RETURNS if rules is FASTER_PAYMENTS else f"{rules.name}-{RETURNS}")
            written.write_bytes(write_returns(f"R{now():%Y%m%d%H%M%S}", now(), returned))
            yield written
    finally:
        books.close()


def _write_bureau(path: Path, folder: Path) -> Iterator[Path]:
    record = BureauRecord(path)
    try:
        until = settled_until(files.CYCLES, SystemClock().wall())
        yield from _put(daily_statements(files.CYCLES, files.ACCOUNT, record.made(), until), folder)
    finally:
        record.close()


def _put(statements: Iterable[Statement], folder: Path) -> Iterator[Path]:
    for statement in statements:
        written = folder / f"{statement.id}.xml"
        written.write_bytes(write_statement(statement))
        yield written
