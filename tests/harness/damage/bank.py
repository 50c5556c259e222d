"""Rows of the built-in bank, changed behind the back of its ledger."""

from typing import Any

import sqlalchemy as sa

from kernel.storage.database import Database
from plugins.ledger.tables import accounts
from sandbox.bank.erasure import lift_rules
from tests.harness.damage.rows import run


async def copy_identity(database: Database, from_account: str, to_account: str) -> None:
    """The sealed number of one account, written on another."""
    sealed = sa.select(accounts.c.identity).where(accounts.c.id == from_account).scalar_subquery()
    await run(database, accounts.update().where(accounts.c.id == to_account).values(identity=sealed))


async def forget_held(database: Database) -> None:
    """No account knows any more how much of it is held. The rules of the database, which refuse that, are lifted first."""

    async def work(connection: Any) -> None:
        await lift_rules(connection)
        await connection.execute(accounts.update().values(held=0))

    await database.write(work)


async def lose_numbers(database: Database) -> None:
    """The table of account numbers is not there any more."""
    await run(database, sa.text("ALTER TABLE ledger_numbers RENAME TO gone"))
