"""The simulated scheme's own books: a file of SQLite that outlives its process, however that one ends.

A payment is written before it is answered, once under its UETR. All methods block; the process of the scheme answers one question at a
time.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from kernel.banking.money import Money
from kernel.banking.orders import PAID_STATUSES, RailStatus, Reason
from orders.settlement.returned import Returned
from plugins.rails.ports import RailNotice, RailPayment, RailReport
from plugins.rails.record_file import open_record_file
from plugins.rails.simulated.messages import Effect, Recorded
from plugins.rails.simulated.rules import SchemeRules

PAYMENTS_PER_ANSWER_MAX = 50  # of the books that one answer lists
NOTICES_PER_ANSWER_MAX = 50  # late answers that one answer of the scheme lists
_TABLES = """
CREATE TABLE IF NOT EXISTS payments (
  uetr TEXT PRIMARY KEY, payment BLOB NOT NULL, status TEXT NOT NULL, reason TEXT, at REAL NOT NULL,
  next_status TEXT, next_at REAL, submissions INTEGER NOT NULL, cycle TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS returns (id TEXT PRIMARY KEY, uetr TEXT NOT NULL, currency TEXT NOT NULL, minor INTEGER NOT NULL,
  reason TEXT NOT NULL, cycle TEXT, at REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS effects (position INTEGER PRIMARY KEY, effect BLOB NOT NULL, left INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS notices (id INTEGER PRIMARY KEY, uetr TEXT NOT NULL, due REAL NOT NULL, taken INTEGER NOT NULL) STRICT;
"""


class OtherPayment(Exception):
    """A payment under a UETR that another payment has."""


class Books:
    """`now` is the scheme's own clock."""

    def __init__(self, rules: SchemeRules, path: Path, now: Callable[[], datetime]) -> None:
        self._rules = rules
        self._now = now
        self._connection = open_record_file(path, _TABLES)
        if "cycle" not in {row[1] for row in self._connection.execute("PRAGMA table_info(payments)")}:  # of an earlier release
            self._connection.execute("ALTER TABLE payments ADD COLUMN cycle TEXT")

    def close(self) -> None:
        self._connection.close()

    def submit(self, payment: RailPayment, *, late: timedelta | None = None) -> RailReport:
        """Write a payment, or find it. `late`: it is settled only after that. Raises OtherPayment."""
        body, now = msgspec.json.encode(payment), self._now()
        outcome = self._rules.outcome_of(payment)
        status, then, after = outcome.status, outcome.then, outcome.after
        if late is not None and then is None:
            status, then, after = RailStatus.IN_PROCESS, outcome.status, late
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            found = self._connection.execute("SELECT payment FROM payments WHERE uetr = ?", (payment.uetr,)).fetchone()
            if found is None:
                due = None if then is None else (now + after).timestamp()
                row = (
                    payment.uetr,
                    body,
                    status,
                    outcome.reason,
                    now.timestamp(),
                    then,
                    due,
                    self._cycle(status, then, now, after),
                )
                self._connection.execute("INSERT INTO payments VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?)", row)
                if due is not None:
                    self._note(payment.uetr, due)
            else:
                again = "UPDATE payments SET submissions = submissions + 1 WHERE uetr = ?"
                self._connection.execute(again, (payment.uetr,))
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        if found is not None and msgspec.json.decode(found[0], type=RailPayment) != payment:
            raise OtherPayment(payment.uetr)
        report = self.status(payment.uetr)
        assert report is not None
        return report

    def status(self, uetr: str) -> RailReport | None:
        now = self._now().timestamp()
        moved = "UPDATE payments SET status = next_status, at = next_at, next_status = NULL WHERE uetr = ? AND next_at <= ?"
        self._connection.execute(f"{moved} AND next_status IS NOT NULL", (uetr, now))
        columns = "SELECT uetr, status, at, reason, cycle FROM payments WHERE uetr = ?"
        row = self._connection.execute(columns, (uetr,)).fetchone()
        return None if row is None else _report(*row)

    def payments(self, after: int) -> tuple[Recorded, ...]:
        columns = "SELECT payment, submissions, uetr, status, at, reason, cycle FROM payments ORDER BY rowid LIMIT ? OFFSET ?"
        rows = self._connection.execute(columns, (PAYMENTS_PER_ANSWER_MAX, after)).fetchall()
        return tuple(
            Recorded(payment=msgspec.json.decode(body, type=RailPayment), report=_report(*report), submissions=count)
            for body, count, *report in rows
        )

    def note_unanswered(self, uetr: str) -> None:
        """The answer to a submission was lost: it is sent as a notice."""
        self._note(uetr, self._now().timestamp())

    def notices(self) -> tuple[RailNotice, ...]:
        columns = "SELECT id, uetr FROM notices WHERE taken = 0 AND due <= ? ORDER BY due, id LIMIT ?"
        rows = self._connection.execute(columns, (self._now().timestamp(), NOTICES_PER_ANSWER_MAX)).fetchall()
        said = [(number, self.status(uetr)) for number, uetr in rows]
        return tuple(RailNotice(id=f"notice-{number}", report=report) for number, report in said if report is not None)

    def acknowledge(self, notice_id: str) -> None:
        self._connection.execute("UPDATE notices SET taken = 1 WHERE 'notice-' || id = ?", (notice_id,))

    def give_back(self, uetr: str, reason: str, minor: int | None = None) -> Returned:
        """The payee's bank sends a payment back, once; `minor` of it, if it keeps a charge. Raises KeyError for one that was not made."""
        now = self._now()
        report = self.status(uetr)
        if report is None or report.status not in PAID_STATUSES:
            raise KeyError(uetr)
        (body,) = self._connection.execute("SELECT payment FROM payments WHERE uetr = ?", (uetr,)).fetchone()
        payment = msgspec.json.decode(body, type=RailPayment)
        amount = Money(payment.amount.currency, payment.amount.minor if minor is None else minor)
        row = (f"RTR{uetr.replace('-', '')}", uetr, amount.currency, amount.minor, reason, self._cycle_at(now), now.timestamp())
        self._connection.execute("INSERT OR IGNORE INTO returns VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return next(each for each in self.given_back() if each.uetr == uetr)

    def given_back(self) -> tuple[Returned, ...]:
        """Every return, oldest first."""
        rows = self._connection.execute("SELECT id, uetr, currency, minor, reason, cycle, at FROM returns ORDER BY at, id")
        return tuple(
            Returned(id=name, uetr=uetr, amount=Money(currency, minor), reason=reason, cycle=cycle or self._cycle_of(at))
            for name, uetr, currency, minor, reason, cycle, at in rows
        )

    def made(self) -> tuple[tuple[RailPayment, str | None], ...]:
        """Every payment that is paid by now, with its cycle, oldest first."""
        columns = "SELECT uetr FROM payments WHERE next_at <= ? AND next_status IS NOT NULL"
        for (uetr,) in self._connection.execute(columns, (self._now().timestamp(),)).fetchall():
            self.status(uetr)
        paid = ", ".join(f"'{status}'" for status in sorted(PAID_STATUSES))
        rows = self._connection.execute(f"SELECT payment, at, cycle FROM payments WHERE status IN ({paid}) ORDER BY rowid")  # noqa: S608  constants
        return tuple((msgspec.json.decode(body, type=RailPayment), cycle or self._cycle_of(at)) for body, at, cycle in rows)

    def _cycle(self, status: RailStatus, then: RailStatus | None, now: datetime, after: timedelta) -> str | None:
        """Of a payment: that of the moment at which it is first paid, which no later word on it moves."""
        if status in PAID_STATUSES:
            return self._cycle_at(now)
        return self._cycle_at(now + after) if then in PAID_STATUSES else None

    def _cycle_at(self, at: datetime) -> str | None:
        """None for a scheme that settles each payment by itself."""
        return None if self._rules.calendar is None else self._rules.calendar.cycle_of(at).id

    def _cycle_of(self, at: float) -> str | None:
        """Of what an earlier release wrote down, to which no cycle was known."""
        return self._cycle_at(datetime.fromtimestamp(at, UTC))

    def _note(self, uetr: str, due: float) -> None:
        self._connection.execute("INSERT INTO notices (uetr, due, taken) VALUES (?, ?, 0)", (uetr, due))

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


def _report(uetr: str, status: str, at: float, reason: Any, cycle: str | None) -> RailReport:
    """A reason is of a refusal, and a cycle of what is paid: one that is still to come is not shown before it is so."""
    found = RailStatus(status)
    shown = Reason(reason) if reason is not None and found is RailStatus.REJECTED else None
    settled_in = cycle if found in PAID_STATUSES else None
    return RailReport(uetr=uetr, status=found, at=datetime.fromtimestamp(at, UTC), reason=shown, cycle=settled_in)
