"""The reversal of a mistake of the bank's own: the mirror of an entry, which names it. Of one entry there is at most one.

A refund is no reversal: it is a payment of its own. A return comes with its own entry too (patterns.py).
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.money import Money
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line
from plugins.ledger.postings.stored import load_entries
from plugins.ledger.refusals import EntryUnknown

REVERSAL = "reversal"


async def mirror_entry(
    connection: AsyncConnection,
    brand: str,
    entry_id: str,
    reversal_id: str,
    lines: Mapping[int, Line],
    *,
    value_date: date | None = None,
    forced: bool = False,
) -> LedgerEntry:
    """The entry that undoes another when it is posted. `forced`: even if the account cannot pay it back.
    `lines` by the number of the leg, from 1: those of customers' accounts. Raises EntryUnknown; posting it, EntryReversed."""
    stored = (await load_entries(connection, brand, {entry_id})).get(entry_id)
    if stored is None:
        raise EntryUnknown(f"entry {entry_id}")
    legs = tuple(
        Leg(account_id, Money(amount.currency, -amount.minor), lines.get(number))
        for number, (account_id, amount) in enumerate(stored.legs, 1)
    )
    return LedgerEntry(reversal_id, legs, REVERSAL, reverses=entry_id, cause=entry_id, value_date=value_date, forced=forced)
