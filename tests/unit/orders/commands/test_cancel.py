"""An order for a later day: nothing is asked for before that day, and those who agreed may cancel it until then."""

import asyncio
from datetime import date, timedelta

import msgspec
import pytest

from kernel.banking.consents import ConsentKind
from kernel.banking.orders import OrderState, RailStatus, Reason
from kernel.banking.planned.scheduled import ScheduledTerms
from kernel.cut_offs import start_of
from kernel.errors import OrderStateForbids, OrderUnknown
from tests.world.brands import BRAND
from tests.world.orders import ACME, TERMS, TWO_OF_TWO, request_of, use_of

DAY = date(2026, 7, 10)
BEGINS = start_of(DAY, BRAND.zone)
PLANNED = {"kind": ConsentKind.SCHEDULED, "terms": ScheduledTerms(payment=TERMS, asked_on=DAY, made_on=DAY)}


async def planned(world, **facts):
    consent = await world.consent(**{**PLANNED, **facts})
    return await world.orders.place(BRAND, ACME, request_of(consent, kind=consent.kind), use_of(consent.id))


def cancel(world, order, name="erin"):
    return world.orders.cancel(BRAND, order, customer_id=f"c-{name}", psu_id=f"psu-{name}")


async def test_an_order_for_a_later_day_waits_and_is_then_paid(both_world):
    world = both_world
    order = await planned(world)
    assert (order.kind, order.state, order.rail_status) == (ConsentKind.SCHEDULED, OrderState.SCHEDULED, RailStatus.PENDING)
    assert order.execute_at == BEGINS
    world.pass_time(BEGINS - world.clock.now() - timedelta(seconds=1))
    await world.look()
    assert world.bank.asked == []
    world.pass_time(timedelta(seconds=1))
    await world.look()
    assert (await world.work_out(order.id)).state is OrderState.SETTLED
    assert world.bank.carried_out == {order.id: 1}


async def test_funds_that_are_missing_on_its_day_reject_it(world):
    world.bank.refuses = Reason.FUNDS_INSUFFICIENT
    order = await planned(world)
    world.pass_time(BEGINS - world.clock.now())
    await world.look()
    ended = (await world.tracked(order.id)).order
    assert (ended.state, ended.reason) == (OrderState.REJECTED, Reason.FUNDS_INSUFFICIENT)


async def test_a_customer_cancels_it_before_its_day(both_world):
    world = both_world
    order = await planned(world)
    world.pass_time(BEGINS - world.clock.now() - timedelta(seconds=1))
    cancelled = await cancel(world, order)
    assert (cancelled.state, cancelled.rail_status) == (OrderState.CANCELLED, RailStatus.CANCELLED)
    world.pass_time(timedelta(days=2))
    await world.look()
    assert world.bank.asked == []
    assert (await world.records()).journal[-1] == ("order.cancelled", order.id)
    (last,) = [each for each in await world.orders.history(BRAND, order.id) if each.event == "cancel"]
    assert last.cause == "psu:psu-erin"


async def test_from_the_beginning_of_its_day_it_is_too_late(world):
    """Whether or not a worker has seen that it is due."""
    order = await planned(world)
    world.pass_time(BEGINS - world.clock.now())
    with pytest.raises(OrderStateForbids):
        await cancel(world, order)
    await world.look()
    await world.work_out(order.id)
    with pytest.raises(OrderStateForbids):
        await cancel(world, order)
    assert (await world.tracked(order.id)).order.state is OrderState.SETTLED


async def test_an_order_that_is_made_at_once_is_not_cancelled(world):
    order = await world.place()
    with pytest.raises(OrderStateForbids):
        await cancel(world, order)


async def test_only_those_who_signed_cancel_it(world):
    order = await planned(world, signing_rules=(TWO_OF_TWO,))
    assert order.state is OrderState.AWAITING_AUTHORISATION
    for name in ("frank", "stranger"):
        with pytest.raises(OrderUnknown):
            await cancel(world, order, name)
    with pytest.raises(OrderUnknown):
        await cancel(world, msgspec.structs.replace(order, id="unknown"))
    assert (await cancel(world, order)).state is OrderState.CANCELLED


async def test_of_two_cancellations_at_once_one_counts(both_world):
    world = both_world
    order = await planned(world)
    answers = await asyncio.gather(*(cancel(world, order) for _ in range(4)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in answers) == [*["OrderStateForbids"] * 3, "PaymentOrder"]
