"""Decisions of the bank's own people: before an order is handed on, and of an end that no one else can name."""

import hashlib
from datetime import timedelta

import pytest

from kernel.banking.orders import OrderState, RailStatus, Reason
from kernel.errors import FieldMissing, OrderStateForbids, OrderUnknown, UpstreamTimedOut
from orders.commands.decide import DECISIONS
from orders.machine import OrderEvent
from orders.ports import Progress
from tests.world.brands import BRAND, START
from tests.world.orders import orders_world
from tests.world.payments_bank import FakeLedger


@pytest.fixture
async def reserved_world(migrated_sqlite_url):
    """The amount of an order is held as it is placed."""
    async with orders_world(migrated_sqlite_url, reserve=FakeLedger()) as made:
        yield made


async def received(world):
    return await world.place()


async def half_signed(world):
    return await world.half_signed()


async def scheduled(world):
    return await world.place(execute_at=START + timedelta(days=1))


async def unknown(world):
    world.bank.lost["submit"] = [UpstreamTimedOut("lost")]
    order = await world.place()
    await world.work()
    return order


async def decide(world, order, event, people=("Ann",), **facts):
    return await world.orders.decide(BRAND, order.id, event, people=people, **facts)


@pytest.mark.parametrize("made", [received, half_signed, scheduled], ids=lambda made: made.__name__)
@pytest.mark.parametrize(
    ("event", "state"), [(OrderEvent.CANCEL, OrderState.CANCELLED), (OrderEvent.REJECT, OrderState.REJECTED)]
)
async def test_an_order_that_was_not_handed_on_can_be_stopped(world, made, event, state):
    order = await made(world)
    assert (await decide(world, order, event, reason=Reason.REGULATORY)).state is state
    ended = await world.work_out(order.id)
    assert (ended.state, ended.reason) == (state, Reason.REGULATORY)
    assert "submit" not in world.bank.questions(order.id)
    assert world.bank.held == {}


async def test_what_may_be_held_for_a_stopped_order_is_released(world):
    """A worker may have asked for it, and its question may still be on its way."""
    order = await received(world)
    await decide(world, order, OrderEvent.CANCEL)
    await world.work_out(order.id)
    assert world.bank.questions(order.id) == ["release"]
    assert (await world.bank.reserve(BRAND, order.transfer)).reason is Reason.UNSPECIFIED_BY_AGENT


async def test_a_submitted_order_cannot_be_stopped_here(world):
    world.bank.ends = RailStatus.IN_PROCESS
    order = await world.place()
    await world.work()
    for event in OrderEvent:
        with pytest.raises(OrderStateForbids):
            await decide(world, order, event, ("Ann", "Bea"), evidence=b"seen")


async def test_two_people_settle_an_unknown_end_with_evidence(world):
    order = await unknown(world)
    settled = await decide(world, order, OrderEvent.SETTLE, ("Bea", "Ann"), evidence=b"statement 12")
    assert (settled.state, settled.rail_status) == (OrderState.SETTLED, RailStatus.SETTLED)
    *_, last = await world.orders.history(BRAND, order.id)
    assert (last.cause, last.evidence) == ("staff:Ann,Bea", b"statement 12")
    await world.work_out(order.id)
    assert (world.bank.books[order.id].status, world.bank.held) == (RailStatus.SETTLED, {})
    assert world.bank.resolutions[0].evidence_sha256 == hashlib.sha256(b"statement 12").hexdigest()


async def test_two_people_reject_an_unknown_end_and_its_amount_is_let_go_of(world):
    order = await unknown(world)
    await decide(world, order, OrderEvent.REJECT, ("Ann", "Bea"), evidence=b"letter", reason=Reason.AGENT_OFFLINE)
    assert (await world.work_out(order.id)).state is OrderState.REJECTED
    assert (world.bank.books[order.id].status, world.bank.held) == (RailStatus.REJECTED, {})


@pytest.mark.parametrize("event", [OrderEvent.SETTLE, OrderEvent.REJECT])
async def test_a_decided_order_stays_due_until_the_bank_has_confirmed_its_end(world, event):
    order = await unknown(world)
    await decide(world, order, event, ("Ann", "Bea"), evidence=b"letter")
    world.bank.lost["resolve"] = [UpstreamTimedOut("lost"), UpstreamTimedOut("lost")]
    in_process = Progress(status=RailStatus.IN_PROCESS, at=START)
    world.bank.faults["resolve"] = [lambda: in_process]
    await world.work_out(order.id)
    assert world.bank.questions(order.id).count("resolve") == 4
    assert "release" not in world.bank.questions(order.id)


async def test_a_bank_that_knows_another_end_than_people_leaves_a_note(world):
    order = await unknown(world)
    await world.bank.submit(BRAND, order.transfer)
    await world.bank.status(BRAND, order.id)
    await decide(world, order, OrderEvent.REJECT, ("Ann", "Bea"), evidence=b"letter")
    assert (await world.work_out(order.id)).state is OrderState.REJECTED
    assert (await world.history(order.id))[-2:] == ["reject", "note"]


@pytest.mark.parametrize(
    ("people", "evidence"), [((), b"seen"), (("Ann",), b"seen"), (("Ann", "Ann"), b"seen"), (("Ann", "Bea"), b"")]
)
async def test_an_unknown_end_takes_two_people_and_evidence(world, people, evidence):
    order = await unknown(world)
    with pytest.raises(FieldMissing):
        await decide(world, order, OrderEvent.SETTLE, people, evidence=evidence)
    assert (await world.tracked(order.id)).order.state is OrderState.UNKNOWN


async def test_someone_decides(world):
    order = await received(world)
    with pytest.raises(FieldMissing):
        await decide(world, order, OrderEvent.CANCEL, ())


async def test_an_order_under_review_waits_for_a_person(reserved_world):
    world = reserved_world
    order = await world.place()
    assert order.state is OrderState.ACCEPTED
    await decide(world, order, OrderEvent.HOLD_FOR_REVIEW)
    world.pass_time(timedelta(days=1))
    assert (await world.claim(), world.bank.asked) == ((), [])
    await decide(world, order, OrderEvent.PASS_REVIEW)
    assert (await world.work_out(order.id)).state is OrderState.SETTLED


async def test_an_order_that_fails_its_review_is_released(reserved_world):
    world = reserved_world
    order = await world.place()
    await decide(world, order, OrderEvent.HOLD_FOR_REVIEW)
    await decide(world, order, OrderEvent.REJECT, reason=Reason.FRAUD_SUSPECTED)
    rejected = await world.work_out(order.id)
    assert (rejected.state, rejected.reason) == (OrderState.REJECTED, Reason.FRAUD_SUSPECTED)
    assert world.bank.questions(order.id) == ["release"]


async def test_a_worker_finds_an_order_that_was_held_meanwhile_and_leaves_it(reserved_world):
    world = reserved_world
    order = await world.place()
    (claim,) = await world.claim()
    await decide(world, order, OrderEvent.HOLD_FOR_REVIEW)
    await world.submitter().advance(claim)
    assert (await world.tracked(order.id)).order.state is OrderState.HELD_FOR_REVIEW
    assert world.bank.asked == []


async def test_there_is_no_such_order(world):
    with pytest.raises(OrderUnknown):
        await world.orders.decide(BRAND, "another", OrderEvent.CANCEL, people=("Ann",))


def test_no_one_settles_what_cannot_have_been_handed_on():
    assert {state for state, events in DECISIONS.items() if OrderEvent.SETTLE in events} == {
        OrderState.UNKNOWN,
        OrderState.HELD_FOR_REVIEW,
    }
