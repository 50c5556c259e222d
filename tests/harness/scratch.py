"""Where tests keep their files: in memory where there is enough of it, since making a file on a disk takes twenty times as long, and
each database of a test's own is a thousand files."""

import os
import re
import shutil
import tempfile
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # POSIX shared memory, a file system on Linux
MEMORY_INFORMATION = Path("/proc/meminfo")
CONTROL_GROUP = Path("/sys/fs/cgroup")  # version 2: the limit of a container
FREE_BYTES_MIN = 4 << 30


def use_memory() -> None:
    """For this process and those it starts, unless whoever started it said where."""
    if "TMPDIR" in os.environ or not os.access(SHARED_MEMORY, os.W_OK | os.X_OK):
        return
    if is_enough(shutil.disk_usage(SHARED_MEMORY).free, _text(MEMORY_INFORMATION), CONTROL_GROUP):
        os.environ["TMPDIR"] = tempfile.tempdir = str(SHARED_MEMORY)


def is_enough(free_bytes: int, memory_information: str, control_group: Path) -> bool:
    """Does the file system, the machine and the container that we may be in each have room? What is not known counts as none, but for
    a container, which need not be one."""
    available = re.search(r"^MemAvailable:\s+(\d+) kB$", memory_information, re.MULTILINE)
    limit, used = _text(control_group / "memory.max").strip(), _text(control_group / "memory.current").strip()
    room = [free_bytes, int(available[1]) << 10 if available else 0]
    if limit.isdecimal() and used.isdecimal():
        room.append(int(limit) - int(used))
    return min(room) >= FREE_BYTES_MIN


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""
