"""The built-in identity provider: the one-time codes that are under way, and all that it stores of people."""

from dataclasses import dataclass

from plugins.psu_identity import tables
from tests.harness.books.reader import Reader, Row


@dataclass(frozen=True)
class IdentityBooks:
    reader: Reader

    async def codes(self) -> list[Row]:
        return await self.reader.all_of(tables.codes)

    async def text(self) -> str:
        """All that a reader of its tables could learn."""
        return await self.reader.everything(tables.metadata)
