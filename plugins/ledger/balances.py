"""The balance of an account: the sum of its postings, kept as the running balance of the last one.

`find_discrepancies` checks that the two agree; nothing else adds up postings.
"""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from plugins.ledger import tables


def last_balance() -> sa.ColumnElement[int]:
    """The balance of the account of the enclosing statement, in minor units: one look at the end of an index."""
    postings, accounts = tables.postings, tables.accounts
    statement = (
        sa.select(postings.c.balance_after_minor)
        .where(postings.c.brand == accounts.c.brand, postings.c.account_id == accounts.c.id)
        .order_by(postings.c.sequence.desc())
        .limit(1)
        .correlate(accounts)
    )
    return sa.func.coalesce(statement.scalar_subquery(), 0)


def held() -> sa.ColumnElement[int]:
    """The sum of the open holds of the account of the enclosing statement, in minor units."""
    holds, accounts = tables.holds, tables.accounts
    statement = (
        sa.select(sa.func.sum(holds.c.amount_minor))
        .where(holds.c.brand == accounts.c.brand, holds.c.account_id == accounts.c.id, holds.c.ended_by.is_(None))
        .correlate(accounts)
    )
    return sa.cast(sa.func.coalesce(statement.scalar_subquery(), 0), sa.BigInteger)


async def find_discrepancies(connection: AsyncConnection, brand: str) -> list[str]:
    """Ids of accounts whose running balance is not the sum of their postings, and of entries that do not sum to zero."""
    postings, accounts = tables.postings, tables.accounts
    total = (
        sa.select(sa.func.sum(postings.c.amount_minor))
        .where(postings.c.brand == accounts.c.brand, postings.c.account_id == accounts.c.id)
        .correlate(accounts)
    )
    wrong_accounts = sa.select(accounts.c.id).where(
        accounts.c.brand == brand, last_balance() != sa.func.coalesce(total.scalar_subquery(), 0)
    )
    wrong_entries = (
        sa.select(postings.c.entry_id)
        .join(accounts, sa.and_(accounts.c.brand == postings.c.brand, accounts.c.id == postings.c.account_id))
        .where(postings.c.brand == brand)
        .group_by(postings.c.entry_id, accounts.c.currency)
        .having(sa.func.sum(postings.c.amount_minor) != 0)
    )
    found = [*(await connection.scalars(wrong_accounts)), *(await connection.scalars(wrong_entries))]
    return sorted(set(found))
