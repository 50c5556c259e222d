"""The words of documents on the payments of a file rail: reports (pain.002), statements and notices of bookings (camt.053, camt.054).

The word on one payment counts before that on its batch. A booking is evidence that a payment was made, if it is of our account and of the payment's amount.
"""

import re
import uuid
from datetime import datetime

from kernel.banking.orders import RailStatus, Reason
from kernel.iso20022.nodes import DocumentRefused
from orders.reconciliation.statement import Part, Statement
from plugins.rails.files.rules import ACCOUNT, CYCLES
from plugins.rails.files.spool import Word
from plugins.rails.iso20022.statements import read_statements
from plugins.rails.iso20022.status_reports import StatusReport, read_status_reports

_REPORT = re.compile(rb"tech:xsd:pain\.002\.")
_CODES = frozenset(Reason)
HEAD_BYTES = 4_096  # of a document, in which its namespace stands


async def read_words(document: bytes, now: datetime) -> tuple[Word, ...]:
    """Raises DocumentRefused, also for a statement of another's account."""
    if _REPORT.search(document[:HEAD_BYTES]):
        said = [_of_report(report, now) for report in await read_status_reports(document)]
        return tuple(sorted(said, key=lambda word: word.uetr is None))
    words: list[Word] = []
    for statement in await read_statements(document):
        if (statement.account, statement.currency) != (ACCOUNT.number, ACCOUNT.currency):
            raise DocumentRefused("a statement of another account")
        words += _of_statement(statement, now)
    return tuple(words)


def instruction_of(uetr: str) -> str:
    """Our id of a payment in a message, which has no room for the hyphens and for more."""
    return uetr.replace("-", "")


def _of_report(report: StatusReport, now: datetime) -> Word:
    reason = None
    if report.reason is not None:
        reason = Reason(report.reason) if report.reason in _CODES else Reason.UNSPECIFIED_BY_AGENT
    uetr = _uetr_of(report.uetr, report.instruction)
    if uetr is None and (report.instruction is not None or report.end_to_end is not None):
        raise DocumentRefused("a report on a payment that it does not name")
    return Word(status=report.status, at=now, uetr=uetr, batch=report.batch or report.message, reason=reason)


def _of_statement(statement: Statement, now: datetime) -> list[Word]:
    words = []
    for entry in statement.entries:
        for part in entry.parts:
            uetr = _uetr_of(part.references.uetr, part.references.instruction)
            if uetr is not None and part.amount.minor < 0 and not entry.is_reversal:
                words.append(_booked(part, uetr, now))
    return words


def _booked(part: Part, uetr: str, now: datetime) -> Word:
    cycle = part.references.clearing or CYCLES.cycle_of(now).id
    return Word(status=RailStatus.SETTLED, at=now, uetr=uetr, amount_minor=-part.amount.minor, cycle=cycle)


def _uetr_of(uetr: str | None, instruction: str | None) -> str | None:
    """Raises DocumentRefused where the two name different payments."""
    named = None
    if instruction is not None and len(instruction) == 32:
        try:
            named = str(uuid.UUID(instruction))
        except ValueError:
            named = None
    if uetr is not None and named is not None and uetr != named:
        raise DocumentRefused("a payment with the references of two")
    return uetr or named
