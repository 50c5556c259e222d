"""A payment abroad for a later day: at the rate that the bank fixed for it, or at the rate of that day, which the bank is asked for within it."""

from datetime import date, timedelta

import pytest

from kernel.banking.abroad.exchange import RateType, Unquoted
from kernel.banking.consents import ConsentKind
from kernel.banking.money import Money
from kernel.banking.orders import OrderState, Reason
from kernel.banking.planned.ahead import end_of
from kernel.cut_offs import start_of
from kernel.errors import UpstreamFailed
from orders.changes import Step, change_order
from orders.machine import OrderEvent, TransitionRefused
from tests.unit.orders.test_submitter import raising
from tests.world.abroad import abroad_on
from tests.world.brands import BRAND

DAY = date(2026, 7, 10)
BEGINS, ENDS = start_of(DAY, BRAND.zone), end_of(DAY, BRAND)


def until(world, moment):
    world.clock.advance(moment - world.clock.now())


async def planned(world, **quote):
    """The id of an order for that day, which waits."""
    terms = abroad_on(DAY, world.clock.now(), **quote)
    consent = await world.consent(kind=ConsentKind.INTERNATIONAL_SCHEDULED, terms=terms)
    asked = {"kind": ConsentKind.INTERNATIONAL_SCHEDULED, "terms": terms.payment, "cross_border": terms.cross_border.asked}
    order = await world.place(consent, **asked)
    assert (order.state, order.execute_at) == (OrderState.SCHEDULED, BEGINS)
    return order.id


async def test_an_estimate_is_replaced_by_the_rate_of_the_day(both_world):
    world = both_world
    order_id = await planned(world)
    estimate = (await world.tracked(order_id)).order.cross_border.quote
    until(world, BEGINS)
    await world.look()
    order = await world.work_out(order_id)
    quote = order.cross_border.quote
    assert order.state is OrderState.SETTLED
    assert (quote.type, quote.bought, quote.expires_at) == (
        RateType.INDICATIVE,
        Money("EUR", 10_000),
        BEGINS + timedelta(minutes=30),
    )
    assert (quote.rate != estimate.rate, world.bank.asked[0][0]) == (True, "quote")
    assert (await world.history(order_id))[:5] == ["receive", "schedule", "fall_due", "price", "reserve"]
    assert "order.priced" in [kind for kind, about in (await world.records()).journal if about == order_id]


async def test_what_is_held_is_what_the_rate_of_the_day_debits(world):
    order_id = await planned(world)
    until(world, BEGINS)
    world.bank.faults = {"submit": [raising(UpstreamFailed("down"))]}
    await world.look()
    order = (await world.tracked(order_id)).order
    assert world.bank.held == {order_id: order.cross_border.quote.debit}
    assert order.debit != abroad_on(DAY, world.clock.now()).cross_border.quote.debit


async def test_a_rate_that_was_fixed_for_the_day_is_not_asked_for_again(world):
    order_id = await planned(world, type=RateType.ACTUAL, expires_at=ENDS)
    agreed = (await world.tracked(order_id)).order.cross_border
    until(world, BEGINS)
    await world.look()
    order = await world.work_out(order_id)
    assert (order.state, order.cross_border) == (OrderState.SETTLED, agreed)
    assert "quote" not in [question for question, _ in world.bank.asked]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (raising(UpstreamFailed("down")), Reason.INSTRUCTED_AGENT_FAILED),
        (lambda: Unquoted.CURRENCY, Reason.CURRENCY_NOT_ALLOWED),
        (lambda: Unquoted.AMOUNT, Reason.AMOUNT_NOT_ALLOWED),
        (lambda: Unquoted.RATE, Reason.UNSUPPORTED),
    ],
    ids=["no answer", "currency", "amount", "rate"],
)
async def test_a_bank_without_a_rate_is_asked_again_within_the_day_and_no_longer(world, answer, reason):
    order_id = await planned(world)
    until(world, BEGINS)
    world.bank.faults = {"quote": [answer] * 500}
    await world.look()
    tracked = await world.tracked(order_id)
    assert (tracked.order.state, tracked.due_at) == (OrderState.RECEIVED, BEGINS + timedelta(seconds=1))
    order = await world.work_out(order_id)
    assert (order.state, order.reason) == (OrderState.REJECTED, reason)
    assert ENDS <= order.updated_at < ENDS + timedelta(minutes=11)
    assert (world.bank.held, world.bank.reserved) == ({}, set())


async def test_a_rate_that_comes_within_the_day_is_taken(world):
    order_id = await planned(world)
    until(world, ENDS - timedelta(hours=1))
    world.bank.faults = {"quote": [lambda: Unquoted.CURRENCY] * 5}
    await world.look()
    assert (await world.work_out(order_id)).state is OrderState.SETTLED


async def test_a_day_that_a_bank_missed_whole_has_the_rate_of_the_moment(world):
    order_id = await planned(world)
    until(world, ENDS + timedelta(days=2))
    await world.look()
    assert (await world.work_out(order_id)).state is OrderState.SETTLED


async def test_the_wait_for_a_rate_takes_nothing_from_the_wait_for_the_bank(world):
    """A bank that gives a rate after hours, and does not say at once whether it holds the amount, is asked again."""
    order_id = await planned(world)
    until(world, BEGINS)
    world.bank.faults = {"quote": [lambda: Unquoted.CURRENCY] * 30, "reserve": [raising(UpstreamFailed("down"))]}
    await world.look()
    assert (await world.work_out(order_id)).state is OrderState.SETTLED
    assert world.clock.now() > BEGINS + timedelta(hours=2)


async def test_no_amount_is_held_before_a_rate_binds_the_bank(world):
    """A step that takes money is refused without one, wherever it comes from."""
    order_id = await planned(world)
    before = await world.tracked(order_id)

    class Take:
        name, locks = "take", ()

        async def handle(self, unit):
            steps = (Step(event=OrderEvent.FALL_DUE), Step(event=OrderEvent.RESERVE))
            await change_order(unit, world.room, before, steps, actor="test", due_at=None)

    with pytest.raises(TransitionRefused):
        await world.room.commands.run(Take())
