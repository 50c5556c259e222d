"""One payment of an instruction to make several, as its terms foresee it."""

from dataclasses import dataclass
from datetime import date

from kernel.banking.payments import PaymentTerms
from kernel.cut_offs import CutOffRule


@dataclass(frozen=True, slots=True)
class Execution:
    """`number` from 1; `day`: of its calendar, `made_on`: that on which the bank makes payments. `payment` None: it stands in a file."""

    number: int
    day: date
    made_on: date
    payment: PaymentTerms | None = None


def day_made(day: date, calendar: CutOffRule | None) -> date:
    """The day on which a bank makes a payment that falls due on `day`: that one, or the next working day."""
    return day if calendar is None else next(calendar.working_days(day))
