"""Consents as they are stored: their versions, their authorisations and the accounts that they share."""

from dataclasses import dataclass

import sqlalchemy as sa

from consent.store.tables import consents as c
from consent.store.tables import files as f
from tests.harness.books.reader import Reader, Row


@dataclass(frozen=True)
class ConsentBooks:
    reader: Reader

    async def state_of(self, consent_id: str) -> str:
        """As it is recorded, also where time has ended it."""
        return await self.reader.value(sa.select(c.consents.c.state).where(c.consents.c.id == consent_id))

    async def count(self) -> int:
        return await self.reader.count(c.consents)

    async def last_payment(self) -> str:
        """The id of the one that was lodged last."""
        payments = sa.select(c.consents.c.id).where(c.consents.c.kind == "payment")
        return await self.reader.value(payments.order_by(c.consents.c.created_at.desc()).limit(1))

    async def versions(self) -> list[Row]:
        return await self.reader.all_of(c.consent_versions)

    async def authorisations(self) -> list[Row]:
        return await self.reader.all_of(c.authorisations)

    async def funds_checks(self) -> list[Row]:
        return await self.reader.all_of(c.funds_checks)

    async def file_blocks(self) -> list[Row]:
        return await self.reader.all_of(f.file_blocks)

    async def file_pages(self) -> list[Row]:
        return await self.reader.all_of(f.file_pages)

    async def account_references(self) -> list[Row]:
        return await self.reader.all_of(c.account_references)

    async def shared_accounts(self) -> set[tuple[str, str]]:
        """Each consent id with the id of an account that the index says it shares."""
        return {(row.consent_id, row.account_id) for row in await self.reader.all_of(c.consent_accounts)}
