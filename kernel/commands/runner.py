"""The one way to change state: a command runs as one transaction.

Begin, take the idempotency key if there is one, take the declared locks in the house's order (kernel/commands/locks.py), handle, write
journal and outbox, commit, publish the new versions. A serialization failure or a deadlock runs the whole command again, a bounded
number of times and after a pause of random length; a statement or a lock that takes too long is Overloaded (kernel/storage/database.py).
Raising rolls everything back; what `handle` returns is returned once it is committed and its versions are published.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.clock import Clock
from kernel.commands.idempotency import Idempotency, Outcome, find_outcome, keep_outcome, take_key
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.storage.database import Database
from kernel.storage.journal import Journal

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Guard = Callable[[AsyncConnection], Awaitable[None]]  # raises what forbids the transaction, such as a lost lease
Write = Callable[[], Awaitable[tuple[T, Mapping[str, int]]]]


class Command(Protocol[T_co]):
    """One change, named for the act. `locks` are those that it knows before it begins; a lock that it finds out later it takes by the
    unit of work, or by reading a row for update, in the same order. `handle` may run more than once, and never leaves the process."""

    @property
    def name(self) -> str: ...
    @property
    def locks(self) -> Sequence[Lock]: ...
    async def handle(self, unit: UnitOfWork) -> T_co: ...


class PublishedVersions(Protocol):
    """kernel/hot_state/versions.py"""

    async def change(self, subjects: Sequence[str], write: Write[T]) -> T: ...


class VersionsUnannounced(Exception):
    """A command moved versions that its caller did not announce: its code is wrong, and nothing was committed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """The runner of one context. What the context does not have (versions, a journal, named locks, idempotency keys), its commands
    cannot use."""

    database: Database
    clock: Clock
    versions: PublishedVersions | None = None
    journal: Journal | None = None
    locks: sa.Table | None = None
    idempotency_keys: sa.Table | None = None

    async def run(self, command: Command[T], *, closing: Sequence[str] = (), guard: Guard | None = None) -> T:
        """Run `command`. `closing` are the subjects whose versions it may move: no worker believes these until it has ended. `guard`
        comes first in the transaction. Raises what they raise, and Overloaded."""

        async def work(connection: AsyncConnection) -> tuple[T, Mapping[str, int]]:
            return await self._attempt(connection, command, closing, guard)

        return await self._publish(closing, lambda: self.database.write(work))

    async def run_once(self, command: Command[Outcome], use: Idempotency, *, closing: Sequence[str] = ()) -> Outcome:
        """As `run`, for the first use of an idempotency key; later ones return what the first made. Raises IdempotencyConflict."""
        keys = self.idempotency_keys
        assert keys is not None

        async def work(connection: AsyncConnection) -> tuple[Outcome, Mapping[str, int]]:
            earlier = await take_key(connection, keys, use, self.clock.wall())
            if earlier is not None:
                return earlier, {}
            made, versions = await self._attempt(connection, command, closing, None)
            return await keep_outcome(connection, keys, use, made), versions

        return await self._publish(closing, lambda: self.database.write(work))

    async def find_earlier(self, use: Idempotency) -> Outcome | None:
        """The outcome of an earlier use of the key: a hint, before anything is asked of others that only a first use needs. Raises
        IdempotencyConflict."""
        keys = self.idempotency_keys
        assert keys is not None
        async with self.database.read() as connection:
            return await find_outcome(connection, keys, use, self.clock.wall())

    async def _publish(self, closing: Sequence[str], write: Write[T]) -> T:
        if self.versions is not None and closing:
            return await self.versions.change(closing, write)
        value, _ = await write()
        return value

    async def _attempt(
        self, connection: AsyncConnection, command: Command[T], closing: Sequence[str], guard: Guard | None
    ) -> tuple[T, Mapping[str, int]]:
        if guard is not None:
            await guard(connection)
        unit = UnitOfWork(connection, self.locks, self.clock.wall())
        for lock in sorted(command.locks, key=lambda lock: lock.place):
            await unit.lock(lock)
        value = await command.handle(unit)
        if unit.versions and not closing:
            raise VersionsUnannounced(f"{command.name} moves {sorted(unit.versions)}")
        await self._append(unit)
        return value, unit.versions

    async def _append(self, unit: UnitOfWork) -> None:
        if not (unit.entries or unit.events):
            return
        assert self.journal is not None
        if unit.entries:
            await self.journal.record(unit.connection, *unit.entries)
        if unit.events:
            await self.journal.publish(unit.connection, *unit.events)
