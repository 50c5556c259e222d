"""The chain of statements: the verdicts follow from the set, in any order of import."""

import itertools
from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from kernel.banking.money import Money
from orders.reconciliation.chain import Verdict, imported, judge_chain
from orders.reconciliation.statement import Balance, Booked, Kind, References, Statement

FIRST = date(2026, 12, 30)


def statement(number: int, opening: int, *amounts: int, sequence: int | None = None) -> Statement:
    day = FIRST + timedelta(days=number)
    entries = tuple(Booked(amount=Money("GBP", each), booked_on=day, value_on=day, references=References()) for each in amounts)
    return Statement(
        kind=Kind.STATEMENT,
        id=f"S{number}",
        account="A",
        currency="GBP",
        created_at=datetime.combine(day, datetime.min.time(), UTC),
        sequence=sequence,
        opening=Balance(amount=Money("GBP", opening), day=day),
        closing=Balance(amount=Money("GBP", opening + sum(amounts)), day=day),
        entries=entries,
    )


def verdicts(*statements: Statement) -> dict[str, Verdict]:
    """By id; asserts that the order in which they came is of no account."""
    mine = [imported(each) for each in statements]
    ends = [judge_chain(order) for order in itertools.permutations(mine)]
    assert all(each == ends[0] for each in ends)
    return {each.statement.id: ends[0][each.key, each.digest] for each in mine}


def test_each_begins_where_the_one_before_it_ended() -> None:
    days = statement(1, 0, 5), statement(2, 5, -7, 2), statement(3, 0)
    assert set(verdicts(*days).values()) == {Verdict.ADMITTED}
    assert verdicts(days[0], days[2]) == {"S1": Verdict.ADMITTED, "S3": Verdict.GAP}


def test_a_number_that_is_missing_is_a_gap_though_the_balances_fit() -> None:
    assert verdicts(statement(1, 0, sequence=7), statement(3, 0, sequence=9)) == {"S1": Verdict.ADMITTED, "S3": Verdict.GAP}
    assert verdicts(statement(1, 0, sequence=7), statement(2, 0, sequence=7))["S2"] is Verdict.GAP


def test_numbers_begin_again_with_a_year() -> None:
    assert verdicts(statement(1, 0, 5, sequence=365), statement(2, 5, sequence=1))["S2"] is Verdict.ADMITTED
    assert verdicts(statement(0, 0, 5, sequence=364), statement(1, 5, sequence=1))["S1"] is Verdict.GAP


def test_two_that_say_otherwise_under_one_name_are_both_out() -> None:
    one, other = statement(1, 0, 5), statement(1, 0, 6)
    assert set(judge_chain([imported(one), imported(other)]).values()) == {Verdict.CONTRADICTED}


def test_one_whose_sums_are_wrong_is_out_and_so_is_what_follows_it() -> None:
    wrong = statement(2, 5, 1)
    wrong = replace(wrong, closing=replace(wrong.closing, amount=Money("GBP", 9)))
    found = verdicts(statement(1, 0, 5), wrong, statement(3, 9))
    assert found == {"S1": Verdict.ADMITTED, "S2": Verdict.UNBALANCED, "S3": Verdict.GAP}


def test_an_id_that_is_used_again_in_another_year_is_another_statement() -> None:
    old = statement(1, 0, 5)
    again = replace(statement(300, 5, 1), id=old.id)
    assert imported(old).key != imported(again).key
    assert set(judge_chain([imported(old), imported(again)]).values()) == {Verdict.ADMITTED}
