"""Every state of settlements, returns, breaks and statements that is no end has a gauge of its age, whichever states there are."""

import re
from datetime import timedelta

import pytest
from msgspec.structs import replace

from kernel.banking.money import Money
from orders.ages import Ages
from orders.recalls.recall import ENDED_RECALLS, RecallState
from orders.reconciliation.ages import KINDS
from orders.reconciliation.broken import ENDED_BREAKS, BreakState
from orders.reconciliation.chain import Verdict
from orders.settlement.commands import FixSettlement, TakeReturn
from orders.settlement.settled import ENDED_SETTLEMENTS, SettlementState
from portcullis.compose.orders import open_ages
from tests.world.brands import BRAND, START
from tests.world.settled_money import SettledMoney

LINE = re.compile(
    r'^portcullis_(settlement|return|recall|break|statement)(_age_seconds|s_open)\{brand="main",state="(\w+)"\} (\S+)$',
    re.MULTILINE,
)
ENDS = {
    "settlement": (SettlementState, ENDED_SETTLEMENTS),
    "return": (SettlementState, ENDED_SETTLEMENTS),
    "recall": (RecallState, ENDED_RECALLS),
    "break": (BreakState, ENDED_BREAKS),
    "statement": (Verdict, {Verdict.ADMITTED, Verdict.DISCARDED}),
}


def shown(money: SettledMoney) -> dict[tuple[str, str, str], float]:
    text = money.world.telemetry.render().decode()
    return {(noun, what, state): float(value) for noun, what, state, value in LINE.findall(text)}


def watched(money: SettledMoney) -> Ages:
    ages = open_ages(money.world.database, money.world.clock, BRAND)
    ages.watch(money.world.telemetry)
    return ages


def aged(money: SettledMoney) -> dict[tuple[str, str], float]:
    return {(noun, state): value for (noun, what, state), value in shown(money).items() if what == "_age_seconds" and value}


async def test_every_state_has_a_gauge_or_is_an_end(money: SettledMoney) -> None:
    watched(money)
    gauges = {(noun, state) for noun, _what, state in shown(money)}
    assert gauges == {(noun, state.value) for noun, (states, ends) in ENDS.items() for state in set(states) - set(ends)}
    assert {kind.noun for kind in KINDS} == set(ENDS)
    assert set(shown(money).values()) == {0.0}


async def test_what_was_written_down_and_not_booked_ages(money: SettledMoney) -> None:
    ages = watched(money)
    order = await money.pay(700)
    cycle, now = money.pass_cycle(), money.world.clock.wall()
    items, account = await money.settlement.items(BRAND), money.settlement.account
    run = money.world.room.commands.run
    await run(FixSettlement(brand=BRAND, account=account, cycle=cycle, calendar="1", items=items, now=now))
    await run(
        TakeReturn(brand=BRAND, sealer=money.world.room.sealer, rail=account.rail, returned=await money.give_back(order), now=now)
    )
    money.world.pass_time(timedelta(minutes=20))
    await ages.refresh()
    assert aged(money) == {("settlement", "fixed"): 1200, ("return", "fixed"): 1200}
    await money.settlement.complete_returns(BRAND)
    await money.settlement.run(BRAND)
    money.world.pass_time(timedelta(minutes=1))
    await ages.refresh()
    assert aged(money) == {}


async def test_breaks_and_quarantined_statements_age(both_money: SettledMoney) -> None:
    money = both_money
    ages = watched(money)
    await money.pay(700)
    money.pass_cycle()
    await money.settlement.run(BRAND)
    (statement,) = await money.statements(START.date())
    wrong = replace(statement, closing=replace(statement.closing, amount=Money("GBP", 1)))
    await money.reconciliation.import_statements(BRAND, [wrong])
    await money.reconciliation.run(BRAND)
    money.world.pass_time(timedelta(hours=1))
    await ages.refresh()
    assert aged(money) == {("break", "open"): 3600, ("statement", "unbalanced"): 3600}
    await money.reconciliation.import_statements(BRAND, [statement])
    money.world.pass_time(timedelta(hours=1))
    await ages.refresh()
    assert aged(money)[("statement", "contradicted")] == 7200


@pytest.mark.parametrize("kind", KINDS, ids=[kind.noun for kind in KINDS])
def test_the_column_holds_the_states(kind) -> None:
    states, ends = ENDS[kind.noun]
    assert kind.states | set(ends) == set(states)
    assert not kind.states & set(ends)
