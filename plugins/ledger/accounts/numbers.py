"""Customers' accounts by their numbers: a payment names its payee by one. The numbers themselves are sealed; their blinded forms are not."""

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import AccountIdentifier
from kernel.errors import UpstreamFailed
from kernel.storage.database import insert_into
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.documents import Identity, open_identity

log = structlog.get_logger(__name__)

LISTED_MAX = 10  # accounts under one number that are looked at: there is one, unless somebody has changed the table
ACCOUNTS_PER_BATCH = 500  # whose numbers are written by one transaction


async def add_numbers(connection: AsyncConnection, sealer: Sealer, brand: str, account_id: str, identity: Identity) -> None:
    """Of an account that is opened, or was before there was this table. Safe to repeat."""
    rows = [{"brand": brand, "number": _blind(sealer, brand, each), "account_id": account_id} for each in identity.identifiers]
    if rows:
        await connection.execute(insert_into(connection, tables.numbers).on_conflict_do_nothing(), rows)


async def find_by_number(connection: AsyncConnection, sealer: Sealer, brand: str, number: AccountIdentifier) -> str | None:
    """The account of this bank that has the number; None for a number of another bank, or of several accounts. An account counts if the
    number is among those that are sealed with it. Raises UpstreamFailed where none of those that are listed has it."""
    numbers, accounts = tables.numbers.c, tables.accounts.c
    blinded = _blind(sealer, brand, number)
    account = sa.and_(accounts.brand == numbers.brand, accounts.id == numbers.account_id)
    query = sa.select(accounts.id, accounts.identity).select_from(tables.numbers.outerjoin(tables.accounts, account))
    listed = (await connection.execute(query.where(numbers.brand == brand, numbers.number == blinded).limit(LISTED_MAX))).all()
    found = [
        row.id for row in listed if row.identity is not None and blinded in _sealed_numbers(sealer, brand, row.id, row.identity)
    ]
    if len(found) < len(listed):
        log.critical("account_number_moved", listed=[row.id for row in listed])
    if listed and not found:
        raise UpstreamFailed("an account is listed under a number that it does not have")
    return found[0] if len(found) == 1 else None


def _sealed_numbers(sealer: Sealer, brand: str, account_id: str, sealed: bytes) -> set[str]:
    identity = open_identity(sealer, sealed, brand, account_id)
    return {_blind(sealer, brand, each) for each in identity.identifiers}


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
