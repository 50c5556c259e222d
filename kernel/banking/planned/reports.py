"""The report of a file of payments: what became of each, in the order in which they are made."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from kernel.banking.orders import REFUSED_STATUSES, RailStatus, Reason
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.instructions import Instruction


class ReportLine(msgspec.Struct, frozen=True):
    """One payment. `status` None: it is not ordered yet, or will never be."""

    payment: PaymentTerms
    status: RailStatus | None = None
    reason: Reason | None = None
    uetr: str | None = None
    moved_at: datetime | None = None

    @property
    def is_refused(self) -> bool:
        return self.status in REFUSED_STATUSES


class FileReport(msgspec.Struct, frozen=True):
    instruction: Instruction
    lines: tuple[ReportLine, ...]


WriteReport = Callable[[FileReport, bytes, datetime], bytes]  # as a dialect writes it, of a file, at a moment
