"""Tiers of matching: the surest first, one-to-one, never by a guess, and the same however the two sides are shuffled."""

import random
from datetime import UTC, date, datetime

import pytest

from kernel.banking.money import Money
from orders.reconciliation.lines import StatementLine
from orders.reconciliation.matches import Findings, Rule, match
from orders.reconciliation.statement import References
from orders.settlement.ports import OwnItem

DAY = date(2026, 7, 1)
AT = datetime(2026, 7, 1, 9, tzinfo=UTC)
SHUFFLES = 20


def line(name: str, minor: int, on: date = DAY, **facts) -> StatementLine:
    names = {key: facts.pop(key) for key in ("uetr", "end_to_end", "instruction", "servicer") if key in facts}
    return StatementLine(id=name, statement="S", amount=Money("GBP", minor), references=References(**names), value_on=on, **facts)


def item(name: str, minor: int, sequence: int = 1, **facts) -> OwnItem:
    return OwnItem(
        entry_id=name, kind="payment", number=sequence, sequence=sequence, amount=Money("GBP", minor), cause="", at=AT, **facts
    )


def matched(lines: list[StatementLine], items: list[OwnItem], **facts) -> Findings:
    """Asserts that no order of the sides has a part in it."""
    found = match(lines, items, facts.get("before", {}))
    for seed in range(SHUFFLES):
        draw = random.Random(seed)
        shuffled = match(draw.sample(lines, len(lines)), draw.sample(items, len(items)), facts.get("before", {}))
        assert shuffled == found
    return found


def pairs(found: Findings) -> list[tuple[Rule, str, tuple[str, ...]]]:
    return sorted((each.rule, each.line, each.items) for each in found.matches)


def test_a_uetr_is_surer_than_all_else() -> None:
    lines = [line("l1", -5, uetr="u1", end_to_end="e", account="A"), line("l2", -5, end_to_end="e", account="A")]
    items = [item("i1", -5, uetr="u2", end_to_end="e", account="A"), item("i2", -5, 2, uetr="u1", end_to_end="e", account="A")]
    assert pairs(matched(lines, items)) == [(Rule.END_TO_END, "l2", ("i1",)), (Rule.UETR, "l1", ("i2",))]


def test_a_return_is_not_its_payment() -> None:
    found = matched([line("out", -5, uetr="u"), line("back", 5, uetr="u")], [item("o", -5, uetr="u"), item("r", 5, 2, uetr="u")])
    assert pairs(found) == [(Rule.UETR, "back", ("r",)), (Rule.UETR, "out", ("o",))]


def test_the_second_line_of_a_payment_doubles_it() -> None:
    found = matched([line("b", -5, uetr="u"), line("a", -5, uetr="u")], [item("o", -5, uetr="u")])
    assert (pairs(found), [each.id for each in found.doubled]) == ([(Rule.UETR, "a", ("o",))], ["b"])
    again = matched([line("a", -5, uetr="u"), line("b", -5, uetr="u")], [item("o", -5, uetr="u")], before={"o": "b"})
    assert (again.matches, [each.id for each in again.doubled]) == ((), ["a"])


def test_the_line_of_the_right_amount_is_matched_and_another_of_its_payment_is_not() -> None:
    found = matched([line("a", -6, uetr="u"), line("b", -5, uetr="u")], [item("o", -5, uetr="u")])
    assert (pairs(found), [each.id for each in found.doubled]) == ([(Rule.UETR, "b", ("o",))], ["a"])
    (pair,) = matched([line("a", -6, uetr="u")], [item("o", -5, uetr="u")]).unequal
    assert (pair.line.id, pair.item.entry_id) == ("a", "o")


def test_our_own_id_and_the_payers_identification_are_next() -> None:
    lines = [line("l1", -5, instruction="O-1"), line("l2", -7, end_to_end="e", account="A")]
    items = [item("i1", -5, order_id="O-1"), item("i2", -7, 2, end_to_end="e", account="A")]
    assert pairs(matched(lines, items)) == [(Rule.END_TO_END, "l2", ("i2",)), (Rule.OUR_ID, "l1", ("i1",))]


@pytest.mark.parametrize(
    "other",
    [
        item("i2", -5, 2, end_to_end="e", account="A"),  # two that say the same: a person decides
        item("i2", -5, 2, end_to_end="f", account="A"),
    ],
)
def test_what_two_could_be_is_neither(other: OwnItem) -> None:
    found = matched([line("l1", -5, end_to_end="e", account="A")], [item("i1", -5, end_to_end="e", account="A"), other])
    assert pairs(found) == ([(Rule.END_TO_END, "l1", ("i1",))] if other.end_to_end == "f" else [])


def test_a_reference_counts_within_its_window_if_there_is_one_of_each() -> None:
    own = [item("i1", -5, reference="INV 1")]
    assert pairs(matched([line("l1", -5, remittance="INV 1")], own)) == [(Rule.REFERENCE, "l1", ("i1",))]
    assert pairs(matched([line("l1", -5, date(2026, 7, 6), remittance="INV 1")], own)) == []
    assert pairs(matched([line("l1", -5, remittance="INV 1"), line("l2", -5, remittance="INV 1")], own)) == []
    assert pairs(matched([line("l1", -6, remittance="INV 1")], own)) == []


def test_one_entry_may_stand_for_a_cycle() -> None:
    items = [item("i1", -5, cycle="C"), item("i2", 2, 2, cycle="C"), item("i3", -9, 3, cycle="D")]
    found = matched([line("l1", -3, cycle="C", is_whole=True), line("l2", -8, cycle="D", is_whole=True)], items)
    assert pairs(found) == [(Rule.BATCH, "l1", ("i1", "i2"))]
    assert [each.entry_id for each in found.items] == ["i3"]


def test_a_sum_counts_if_it_is_the_only_one_that_fits() -> None:
    items = [item(f"i{minor}", -minor, minor, account="A") for minor in (1, 2, 4, 8)]
    assert pairs(matched([line("l", -5, account="A")], items)) == [(Rule.SUBSET, "l", ("i1", "i4"))]
    items.append(item("i3", -3, 9, account="A"))
    assert pairs(matched([line("l", -5, account="A")], items)) == []
    many = [item(f"i{n}", -(2**n), n, account="A") for n in range(21)]
    assert pairs(matched([line("l", -5, account="A")], many)) == []


def test_what_was_matched_takes_no_part() -> None:
    found = matched([line("l1", -5, uetr="u")], [item("i1", -5, uetr="u")], before={"i1": "l1"})
    assert (found.matches, found.lines, found.items, found.doubled) == ((), (), (), ())
