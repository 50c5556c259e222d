"""The lines of statements, as they are matched: the payments that an entry is made of, or the entry where it names none.

Two lines that say the same are legal: a line is known by its content and by its ordinal among its equals in the statement.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from kernel.banking.money import Money
from orders.reconciliation.chain import Imported
from orders.reconciliation.statement import Booked, Part, References

ID_CHARACTERS_MAX = 16  # of the digest of a line's content


class StatementLine(msgspec.Struct, frozen=True, kw_only=True):
    """`statement` is the keeper's name of it; `is_whole` of an entry that names no payments."""

    id: str
    statement: str
    amount: Money
    references: References
    value_on: date | None = None
    cycle: str | None = None
    account: str | None = None
    remittance: str | None = None
    reason: str | None = None
    is_whole: bool = False

    @property
    def place(self) -> tuple[date, str]:
        """The order in which lines are looked at: no order of import has a part in it."""
        return (self.value_on or date.min, self.id)


def lines_of(statements: Sequence[Imported]) -> tuple[StatementLine, ...]:
    return tuple(line for each in statements for line in _lines(each))


def _lines(each: Imported) -> Iterator[StatementLine]:
    seen: Counter[str] = Counter()
    for entry in each.statement.entries:
        for part in entry.parts or (None,):
            content = hashlib.sha256(msgspec.json.encode((entry.references, entry.value_on, part or entry))).hexdigest()
            name = content[:ID_CHARACTERS_MAX]
            seen[name] += 1
            yield _line(f"{each.key}:{name}:{seen[name]}", each.statement.id, entry, part)


def _line(line_id: str, statement: str, entry: Booked, part: Part | None) -> StatementLine:
    if part is None:
        return StatementLine(
            id=line_id,
            statement=statement,
            amount=entry.amount,
            references=entry.references,
            value_on=entry.value_on or entry.booked_on,
            cycle=entry.references.servicer,
            is_whole=True,
        )
    return StatementLine(
        id=line_id,
        statement=statement,
        amount=part.amount,
        references=part.references,
        value_on=entry.value_on or entry.booked_on,
        cycle=part.references.clearing or entry.references.servicer,
        account=part.account,
        remittance=part.remittance,
        reason=part.reason,
    )
