"""The optional question of the core-bank contract about the day of a payment, answered by a source of cut-offs in this process."""

from datetime import timedelta

from gateway.ports import CutOffs
from kernel.brand import Brand
from openapi.core_bank.v1.payment_days import OfDay, WorkingDay

VALID_MINUTES_MAX = 5  # that a caller may go by an answer of the synthetic bank about its days


async def answer_day(cut_offs: CutOffs, brand: Brand, question: OfDay) -> WorkingDay | None:
    """None: the bank leaves it to its caller."""
    day = await cut_offs.payment_day(brand, question.at)
    if day is None:
        return None
    valid_until = question.at + timedelta(minutes=VALID_MINUTES_MAX)
    return WorkingDay(at=question.at, opens=day.opens, cut_off=day.cut_off, late=day.late, valid_until=valid_until)
