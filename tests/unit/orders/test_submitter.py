"""One order carried on: what is sent is written down first, no answer is never a failure, and nothing is sent again blindly."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kernel.banking.orders import OrderState, RailStatus, Reason
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from kernel.storage.lease import LeaseLost
from orders.decisions import AttemptMissing, Situation, on_absence
from orders.pace import Pace, RailPace
from orders.ports import Progress
from orders.rows.orders import load_order
from orders.tables import order_attempts, orders
from plugins.rails.sepa.instant import SEPA_INSTANT
from tests.world.brands import BRAND, START
from tests.world.orders import orders_world
from tests.world.payments_bank import FakeBank

NO_ANSWERS = [UpstreamTimedOut("late"), UpstreamFailed("down"), ValueError("garbled")]


class NoDoubts:
    async def find_doubt(self, brand, order):
        return None


class KilledError(BaseException):
    """The process is no more."""


def raising(error):
    def fault():
        raise error

    return fault


async def begun(world, **scripted):
    """An order whose bank answers as scripted, after its first attempt."""
    for name, value in scripted.items():
        setattr(world.bank, name, value)
    order = await world.place()
    await world.work()
    return order.id


async def test_an_order_keeps_the_rail_that_its_bank_chose(both_world):
    """From its reservation on: also where no answer to the submission comes."""
    order_id = await begun(both_world, rail="a_rail", faults={"submit": [raising(UpstreamTimedOut("late"))]})
    order = (await both_world.tracked(order_id)).order
    assert (order.state, order.rail) == (OrderState.UNKNOWN, "a_rail")


async def test_an_order_that_may_be_reviewed_keeps_its_rail_too(world):
    world.room = replace(world.room, reviews=NoDoubts())
    order_id = await begun(world, rail="a_rail")
    assert (await world.tracked(order_id)).order.rail == "a_rail"


async def test_a_payment_is_reserved_submitted_and_settled(both_world):
    world = both_world
    order_id = await begun(world, accepts=RailStatus.SETTLED)
    order = (await world.tracked(order_id)).order
    assert (order.state, order.rail_status) == (OrderState.SETTLED, RailStatus.SETTLED)
    assert await world.history(order_id) == ["receive", "reserve", "submit", "settle"]
    assert world.bank.questions(order_id) == ["reserve", "submit"]
    assert await world.claim() == ()


async def test_the_attempt_is_on_record_before_the_bank_is_called(both_world):
    """A worker that dies from here on leaves a trace of what may have arrived."""
    world, seen = both_world, []

    class Looking(FakeBank):
        async def submit(self, brand, transfer):
            (attempt,) = await world.rows(order_attempts)
            (row,) = await world.rows(orders)
            seen.append((row.state, attempt.number, attempt.uetr == transfer.uetr, attempt.ended_at, len(attempt.digest)))
            return await super().submit(brand, transfer)

    world.bank = Looking(world.clock)
    await begun(world)
    assert seen == [("submitted", 1, True, None, 64)]


@pytest.mark.parametrize("error", NO_ANSWERS, ids=repr)
async def test_no_answer_to_a_submission_is_unknown_and_the_amount_stays_held(world, error):
    order_id = await begun(world, faults={"submit": [raising(error)]})
    assert (await world.tracked(order_id)).order.state is OrderState.UNKNOWN
    assert order_id in world.bank.held
    assert world.defects == [("submit", error.code if hasattr(error, "code") else "upstream_failed")]


async def test_an_instant_payment_without_a_confirmation_is_unknown_after_ten_seconds(world):
    """Not when the next question happens to fall due; and it leaves by the word of the rail."""
    world.room = replace(world.room, rail_pace=lambda transfer: SEPA_INSTANT.pace if transfer.rail == "sepa_instant" else None)
    order_id = await begun(world, rail="sepa_instant", ends=RailStatus.IN_PROCESS)
    began_at = world.clock.wall()
    while (tracked := await world.tracked(order_id)).order.state is OrderState.SUBMITTED:
        world.pass_time(max(timedelta(), tracked.due_at - world.clock.wall()))
        await world.work()
    assert tracked.order.state is OrderState.UNKNOWN
    assert world.clock.wall() - began_at == timedelta(seconds=10)
    assert order_id in world.bank.held
    world.bank.books[order_id] = Progress(status=RailStatus.CREDITED, at=world.clock.now())
    assert (await world.work_out(order_id)).state is OrderState.SETTLED


@pytest.mark.parametrize("error", NO_ANSWERS, ids=repr)
async def test_an_unknown_payment_is_asked_for_and_never_sent_again(world, error):
    order_id = await begun(world, faults={"submit": [raising(error)], "status": [raising(error)]})
    order = await world.work_out(order_id)
    assert order.state is OrderState.SETTLED
    assert world.bank.questions(order_id) == ["reserve", "submit", "status", "status"]
    assert world.bank.carried_out[order_id] == 1


@pytest.mark.parametrize("arrived", [True, False], ids=["sent", "not sent"])
async def test_a_worker_that_takes_a_submitted_order_over_asks_for_it(both_world, arrived):
    """The one before died between its commit and the answer: before its call, or after it."""
    world = both_world

    class Deadly(FakeBank):
        async def submit(self, brand, transfer):
            if arrived:
                await super().submit(brand, transfer)
            raise KilledError

    order = await world.place()
    (claim,) = await world.claim()
    deadly = Deadly(world.clock)
    with pytest.raises(KilledError):
        await world.submitter(deadly).advance(claim)
    assert (await world.tracked(order.id)).order.state is OrderState.SUBMITTED
    world.bank.books, world.bank.carried_out = deadly.books, deadly.carried_out
    assert (await world.work_out(order.id)).state is OrderState.SETTLED
    assert world.bank.carried_out[order.id] == 1
    assert world.bank.questions(order.id)[0] == "status"


async def test_not_found_counts_only_once_nothing_can_be_on_its_way(world):
    lost = [UpstreamTimedOut("lost")]
    order_id = await begun(world, lost={"submit": lost})
    arrival = (await world.rows(order_attempts))[0].arrives_until
    while world.clock.wall() < arrival:
        assert world.bank.questions(order_id).count("submit") == 1
        assert (await world.tracked(order_id)).order.state is OrderState.UNKNOWN
        world.pass_time((await world.tracked(order_id)).due_at - world.clock.wall())
        await world.work()
    order = await world.work_out(order_id)
    assert order.state is OrderState.SETTLED
    assert world.bank.questions(order_id).count("submit") == 2
    assert [row.outcome for row in await world.rows(order_attempts)] == ["missing", "ACSC"]
    assert "miss" in await world.history(order_id)


async def test_not_found_is_of_the_moment_at_which_the_bank_was_asked(world):
    """Asked shortly before the submission has arrived, answered when nothing could arrive any more."""
    sent, late = [], []

    class Slow(FakeBank):
        async def submit(self, brand, transfer):
            sent.append(transfer)
            if len(sent) > 1:
                return await super().submit(brand, transfer)
            late.append(transfer)
            raise UpstreamTimedOut("on its way")

        async def status(self, brand, order_id):
            found = await super().status(brand, order_id)
            if late:
                world.pass_time(arrival - timedelta(seconds=2) - world.clock.wall())
                await super().submit(brand, late.pop())
                world.pass_time(timedelta(seconds=2))
            return found

    world.bank = Slow(world.clock)
    order_id = await begun(world)
    arrival = (await world.rows(order_attempts))[0].arrives_until
    world.pass_time(arrival - timedelta(seconds=10) - world.clock.wall())
    await world.work()
    assert (await world.work_out(order_id)).state is OrderState.SETTLED
    assert len(sent) == 1
    assert "miss" not in await world.history(order_id)


async def test_an_absence_without_an_attempt_proves_nothing(world):
    order_id = await begun(world, lost={"submit": [UpstreamTimedOut("lost")]})
    async with world.database.read() as connection:
        tracked = await load_order(connection, world.room.sealer, BRAND.name, order_id)
    long_after = world.clock.wall() + timedelta(days=1)
    with pytest.raises(AttemptMissing):
        on_absence(Situation(tracked, None, long_after, world.room.pace), asked_at=long_after, version=tracked.order.version)


async def test_a_worker_that_takes_an_order_over_which_was_to_be_sent_again_asks_for_it_first(both_world):
    """The first submission is found missing, and the worker dies before it sends the second: meanwhile the first arrives after all."""
    world = both_world

    class Deadly(FakeBank):
        async def submit(self, brand, transfer):
            raise KilledError

    order_id = await begun(world, lost={"submit": [UpstreamTimedOut("lost")]})
    world.pass_time(world.room.pace.arrival_max)
    (claim,) = await world.claim()
    with pytest.raises(KilledError):
        await world.submitter(Deadly(world.clock)).advance(claim)
    await world.bank.submit(BRAND, (await world.tracked(order_id)).order.transfer)
    asked = len(world.bank.questions(order_id))
    assert (await world.work_out(order_id)).state is OrderState.SETTLED
    assert world.bank.questions(order_id)[asked:] == ["status"]


@pytest.mark.parametrize("question", ["submit", "status", "cancel"])
@pytest.mark.parametrize("said_at", [START, START - timedelta(days=1)], ids=["then", "before it was ordered"])
async def test_what_the_bank_answers_is_kept_with_its_instant(migrated_sqlite_url, question, said_at):
    """As the evidence of the event that it made. The order was settled when the bank says so, unless that cannot be."""
    said = Progress(status=RailStatus.SETTLED, at=said_at, message=b"<pacs.002/>")
    async with orders_world(migrated_sqlite_url, pace=Pace(submissions_max=1)) as world:
        if question == "cancel":
            world.bank.lost["submit"] = [UpstreamTimedOut("lost")]
        world.bank.faults[question] = [lambda: said]
        order_id = await begun(world)
        order = await world.work_out(order_id)
        (settled,) = [each for each in await world.orders.history(BRAND, order_id) if each.event == "settle"]
        assert (settled.evidence, settled.reported_at) == (b"<pacs.002/>", said_at)
        assert order.settled_at == (START if said_at == START else order.updated_at)


async def test_the_second_submission_bears_the_same_ids(world):
    sent = []

    class Listening(FakeBank):
        async def submit(self, brand, transfer):
            sent.append(transfer)
            return await super().submit(brand, transfer)

    world.bank = Listening(world.clock)
    await world.work_out(await begun(world, lost={"submit": [UpstreamTimedOut("lost")]}))
    assert sent == [sent[0], sent[0]]
    assert {sent[0].uetr} == {row.uetr for row in await world.rows(order_attempts)}


async def test_a_bank_that_never_receives_it_is_asked_to_stop_it(migrated_sqlite_url):
    """Only then is it rejected: a submission that still arrives is refused."""
    pace = Pace(submissions_max=2)
    async with orders_world(migrated_sqlite_url, pace=pace) as world:
        order_id = await begun(world, lost={"submit": [UpstreamTimedOut("lost"), UpstreamTimedOut("lost")]})
        order = await world.work_out(order_id)
        assert (order.state, order.reason) == (OrderState.REJECTED, Reason.INSTRUCTED_AGENT_TIMED_OUT)
        late = await world.bank.submit(BRAND, order.transfer)
        assert late.status is RailStatus.CANCELLED
        assert (world.bank.carried_out[order_id], world.bank.held) == (0, {})


async def test_a_bank_that_had_it_after_all_says_so_when_asked_to_stop_it(migrated_sqlite_url):
    async with orders_world(migrated_sqlite_url, pace=Pace(submissions_max=1)) as world:
        order_id = await begun(world, faults={"submit": [raising(UpstreamTimedOut("lost"))], "status": [lambda: None] * 50})
        world.bank.ends = world.bank.accepts = RailStatus.SETTLED
        while (await world.tracked(order_id)).order.state is not OrderState.SETTLED:
            world.pass_time(timedelta(minutes=10))
            await world.work()
        assert world.bank.carried_out[order_id] == 1


@pytest.mark.parametrize("answer", [RailStatus.REJECTED, RailStatus.BLOCKED, RailStatus.CANCELLED])
async def test_a_refused_payment_is_released_once(world, answer):
    order_id = await begun(world, accepts=answer, reason=Reason.CREDITOR_ACCOUNT_WRONG)
    order = (await world.tracked(order_id)).order
    assert order.state is (OrderState.CANCELLED if answer is RailStatus.CANCELLED else OrderState.REJECTED)
    assert (order.rail_status, order.reason) == (answer, Reason.CREDITOR_ACCOUNT_WRONG)
    assert world.bank.questions(order_id) == ["reserve", "submit", "release"]
    assert (await world.tracked(order_id)).due_at is None


async def test_a_release_is_asked_for_until_it_is_answered(world):
    lost = {"release": [UpstreamTimedOut("lost"), UpstreamFailed("down")]}
    order_id = await begun(world, accepts=RailStatus.REJECTED, lost=lost)
    await world.work_out(order_id)
    assert world.bank.questions(order_id).count("release") == 3
    assert world.bank.held == {}


async def test_a_refused_reservation_ends_the_order(world):
    order_id = await begun(world, refuses=Reason.FUNDS_INSUFFICIENT)
    order = (await world.tracked(order_id)).order
    assert (order.state, order.rail_status, order.reason) == (
        OrderState.REJECTED,
        RailStatus.REJECTED,
        Reason.FUNDS_INSUFFICIENT,
    )
    assert world.bank.questions(order_id) == ["reserve"]


async def test_a_reservation_without_an_answer_is_asked_for_again(world):
    order_id = await begun(world, lost={"reserve": [UpstreamTimedOut("late")]})
    assert (await world.tracked(order_id)).order.state is OrderState.RECEIVED
    assert (await world.work_out(order_id)).state is OrderState.SETTLED
    assert world.bank.questions(order_id).count("submit") == 1


async def test_a_bank_that_reserves_nothing_for_too_long_ends_the_order(world):
    order_id = await begun(world, lost={"reserve": [UpstreamFailed("down") for _ in range(50)]})
    order = await world.work_out(order_id)
    assert (order.state, order.reason) == (OrderState.REJECTED, Reason.INSTRUCTED_AGENT_FAILED)
    assert world.clock.wall() - START >= world.room.pace.reserved_within
    assert world.bank.questions(order_id)[-1] == "release"


async def test_pauses_grow(world):
    order_id = await begun(world, ends=RailStatus.IN_PROCESS)
    pauses = []
    for _ in range(12):
        due = (await world.tracked(order_id)).due_at
        pauses.append((due - world.clock.wall()).total_seconds())
        world.pass_time(due - world.clock.wall())
        await world.work()
    assert pauses[:6] == [1, 2, 4, 8, 16, 32]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 600


async def test_a_payment_without_an_end_in_time_is_unknown_until_it_has_one(world):
    order_id = await begun(world, ends=RailStatus.IN_PROCESS)
    while (tracked := await world.tracked(order_id)).order.state is OrderState.SUBMITTED:
        world.pass_time(tracked.due_at - world.clock.wall())
        await world.work()
    assert tracked.order.state is OrderState.UNKNOWN
    assert world.clock.wall() - START >= world.room.pace.final_within
    versions = tracked.order.version
    for _ in range(3):  # the same news again is no news
        world.pass_time((await world.tracked(order_id)).due_at - world.clock.wall())
        await world.work()
    assert (await world.tracked(order_id)).order.version == versions
    world.bank.ends = RailStatus.SETTLED
    assert (await world.work_out(order_id)).state is OrderState.SETTLED


async def test_a_worker_that_was_succeeded_writes_nothing(both_world):
    world = both_world
    order = await world.place()
    (first,) = await world.claim()
    world.pass_time(world.room.pace.lease)
    (second,) = await world.claim()
    assert second.fence == first.fence + 1
    before = await world.rows(orders)
    with pytest.raises(LeaseLost):
        await world.submitter().advance(first)
    assert await world.rows(orders) == before
    assert world.bank.questions(order.id) == []


async def test_a_worker_that_is_succeeded_while_it_waits_for_an_answer_writes_nothing(both_world):
    world = both_world
    order = await world.place()
    (claim,) = await world.claim()

    class Slow(FakeBank):
        async def submit(self, brand, transfer):
            progress = await super().submit(brand, transfer)
            world.pass_time(world.room.pace.lease)
            (taken,) = await world.claim()
            await world.submitter(self).advance(taken)
            return progress

    world.bank = Slow(world.clock, ends=RailStatus.IN_PROCESS)
    with pytest.raises(LeaseLost):
        await world.submitter().advance(claim)
    assert world.bank.carried_out[order.id] == 1
    world.bank.ends = RailStatus.SETTLED
    assert (await world.work_out(order.id)).state is OrderState.SETTLED


async def test_a_worker_whose_lease_ran_out_asks_nothing(world):
    order = await world.place()
    (claim,) = await world.claim()
    world.pass_time(world.room.pace.lease)
    await world.submitter().advance(claim)
    assert world.bank.questions(order.id) == []


SLOW = RailPace(arrival_max=timedelta(minutes=5), absence_after=timedelta(hours=1), final_within=timedelta(days=1))
QUICK = RailPace(arrival_max=timedelta(seconds=10), final_within=timedelta(seconds=20))


@pytest.mark.parametrize(("rail", "found"), [(SLOW, timedelta(hours=1)), (QUICK, timedelta(seconds=10)), (None, None)])
async def test_an_absence_counts_when_the_rail_says(world, rail, found):
    """A rail that looks for a payment tomorrow, and one that knows at once."""
    world.room = replace(world.room, rail_pace=lambda _transfer: rail)
    world.bank.lost["submit"] = [UpstreamTimedOut("lost")]
    order = await world.place()
    await world.work_out(order.id)
    first, second = await world.rows(order_attempts)
    assert second.began_at - first.began_at >= (found or world.room.pace.arrival_max)
    assert first.arrives_until - first.began_at == (world.room.pace if rail is None else rail).arrival_max


@pytest.mark.parametrize(
    ("rail", "state"), [(SLOW, OrderState.SUBMITTED), (QUICK, OrderState.UNKNOWN), (None, OrderState.UNKNOWN)]
)
async def test_an_end_is_unknown_once_the_rail_should_have_said_it(world, rail, state):
    world.room = replace(world.room, rail_pace=lambda _transfer: rail)
    world.bank.accepts = world.bank.ends = RailStatus.IN_PROCESS
    order = await world.place()
    await world.work()
    world.pass_time(timedelta(hours=3))
    await world.work()
    assert (await world.tracked(order.id)).order.state is state
