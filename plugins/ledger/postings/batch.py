"""One batch of entries, computed under the locks of its accounts and holds: the rows to write, and the entries that are refused.

An entry is taken whole or leaves no trace. The database keeps the same rules once more (migrations/rules/).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kernel.banking.accounts import TransactionStatus
from kernel.banking.money import Money
from kernel.errors import Problem
from kernel.storage.sealed import Sealer
from plugins.ledger.documents import seal_narrative
from plugins.ledger.holds.hold import HoldState
from plugins.ledger.holds.locked import LockedHold
from plugins.ledger.postings.bulk import Row, stored_instant
from plugins.ledger.postings.entries import Capture, LedgerEntry, Leg, Line, check_balanced
from plugins.ledger.postings.standing import Standing
from plugins.ledger.refusals import EntryMismatched, HoldMismatched, HoldUnknown, PendingUnknown


@dataclass(slots=True)
class Rows:
    """The rows that a batch writes. Tuples have the columns that postings/writing.py names."""

    entries: list[Row] = field(default_factory=list)
    postings: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    captured: list[Row] = field(default_factory=list)
    released: list[Row] = field(default_factory=list)
    ended: list[Row] = field(default_factory=list)

    def lists(self) -> tuple[list[Row], ...]:
        return (self.entries, self.postings, self.lines, self.captured, self.released, self.ended)


@dataclass(slots=True)
class Batch:
    """`next_sequence` is the booking number that the next posting takes; `pending` the account of each pending transaction that an entry
    may end; `outcomes` the last booking number of each entry, or its refusal."""

    brand: str
    sealer: Sealer
    recorded_at: int
    today: date
    accounts: dict[str, Standing]
    holds: dict[str, LockedHold]
    pending: dict[str, str]
    next_sequence: int
    rows: Rows = field(default_factory=Rows)
    outcomes: dict[str, int | Problem] = field(default_factory=dict)

    def take(self, entries: Iterable[LedgerEntry]) -> None:
        """No two of them have the same id."""
        for entry in entries:
            undo = self._remember(entry)
            try:
                check_balanced(entry)
                self._capture(entry)
                self._post(entry)
            except Problem as problem:
                self._undo(undo)
                self.outcomes[entry.id] = problem
                continue
            self.rows.entries.append(self._entry_row(entry))
            self.outcomes[entry.id] = self.next_sequence - 1

    def _remember(self, entry: LedgerEntry) -> tuple[Any, ...]:
        named = [self.accounts[leg.account_id] for leg in entry.legs if leg.account_id in self.accounts]
        accounts = [(account, account.booked, account.held, account.version) for account in named]
        ids = entry.ending()
        holds = [(self.holds[each], self.holds[each].state) for each in ids if each in self.holds]
        pending = {each: self.pending[each] for each in ids if each in self.pending}
        return self.next_sequence, accounts, holds, pending, [len(rows) for rows in self.rows.lists()]

    def _undo(self, remembered: tuple[Any, ...]) -> None:
        self.next_sequence, accounts, holds, pending, lengths = remembered
        for account, booked, held, version in accounts:
            account.booked, account.held, account.version = booked, held, version
        for hold, state in holds:
            hold.state = state
        self.pending.update(pending)
        for rows, length in zip(self.rows.lists(), lengths, strict=True):
            del rows[length:]

    def _capture(self, entry: LedgerEntry) -> None:
        for capture in entry.captures:
            hold = self.holds.get(capture.hold_id)
            if hold is None:
                raise HoldUnknown(f"hold {capture.hold_id}")
            hold.check_captures(capture.amount)
            debits = (leg.amount.minor for leg in entry.legs if leg.account_id == hold.account_id and leg.amount.minor < 0)
            if -sum(debits) < capture.amount.minor:
                raise HoldMismatched(f"entry {entry.id} does not spend what it captures of hold {hold.id}")
            self._end_hold(hold, capture, entry.id)
            settled = any(leg.line is not None and leg.line.settles and leg.line.id == hold.id for leg in entry.legs)
            if hold.id in self.pending and not settled:  # nothing that is spent is still pending
                self._end_pending(hold.id, self.next_sequence)

    def _end_hold(self, hold: LockedHold, capture: Capture | None, entry_id: str) -> None:
        """`capture`: None to let it go."""
        if capture is None:
            hold.state = HoldState.RELEASED
            self.rows.released.append((self.recorded_at, self.brand, hold.id))
        else:
            hold.state = HoldState.CAPTURED
            self.rows.captured.append((capture.amount.minor, entry_id, self.recorded_at, self.brand, hold.id))
        self.accounts[hold.account_id].held -= hold.minor

    def _end_pending(self, transaction_id: str, sequence: int) -> None:
        del self.pending[transaction_id]
        self.rows.ended.append((sequence, self.brand, transaction_id))

    def _post(self, entry: LedgerEntry) -> None:
        for number, leg in enumerate(entry.legs, 1):
            account = self.accounts.get(leg.account_id)
            if account is None:
                raise EntryMismatched(f"account {leg.account_id} is unknown")
            account.check_fits(leg.amount, has_line=leg.line is not None)
            sequence = self.next_sequence
            if leg.line is not None and leg.line.settles:
                self._settle(entry, leg, leg.line, sequence)
            account.post(leg.amount, forced=entry.forced)
            self.rows.postings.append(
                (self.brand, account.id, account.version, entry.id, number, sequence, leg.amount.minor, account.booked)
            )
            if leg.line is not None:
                self.rows.lines.append(self._line_row(leg, leg.line, sequence, account.booked))
            self.next_sequence += 1

    def _settle(self, entry: LedgerEntry, leg: Leg, line: Line, sequence: int) -> None:
        """The line books a pending transaction, whose hold ends: captured as far as it goes, as what is presented may differ."""
        if self.pending.get(line.id) != leg.account_id:
            raise PendingUnknown(f"transaction {line.id} of account {leg.account_id}")
        self._end_pending(line.id, sequence)
        hold = self.holds.get(line.id)
        if hold is None or hold.state != HoldState.OPEN or hold.account_id != leg.account_id:
            return
        spent = min(hold.minor, -leg.amount.minor)
        self._end_hold(hold, Capture(hold.id, Money(hold.currency, spent)) if spent > 0 else None, entry.id)

    def _line_row(self, leg: Leg, line: Line, sequence: int, booked: int) -> Row:
        return line_row(self.sealer, self.brand, leg, line, sequence=sequence, balance_after=booked, recorded_at=self.recorded_at)

    def _entry_row(self, entry: LedgerEntry) -> Row:
        rate = entry.applied_rate
        return (
            self.brand,
            entry.id,
            entry.kind,
            len(entry.legs),
            entry.value_date or self.today,
            self.recorded_at,
            entry.cause or entry.id,
            entry.reverses,
            None if rate is None else str(rate.rate),
            None if rate is None else rate.source,
            None if rate is None else rate.quote_id,
            entry.forced,
        )


def line_row(
    sealer: Sealer, brand: str, leg: Leg, line: Line, *, sequence: int, balance_after: int | None, recorded_at: int
) -> Row:
    """A version of a transaction: booked if it has a balance after it, else pending."""
    booked_at = recorded_at if line.booked_at is None else stored_instant(line.booked_at)
    value_at = booked_at if line.booked_at is None else None
    return (
        brand,
        sequence,
        line.id,
        leg.account_id,
        TransactionStatus.PENDING.value if balance_after is None else TransactionStatus.BOOKED.value,
        booked_at,
        value_at if line.value_at is None else stored_instant(line.value_at),
        leg.amount.currency,
        leg.amount.minor,
        balance_after,
        line.code,
        seal_narrative(sealer, line.narrative, brand, line.id),
    )
