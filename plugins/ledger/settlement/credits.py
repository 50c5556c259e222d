"""A credit as the ledger knows it: whose it is, and the payment that it came by."""

import re

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.money import Money
from kernel.storage.sealed import Sealer
from orders.settlement.ports import Credit
from plugins.ledger import tables
from plugins.ledger.documents import open_identity

OWN_KINDS = frozenset(
    {"book_transfer", "return_received", "dispute_credited", "dispute_won"}
)  # of entries, none of which another bank sent
_UETR = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def load_credit(
    connection: AsyncConnection, sealer: Sealer, brand: str, entry_id: str, given: tuple[str, Money]
) -> Credit | None:
    """`given`: the account, and what the entry gave it. None of what no other bank sent: a payment within this bank, a return, a reversal."""
    account_id, amount = given
    entries, accounts = tables.entries.c, tables.accounts.c
    account = sa.and_(accounts.brand == entries.brand, accounts.id == account_id)
    query = sa.select(entries.kind, entries.cause, entries.reverses, accounts.identity)
    query = query.select_from(tables.entries.join(tables.accounts, account))
    row = (await connection.execute(query.where(entries.brand == brand, entries.id == entry_id))).one_or_none()
    if row is None or row.kind in OWN_KINDS or row.reverses is not None:
        return None
    known = () if row.identity is None else open_identity(sealer, row.identity, brand, account_id).identifiers
    cause = row.cause.lower()
    uetr = cause if row.cause != entry_id and _UETR.fullmatch(cause) else None
    return Credit(amount=amount, numbers=tuple(each.identification for each in known), uetr=uetr)
