"""A hold: an amount of one account that may not be spent while it is open. It ends once: captured by an entry, released, or expired."""

from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.banking.money import Money


class HoldState(StrEnum):
    OPEN = "open"
    CAPTURED = "captured"
    RELEASED = "released"
    EXPIRED = "expired"


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A hold as it is asked for. `id` is the order's; `amount` is positive. Without `expires_at` it never expires: the money of an order whose
    outcome is not known may be gone already."""

    id: str
    account_id: str
    amount: Money
    expires_at: datetime | None = None


class StoredHold(msgspec.Struct, frozen=True, kw_only=True):
    """A hold as the ledger keeps it."""

    id: str
    account_id: str
    amount: Money
    state: HoldState
    placed_at: datetime
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    captured: Money | None = None
    entry_id: str | None = None  # of the entry that captured it

    def asked(self) -> Hold:
        return Hold(id=self.id, account_id=self.account_id, amount=self.amount, expires_at=self.expires_at)
