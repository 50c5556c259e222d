"""Standing orders: an account pays the same payee again and again."""

from datetime import datetime

import msgspec

from kernel.banking.accounts import Counterparty
from kernel.banking.money import Money
from kernel.banking.records.mandates import Frequency, MandateStatus


class StandingOrder(msgspec.Struct, frozen=True, kw_only=True):
    """`payee` always has an identifier. Amounts are what is paid: never negative, in the account's currency. `first`, `previous`,
    `next` and `final` are payments: each has an instant and an amount; the amount is None where it is that of `next`, or where
    there is no such payment."""

    id: str
    account_id: str
    created_at: datetime
    status: MandateStatus
    payee: Counterparty
    reference: str | None = None
    frequency: Frequency
    day: int | None = None  # of the month, or of the week (1 is Monday), as the frequency is monthly or weekly
    payments: int | None = None  # in all, where the order has an end
    first_at: datetime | None = None
    first_amount: Money | None = None
    previous_at: datetime | None = None
    previous_amount: Money | None = None
    next_at: datetime | None = None
    next_amount: Money | None = None
    final_at: datetime | None = None
    final_amount: Money | None = None
