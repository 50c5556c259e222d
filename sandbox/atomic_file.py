"""Write a file whole or not at all, even if the process is killed: temporary file, fsync, rename, fsync of the folder."""

import os
from pathlib import Path

SECRET = 0o600
PUBLIC = 0o644


def write_atomically(path: Path, content: bytes, *, mode: int) -> None:
    """Replace `path` by `content`. A reader sees the old file or the new one; a leftover of a killed writer is overwritten."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # the umask does not apply
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
