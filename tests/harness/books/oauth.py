"""Rows of the authorization server: requests, codes, families of tokens, signing keys and organisations."""

from dataclasses import dataclass

from consent.store.tables import oauth as o
from tests.harness.books.reader import Reader, Row


@dataclass(frozen=True)
class OAuthBooks:
    reader: Reader

    async def pushed_requests(self) -> list[Row]:
        return await self.reader.all_of(o.pushed_requests)

    async def backchannel_requests(self) -> list[Row]:
        return await self.reader.all_of(o.backchannel_requests)

    async def codes(self) -> list[Row]:
        return await self.reader.all_of(o.codes)

    async def families(self) -> list[Row]:
        return await self.reader.all_of(o.token_families)

    async def refresh_tokens(self) -> list[Row]:
        return await self.reader.all_of(o.refresh_tokens)

    async def signing_keys(self, brand: str) -> list[Row]:
        return await self.reader.all_of(o.signing_keys, brand=brand)

    async def organisations(self) -> dict[str, str]:
        """Names by id."""
        return {row.id: row.name for row in await self.reader.all_of(o.organisations)}
