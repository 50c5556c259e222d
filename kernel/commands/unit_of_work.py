"""One transaction as a command sees it: its connection, its locks, and what is written or published when it ends.

Ports that change things take the unit of work, so that what two contexts of one database change is committed together or not at all.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.commands.locks import Lock, LockOrderBroken, hold_name
from kernel.storage.journal import Entry, Event


class UnitOfWork:
    """Made by the runner for one attempt at a command. `locks` is the context's table of named locks, None where it has none."""

    def __init__(self, connection: AsyncConnection, locks: sa.Table | None, now: datetime) -> None:
        self.connection = connection
        self.entries: list[Entry] = []
        self.events: list[Event] = []
        self.versions: dict[str, int] = {}
        self._locks = locks
        self._now = now
        self._held: dict[Lock, sa.Row[Any] | None] = {}

    def record(self, *entries: Entry) -> None:
        """Journal entries, written when the command has been handled."""
        self.entries.extend(entries)

    def publish(self, *events: Event) -> None:
        """Events, written to the outbox after the journal."""
        self.events.extend(events)

    def move(self, subject: str, version: int) -> None:
        """The version of a subject that this transaction makes current (kernel/hot_state/subjects.py): published after the commit."""
        self.versions[subject] = version

    async def lock(self, lock: Lock) -> sa.Row[Any] | None:
        """Take a lock until the transaction ends: the row that is locked, None if there is none or the lock is on a name. One that is
        held is not taken again. Raises LockOrderBroken."""
        if lock in self._held:
            return self._held[lock]
        if self._held and lock.place < (last := max(self._held, key=lambda held: held.place)).place:
            raise LockOrderBroken(f"{lock.kind.name} after {last.kind.name}")
        if lock.kind.select is not None:
            self._held[lock] = (await self.connection.execute(lock.kind.select(lock.brand, lock.key))).one_or_none()
        elif self._locks is None:
            raise LockOrderBroken(f"{lock.kind.name} is a name, and this context has no table of names")
        else:
            await hold_name(self.connection, self._locks, lock, self._now)
            self._held[lock] = None
        return self._held[lock]

    def locked(self, lock: Lock) -> sa.Row[Any] | None:
        """The row of a lock that is held. Raises KeyError for one that the command did not declare or take."""
        return self._held[lock]
