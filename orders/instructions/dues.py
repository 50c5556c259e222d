"""The moment at which an instruction has its next turn."""

from datetime import datetime

from kernel.banking.planned.executions import Execution
from kernel.banking.planned.files import FileTerms
from kernel.banking.planned.instructions import InstructionTerms
from kernel.brand import Brand
from kernel.cut_offs import start_of


def due_at(terms: InstructionTerms, execution: Execution, brand: Brand, now: datetime) -> datetime:
    """The first instant of the day on which the execution is made; of a file, whose payments of one day take many turns, no earlier than now."""
    first = start_of(execution.made_on, brand.zone)
    return max(first, now) if isinstance(terms, FileTerms) else first
