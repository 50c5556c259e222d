"""Calls under way in this process: whether another began before they were answered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class UnderWay:
    """Counts calls; `on_overlap` runs when a second one begins."""

    def __init__(self, on_overlap: Callable[[], None]) -> None:
        self._on_overlap = on_overlap
        self._lock = Lock()
        self._count = 0

    @contextmanager
    def one(self) -> Iterator[None]:
        with self._lock:
            self._count += 1
            if self._count > 1:
                self._on_overlap()
        try:
            yield
        finally:
            with self._lock:
                self._count -= 1
