"""The simulated scheme's own books: a file of SQLite that outlives its process, however that one ends.

A payment is written before it is answered, once under its UETR. All methods block; the process of the scheme answers one question at a
time.
"""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from kernel.banking.orders import RailStatus, Reason
from plugins.rails.faster_payments.messages import Effect, Recorded
from plugins.rails.faster_payments.outcomes import outcome_of
from plugins.rails.ports import RailPayment, RailReport

PAYMENTS_PER_ANSWER_MAX = 50  # of the books that one answer lists
_TABLES = """
CREATE TABLE IF NOT EXISTS payments (
  uetr TEXT PRIMARY KEY, payment BLOB NOT NULL, status TEXT NOT NULL, reason TEXT, at REAL NOT NULL,
  next_status TEXT, next_at REAL, submissions INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS effects (position INTEGER PRIMARY KEY, effect BLOB NOT NULL, left INTEGER NOT NULL) STRICT;
"""


class OtherPayment(Exception):
    """A payment under a UETR that another payment has."""


class Books:
    """`now` is the scheme's own clock."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._now = now
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.executescript(_TABLES)

    def close(self) -> None:
        self._connection.close()

    def submit(self, payment: RailPayment, *, late: timedelta | None = None) -> RailReport:
        """Write a payment, or find it. `late`: it is settled only after that. Raises OtherPayment."""
        body, now = msgspec.json.encode(payment), self._now()
        outcome = outcome_of(payment)
        status, then, after = outcome.status, outcome.then, outcome.after
        if late is not None and then is None:
            status, then, after = RailStatus.IN_PROCESS, outcome.status, late
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            found = self._connection.execute("SELECT payment FROM payments WHERE uetr = ?", (payment.uetr,)).fetchone()
            if found is None:
                due = None if then is None else (now + after).timestamp()
                row = (payment.uetr, body, status, outcome.reason, now.timestamp(), then, due)
                self._connection.execute("INSERT INTO payments VALUES (?, ?, ?, ?, ?, ?, ?, 1)", row)
            else:
                again = "UPDATE payments SET submissions = submissions + 1 WHERE uetr = ?"
                self._connection.execute(again, (payment.uetr,))
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        if found is not None and found[0] != body:
            raise OtherPayment(payment.uetr)
        report = self.status(payment.uetr)
        assert report is not None
        return report

    def status(self, uetr: str) -> RailReport | None:
        now = self._now().timestamp()
        moved = "UPDATE payments SET status = next_status, at = next_at, next_status = NULL WHERE uetr = ? AND next_at <= ?"
        self._connection.execute(f"{moved} AND next_status IS NOT NULL", (uetr, now))
        columns = "SELECT uetr, status, at, reason FROM payments WHERE uetr = ?"
        row = self._connection.execute(columns, (uetr,)).fetchone()
        return None if row is None else _report(*row)

    def payments(self, after: int) -> tuple[Recorded, ...]:
        columns = "SELECT payment, submissions, uetr, status, at, reason FROM payments ORDER BY rowid LIMIT ? OFFSET ?"
        rows = self._connection.execute(columns, (PAYMENTS_PER_ANSWER_MAX, after)).fetchall()
        return tuple(
            Recorded(payment=msgspec.json.decode(body, type=RailPayment), report=_report(*report), submissions=count)
            for body, count, *report in rows
        )

    def set_effects(self, effects: tuple[Effect, ...]) -> None:
        with self._connection:
            self._connection.execute("DELETE FROM effects")
            rows = [(msgspec.json.encode(effect), effect.times) for effect in effects]
            self._connection.executemany("INSERT INTO effects (effect, left) VALUES (?, ?)", rows)

    def take_effect(self) -> Effect | None:
        """The fault of the next submission, if one is left: each is met as often as it says, in their order."""
        first = "SELECT position, effect FROM effects WHERE left > 0 ORDER BY position LIMIT 1"
        row = self._connection.execute(first).fetchone()
        if row is None:
            return None
        self._connection.execute("UPDATE effects SET left = left - 1 WHERE position = ?", (row[0],))
        return msgspec.json.decode(row[1], type=Effect)


def _report(uetr: str, status: str, at: float, reason: Any) -> RailReport:
    """A reason is of a refusal: one that is still to come is not shown before it is so."""
    found = RailStatus(status)
    shown = Reason(reason) if reason is not None and found is RailStatus.REJECTED else None
    return RailReport(uetr=uetr, status=found, at=datetime.fromtimestamp(at, UTC), reason=shown)
