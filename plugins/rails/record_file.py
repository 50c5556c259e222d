"""The files in which rails keep what they must not lose: SQLite, each statement on the disk before it is answered. Opening blocks."""

import sqlite3
from pathlib import Path

BUSY_SECONDS = 5.0  # for which another process may hold a file


def open_record_file(path: Path, tables: str) -> sqlite3.Connection:
    """Makes the tables that are missing. The caller begins and commits, and may use the connection from any one thread at a time."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.executescript(tables)
    return connection
