"""Positions in other currencies are revalued once a day, at the middle rates, and the books stay whole."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from kernel.banking.money import Money
from kernel.observability.telemetry import Telemetry
from orders.settlement.revaluation_run import RevaluationRun
from plugins.ledger.accounts.internal import FX_POSITION, FX_RESULT, internal_account_id
from plugins.ledger.settlement.revaluation import Revaluation
from tests.world.brands import BRAND, START
from tests.world.settled_money import SettledMoney

HOME = "GBP"
RATES = {"EUR": Decimal("1.25"), "JPY": Decimal("200")}
OWN, RESULT = internal_account_id(FX_POSITION, HOME), internal_account_id(FX_RESULT, HOME)


def revaluation(money: SettledMoney, **rates: str) -> Revaluation:
    given = RATES | {currency: Decimal(rate) for currency, rate in rates.items()}
    return Revaluation(database=money.world.database, poster=money.payments.poster, home=HOME, rates=given)


def next_morning(money: SettledMoney) -> datetime:
    money.world.pass_time(timedelta(days=1))
    return money.world.clock.now()


async def test_a_day_is_revalued_once(money: SettledMoney) -> None:
    await money.pay_abroad("p1", 8_620, Money("EUR", 10_000))  # owed at the middle rate: 80.00
    await money.pay_abroad("p2", 1_000, Money("JPY", 2_100))  # 10.50
    assert (await revaluation(money).book(BRAND, START)) is not None  # of the day before, on which there was nothing
    assert await money.booked(RESULT) == 0
    now = next_morning(money)
    await money.pay_abroad("p3", 5_000, Money("EUR", 5_000))  # of the next day
    made = await asyncio.gather(*(revaluation(money).book(BRAND, now) for _ in range(3)))
    found = next(each for each in made if each is not None)
    assert [(each.amount.minor, each.value.minor) for each in found.others] == [(-10_000, -8_000), (-2_100, -1_050)]
    assert found.result == Money(HOME, 8_620 + 1_000 - 8_000 - 1_050)
    assert await money.booked(RESULT) == 570
    assert await money.booked(OWN) == 8_000 + 1_050 + 5_000
    assert await revaluation(money, EUR="1").book(BRAND, now) is None
    await money.check_books()


async def test_a_rate_that_moves_is_a_loss(money: SettledMoney) -> None:
    await money.pay_abroad("p1", 8_000, Money("EUR", 10_000))
    await revaluation(money).book(BRAND, next_morning(money))
    assert await money.booked(RESULT) == 0
    await revaluation(money, EUR="1").book(BRAND, next_morning(money))
    assert (await money.booked(RESULT), await money.booked(OWN)) == (-2_000, 10_000)
    await money.check_books()


async def test_a_position_without_a_rate_stops_its_own_currency_alone(money: SettledMoney) -> None:
    """It is worth what was received for it until there is a rate."""
    await money.pay_abroad("p1", 8_620, Money("EUR", 10_000))  # owed at the middle rate: 80.00
    await money.pay_abroad("p2", 7_000, Money("USD", 10_000))
    now = next_morning(money)
    found = await revaluation(money).book(BRAND, now)
    assert [(each.amount.currency, each.value.minor, each.is_at_cost) for each in found.others] == [
        ("EUR", -8_000, False),
        ("USD", -7_000, True),
    ]
    assert await revaluation(money).find_unrated(BRAND, now) == ("USD",)
    assert await money.booked(RESULT) == 620
    now = next_morning(money)
    assert await revaluation(money, USD="2").find_unrated(BRAND, now) == ()
    assert (await revaluation(money, USD="2").book(BRAND, now)).result == Money(HOME, 2_000)
    assert (await revaluation(money).book(BRAND, next_morning(money))).result == Money(HOME, -2_000)  # the rate is lost again
    assert (await money.booked(RESULT), await money.booked(OWN)) == (620, 15_000)
    await money.check_books()


async def test_a_position_without_a_rate_raises_an_alert_until_it_has_one(money: SettledMoney) -> None:
    telemetry, books = Telemetry(), replace(money.settlement.books, revaluation=revaluation(money))
    run = RevaluationRun(books=books, brand=BRAND)
    run.watch(telemetry)
    shown = f'portcullis_positions_unrated{{brand="{BRAND.name}"}} '
    for currency, number in (("EUR", 0.0), ("USD", 1.0)):
        await money.pay_abroad(currency, 7_000, Money(currency, 10_000))
        await run.run(None)
        assert f"{shown}{number}" in telemetry.render().decode()
    run.books = replace(books, revaluation=revaluation(money, USD="2"))
    await run.run(None)
    assert f"{shown}0.0" in telemetry.render().decode()
