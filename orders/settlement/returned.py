"""Payments that came back by a rail, as they are booked."""

from datetime import date

import msgspec

from kernel.banking.money import Money


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that came back. `id` is its sender's; `uetr` is that of the payment, `cycle` the clearing system's."""

    id: str
    uetr: str
    amount: Money
    reason: str
    settled_on: date | None = None
    end_to_end: str | None = None
    cycle: str | None = None
