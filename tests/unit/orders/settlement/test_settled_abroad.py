"""Payments abroad are settled with the correspondent, over one account for each currency, and its statements agree with the books."""

from datetime import timedelta

from kernel.banking.money import Money
from kernel.banking.orders import OrderState
from plugins.exchange.rate_table import MIDDLE_RATES
from plugins.rails.international.rules import ACCOUNTS, CYCLES
from tests.world.brands import BRAND
from tests.world.settled_money import ABROAD_REJECTED, FUNDS, SettledMoney


async def settle_abroad(money: SettledMoney) -> dict[str, object]:
    """The reports of the accounts over which there were payments, by currency, once their cycle has closed and its statement is here."""
    cycle = CYCLES.cycle_of(money.world.clock.wall() + timedelta(seconds=2))
    money.world.pass_time(timedelta(seconds=2))
    await money.work()
    money.at(cycle.closes_at)
    stated = await money.statements(cycle.settles_on, money.abroad)
    reports = {}
    for each in money.correspondents:
        await each.import_statements(BRAND, stated)
        report = await each.run(BRAND)
        assert (report.clearing.minor, report.in_flight.minor, report.breaks) == (0, 0, ()), report
        if report.items:
            reports[report.account.currency] = report
    return reports


async def test_each_currency_settles_over_an_account_of_its_own(money: SettledMoney) -> None:
    await money.order_abroad(Money("EUR", 10_000))
    await money.order_abroad(Money("EUR", 2_000))
    await money.order_abroad(Money("JPY", 5_000))
    await money.order_abroad(Money("USD", 700), number=ABROAD_REJECTED)
    reports = await settle_abroad(money)
    assert {currency: (report.matched, report.proof.ledger.minor) for currency, report in reports.items()} == {
        "EUR": (2, -12_000),
        "JPY": (1, -5_000),
    }
    assert all(report.proof.closing == report.proof.ledger and report.is_clean for report in reports.values())
    states = [(await money.world.tracked(order.id)).order.state for order in money.sent_abroad]
    assert states == [OrderState.SETTLED] * 3 + [OrderState.REJECTED]
    await money.check_books()


async def test_a_payment_abroad_that_comes_back_waits_for_its_payer_and_settles(money: SettledMoney) -> None:
    """It was paid in another currency than it comes back in: people exchange it."""
    order = await money.order_abroad(Money("USD", 10_000))
    await settle_abroad(money)
    left = await money.booked("up-1")
    returned = await money.abroad.scheme.ask(lambda books: books.give_back(order.uetr, "AC04", 9_500))
    dollars = next(each for each in money.correspondents if each.settlement.account.currency == "USD")
    await dollars.settlement.take_return(BRAND, returned)
    assert await money.booked("internal:returns:payable:USD") == 9_500
    assert FUNDS > left == await money.booked("up-1")
    assert (await settle_abroad(money))["USD"].proof.ledger == Money("USD", -500)
    await money.check_books()


def test_the_correspondent_keeps_one_account_of_each_currency_that_has_a_rate() -> None:
    assert [account.currency for account in ACCOUNTS] == sorted(MIDDLE_RATES)
    assert len({account.number for account in ACCOUNTS}) == len(ACCOUNTS)
