"""The consent server's journal and its outbox: the entries that were recorded and the events that are to be delivered."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from consent.store.tables import journal, outbox
from kernel import json
from kernel.storage.journal import Journal
from tests.harness.books.reader import Reader, Row


@dataclass(frozen=True)
class RecordBooks:
    reader: Reader

    async def entries(self, **where: Any) -> list[Row]:
        """Of the journal, in order; `where` names columns."""
        asked = sa.select(journal).where(*(journal.c[name] == value for name, value in where.items()))
        return await self.reader.rows(asked.order_by(journal.c.id))

    async def facts(self, **where: Any) -> list[dict[str, Any]]:
        """Those of `entries`."""
        return [json.decode(entry.facts, dict) for entry in await self.entries(**where)]

    async def events(self, **where: Any) -> list[Row]:
        """Of the outbox; `where` names columns."""
        return await self.reader.all_of(outbox, **where)

    async def kinds(self, aggregate_id: str) -> list[str]:
        """The kinds of the entries about one aggregate, in order."""
        return [entry.kind for entry in await self.entries(aggregate_id=aggregate_id)]

    async def events_of(self, aggregate_id: str) -> list[str]:
        """The kinds of the events of one aggregate, in the order of its versions."""
        events = await self.events(aggregate_id=aggregate_id)
        return [event.kind for event in sorted(events, key=lambda event: event.aggregate_version)]


def open_journal() -> Journal:
    """That of the consent server, for a test of what writes to it."""
    return Journal(journal, outbox)
