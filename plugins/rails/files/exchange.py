"""The folders through which a bank and the bureau of a file rail give each other documents: a file is there whole, or not at all.

The bureau takes a file by moving it from `outgoing` to `outgoing/taken`, and puts its answers into `incoming`. What was read of them is moved to `incoming/read`,
and what cannot be read to `incoming/refused`, for people.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from kernel.iso20022.documents import DOCUMENT_BYTES_MAX

Document = tuple[Path, bytes]
SUFFIX = ".xml"
FILES_PER_LOOK_MAX = 20  # answers that are read before others have their turn


@dataclass(frozen=True, slots=True)
class Exchange:
    folder: Path

    @classmethod
    def open(cls, folder: Path) -> "Exchange":
        exchange = cls(folder)
        for each in (exchange.taken, exchange.read, exchange.refused):
            each.mkdir(parents=True, exist_ok=True)
        return exchange

    @property
    def outgoing(self) -> Path:
        return self.folder / "outgoing"

    @property
    def taken(self) -> Path:
        return self.outgoing / "taken"

    @property
    def incoming(self) -> Path:
        return self.folder / "incoming"

    @property
    def read(self) -> Path:
        return self.incoming / "read"

    @property
    def refused(self) -> Path:
        return self.incoming / "refused"

    def hand_over(self, name: str, document: bytes) -> None:
        """Put a file out, once: one that is there, or was taken, is not put out again."""
        put(self.outgoing, self.taken, name, document)

    def answer(self, name: str, document: bytes) -> None:
        """The bureau's side of `hand_over`."""
        put(self.incoming, self.read, name, document)

    def read_handed_over(self) -> list[Document]:
        """Files that were put out, by their names; a bounded number."""
        return _read(self.outgoing)

    def read_answers(self) -> list[Document]:
        """Likewise, those of the bureau."""
        return _read(self.incoming)


def put(folder: Path, later: Path, name: str, document: bytes) -> None:
    """Write a file that outlives a loss of power, unless it is in one of the two folders: the first is looked into first, for a file moves
    from it to the other."""
    place = folder / f"{name}{SUFFIX}"
    if place.exists() or (later / place.name).exists():
        return
    part = folder / f".{name}.part"
    with part.open("wb") as file:
        file.write(document)
        file.flush()
        os.fsync(file.fileno())
    part.rename(place)
    _sync(folder)


def move(file: Path, folder: Path) -> None:
    file.rename(folder / file.name)
    _sync(folder)


def _read(folder: Path) -> list[Document]:
    """Regular files alone: a folder cannot be read, a pipe would block, and a link may lead out of the folder."""
    found = sorted(
        path for path in folder.iterdir() if path.suffix == SUFFIX and not path.name.startswith(".") and _is_regular(path)
    )
    documents = []
    for path in found[:FILES_PER_LOOK_MAX]:
        with open(path, "rb", opener=_open_unfollowed) as file:
            documents.append((path, file.read(DOCUMENT_BYTES_MAX + 1)))  # one byte more: the reader refuses it
    return documents


def _is_regular(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)


def _open_unfollowed(path: str, flags: int) -> int:
    """Refuses a link, and waits for no pipe, that took the place of the file."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _sync(folder: Path) -> None:
    """A name that was given lasts only once its folder is on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
