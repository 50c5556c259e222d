"""Match the lines of statements with what the bank's own books say, in tiers: the surest first, each one-to-one unless it says otherwise.

The result follows from the two sets alone. What is ambiguous is not matched: a person decides it. What was matched before stays so, and
takes no part.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum

import msgspec

from orders.reconciliation.lines import StatementLine
from orders.settlement.ports import OwnItem

VERSION = 1  # of these rules
WINDOW = timedelta(days=4)  # between the two sides of a match by a reference: two business days and a weekend
SUBSET_ITEMS_MAX = 20  # candidates of a match by a sum


class Rule(StrEnum):
    UETR = "uetr"
    OUR_ID = "our_id"
    END_TO_END = "end_to_end"
    REFERENCE = "reference"
    BATCH = "batch"  # one entry for all payments of a cycle
    SUBSET = "subset"  # one entry for some payments to one account, by the only sum that fits
    DECISION = "decision"  # by people


class Match(msgspec.Struct, frozen=True, kw_only=True):
    rule: Rule
    line: str
    items: tuple[str, ...]


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One payment on both sides, whose amounts differ."""

    line: StatementLine
    item: OwnItem


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """`doubled`: lines of a payment that another line is matched with."""

    matches: tuple[Match, ...]
    unequal: tuple[Pair, ...]
    doubled: tuple[StatementLine, ...]
    lines: tuple[StatementLine, ...]  # left
    items: tuple[OwnItem, ...]  # left


class Sides:
    """The lines and items that are still to be matched, in the order in which it is looked at."""

    def __init__(self, lines: Iterable[StatementLine], items: Iterable[OwnItem]) -> None:
        self.lines = {line.id: line for line in sorted(lines, key=lambda line: line.place)}
        self.items = {item.entry_id: item for item in sorted(items, key=lambda item: (item.sequence, item.entry_id))}
        self.matches: list[Match] = []

    def take(self, rule: Rule, line: StatementLine, items: Sequence[OwnItem]) -> None:
        self.matches.append(Match(rule=rule, line=line.id, items=tuple(item.entry_id for item in items)))
        del self.lines[line.id]
        for item in items:
            del self.items[item.entry_id]


def match(
    lines: Sequence[StatementLine], items: Sequence[OwnItem], before: Mapping[str, str], decided: frozenset[str] = frozenset()
) -> Findings:
    """`before`: the items that are matched, each with its line. `decided`: lines and items that people have dealt with."""
    matched_lines = set(before.values())
    sides = Sides(
        (line for line in lines if line.id not in matched_lines and line.id not in decided),
        (item for item in items if item.entry_id not in before and item.entry_id not in decided),
    )
    _match_unique(sides, Rule.UETR, _by_uetr, _item_by_uetr)
    _match_unique(sides, Rule.OUR_ID, _by_our_id, _item_by_our_id)
    _match_unique(sides, Rule.END_TO_END, _by_end_to_end, _item_by_end_to_end)
    _match_references(sides)
    _match_batches(sides)
    _match_sums(sides)
    paid = {_payment(item) for item in items if item.entry_id not in sides.items and item.entry_id not in decided}
    doubled = [line for line in sides.lines.values() if line.references.uetr and _payment_of(line) in paid]
    unequal = _unequal(sides, doubled)
    paired = {line.id for line in doubled} | {pair.line.id for pair in unequal}
    held = {pair.item.entry_id for pair in unequal}
    return Findings(
        matches=tuple(sides.matches),
        unequal=tuple(unequal),
        doubled=tuple(doubled),
        lines=tuple(line for line in sides.lines.values() if line.id not in paired),
        items=tuple(item for item in sides.items.values() if item.entry_id not in held),
    )


def _match_unique(
    sides: Sides, rule: Rule, key_of: Callable[[StatementLine], Hashable], item_key: Callable[[OwnItem], Hashable]
) -> None:
    """An item has one line. Of lines that say the same, the first is its own, and the others double it; of items that say the same,
    none is matched, but by a UETR, which no two payments have."""
    found: dict[Hashable, list[OwnItem]] = defaultdict(list)
    for item in sides.items.values():
        if (key := item_key(item)) is not None:
            found[key].append(item)
    for line in list(sides.lines.values()):
        candidates = found.get(key_of(line)) if key_of(line) is not None else None
        if candidates and len(candidates) == 1:
            sides.take(rule, line, [candidates.pop()])


def _by_uetr(line: StatementLine) -> Hashable:
    return None if line.references.uetr is None else (line.references.uetr, line.amount)


def _item_by_uetr(item: OwnItem) -> Hashable:
    return None if item.uetr is None else (item.uetr, item.amount)


def _by_our_id(line: StatementLine) -> Hashable:
    name = line.references.instruction or line.references.transaction
    return None if name is None else (name, line.amount)


def _item_by_our_id(item: OwnItem) -> Hashable:
    return None if item.order_id is None else (item.order_id, item.amount)


def _by_end_to_end(line: StatementLine) -> Hashable:
    name = line.references.end_to_end
    return None if name is None or line.account is None or line.references.uetr else (name, line.amount, line.account)


def _item_by_end_to_end(item: OwnItem) -> Hashable:
    return None if item.end_to_end is None or item.account is None else (item.end_to_end, item.amount, item.account)


def _match_references(sides: Sides) -> None:
    """A reference and an amount within the window, if there is one line and one item of them."""
    wanted = Counter((item.reference, item.amount) for item in sides.items.values())
    offered = Counter((line.remittance, line.amount) for line in sides.lines.values())
    for item in list(sides.items.values()):
        key = (item.reference, item.amount)
        if not item.reference or wanted[key] != 1 or offered[key] != 1:
            continue
        line = next(each for each in sides.lines.values() if (each.remittance, each.amount) == key)
        if line.references.uetr is None and line.value_on is not None and abs(line.value_on - item.at.date()) <= WINDOW:
            sides.take(Rule.REFERENCE, line, [item])


def _match_batches(sides: Sides) -> None:
    """An entry without payments, for all that is left of its cycle."""
    for line in [each for each in sides.lines.values() if each.is_whole and each.cycle]:
        items = [item for item in sides.items.values() if item.cycle == line.cycle]
        if items and sum(item.amount.minor for item in items) == line.amount.minor:
            sides.take(Rule.BATCH, line, items)


def _match_sums(sides: Sides) -> None:
    """An entry to one account on one day, for those of its payments whose sum is the only one that fits."""
    for line in [each for each in sides.lines.values() if each.references.uetr is None and each.account]:
        items = [item for item in sides.items.values() if item.account == line.account and item.at.date() == line.value_on]
        chosen = _only_subset(items, line.amount.minor) if len(items) <= SUBSET_ITEMS_MAX else None
        if chosen:
            sides.take(Rule.SUBSET, line, chosen)


def _only_subset(items: Sequence[OwnItem], wanted: int) -> Sequence[OwnItem] | None:
    """By sum, the ways to reach it: one by its items, or several, of which none is remembered."""
    ways: dict[int, tuple[OwnItem, ...] | None] = {0: ()}
    for item in items:
        for total, chosen in list(ways.items()):
            after = total + item.amount.minor
            ways[after] = None if after in ways or chosen is None else (*chosen, item)
    return ways.get(wanted)


def _payment(item: OwnItem) -> tuple[str | None, bool]:
    return (item.uetr, item.amount.minor > 0)


def _payment_of(line: StatementLine) -> tuple[str | None, bool]:
    return (line.references.uetr, line.amount.minor > 0)


def _unequal(sides: Sides, doubled: Sequence[StatementLine]) -> list[Pair]:
    others = {line.id for line in doubled}
    items = {_payment(item): item for item in sides.items.values() if item.uetr is not None}
    pairs = []
    for line in sides.lines.values():
        item = items.pop(_payment_of(line), None) if line.references.uetr and line.id not in others else None
        if item is not None:
            pairs.append(Pair(line=line, item=item))
    return pairs
