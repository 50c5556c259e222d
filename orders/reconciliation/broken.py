"""Breaks: what statements and books do not agree on, each of a class, with the amount that it explains, and with who takes care of it."""

import hashlib
from datetime import date, datetime
from enum import StrEnum

import msgspec

from kernel.banking.money import Money
from orders.settlement.ports import Against


class BreakClass(StrEnum):
    RAIL_ONLY = "rail_only"
    LEDGER_ONLY = "ledger_only"
    AMOUNT = "amount"
    DUPLICATE_AT_RAIL = "duplicate_at_rail"
    STATUS_CONFLICT = "status_conflict"  # it was refused here, and the rail made it
    TIMING = "timing"  # a statement that was expected has not come
    CHARGES = "charges"
    ORPHAN_RETURN = "orphan_return"
    UNIDENTIFIED = "unidentified"
    UNKNOWN_ORDER = "unknown_order"  # no one has said what became of it
    STATEMENT_GAP = "statement_gap"
    STATEMENT_WRONG = "statement_wrong"
    BALANCE = "balance"  # what no other break explains


class BreakState(StrEnum):
    OPEN = "open"
    PROPOSED = "proposed"  # a second person must approve
    APPROVED = "approved"  # its entry is not known to be booked
    RESOLVED = "resolved"
    CLEARED = "cleared"  # both sides agree now, by themselves


ENDED_BREAKS = frozenset({BreakState.RESOLVED, BreakState.CLEARED})
OPEN_BREAKS = frozenset(BreakState) - ENDED_BREAKS  # each has a gauge of its age
SEVERE = frozenset(
    {
        BreakClass.RAIL_ONLY,
        BreakClass.LEDGER_ONLY,
        BreakClass.DUPLICATE_AT_RAIL,
        BreakClass.STATUS_CONFLICT,
        BreakClass.UNKNOWN_ORDER,
        BreakClass.BALANCE,
    }
)
OF_STATEMENTS = frozenset({BreakClass.STATEMENT_GAP, BreakClass.STATEMENT_WRONG})
AGE_BANDS = ((0, "0"), (1, "1"), (5, "2-5"), (30, "6-30"))  # in business days, each until its first number
OLDER = ">30"
ID_CHARACTERS_MAX = 12  # of the digests that name breaks and proposals


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A break as a run finds it. `effect` is by how much the keeper's balance is above the mirror because of it; `subjects` are the lines
    and items that it is about, and `detail` names them for people. Nothing in it names a customer."""

    kind: BreakClass
    subjects: tuple[str, ...]
    effect: Money
    detail: str
    action: str
    order_id: str | None = None

    @property
    def id(self) -> str:
        named = "\n".join((self.kind, *self.subjects))
        return hashlib.sha256(named.encode()).hexdigest()[:ID_CHARACTERS_MAX]


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A resolution that an operator proposed, with the thumbprint of their key. `against` None: nothing is booked, the difference is
    accepted as it is."""

    by: str
    key: str = ""  # of proposals before operators had keys
    reason: str
    against: Against | None = None
    discards: bool = False  # the statement that the break is about


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """`first_seen` is a business day."""

    id: str
    kind: BreakClass
    account: str
    subjects: tuple[str, ...]
    effect: Money
    detail: str
    action: str
    state: BreakState
    first_seen: date
    opened_at: datetime
    owner: str = ""
    order_id: str | None = None
    proposal: Proposal | None = None
    approved_by: str = ""
    entry_id: str | None = None

    @property
    def proposed(self) -> str:
        """The name of what is proposed, and of the amount that it is about: who approves names what they read. Empty where nothing is."""
        if self.proposal is None:
            return ""
        content = msgspec.json.encode((self.id, self.effect, self.proposal))
        return hashlib.sha256(content).hexdigest()[:ID_CHARACTERS_MAX]

    @property
    def severity(self) -> str:
        return "high" if self.kind in SEVERE else "low"


def band_of(days: int) -> str:
    return next((name for until, name in AGE_BANDS if days <= until), OLDER)
