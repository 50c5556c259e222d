"""The report of a file: what became of each payment, read some at a time: no reader waits for another's report."""

from kernel.banking.planned.files import FileTerms
from kernel.banking.planned.instructions import Instruction
from kernel.banking.planned.reports import FileReport, ReportLine
from kernel.brand import Brand
from kernel.errors import OrderUnknown
from orders.room import Room
from orders.rows.executions import load_executions_from

REPORT_PAGE_MAX = 200  # payments that are read at once


async def load_report(room: Room, brand: Brand, instruction: Instruction) -> FileReport:
    """Raises OrderUnknown for an instruction that has no file."""
    if not isinstance(instruction.terms, FileTerms):
        raise OrderUnknown(f"an instruction of kind {instruction.kind} has no report")
    lines: list[ReportLine] = []
    for first in range(1, instruction.terms.found.payments + 1, REPORT_PAGE_MAX):
        lines += await _load_page(room, brand, instruction, first)
    return FileReport(instruction, tuple(lines))


async def _load_page(room: Room, brand: Brand, instruction: Instruction, first: int) -> list[ReportLine]:
    async with room.database.read() as connection:
        made = await load_executions_from(
            connection, room.sealer, brand.name, instruction.id, number=first, at_most=REPORT_PAGE_MAX
        )
        left = REPORT_PAGE_MAX - len(made)
        after = first + len(made)
        planned = (
            await room.consents.payments_of_file(connection, brand, instruction.consent_id, first=after, most=left)
            if left
            else ()
        )
    ordered = [ReportLine(each.terms, each.rail_status, each.reason, each.uetr, each.updated_at) for each in made]
    return [*ordered, *(ReportLine(payment) for payment in planned)]
