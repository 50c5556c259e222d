"""Files of statements that were made a moment ago, kept in memory so that none is made twice for a caller who asks again.

A file is kept by the account and the whole statement that it prints: another version of the statement is another file. Whether the
statement stands, and the caller may see it, is asked each time, before this.
"""

from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from kernel.banking.records.statements import Statement, StatementFile
from kernel.brand import Brand
from kernel.clock import monotonic
from kernel.in_flight import InFlight

FILES_BYTES_MAX = 32 * 1024 * 1024  # of all files kept, in each process
KEPT_SECONDS = 600.0  # a printed file is kept: what it prints, such as its holder's address, may change

Key = tuple[str, str, Statement, str]
Ask = Callable[[], Coroutine[Any, Any, StatementFile | None]]


@dataclass(frozen=True, slots=True)
class _Kept:
    file: StatementFile
    until: float


class StatementFiles:
    """Bounded in bytes: the least recently used leave first. `seconds_now` is a clock in seconds that never jumps."""

    def __init__(self, bytes_max: int = FILES_BYTES_MAX, seconds_now: Callable[[], float] = monotonic) -> None:
        self._bytes_max = bytes_max
        self._now = seconds_now
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._asked: InFlight[StatementFile | None] = InFlight()
        self.bytes = 0

    async def load(self, brand: Brand, statement: Statement, media_type: str, ask: Ask) -> StatementFile | None:
        """The kept file, or what `ask` answers, once for all who wait for it. Raises what `ask` raises."""
        key = (brand.name, statement.account_id, statement, media_type)
        kept = self._kept.get(key)
        if kept is not None and kept.until > self._now():
            self._kept.move_to_end(key)
            return kept.file
        return await self._asked.run(key, lambda: self._ask(key, ask))

    async def _ask(self, key: Key, ask: Ask) -> StatementFile | None:
        file = await ask()
        if file is not None:
            self._keep(key, file)
        return file

    def _keep(self, key: Key, file: StatementFile) -> None:
        self._forget(key)
        if len(file.content) > self._bytes_max:
            return
        self._kept[key] = _Kept(file, self._now() + KEPT_SECONDS)
        self.bytes += len(file.content)
        while self.bytes > self._bytes_max:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.bytes -= len(kept.file.content)
