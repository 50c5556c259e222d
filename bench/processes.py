"""The CPU time of processes: of this one, and of a server with all its children, those that have ended included."""

import time
from contextlib import suppress
from pathlib import Path

import psutil


def own_seconds() -> float:
    return time.process_time()


def tree_seconds(pid: int) -> float:
    """Of a process and everything below it."""
    root = psutil.Process(pid)
    seconds = 0.0
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds += times.user + times.system + times.children_user + times.children_system
    return seconds


def pid_of(data: Path) -> int:
    """Of the PostgreSQL server of a data directory."""
    return int((data / "postmaster.pid").read_text().split()[0])
