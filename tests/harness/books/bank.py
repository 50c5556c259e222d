"""The built-in bank of the sandbox: its ledger, the households that its seed made, and the decisions taken before a page."""

from dataclasses import dataclass

import sqlalchemy as sa

from plugins.ledger import tables as ledger
from plugins.ledger.holds.hold import HoldState
from sandbox.bank import tables as bank
from sandbox.decisions.tables import STORED_DECISIONS
from tests.harness.books.reader import Reader, Row

LEDGER_RECORDS = {"ledger_outbox", "ledger_journal"}


@dataclass(frozen=True)
class BankBooks:
    reader: Reader

    async def transactions_of_the_same_account(self, transaction_id: str) -> set[str]:
        """The ids of all transactions that stand on the same account."""
        t = ledger.transactions.c
        account = sa.select(t.account_id).where(t.id == transaction_id).limit(1).scalar_subquery()
        return set(await self.reader.values(sa.select(t.id).where(t.account_id == account, t.ended_by.is_(None))))

    async def accounts(self, brand: str) -> tuple[str, ...]:
        return tuple(sorted(await self.reader.values(sa.select(ledger.accounts.c.id).where(ledger.accounts.c.brand == brand))))

    async def account_rows(self, brand: str) -> list[Row]:
        return await self.reader.all_of(ledger.accounts, brand=brand)

    async def open_holds(self, brand: str) -> list[Row]:
        return await self.reader.all_of(ledger.holds, brand=brand, state=HoldState.OPEN)

    async def last_credit(self, brand: str, account_id: str) -> tuple[str, int]:
        """The entry that last gave the account money, and how much, in minor units."""
        rows = ledger.postings.c
        mine = (rows.brand == brand, rows.account_id == account_id, rows.amount_minor > 0)
        found = await self.reader.rows(
            sa.select(rows.entry_id, rows.amount_minor).where(*mine).order_by(rows.sequence.desc()).limit(1)
        )
        return found[0].entry_id, found[0].amount_minor

    async def balances(self, brand: str, *account_ids: str) -> dict[str, tuple[int, int]]:
        """Booked and held, in minor units, by account."""
        rows = await self.account_rows(brand)
        return {row.id: (row.booked, row.held) for row in rows if row.id in account_ids}

    async def count(self) -> dict[str, int]:
        """Rows of each table of the ledger, without what it records of them."""
        counted = [table for table in ledger.metadata.sorted_tables if table.name not in LEDGER_RECORDS]
        return {table.name: await self.reader.count(table) for table in counted}

    async def count_anchors(self) -> int:
        return await self.reader.count(bank.anchors)

    async def text_of_the_ledger(self) -> str:
        """All that a reader of its tables could learn."""
        return await self.reader.everything(ledger.metadata)

    async def households(self, brand: str) -> set[str]:
        """The names of those that the synthetic bank has made."""
        return set(await self.reader.values(sa.select(bank.households.c.name).where(bank.households.c.brand == brand)))

    async def count_decisions(self) -> int:
        return await self.reader.count(STORED_DECISIONS)
