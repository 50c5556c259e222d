"""A clock of several processes, which runs faster than the machine's and is moved by the test: one file that all have mapped."""

import mmap
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

_LAYOUT = struct.Struct(
    "qqqq"
)  # when it was made on the machine's clock, in nanoseconds; its speed; by how many microseconds it was moved; the second at which it began
_MOVED = 16  # where that stands


class SharedClock:
    """Made once with `create`, and so many times as fast as the machine's; each process opens it by its path."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _LAYOUT.size)
        self._made, self._speed, _moved, began = _LAYOUT.unpack(self._memory[:])
        self._began = datetime.fromtimestamp(began, UTC)

    @classmethod
    def create(cls, path: Path, speed: int, began: datetime) -> "SharedClock":
        path.write_bytes(_LAYOUT.pack(time.monotonic_ns(), speed, 0, int(began.timestamp())))
        return cls(path)

    def seconds(self, seconds: float) -> float:
        """So many seconds of this clock, by the machine's."""
        return seconds / self._speed

    def wall(self) -> datetime:
        passed = (time.monotonic_ns() - self._made) * self._speed // 1000
        return self._began + timedelta(microseconds=passed + self._moved)

    def now(self) -> datetime:
        return self.wall()

    def move(self, by: timedelta) -> None:
        """The test alone moves it."""
        struct.pack_into("q", self._memory, _MOVED, self._moved + by // timedelta(microseconds=1))

    @property
    def _moved(self) -> int:
        return struct.unpack_from("q", self._memory, _MOVED)[0]
