"""Where tests keep their files: in memory where there is enough of it, since making a file on a disk takes twenty times as long, and
each database of a test's own is a thousand files."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")  # POSIX shared memory, a file system on Linux
PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
FREE_BYTES_MIN = 4 << 30


def use_memory() -> None:
    """For this process and those it starts, unless its parent said where."""
    if "TMPDIR" not in os.environ and is_roomy(SHARED_MEMORY, PROC, CGROUPS):
        os.environ["TMPDIR"] = tempfile.tempdir = str(SHARED_MEMORY)


def is_roomy(shared_memory: Path, proc: Path, cgroups: Path) -> bool:
    """Its size is only what it may grow to: the machine must have that much, and so must each control group that we are in."""
    if not os.access(shared_memory, os.W_OK | os.X_OK):
        return False
    free = [
        shutil.disk_usage(shared_memory).free,
        _available_bytes(proc / "meminfo"),
        *_headrooms(proc / "self" / "cgroup", cgroups),
    ]
    return min(free) >= FREE_BYTES_MIN


def _available_bytes(meminfo: Path) -> int:
    """None, where the system does not say."""
    for line in _lines(meminfo):
        name, _, size = line.partition(":")
        if name == "MemAvailable":
            return int(size.removesuffix("kB")) << 10
    return 0


def _headrooms(membership: Path, cgroups: Path) -> Iterator[int]:
    """The room that each group may still take, as far as it can be read: version 2 and version 1, from the innermost group outwards."""
    for line in _lines(membership):
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            root, limit, usage, reclaimable = cgroups, "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            root, limit, usage = cgroups / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
            reclaimable = "total_inactive_file"
        else:
            continue
        innermost = root / path.strip("/")
        for group in (innermost, *innermost.parents):
            if group.is_relative_to(root):
                yield from _headroom(group / limit, group / usage, group / "memory.stat", reclaimable)


def _headroom(limit: Path, usage: Path, stat: Path, reclaimable: str) -> Iterator[int]:
    numbers = [int(line) for file in (limit, usage) for line in _lines(file) if line.isdigit()]  # `max` is no number
    if len(numbers) == 2:
        pages = [int(size) for name, _, size in (line.partition(" ") for line in _lines(stat)) if name == reclaimable]
        yield numbers[0] - numbers[1] + sum(pages)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text().splitlines()
    except OSError:
        return []
