"""A part of the synthetic bank, ready to be written: one household made from a seed, or a whole bank read from a file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from consent.ports import ScaMethod
from kernel.banking.records.offers import Offer
from kernel.banking.records.parties import AccountParty, Party
from kernel.banking.records.products import Product
from plugins.ledger.accounts.openings import AccountOpening, StatusChange
from plugins.ledger.postings.entries import LedgerEntry, PendingPayment
from plugins.ledger.records.records import AnyRecord


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """The login of a customer. The password follows from the user name: people.py."""

    customer_id: str
    psu_id: str
    username: str
    display_name: str
    sca_methods: tuple[ScaMethod, ...]


def _no_entries() -> Iterator[list[LedgerEntry]]:
    return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Tale:
    """The rows of one part of the bank. `entries` returns a fresh iterator at each call, since a transaction may run more than once;
    `changes`, by account id, are applied after the entries; `issues_statements`: statements are made from the entries, up to the
    anchor; `origin`: the seed and the anchor, where the tale brings its own."""

    name: str
    origin: tuple[str, datetime] | None = None
    logins: tuple[Login, ...] = ()
    products: tuple[Product, ...] = ()
    parties: tuple[tuple[Party, str | None], ...] = ()  # with the customer's id, if it is one
    accounts: tuple[AccountOpening, ...] = ()
    account_parties: tuple[AccountParty, ...] = ()
    entries: Callable[[], Iterator[list[LedgerEntry]]] = _no_entries
    pending: tuple[PendingPayment, ...] = ()
    changes: dict[str, StatusChange] = field(default_factory=dict)
    records: tuple[AnyRecord, ...] = ()
    offers: tuple[Offer, ...] = ()
    issues_statements: bool = True
    size: int = 0  # transactions


def count_lines(entry: LedgerEntry) -> int:
    """Transactions that an entry makes."""
    return sum(leg.line is not None for leg in entry.legs)
