"""Days of payments at home and abroad, recalls, returns, revaluations, lost answers, and statements that come late, twice or in another order: every evening the books are whole.

Drawn from the seed. `make simulate` runs a month.
"""

import os
import random
from datetime import date, timedelta

import pytest

from kernel.banking.money import Money
from kernel.banking.orders import OrderState
from orders.operators.operator import Operator
from orders.recalls.desk import RecallDesk
from orders.recalls.recall import OPEN_RECALLS, RecallReason
from plugins.exchange.rate_table import RateTable
from plugins.ledger.settlement.revaluation import Revaluation
from plugins.rails.recall_terms import TERMS
from tests.harness.databases import KINDS, migrate
from tests.world.brands import BRAND, START
from tests.world.settled_money import (
    ABROAD,
    ABROAD_REJECTED,
    CREDITED,
    FUNDS,
    LATER,
    PAYERS,
    REJECTED,
    SettledMoney,
    settled_money,
)

SEED = int(os.environ.get("PORTCULLIS_SIMULATE_SEED", "4"))
DAYS = 31 if "PORTCULLIS_SIMULATE_PAIRS" in os.environ else 4  # the long form is that of `make simulate`
PAYMENTS_MAX = 6  # of a day
ABROAD_PAYER = "up-3"  # who pays abroad


async def live_a_day(money: SettledMoney, draw: random.Random) -> None:
    for _ in range(draw.randint(2, PAYMENTS_MAX)):
        money.rail.silent = int(draw.random() < 0.2)
        await money.pay(draw.randint(1, 90_000), draw.choice((CREDITED, CREDITED, REJECTED, LATER)), draw.choice(PAYERS))
        money.world.pass_time(timedelta(minutes=draw.randint(1, 90)))
    money.rail.silent = 0
    money.at(START + timedelta(days=(money.world.clock.wall() - START).days, hours=8, minutes=30))  # 18:30 in London
    await money.work()


async def exchange(money: SettledMoney, draw: random.Random) -> None:
    """Payments abroad of a customer who makes no others, and the revaluation of what those of yesterday left with the bank."""
    for _ in range(draw.randint(1, 2)):
        money.abroad.silent = int(draw.random() < 0.2)
        bought = Money(draw.choice(("EUR", "USD")), draw.randint(100, 9_000))
        await money.order_abroad(bought, ABROAD_PAYER, draw.choice((ABROAD, ABROAD, ABROAD_REJECTED)))
    money.abroad.silent = 0
    revaluation = Revaluation(database=money.world.database, poster=money.payments.poster, home="GBP", rates=RateTable().middle)
    await revaluation.book(BRAND, money.world.clock.now())
    again = await revaluation.book(BRAND, money.world.clock.now())
    assert again is None or again.result.minor == 0


async def compare_abroad(money: SettledMoney, today: date, draw: random.Random) -> None:
    """The correspondent's statements up to a day, in any order, with each account of ours. What is left in clearing is of open cycles."""
    stated = await money.statements(today, money.abroad)
    for each in money.correspondents:
        await each.import_statements(BRAND, draw.sample(stated, len(stated)))
        report = await each.run(BRAND)
        assert report.clearing == report.in_flight
        assert report.proof.unexplained.minor == 0, report
        assert {found.broken.kind for found in report.breaks} <= {"timing"}


async def check_abroad(money: SettledMoney, until: date) -> None:
    """Everything has ended, and each nostro is what the correspondent's last statement says."""
    stated = {
        each.currency: each.closing.amount for each in await money.statements(until, money.abroad) if each.closing is not None
    }
    assert stated
    for each in money.correspondents:
        report = await each.run(BRAND)
        assert report.is_clean, report
        assert (report.matched, report.in_flight.minor) == (report.items, 0)
        assert report.proof.ledger == stated.get(report.account.currency, Money(report.account.currency, 0))


async def give_back(money: SettledMoney, draw: random.Random) -> None:
    settled = [order for order in money.paid if (await money.world.tracked(order.id)).order.state is OrderState.SETTLED]
    for order in draw.sample(settled, min(1, len(settled))):
        money.paid.remove(order)
        if draw.random() < 0.5:  # because it was recalled
            assert await desk_of(money).ask(BRAND, order.id, RecallReason.DUPLICATE, Operator(name="ann")) is not None
        returned = await money.give_back(order)
        for _ in range(draw.randint(1, 2)):  # its message comes twice, now and then
            await money.settlement.take_return(BRAND, returned)
        await desk_of(money).complete(BRAND)
        assert await desk_of(money).list(BRAND, OPEN_RECALLS) == ()


def desk_of(money: SettledMoney) -> RecallDesk:
    return RecallDesk(settlement=money.settlement, terms=TERMS[money.settlement.account.rail])


@pytest.mark.timeout(int(os.environ.get("PORTCULLIS_SIMULATE_TIMEOUT", "120")))
@pytest.mark.parametrize("kind", KINDS)
async def test_every_evening_the_books_are_whole(kind, databases, tmp_path):
    draw, held = random.Random(SEED), []
    with databases.database(kind, tmp_path, migrate) as url:
        async with settled_money(url, payers=(*PAYERS, ABROAD_PAYER)) as money:
            for day in range(DAYS):
                money.at(START + timedelta(days=day))
                await live_a_day(money, draw)
                await give_back(money, draw)
                await exchange(money, draw)
                today = (START + timedelta(days=day)).date()
                await compare_abroad(money, today, draw)
                stated = list(await money.statements(today))
                if draw.random() < 0.3 and stated:
                    held.append(stated.pop())  # it comes another day
                draw.shuffle(stated)
                await money.reconciliation.import_statements(BRAND, stated)
                report = await money.reconciliation.run(BRAND)
                assert report.clearing == report.in_flight
                assert report.proof.unexplained == Money("GBP", 0), report
                assert {each.broken.kind for each in report.breaks} <= {"timing", "statement_gap"}
                await money.check_books()
            money.at(START + timedelta(days=DAYS + 4))
            await money.work()
            last = (START + timedelta(days=DAYS + 4)).date()
            await compare_abroad(money, last, draw)
            await check_abroad(money, last)
            everything = await money.statements(last)
            await money.reconciliation.import_statements(BRAND, draw.sample(everything, len(everything)))
            report = await money.reconciliation.run(BRAND)
            assert report.is_clean, report
            assert report.matched == report.items
            assert report.in_flight == Money("GBP", 0)
            assert everything[-1].closing is not None
            assert report.proof.ledger == everything[-1].closing.amount
            left = sum([await money.booked(payer) for payer in PAYERS])
            assert left - FUNDS * len(PAYERS) == everything[-1].closing.amount.minor
            assert await money.reconciliation.run(BRAND) == report
