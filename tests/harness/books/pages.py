"""Rows of the customer's pages: journeys that are under way, and attempts that were counted."""

from dataclasses import dataclass

from consent.store.tables.consents import attempts, journeys
from tests.harness.books.reader import Reader, Row


@dataclass(frozen=True)
class PageBooks:
    reader: Reader

    async def journeys(self) -> list[Row]:
        return await self.reader.all_of(journeys)

    async def attempts(self) -> list[Row]:
        return await self.reader.all_of(attempts)
