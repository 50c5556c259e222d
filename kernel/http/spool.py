"""A body too large for memory, in a file that has no name: hashed while it is written, gone with the process, and readable by no one else.

The file is unlinked as it is made, with mode 0600 (`tempfile.TemporaryFile`), so that no end of the process leaves it behind.
"""

import asyncio
import hashlib
import os
import tempfile
import threading
from collections.abc import AsyncIterator
from typing import IO, Final

from kernel.errors import Overloaded

SPOOL_ABOVE_BYTES: Final = 262_144  # of a body that stays in memory where its surface takes larger ones
BLOCK_BYTES: Final = 262_144  # of a spooled body, written and read at once


class Spool:
    """The bytes of one body, in their order. A thread does what the disk does; `close` waits for it, so that no descriptor is
    used twice. Once closed it takes and reads nothing more."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None  # until there is something to write
        self._lock = threading.Lock()
        self._hash = hashlib.sha256()
        self._size = 0
        self._closed = False

    @property
    def size(self) -> int:
        """In bytes."""
        return self._size

    @property
    def sha256(self) -> bytes:
        """Of all bytes."""
        return self._hash.digest()

    @property
    def is_closed(self) -> bool:
        return self._closed

    async def append(self, block: bytes) -> None:
        """Raises Overloaded: the disk has no room for it."""
        try:
            await asyncio.to_thread(self._append, block)
        except OSError as error:
            raise Overloaded(f"a body cannot be spooled: {type(error).__name__}") from None

    async def blocks(self) -> AsyncIterator[bytes]:
        """The body from its beginning, a block at a time. Raises ValueError once it is closed."""
        for start in range(0, self._size, BLOCK_BYTES):
            yield await asyncio.to_thread(self._read, start)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()

    def _append(self, block: bytes) -> None:
        with self._lock:
            if self._closed:
                return  # its request has ended meanwhile
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  `close` closes it
            left = memoryview(block)
            while left:
                left = left[self._file.write(left) :]
            self._hash.update(block)
            self._size += len(block)

    def _read(self, start: int) -> bytes:
        with self._lock:
            if self._closed or self._file is None:
                raise ValueError("the spool is closed")
            return os.pread(self._file.fileno(), BLOCK_BYTES, start)
