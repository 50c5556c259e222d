"""An accepted order waits for people where there is a doubt, until they decide or the time that the law allows is over."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from kernel.banking.orders import OrderState, RailStatus, Reason
from kernel.cut_offs import CutOffRule
from kernel.errors import OrderStateForbids, UpstreamTimedOut
from orders.commands.receive import Report
from orders.commands.review import end_of_delay
from orders.machine import OrderEvent
from orders.ports import Progress
from orders.staff import Doubt, Ruling, Staff, Verdict
from orders.tables import order_attempts
from tests.world.brands import BRAND
from tests.world.operators import ANN
from tests.world.orders import orders_world
from tests.world.payments_bank import FakeLedger

LONDON = replace(BRAND, zone=ZoneInfo("Europe/London"))


@dataclass
class Doubts:
    """Risk outside. `answers`: of the next questions; then every order goes on."""

    answers: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    async def find_doubt(self, brand, order):
        self.asked.append(order.id)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


def doubting(world, *answers):
    world.bank.accepts = RailStatus.SETTLED
    world.room = replace(world.room, reviews=Doubts([*answers]))
    return world.room.reviews


def staff(world):
    return Staff(room=world.room, upstream=world.bank)


async def decide(world, order, verdict, reason=None):
    ruling = Ruling(verdict=verdict, by=ANN, evidence="called the customer", reason=reason)
    return await staff(world).decide(BRAND, order.id, ruling)


async def test_an_order_with_a_doubt_waits_and_goes_on_once_people_let_it(both_world):
    world, doubts = both_world, doubting(both_world, "a new payee at night", "and again")
    order = await world.place()
    held = await world.work_out(order.id)
    assert held.state is OrderState.HELD_FOR_REVIEW
    assert "submit" not in world.bank.questions(order.id)
    assert world.bank.held.keys() == {order.id}
    held_by = (await world.orders.history(BRAND, order.id))[-1]
    assert (held_by.event, held_by.evidence) == (OrderEvent.HOLD_FOR_REVIEW, b"a new payee at night")
    await decide(world, order, Verdict.PASSED)
    assert (await world.work_out(order.id)).state is OrderState.SETTLED
    assert doubts.asked == [order.id]  # people were, and their word counts


async def test_an_order_without_a_doubt_goes_on(world):
    doubts = doubting(world)
    order = await world.place()
    assert (await world.work_out(order.id)).state is OrderState.SETTLED
    assert doubts.asked == [order.id]
    assert await world.history(order.id) == ["receive", "reserve", "submit", "settle"]


@pytest.mark.parametrize("failure", [UpstreamTimedOut("late"), RuntimeError("broken")])
async def test_without_an_answer_nothing_is_submitted(world, failure):
    doubts = doubting(world, failure)
    order = await world.place()
    await world.work()
    assert (await world.tracked(order.id)).order.state is OrderState.ACCEPTED
    assert "submit" not in world.bank.questions(order.id)
    assert (await world.work_out(order.id)).state is OrderState.SETTLED
    assert doubts.asked == [order.id] * 2


async def test_a_review_that_never_answers_leaves_the_order_to_people_on_the_last_day(both_world):
    """And the amount is held no longer than they may have it held."""
    world, doubts = both_world, doubting(both_world, *[UpstreamTimedOut("late")] * 9)
    order = await world.place()
    last_day = end_of_delay(BRAND, order) - timedelta(days=1)
    world.pass_time(last_day - world.clock.now() - timedelta(seconds=1))
    await world.work()
    assert (await world.tracked(order.id)).order.state is OrderState.ACCEPTED
    held = await world.work_out(order.id)
    assert held.state is OrderState.HELD_FOR_REVIEW
    held_by = (await world.orders.history(BRAND, order.id))[-1]
    assert held_by.evidence == b"the review has not answered"
    asked = len(doubts.asked)
    world.pass_time(end_of_delay(BRAND, order) - world.clock.now())
    await world.look()
    assert (await world.work_out(order.id)).state is OrderState.REJECTED
    assert (world.bank.held, len(doubts.asked)) == ({}, asked)


async def test_an_order_whose_amount_was_held_as_it_was_placed_is_looked_at_too(migrated_sqlite_url):
    async with orders_world(migrated_sqlite_url, reserve=FakeLedger()) as world:
        doubting(world, "odd")
        worker = world.worker()
        order = await world.place(orders=replace(world.orders, workers={BRAND.name: worker}))
        await worker.finish()
        assert (await world.tracked(order.id)).order.state is OrderState.HELD_FOR_REVIEW
        assert await world.rows(order_attempts) == []


async def test_one_that_no_one_decides_on_is_refused_when_the_time_is_over(both_world):
    world = both_world
    doubting(world, "odd")
    order = await world.place()
    await world.work_out(order.id)
    ends = (await world.tracked(order.id)).turns_at
    assert ends == end_of_delay(BRAND, order)
    world.pass_time(ends - world.clock.now() - timedelta(microseconds=1))
    assert await world.look() == 0
    world.pass_time(timedelta(microseconds=1))
    await world.look()
    refused = await world.work_out(order.id)
    assert (refused.state, refused.reason) == (OrderState.REJECTED, Reason.UNSPECIFIED_BY_AGENT)
    assert world.bank.held == {}


async def test_one_that_the_bank_refuses_while_people_look_at_it_waits_for_nothing_more(world):
    doubting(world, "odd")
    order = await world.place()
    await world.work_out(order.id)
    progress = Progress(status=RailStatus.REJECTED, at=world.clock.now(), reason=Reason.FRAUD_SUSPECTED)
    said = Report(source="rail", message_id="m-1", uetr=order.uetr, progress=progress, message=b"<pacs.002/>")
    assert await world.orders.receive(BRAND, said) == "reject"
    tracked = await world.tracked(order.id)
    assert (tracked.order.state, tracked.turns_at) == (OrderState.REJECTED, None)


async def test_people_hold_an_accepted_order_and_none_that_is_handed_on(migrated_sqlite_url):
    async with orders_world(migrated_sqlite_url, reserve=FakeLedger()) as world:
        order = await world.place()
        doubt = Doubt(by=ANN, reason="the customer called")
        assert (await staff(world).hold(BRAND, order.id, doubt)).state is OrderState.HELD_FOR_REVIEW
        held_by = (await world.orders.history(BRAND, order.id))[-1]
        assert (held_by.cause, held_by.evidence) == ("staff:ann", b"the customer called")
        assert (await world.tracked(order.id)).turns_at == end_of_delay(BRAND, order)
        assert (await decide(world, order, Verdict.REJECTED, Reason.FRAUD_SUSPECTED)).state is OrderState.REJECTED
        world.bank.accepts = RailStatus.SETTLED
        paid = await world.place()
        await world.work_out(paid.id)
        with pytest.raises(OrderStateForbids):
            await staff(world).hold(BRAND, paid.id, doubt)


@pytest.mark.parametrize(
    ("received", "closed", "ends"),
    [
        ("2026-07-06T09:00Z", (), "2026-07-10T23:00Z"),  # Monday: until the end of Friday, in London
        ("2026-07-06T22:59Z", (), "2026-07-10T23:00Z"),
        ("2026-07-06T23:00Z", (), "2026-07-13T23:00Z"),  # Tuesday there
        ("2026-07-11T12:00Z", (), "2026-07-16T23:00Z"),  # a Saturday
        ("2026-10-22T12:00Z", (), "2026-10-29T00:00Z"),  # the clocks change in between
        ("2026-12-23T12:00Z", ("2026-12-25", "2026-12-28"), "2027-01-01T00:00Z"),
    ],
)
async def test_the_time_is_over_with_the_fourth_business_day(world, received, closed, ends):
    rule = CutOffRule(at=time(17), late="next_day", closed=frozenset(map(date.fromisoformat, closed)))
    brand = replace(LONDON, cut_off=rule if closed else None)
    order = msgspec.structs.replace(await world.place(), created_at=datetime.fromisoformat(received))
    assert end_of_delay(brand, order) == datetime.fromisoformat(ends).astimezone(UTC)
    later = msgspec.structs.replace(order, created_at=order.created_at - timedelta(days=90), execute_at=order.created_at)
    assert end_of_delay(brand, later) == end_of_delay(brand, order)
