"""The chain of an account's statements: each begins with the balance that the one before it ended with, or it is quarantined whole.

The verdicts follow from the set of all statements that were imported, so the order of their import is of no account: one that lacks its
predecessor is admitted when that comes.
"""

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from orders.reconciliation.statement import Kind, Statement

KEY_CHARACTERS_MAX = 32  # of a digest that names a statement


class Verdict(StrEnum):
    ADMITTED = "admitted"
    GAP = "gap"  # the statement before it is not here
    UNBALANCED = "unbalanced"  # its entries do not lead from its opening to its closing balance
    CONTRADICTED = "contradicted"  # another says otherwise under the same name
    DISCARDED = "discarded"  # by two operators: it is wrong, and takes no part any more


QUARANTINED = frozenset(Verdict) - {Verdict.ADMITTED, Verdict.DISCARDED}  # each has a gauge of its age


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """A statement as it was imported. `key` is what its keeper names it by; `digest` is of all that it says."""

    key: str
    digest: str
    statement: Statement


def imported(statement: Statement) -> Imported:
    """Banks use their ids again in other years: the day of its creation is part of its name."""
    named = (statement.account, statement.currency, statement.id, statement.created_at.date().isoformat())
    key = hashlib.sha256("\n".join(named).encode()).hexdigest()[:KEY_CHARACTERS_MAX]
    digest = hashlib.sha256(msgspec.json.encode(statement)).hexdigest()[:KEY_CHARACTERS_MAX]
    return Imported(key=key, digest=digest, statement=statement)


def judge_chain(statements: Sequence[Imported]) -> Mapping[tuple[str, str], Verdict]:
    """Of one account's, by key and digest; those that were discarded are left out by the caller."""
    verdicts: dict[tuple[str, str], Verdict] = {}
    last: Statement | None = None
    keys = [each.key for each in statements]
    for each in sorted(statements, key=_place):
        statement = each.statement
        if keys.count(each.key) > 1:
            verdict = Verdict.CONTRADICTED
        elif not _is_balanced(statement):
            verdict = Verdict.UNBALANCED
        else:
            verdict = Verdict.ADMITTED if last is None or _follows(last, statement) else Verdict.GAP
        verdicts[each.key, each.digest] = verdict
        if verdict is Verdict.ADMITTED:
            last = statement
    return verdicts


def _place(each: Imported) -> tuple[object, ...]:
    statement = each.statement
    assert statement.opening is not None
    assert statement.closing is not None
    return (statement.closing.day, statement.sequence or 0, statement.created_at, each.key, each.digest)


def _is_balanced(statement: Statement) -> bool:
    assert statement.opening is not None
    assert statement.closing is not None
    moved = sum(entry.amount.minor for entry in statement.entries)
    return statement.opening.amount.minor + moved == statement.closing.amount.minor


def _follows(last: Statement, after: Statement) -> bool:
    assert last.closing is not None
    assert after.opening is not None
    if last.closing.amount != after.opening.amount:
        return False
    if last.sequence is None or after.sequence is None:
        return True
    is_new_year = after.sequence == 1 and after.created_at.year > last.created_at.year
    return is_new_year or after.sequence == last.sequence + 1


def is_statement(statement: Statement) -> bool:
    """A notice has no balances: it is read, and nothing is reconciled by it."""
    return statement.kind is Kind.STATEMENT
