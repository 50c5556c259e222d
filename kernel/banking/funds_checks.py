"""A check of funds: an amount that a card issuer asked about, and the answer, yes or no. Directive (EU) 2015/2366 article 65."""

from datetime import datetime

import msgspec

from kernel.banking.money import Money


class FundsCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One check as it was answered `at` (business time). Of the account it holds this one answer and no balance."""

    id: str
    consent_id: str
    reference: str  # the caller's own
    amount: Money
    is_available: bool
    at: datetime
