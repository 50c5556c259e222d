"""The report of a run: first the proof of balances, then what was matched, then the breaks by age."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from kernel.banking.money import Money
from orders.reconciliation.broken import Break, band_of
from orders.reconciliation.chain import Imported
from orders.reconciliation.found_breaks import business_days
from orders.settlement.ports import Calendar, SettlementAccount


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Balances of the keeper's last statement, the mirror's, and the difference with all that explains it. Positive is money of ours."""

    opening: Money
    came_in: Money
    went_out: Money
    closing: Money
    ledger: Money
    difference: Money
    explained: Mapping[str, Money]
    unexplained: Money


class AgedBreak(msgspec.Struct, frozen=True, kw_only=True):
    """`age` in business days."""

    broken: Break
    age: int
    band: str
    severity: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """`sequence` and `statement` are the last booking number and the last statement that the run has read; `matched` counts all matched
    items by now, `resolved` are the breaks that ended on the day by a decision, `clearing` is what is left on the clearing account, `in_flight` what is not settled yet: they are the same."""

    account: SettlementAccount
    day: date
    sequence: int
    statement: str
    proof: Proof
    matched: int
    items: int
    clearing: Money
    in_flight: Money
    quarantined: tuple[str, ...]
    breaks: tuple[AgedBreak, ...]
    resolved: tuple[Break, ...] = ()

    @property
    def is_clean(self) -> bool:
        return not self.breaks and self.proof.unexplained.minor == 0 and self.clearing == self.in_flight


def prove(last: Imported | None, ledger: Money, breaks: Mapping[str, Money], transit: Money) -> Proof:
    """`breaks`: the effects of all that was found, by class; `transit`: of payments that one side alone has had the time to book."""
    nothing = Money(ledger.currency, 0)
    statement = None if last is None else last.statement
    opening = nothing if statement is None or statement.opening is None else statement.opening.amount
    closing = nothing if statement is None or statement.closing is None else statement.closing.amount
    amounts = [] if statement is None else [entry.amount.minor for entry in statement.entries]
    difference = Money(ledger.currency, closing.minor - ledger.minor)
    explained = {name: effect for name, effect in (*sorted(breaks.items()), ("in transit", transit)) if effect.minor}
    return Proof(
        opening=opening,
        came_in=Money(ledger.currency, sum(minor for minor in amounts if minor > 0)),
        went_out=Money(ledger.currency, sum(minor for minor in amounts if minor < 0)),
        closing=closing,
        ledger=ledger,
        difference=difference,
        explained=explained,
        unexplained=Money(ledger.currency, difference.minor - sum(effect.minor for effect in explained.values())),
    )


def age_breaks(breaks: Sequence[Break], calendar: Calendar, today: date) -> tuple[AgedBreak, ...]:
    """The oldest first."""
    aged = []
    for broken in sorted(breaks, key=lambda each: (each.first_seen, each.kind, each.id)):
        days = business_days(calendar, broken.first_seen, today)
        aged.append(AgedBreak(broken=broken, age=days, band=band_of(days), severity=broken.severity))
    return tuple(aged)
