"""Statements and cleared breaks go when their time has passed, and not before; what is open, or belongs to the ledger, stays."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

import orders.janitor
from kernel.errors import FieldInvalid
from orders.janitor import Janitor
from orders.reconciliation import tables
from orders.reconciliation.past_rows import CLEARED_KEPT, STATEMENTS_KEPT, RemoveClearedBreaks, StatementRemoval
from orders.reconciliation.statement import Statement
from orders.reconciliation.tables import break_events, breaks, matches, resolved_alone, statements
from orders.settlement import tables as settlement_tables
from orders.settlement.tables import returns, settlement_items, settlement_marks, settlements
from tests.unit.orders.settlement.test_run import Held
from tests.world.brands import BRAND, START
from tests.world.settled_money import SettledMoney

DAY = timedelta(days=1)
GOES = {statements, breaks, break_events, resolved_alone}  # the last with the first of a later day (rows.py: add_alone)
STAYS_WITH_THE_LEDGER = {settlements, settlement_items, settlement_marks, returns, matches}


async def clean(money: SettledMoney) -> None:
    removals = (StatementRemoval(sealer=money.world.room.sealer), RemoveClearedBreaks)
    room = money.world.room
    await Janitor(commands=room.commands, clock=room.clock, brand=BRAND, removals=removals).run(Held())


async def counts(money: SettledMoney) -> tuple[int, int]:
    return len(await money.world.rows(statements)), len(await money.world.rows(breaks))


async def settle_days(money: SettledMoney, days: int) -> list[Statement]:
    for _ in range(days):
        await money.pay(700)
        money.pass_cycle()
        await money.settlement.run(BRAND)
        money.world.pass_time(DAY)
    return list(await money.statements((START + days * 2 * DAY).date()))


async def test_statements_go_and_the_rest_is_still_whole(both_money: SettledMoney, monkeypatch) -> None:
    money = both_money
    monkeypatch.setattr(orders.janitor, "BATCH_ROWS", 2)
    stated = await settle_days(money, 4)
    await money.reconciliation.import_statements(BRAND, stated)
    before = await money.reconciliation.run(BRAND)
    assert before.breaks == ()
    money.at(START + STATEMENTS_KEPT - DAY)
    await clean(money)
    assert await counts(money) == (len(stated), 0)
    money.world.pass_time(30 * DAY)
    for _ in range(len(stated)):
        await clean(money)
    assert await counts(money) == (1, 0)  # the last begins the chain
    after = await money.reconciliation.run(BRAND)
    assert (after.breaks, after.proof.unexplained, after.matched) == ((), before.proof.unexplained, before.matched)
    with pytest.raises(FieldInvalid):
        await money.reconciliation.import_statements(BRAND, stated[:1])


async def test_what_an_open_break_names_stays(money: SettledMoney) -> None:
    first, _second, *rest = await settle_days(money, 4)
    await money.reconciliation.import_statements(BRAND, [first, *rest])  # those after the gap are quarantined
    await money.reconciliation.run(BRAND)
    money.at(START + STATEMENTS_KEPT + 30 * DAY)
    number, broken = await counts(money)
    await clean(money)
    assert await counts(money) == (number, broken) == (1 + len(rest), broken)


async def test_a_statement_with_a_line_that_is_open_stays(money: SettledMoney) -> None:
    first, second, *rest = await settle_days(money, 4)
    entry = second.entries[0]
    part = replace(entry.parts[0], references=replace(entry.parts[0].references, uetr="0d3c0b2e-2f4e-4a8b-9a3e-0d1f2a3b4c5d"))
    strange = replace(second, entries=(replace(entry, parts=(part,)),))
    await money.reconciliation.import_statements(BRAND, [first, strange, *rest])
    await money.reconciliation.run(BRAND)
    money.at(START + STATEMENTS_KEPT + 30 * DAY)
    open_before = {broken.id for broken in (await money.reconciliation.breaks(BRAND)).values()}
    await clean(money)
    assert (await counts(money))[0] == 1 + len(rest)
    assert {broken.id for broken in (await money.reconciliation.breaks(BRAND)).values()} == open_before


async def test_a_break_that_cleared_goes_with_its_history(both_money: SettledMoney) -> None:
    money = both_money
    first, second, *rest = await settle_days(money, 3)
    for stated in ([first, *rest], [second]):
        await money.reconciliation.import_statements(BRAND, stated)
        await money.reconciliation.run(BRAND)
    number = (await counts(money))[1]
    assert number > 0
    money.world.pass_time(CLEARED_KEPT - DAY)
    await clean(money)
    assert (await counts(money))[1] == number
    money.world.pass_time(2 * DAY)
    await clean(money)
    assert (await counts(money))[1] == len(await money.world.rows(break_events)) == 0


def test_every_table_has_a_time_limit_or_belongs_to_the_ledger() -> None:
    own = {table for module in (tables, settlement_tables) for table in vars(module).values() if isinstance(table, sa.Table)}
    assert own == GOES | STAYS_WITH_THE_LEDGER
