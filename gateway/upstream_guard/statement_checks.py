"""The checks of a bank's statements against the question. Each raises UpstreamFailed."""

from collections.abc import Iterator

from gateway.ports import StatementFilter
from gateway.upstream_guard.answer_checks import check_amounts, check_ids, check_rates
from kernel.banking.money import Money
from kernel.banking.records.statements import PDF, STATEMENT_FILE_BYTES_MAX, Statement, StatementFile
from kernel.errors import UpstreamFailed

_BEGINNINGS = {PDF: b"%PDF-"}


def check_statement(statement: Statement) -> None:
    """Refuse a statement that no standard could carry."""
    check_ids((statement.id,))
    check_amounts((statement.account_id, amount) for amount in _amounts_of(statement))
    check_rates([*(each.rate for each in statement.interest), *(each.rate for each in statement.rates)])
    if statement.starts_at > statement.ends_at:
        raise UpstreamFailed("a statement ends before it begins")
    if len({each.figure for each in statement.amounts}) != len(statement.amounts):
        raise UpstreamFailed("a statement has one figure twice")


def check_inside(statement: Statement, where: StatementFilter) -> None:
    if not is_inside(statement, where):
        raise UpstreamFailed("a statement lies outside the window that was asked for")


def is_inside(statement: Statement, where: StatementFilter) -> bool:
    """True if a statement's whole period lies within the bounds."""
    early = where.starts_from is not None and statement.starts_at < where.starts_from
    late = where.ends_to is not None and statement.ends_at > where.ends_to
    return not early and not late


def check_file(file: StatementFile, media_type: str) -> None:
    """The form that was asked for, and not an error page in its place."""
    if file.media_type != media_type or not file.content.startswith(_BEGINNINGS.get(media_type, b"")):
        raise UpstreamFailed("the file is not of the media type that was asked for")
    if not 0 < len(file.content) <= STATEMENT_FILE_BYTES_MAX:
        raise UpstreamFailed(f"a file of {len(file.content)} bytes")


def _amounts_of(statement: Statement) -> Iterator[Money]:
    for group in (statement.amounts, statement.fees, statement.interest, statement.benefits):
        yield from (each.amount for each in group)
