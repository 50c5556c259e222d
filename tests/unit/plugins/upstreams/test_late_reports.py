"""Late answers of a rail: booked first, then reported to the order, then acknowledged, and each once."""

import pytest

from kernel.banking.orders import OrderState, RailStatus
from kernel.errors import UpstreamTimedOut
from plugins.rails.ports import RailNotice, RailReport
from plugins.upstreams.late_reports import LateReports
from tests.world.brands import BRAND, START
from tests.world.orders import orders_world


class Rail:
    """One that keeps what it is given until it is acknowledged."""

    name = "rail"

    def __init__(self):
        self.kept = {}

    def add(self, notice_id, uetr, status):
        self.kept[notice_id] = RailNotice(id=notice_id, report=RailReport(uetr=uetr, status=status, at=START))

    async def notices(self):
        return tuple(self.kept.values())

    async def acknowledge(self, notice_id):
        self.kept.pop(notice_id, None)


@pytest.fixture
async def world(migrated_sqlite_url):
    async with orders_world(migrated_sqlite_url) as made:
        yield made


@pytest.fixture
async def both_world(migrated_url):
    async with orders_world(migrated_url) as made:
        yield made


@pytest.fixture
def rail():
    return Rail()


def reports(world, rail):
    return LateReports(rail=rail, payments=world.bank, orders=world.orders, brands=(BRAND,))


async def unknown(world):
    world.bank.faults["submit"] = [silent]
    order = await world.place()
    await world.work()
    return order


def silent():
    raise UpstreamTimedOut("late")


async def test_a_late_answer_is_booked_reported_and_acknowledged(both_world, rail):
    world = both_world
    order = await unknown(world)
    rail.add("n-1", order.uetr, RailStatus.SETTLED)
    assert await reports(world, rail).look() == 1
    assert rail.kept == {}
    assert world.bank.questions(order.id)[-1] == "status", "the bank books what its rail paid"
    settled = (await world.tracked(order.id)).order
    assert settled.state is OrderState.SETTLED
    (message,) = await world.messages()
    assert (message.source, message.message_id, message.order_id, message.effect) == ("rail", "n-1", order.id, "settle")


async def test_what_cannot_be_booked_now_comes_again(world, rail):
    order = await unknown(world)
    rail.add("n-1", order.uetr, RailStatus.SETTLED)
    world.bank.lost["status"] = [UpstreamTimedOut("busy")]
    assert await reports(world, rail).look() == 0
    assert (await world.messages(), list(rail.kept)) == ([], ["n-1"])
    assert await reports(world, rail).look() == 1
    assert (await world.tracked(order.id)).order.state is OrderState.SETTLED


async def test_a_notice_whose_acknowledgement_was_lost_acts_once(world, rail):
    order = await unknown(world)
    rail.add("n-1", order.uetr, RailStatus.SETTLED)
    await reports(world, rail).look()
    versions = (await world.tracked(order.id)).order.version
    rail.add("n-1", order.uetr, RailStatus.SETTLED)
    assert await reports(world, rail).look() == 1
    assert (await world.tracked(order.id)).order.version == versions
    assert len(await world.messages()) == 1


async def test_what_matches_no_order_is_kept_and_acknowledged(world, rail):
    rail.add("n-1", "00000000-0000-4000-8000-000000000000", RailStatus.SETTLED)
    assert await reports(world, rail).look() == 1
    (message,) = await world.messages()
    assert (message.effect, message.order_id) == ("unmatched", None)
    assert world.bank.asked == []


async def test_one_that_waits_holds_up_no_other(world, rail):
    first, second = await unknown(world), await unknown(world)
    rail.add("n-1", first.uetr, RailStatus.SETTLED)
    rail.add("n-2", second.uetr, RailStatus.SETTLED)
    world.bank.lost["status"] = [UpstreamTimedOut("busy")]
    assert await reports(world, rail).look() == 1
    assert list(rail.kept) == ["n-1"]
