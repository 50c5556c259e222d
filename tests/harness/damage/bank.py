"""Rows of the built-in bank, changed behind the back of its ledger."""

from typing import Any

import sqlalchemy as sa

from kernel.storage.database import Database
from plugins.ledger.tables import accounts, numbers, transfers
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


async def redirect(database: Database, what: str, account: str, *, is_mended: bool = False) -> None:
    """Lead payments to the account `ours` to another, or back: by "the number", "the payee" or "the route"."""
    before = "mallory" if is_mended else "ours"
    route = {"route": "book", "payee_account": account} if is_mended else {"route": "faster_payments", "payee_account": None}
    statements: dict[str, sa.Executable] = {
        "the number": numbers.update().where(numbers.c.account_id == before).values(account_id=account),
        "the payee": transfers.update().values(payee_account=account),
        "the route": transfers.update().values(**route),
    }
    await run(database, statements[what])


async def lead(database: Database, rail: str) -> None:
    """Lead every payment to another rail."""
    await run(database, transfers.update().values(route=rail))


async def share_number(database: Database, of: str, account: str) -> None:
    """A second account is found by the number of the first."""
    columns = (numbers.c.brand, numbers.c.number, sa.literal(account))
    shared = sa.select(*columns).where(numbers.c.account_id == of)
    await run(database, numbers.insert().from_select(["brand", "number", "account_id"], shared))
