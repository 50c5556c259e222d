"""The record of the simulated bureau: the payments that it took, each once under its UETR, with the cycle in which it settles those that it pays. A file
of SQLite; all methods block.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from kernel.banking.money import Money
from orders.reconciliation.statement import Part, References
from plugins.rails.files.rules import ACCOUNT
from plugins.rails.record_file import open_record_file

RECORD = "bureau.sqlite3"  # of the folder
_TABLES = """
CREATE TABLE IF NOT EXISTS taken (uetr TEXT PRIMARY KEY, message TEXT NOT NULL, minor INTEGER NOT NULL, digits TEXT NOT NULL, cycle TEXT) STRICT;
"""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that came. `digits`: those that choose its answer; `cycle`: of one that is paid."""

    uetr: str
    minor: int
    digits: str
    cycle: str | None

    def part(self) -> Part:
        """Of the booking of what is paid."""
        references = References(instruction=self.uetr.replace("-", ""), uetr=self.uetr, clearing=self.cycle)
        return Part(amount=Money(ACCOUNT.currency, -self.minor), references=references)


class BureauRecord:
    def __init__(self, path: Path) -> None:
        self._connection = open_record_file(path, _TABLES)

    def close(self) -> None:
        self._connection.close()

    def take(self, message: str, payments: Iterable[Taken]) -> list[Taken]:
        """The payments that came with a message, as they were taken when it first came."""
        insert = "INSERT OR IGNORE INTO taken (uetr, message, minor, digits, cycle) VALUES (?, ?, ?, ?, ?)"
        rows = [(each.uetr, message, each.minor, each.digits, each.cycle) for each in payments]
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(insert, rows)
        self._connection.execute("COMMIT")
        return self._read("WHERE message = ?", message)

    def taken(self) -> list[Taken]:
        """Every payment that ever came, oldest first."""
        return self._read("")

    def made(self) -> dict[str, list[Part]]:
        """By cycle, the bookings of what is paid."""
        made: dict[str, list[Part]] = {}
        for each in self._read("WHERE cycle IS NOT NULL"):
            assert each.cycle is not None
            made.setdefault(each.cycle, []).append(each.part())
        return made

    def _read(self, where: str, *values: str) -> list[Taken]:
        rows = self._connection.execute(f"SELECT uetr, minor, digits, cycle FROM taken {where} ORDER BY rowid", values)  # noqa: S608  constants
        return [Taken(uetr=uetr, minor=minor, digits=digits, cycle=cycle) for uetr, minor, digits, cycle in rows]
