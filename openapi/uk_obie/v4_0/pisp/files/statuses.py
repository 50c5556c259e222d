"""The statuses of a file of payments and of the payments in it. OBIE R/W 4.0, File Payments: PDNG, then INCO or INFA."""

from kernel.banking.planned.instructions import Instruction, InstructionState
from kernel.banking.planned.reports import ReportLine
from openapi.uk_obie.v4_0.pisp.codes.statuses import PAYMENT_STATUSES, TRANSACTION_STATUSES
from openapi.uk_obie.v4_0.pisp.wire.files import FileStatus
from openapi.uk_obie.v4_0.pisp.wire.parts import TransactionStatus

ENDED_STATES = frozenset({InstructionState.REJECTED, InstructionState.CANCELLED})  # nothing more is ordered


def status_of(instruction: Instruction) -> FileStatus:
    """Initiated once its last payment is ordered, or the rest cancelled; failed where no payment is made of it."""
    if instruction.state in {InstructionState.AWAITING_AUTHORISATION, InstructionState.ACTIVE}:
        return "PDNG"
    return "INFA" if instruction.made == (instruction.refused or 0) else "INCO"


def line_status_of(line: ReportLine, instruction: Instruction) -> TransactionStatus:
    """One that is not ordered yet is pending; one that never will be is rejected."""
    if line.status is None:
        return "RJCT" if instruction.state in ENDED_STATES else "PDNG"
    return TRANSACTION_STATUSES[PAYMENT_STATUSES[line.status]]
