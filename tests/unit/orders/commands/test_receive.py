"""Reports that an upstream sends of its own accord: late, doubled, out of order, and contradicting what is known."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from kernel.banking.orders import OrderState, RailStatus, Reason
from kernel.errors import UpstreamTimedOut
from orders.commands.advance import AdvanceOrder
from orders.commands.receive import Report
from orders.decisions import on_absence
from orders.pace import Pace
from orders.ports import Progress
from orders.tables import inbox, order_attempts
from tests.world.brands import BRAND, START


def report(order, status, message_id="m-1", reason=None):
    progress = Progress(status=status, at=START, reason=reason)
    return Report(source="rail", message_id=message_id, uetr=order.uetr, progress=progress, message=b"<pacs.002/>")


async def unknown(world):
    def silent():
        raise UpstreamTimedOut("late")

    world.bank.faults["submit"] = [silent]
    order = await world.place()
    await world.work()
    return order


async def test_a_late_answer_ends_what_was_unknown(both_world):
    world = both_world
    order = await unknown(world)
    assert await world.orders.receive(BRAND, report(order, RailStatus.SETTLED)) == "settle"
    settled = (await world.tracked(order.id)).order
    assert (settled.state, settled.rail_status) == (OrderState.SETTLED, RailStatus.SETTLED)
    world.pass_time(timedelta(days=1))
    assert await world.claim() == ()
    assert (await world.orders.history(BRAND, order.id))[-1].evidence == b"<pacs.002/>"


async def test_a_late_refusal_releases_the_amount(world):
    order = await unknown(world)
    await world.orders.receive(BRAND, report(order, RailStatus.REJECTED, reason=Reason.CREDITOR_ACCOUNT_WRONG))
    rejected = await world.work_out(order.id)
    assert (rejected.state, rejected.reason) == (OrderState.REJECTED, Reason.CREDITOR_ACCOUNT_WRONG)
    assert world.bank.held == {}


async def test_a_message_acts_once(both_world):
    world = both_world
    order = await unknown(world)
    said = [await world.orders.receive(BRAND, report(order, RailStatus.SETTLED)) for _ in range(3)]
    assert said == ["settle", "repeated", "repeated"]
    assert len(await world.rows(inbox)) == 1


async def test_a_message_that_was_overtaken_changes_nothing(world):
    order = await unknown(world)
    await world.orders.receive(BRAND, report(order, RailStatus.SETTLED, "m-2"))
    before = (await world.tracked(order.id)).order
    assert await world.orders.receive(BRAND, report(order, RailStatus.IN_PROCESS, "m-1")) == "none"
    assert (await world.tracked(order.id)).order == before


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        (RailStatus.SETTLED, RailStatus.REJECTED, OrderState.SETTLED),
        (RailStatus.REJECTED, RailStatus.SETTLED, OrderState.REJECTED),
        (RailStatus.CANCELLED, RailStatus.CREDITED, OrderState.CANCELLED),
    ],
)
async def test_a_contradiction_is_evidence_and_moves_nothing(world, first, second, state):
    """A late "paid" that revived refunded orders is a classic of other houses."""
    order = await unknown(world)
    await world.orders.receive(BRAND, report(order, first, "m-1"))
    await world.work_out(order.id)
    before = (await world.tracked(order.id)).order
    assert await world.orders.receive(BRAND, report(order, second, "m-2")) == "note"
    after = (await world.tracked(order.id)).order
    assert (after.state, after.rail_status, after.reason) == (state, before.rail_status, before.reason)
    *_, noted = await world.orders.history(BRAND, order.id)
    assert (noted.event, noted.version, noted.evidence) == ("note", before.version + 1, b"<pacs.002/>")
    assert (await world.tracked(order.id)).due_at is None


async def test_the_payees_credit_follows_the_payers_debit(world):
    order = await unknown(world)
    await world.orders.receive(BRAND, report(order, RailStatus.SETTLED, "m-1"))
    settled_at = (await world.tracked(order.id)).order.settled_at
    world.pass_time(timedelta(days=1))
    assert await world.orders.receive(BRAND, report(order, RailStatus.CREDITED, "m-2")) == "progress"
    credited = (await world.tracked(order.id)).order
    assert (credited.settled_at, credited.updated_at) == (settled_at, world.clock.now())  # it is paid since then
    assert (credited.state, credited.rail_status) == (OrderState.SETTLED, RailStatus.CREDITED)


async def test_a_message_about_no_order_is_kept(world):
    order = await world.place()
    stranger = Report(
        source="rail", message_id="m-1", uetr="another", progress=report(order, RailStatus.SETTLED).progress, message=b"?"
    )
    assert await world.orders.receive(BRAND, stranger) == "unmatched"
    (row,) = await world.rows(inbox)
    assert (row.order_id, row.effect) == (None, "unmatched")
    assert row.message != b"?"


async def test_another_message_under_an_id_that_is_taken_is_kept_and_noted(both_world):
    """It moves nothing: people find out which of the two its sender meant."""
    world = both_world
    order = await unknown(world)
    await world.orders.receive(BRAND, report(order, RailStatus.IN_PROCESS))
    before = (await world.tracked(order.id)).order
    other = replace(report(order, RailStatus.SETTLED), message=b"<other/>")
    assert [await world.orders.receive(BRAND, other) for _ in range(2)] == ["reused", "repeated"]
    after = (await world.tracked(order.id)).order
    assert (after.state, after.rail_status) == (before.state, before.rail_status)
    *_, noted = await world.orders.history(BRAND, order.id)
    assert (noted.event, noted.evidence) == ("note", b"<other/>")
    assert {row.effect for row in await world.rows(inbox)} == {"progress", "reused"}


async def test_a_report_that_comes_while_a_worker_waits_for_its_answer_counts(world):
    """The worker's own answer says nothing new then."""
    submit = world.bank.submit

    async def overtaken(brand, transfer):
        progress = await submit(brand, transfer)
        order = (await world.tracked(transfer.order_id)).order
        await world.orders.receive(BRAND, report(order, RailStatus.SETTLED))
        return progress

    world.bank.submit = overtaken
    order = await world.place()
    await world.work()
    assert (await world.tracked(order.id)).order.state is OrderState.SETTLED
    assert await world.history(order.id) == ["receive", "reserve", "submit", "settle"]
    assert (await world.tracked(order.id)).due_at is None


async def missed(world):
    """An order that its worker found missing; it died before it sent another."""
    world.bank.lost["submit"] = [UpstreamTimedOut("lost")]
    order = await world.place()
    await world.work()
    world.pass_time(world.room.pace.arrival_max)
    (claim,) = await world.claim()
    decide = partial(on_absence, asked_at=world.clock.wall(), version=(await world.tracked(order.id)).order.version)
    await world.room.commands.run(AdvanceOrder(room=world.room, brand=BRAND, claim=claim, decide=decide))
    return order


@pytest.mark.parametrize(
    ("submissions_max", "state", "outcomes"),
    [(2, OrderState.SUBMITTED, ["missing", "ACSC"]), (1, OrderState.ACCEPTED, ["missing"])],  # as it was written at the time
)
async def test_a_submission_that_was_thought_missing_may_still_settle(world, submissions_max, state, outcomes):
    world.room = replace(world.room, pace=Pace(submissions_max=submissions_max))
    order = await missed(world)
    assert (await world.tracked(order.id)).order.state is state
    assert await world.orders.receive(BRAND, report(order, RailStatus.SETTLED)) == "settle"
    world.pass_time(timedelta(days=1))
    assert (await world.tracked(order.id)).order.state is OrderState.SETTLED
    assert await world.claim() == ()
    assert [row.outcome for row in await world.rows(order_attempts)] == outcomes


async def test_a_report_that_comes_while_the_upstream_is_asked_keeps_the_order_from_being_sent_again(world):
    """The submission arrived late, just after the upstream was asked."""
    world.bank.lost["submit"] = [UpstreamTimedOut("lost")]
    order = await world.place()
    await world.work()
    ask = world.bank.status

    async def overtaken(brand, order_id):
        answer = await ask(brand, order_id)
        await world.orders.receive(BRAND, report(order, RailStatus.PENDING))
        return answer

    world.bank.status = overtaken
    world.pass_time(world.room.pace.arrival_max)
    await world.work()
    assert world.bank.questions(order.id).count("submit") == 1
    assert (await world.tracked(order.id)).order.state is OrderState.SUBMITTED
