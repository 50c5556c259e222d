"""The spool of a file rail: the payments that were collected, their batches, and what was read of them. A file of SQLite; all methods block.

A payment is in one batch. A batch is closed once: its number, its day and its payments stand before a byte of it is written, so that its document
is the same however often it is made.
"""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from kernel.banking.orders import PAID_STATUSES, REFUSED_STATUSES, RailStatus, Reason, follows
from plugins.rails.files.rules import ZONE, BatchRule
from plugins.rails.ports import RailNotice, RailPayment, RailReport
from plugins.rails.record_file import open_record_file

NOTICES_MAX = 50  # of one listing
_TABLES = """
CREATE TABLE IF NOT EXISTS batches (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, closed_at REAL NOT NULL, execute_on TEXT NOT NULL,
  written INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS payments (number INTEGER PRIMARY KEY, uetr TEXT NOT NULL UNIQUE, payment BLOB NOT NULL, collected_at REAL NOT NULL,
  batch INTEGER REFERENCES batches (number), status TEXT NOT NULL, reason TEXT, at REAL NOT NULL, cycle TEXT) STRICT;
CREATE INDEX IF NOT EXISTS payments_by_batch ON payments (batch, number);
CREATE TABLE IF NOT EXISTS notices (id INTEGER PRIMARY KEY, uetr TEXT NOT NULL, taken INTEGER NOT NULL DEFAULT 0) STRICT;
"""

BATCHES = uuid.UUID("6f7c3d0a-5a0e-4b0e-9d53-2c1f7be0a9d4")  # the namespace of their ids: a batch is known by its first payment


class OtherPayment(Exception):
    """A payment under a UETR that another payment has."""


class Batched(msgspec.Struct, frozen=True, kw_only=True):
    """A closed batch with its payments, in the order in which they were collected."""

    id: str
    closed_at: datetime
    execute_on: date
    payments: tuple[RailPayment, ...]


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """The word of a document on a payment (`uetr`), or on all payments of a batch that it does not name."""

    status: RailStatus
    at: datetime
    uetr: str | None = None
    batch: str | None = None
    reason: Reason | None = None
    cycle: str | None = None
    amount_minor: int | None = None  # as it was booked


class Spool:
    def __init__(self, path: Path) -> None:
        self._connection = open_record_file(path, _TABLES)

    def close(self) -> None:
        self._connection.close()

    def collect(self, payment: RailPayment, now: datetime, refused: Reason | None = None) -> RailReport:
        """Keep a payment, once; one that is refused goes into no batch. Raises OtherPayment."""
        body, status = msgspec.json.encode(payment), RailStatus.PENDING if refused is None else RailStatus.REJECTED
        row = (payment.uetr, body, now.timestamp(), status, refused, now.timestamp())
        insert = "INSERT INTO payments (uetr, payment, collected_at, status, reason, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (uetr) DO NOTHING"
        with self._transaction():
            self._connection.execute(insert, row)
            (kept,) = self._connection.execute("SELECT payment FROM payments WHERE uetr = ?", (payment.uetr,)).fetchone()
        if msgspec.json.decode(kept, type=RailPayment) != payment:
            raise OtherPayment(payment.uetr)
        report = self.find(payment.uetr)
        assert report is not None
        return report

    def find(self, uetr: str) -> RailReport | None:
        row = self._connection.execute("SELECT uetr, status, at, reason, cycle FROM payments WHERE uetr = ?", (uetr,)).fetchone()
        if row is None:
            return None
        name, status, at, reason, cycle = row
        why = None if reason is None else Reason(reason)
        return RailReport(uetr=name, status=RailStatus(status), at=datetime.fromtimestamp(at, UTC), reason=why, cycle=cycle)

    def close_batches(self, rule: BatchRule, now: datetime) -> int:
        """Close every batch that is full, or whose cut-off has passed: how many."""
        closed = 0
        while self._close_next(rule, now):
            closed += 1
        return closed

    def _close_next(self, rule: BatchRule, now: datetime) -> bool:
        open_ones = (
            "SELECT number, collected_at, uetr FROM payments WHERE batch IS NULL AND reason IS NULL ORDER BY number LIMIT ?"
        )
        with self._transaction():
            found = self._connection.execute(open_ones, (rule.transfers_max,)).fetchall()
            if not found:
                return False
            cut_off = rule.cut_off_of(datetime.fromtimestamp(found[0][1], UTC))
            if len(found) < rule.transfers_max and now < cut_off:
                return False
            execute_on = rule.days.following(min(now, cut_off).astimezone(ZONE).date(), rule.executes_after)
            row = (uuid.uuid5(BATCHES, found[0][2]).hex, now.timestamp(), execute_on.isoformat())
            batch = self._connection.execute("INSERT INTO batches (id, closed_at, execute_on) VALUES (?, ?, ?)", row).lastrowid
            numbers = [(batch, number) for number, *_ in found]
            self._connection.executemany("UPDATE payments SET batch = ? WHERE number = ?", numbers)
        return True

    def unwritten(self) -> Iterator[Batched]:
        """Closed batches whose file may not be there yet, oldest first."""
        rows = self._connection.execute("SELECT number, id, closed_at, execute_on FROM batches WHERE written = 0 ORDER BY number")
        for number, name, closed_at, execute_on in rows.fetchall():
            theirs = "SELECT payment FROM payments WHERE batch = ? ORDER BY number"
            payments = [msgspec.json.decode(body, type=RailPayment) for (body,) in self._connection.execute(theirs, (number,))]
            yield Batched(
                id=name,
                closed_at=datetime.fromtimestamp(closed_at, UTC),
                execute_on=date.fromisoformat(execute_on),
                payments=tuple(payments),
            )

    def mark_written(self, batch_id: str) -> None:
        self._connection.execute("UPDATE batches SET written = 1 WHERE id = ?", (batch_id,))

    def take(self, words: Iterable[Word]) -> int:
        """Write down what a document says, all of it or nothing: how many payments it moved. A word that does not follow is passed over; one
        on a payment of a batch counts for that payment alone."""
        moved = 0
        with self._transaction():
            for word in words:
                moved += sum(self._move(uetr, word) for uetr in self._meant(word))
        return moved

    def _meant(self, word: Word) -> list[str]:
        if word.uetr is not None:
            return [word.uetr]
        theirs = "SELECT p.uetr FROM payments p JOIN batches b ON b.number = p.batch WHERE b.id = ? ORDER BY p.number"
        return [uetr for (uetr,) in self._connection.execute(theirs, (word.batch,)).fetchall()]

    def _move(self, uetr: str, word: Word) -> bool:
        joined = "SELECT p.status, p.payment, b.id FROM payments p JOIN batches b ON b.number = p.batch WHERE p.uetr = ?"
        row = self._connection.execute(joined, (uetr,)).fetchone()
        if row is None or not follows(RailStatus(row[0]), word.status) or word.batch not in (None, row[2]):
            return False
        if word.amount_minor not in (None, msgspec.json.decode(row[1], type=RailPayment).amount.minor):
            return False
        cycle = word.cycle if word.status in PAID_STATUSES else None
        reason = word.reason if word.status in REFUSED_STATUSES else None
        changed = (word.status, reason, word.at.timestamp(), cycle, uetr)
        self._connection.execute("UPDATE payments SET status = ?, reason = ?, at = ?, cycle = ? WHERE uetr = ?", changed)
        self._connection.execute("INSERT INTO notices (uetr) VALUES (?)", (uetr,))
        return True

    def notices(self) -> tuple[RailNotice, ...]:
        """Those that are not acknowledged, oldest first."""
        rows = self._connection.execute(
            "SELECT id, uetr FROM notices WHERE taken = 0 ORDER BY id LIMIT ?", (NOTICES_MAX,)
        ).fetchall()
        said = [(number, self.find(uetr)) for number, uetr in rows]
        return tuple(RailNotice(id=f"notice-{number}", report=report) for number, report in said if report is not None)

    def acknowledge(self, notice_id: str) -> None:
        self._connection.execute("UPDATE notices SET taken = 1 WHERE 'notice-' || id = ?", (notice_id,))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
