"""Customers' accounts by their numbers: a payment names its payee by one. The numbers themselves are sealed; their blinded forms are not."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import AccountIdentifier
from kernel.storage.database import insert_into
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.documents import Identity, open_identity

ACCOUNTS_PER_BATCH = 500  # whose numbers are written by one transaction


async def add_numbers(connection: AsyncConnection, sealer: Sealer, brand: str, account_id: str, identity: Identity) -> None:
    """Of an account that is opened, or was before there was this table. Safe to repeat."""
    rows = [{"brand": brand, "number": _blind(sealer, brand, each), "account_id": account_id} for each in identity.identifiers]
    if rows:
        await connection.execute(insert_into(connection, tables.numbers).on_conflict_do_nothing(), rows)


async def find_by_number(connection: AsyncConnection, sealer: Sealer, brand: str, number: AccountIdentifier) -> str | None:
    """The account of this bank that has the number; None for a number of another bank, or of several accounts."""
    numbers = tables.numbers.c
    blinded = _blind(sealer, brand, number)
    query = sa.select(numbers.account_id).where(numbers.brand == brand, numbers.number == blinded).limit(2)
    found = list(await connection.scalars(query))
    return found[0] if len(found) == 1 else None


async def add_missing_numbers(connection: AsyncConnection, sealer: Sealer, brand: str) -> int:
    """Write the numbers of accounts that were opened before there was this table, a batch of them; how many accounts."""
    accounts, numbers = tables.accounts.c, tables.numbers.c
    known = sa.exists().where(numbers.brand == accounts.brand, numbers.account_id == accounts.id)
    query = sa.select(accounts.id, accounts.identity).where(
        accounts.brand == brand, accounts.internal.is_(False), accounts.identity.is_not(None), ~known
    )
    rows = (await connection.execute(query.limit(ACCOUNTS_PER_BATCH))).all()
    written = 0
    for row in rows:
        identity = open_identity(sealer, row.identity, brand, row.id)
        await add_numbers(connection, sealer, brand, row.id, identity)
        written += bool(identity.identifiers)
    return written


def _blind(sealer: Sealer, brand: str, number: AccountIdentifier) -> str:
    return sealer.blind(f"{number.scheme.value}/{number.identification}", "ledger_numbers", "number", brand)
