"""Payees that a customer has set up on an account, trusted or not."""

from datetime import datetime

import msgspec

from kernel.banking.accounts import Counterparty


class Beneficiary(msgspec.Struct, frozen=True, kw_only=True):
    """`payee` always has an identifier. `trusted`: the customer exempted payments to it from strong authentication (RTS article 13)."""

    id: str
    account_id: str
    created_at: datetime
    payee: Counterparty
    reference: str | None = None  # what a payment to it says by default
    trusted: bool = False
