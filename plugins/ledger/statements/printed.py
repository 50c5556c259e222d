"""A statement on its way to the printer: all that stands in it, as one message between two processes of one installation."""

import msgspec

from kernel.banking.accounts import Account, CurrencyExchange
from kernel.banking.records.parties import Party
from kernel.banking.records.statements import Statement


class PrintedEntry(msgspec.Struct, frozen=True, array_like=True):
    """One entry as the database holds it, so that it costs the server little: `booked_at_micros` are microseconds since the epoch, amounts
    are signed minor units of `currency`."""

    booked_at_micros: int
    currency: str
    amount_minor: int
    balance_after_minor: int | None
    information: str
    reference: str | None = None
    exchange: CurrencyExchange | None = None


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """`entries` are oldest first; `zone` names that of the bank's days."""

    bank: str
    zone: str
    account: Account
    holder: Party | None
    statement: Statement
    entries: tuple[PrintedEntry, ...]
