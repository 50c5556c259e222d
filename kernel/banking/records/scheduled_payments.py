"""Single payments that a customer planned for a later day."""

from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.banking.accounts import Counterparty
from kernel.banking.money import Money


class Due(StrEnum):
    """The event on the day of a scheduled payment."""

    EXECUTION = "execution"  # the bank sends the payment
    ARRIVAL = "arrival"  # the payee has the money


class ScheduledPayment(msgspec.Struct, frozen=True, kw_only=True):
    """Only payments still to be made: one that was made is a transaction. `amount` is never negative; `payee` always has an
    identifier."""

    id: str
    account_id: str
    created_at: datetime
    due_at: datetime
    due: Due = Due.EXECUTION
    amount: Money
    payee: Counterparty
    reference: str | None = None  # what the payee reads
    own_reference: str | None = None  # what the payer reads
