"""The bank's own people at payment orders: they find them, read their story, and name an end where the bank says none."""

from datetime import timedelta

import pytest

from consent.store.tables import journal
from kernel import json
from kernel.banking.orders import OPEN_STATES, OrderState, RailStatus, Reason
from kernel.banking.planned.instructions import InstructionState
from kernel.errors import FieldMissing, OrderStateForbids, OrderUnknown, UpstreamFailed, UpstreamTimedOut
from orders.changes import Step
from orders.commands.advance import AdvanceOrder
from orders.commands.receive import Report
from orders.decisions import Decision
from orders.instructions.story import SoughtInstructions
from orders.machine import OrderEvent
from orders.ports import Progress
from orders.rows.search import Sought
from orders.staff import DECIDED_STATES, BankAnswers, Ruling, Staff, Verdict
from tests.unit.orders.instructions.test_instructions import DAYS, go_to
from tests.unit.orders.instructions.test_instructions import place as place_standing_order
from tests.world.brands import BRAND, START
from tests.world.operators import ANN, BEA, CEM, operator
from tests.world.orders import BOROUGH, TWO_OF_TWO, orders_world
from tests.world.payments_bank import FakeLedger

SEEN = "settlement report of 1 July, line 12"


def staff(world):
    return Staff(room=world.room, upstream=world.bank)


def ruling(verdict=Verdict.SETTLED, by=ANN, evidence=SEEN, reason=None):
    return Ruling(verdict=verdict, by=by, evidence=evidence, reason=reason)


async def decide_both(world, order, made, by=BEA):
    """One proposes and another approves."""
    proposed = await staff(world).decide(BRAND, order.id, made)
    return await staff(world).approve(BRAND, order.id, proposed.version, by)


async def unknown(world):
    """Submitted, and not answered."""
    world.bank.faults["submit"] = [silent]
    order = await world.place()
    await world.work()
    assert (await world.tracked(order.id)).order.state is OrderState.UNKNOWN
    return order


def silent():
    raise UpstreamTimedOut("late")


def is_silent(world, times=1, failure=UpstreamTimedOut):
    world.bank.lost["status"] = [failure("no answer")] * times


def missed(_situation):
    """The bank says that it never received the order, and it is not sent again at once."""
    return Decision(steps=(Step(event=OrderEvent.MISS),), ends="missing")


async def held(world, *, submitted=False):
    """With `submitted`, after a submission that was thought missing."""
    if submitted:
        world.bank.lost["submit"] = [UpstreamTimedOut("lost")]
    order = await world.place()
    if submitted:
        await world.work()
        world.pass_time(world.room.pace.arrival_max * 2)
        (claim,) = await world.claim()
        await world.room.commands.run(AdvanceOrder(room=world.room, brand=BRAND, claim=claim, decide=missed))
    await world.orders.decide(BRAND, order.id, OrderEvent.HOLD_FOR_REVIEW, people=("Ann",))
    return order


@pytest.fixture
async def reserved_world(migrated_sqlite_url):
    """The amount of an order is held as it is placed."""
    async with orders_world(migrated_sqlite_url, reserve=FakeLedger()) as made:
        yield made


async def test_orders_are_found_by_state_age_consent_and_tpp(both_world):
    world = both_world
    lost = await unknown(world)
    world.pass_time(timedelta(hours=3))
    waiting = await world.half_signed()
    foreign = await world.place(await world.consent(client_id="borough", organisation_id="org-borough"), BOROUGH)
    desk = staff(world)

    async def ids(**facts):
        return [each.order.id for each in await desk.search(BRAND, Sought(**facts))]

    assert (await ids())[0] == lost.id, "longest in its state first"
    assert set(await ids()) == {lost.id, waiting.id, foreign.id}
    assert await ids(states=frozenset({OrderState.UNKNOWN})) == [lost.id]
    assert await ids(until=world.clock.wall() - timedelta(hours=2)) == [lost.id]
    assert await ids(consent_id=waiting.consent_id) == [waiting.id]
    assert await ids(tpp="org-borough") == await ids(tpp="borough") == [foreign.id]
    assert await ids(tpp="nowhere") == []


async def test_a_listing_without_a_state_lacks_what_has_ended(world):
    order = await world.place()
    await world.work_out(order.id)
    assert await staff(world).search(BRAND, Sought()) == ()
    (found,) = await staff(world).search(BRAND, Sought(states=frozenset(OrderState)))
    assert found.order.id == order.id
    assert Sought().states == OPEN_STATES


async def test_a_story_has_events_attempts_and_messages(both_world):
    world = both_world
    order = await unknown(world)
    progress = Progress(status=RailStatus.SETTLED, at=START)
    report = Report(source="rail", message_id="m-1", uetr=order.uetr, progress=progress, message=b"<a/>")
    await world.orders.receive(BRAND, report)
    story = await staff(world).story(BRAND, order.id)
    assert [each.event.value for each in story.history] == ["receive", "reserve", "submit", "lose", "settle"]
    assert [(each.number, each.outcome) for each in story.submissions] == [(1, "ACSC")]
    assert [(each.source, each.message_id, each.effect) for each in story.messages] == [("rail", "m-1", "settle")]
    assert story.tracked.order.state is OrderState.SETTLED
    assert await staff(world).story(BRAND, "no-such-order") is None


async def test_people_settle_what_a_silent_bank_leaves_unknown(both_world):
    world = both_world
    order = await unknown(world)
    is_silent(world, 2)
    before = await world.tracked(order.id)
    proposed = await staff(world).decide(BRAND, order.id, ruling())
    waiting = await world.tracked(order.id)
    assert (proposed.state, waiting.since, waiting.due_at) == (OrderState.UNKNOWN, before.since, before.due_at)
    assert (proposed.updated_at, proposed.reason) == (before.order.updated_at, None)
    settled = await staff(world).approve(BRAND, order.id, proposed.version, BEA)
    assert settled.state is OrderState.SETTLED
    *_, last = await world.orders.history(BRAND, order.id)
    assert (last.cause, last.evidence.decode()) == ("staff:ann,bea", SEEN)
    (entry,) = [row for row in await world.rows(journal) if row.kind == "order.decided"]
    facts = json.decode(entry.facts, dict)
    assert (entry.actor, facts["credential"], facts["decision"]) == ("staff:ann,bea", "command 7", "settle")
    assert SEEN not in entry.facts.decode()
    (entry,) = [row for row in await world.rows(journal) if row.kind == "order.proposed"]
    assert (entry.actor, json.decode(entry.facts, dict)["credential"]) == ("staff:ann", "command 7")


@pytest.mark.parametrize("failure", [UpstreamTimedOut, UpstreamFailed, RuntimeError])
async def test_any_failure_to_answer_is_silence(world, failure):
    order = await unknown(world)
    is_silent(world, 2, failure)
    rejected = await decide_both(world, order, ruling(Verdict.REJECTED, reason=Reason.AGENT_OFFLINE))
    assert (rejected.state, rejected.reason) == (OrderState.REJECTED, Reason.AGENT_OFFLINE)
    await world.work_out(order.id)
    assert world.bank.held == {}


@pytest.mark.parametrize("same", [ANN, operator("Ann", "another key"), operator("bea", ANN.key)], ids=["both", "name", "key"])
async def test_the_operator_who_proposed_an_end_does_not_approve_it(world, same):
    """Under the same name, or with the same key under another one."""
    order = await unknown(world)
    is_silent(world, 2)
    with pytest.raises(OrderStateForbids, match="another operator"):
        await decide_both(world, order, ruling(), same)
    assert (await world.tracked(order.id)).order.state is OrderState.UNKNOWN


async def test_what_is_approved_is_what_the_approver_has_read(world):
    """A proposal that another one has replaced, or after which the bank has spoken, is void."""
    order = await unknown(world)
    is_silent(world, 5)
    first = await staff(world).decide(BRAND, order.id, ruling())
    second = await staff(world).decide(BRAND, order.id, ruling(Verdict.REJECTED, reason=Reason.AGENT_OFFLINE))
    with pytest.raises(OrderStateForbids, match="faster"):
        await staff(world).approve(BRAND, order.id, first.version, BEA)
    said = Report(
        source="rail",
        message_id="m-1",
        uetr=order.uetr,
        progress=Progress(status=RailStatus.IN_PROCESS, at=START),
        message=b"<a/>",
    )
    await world.orders.receive(BRAND, said)
    with pytest.raises(OrderStateForbids, match="faster"):
        await staff(world).approve(BRAND, order.id, second.version, BEA)
    with pytest.raises(OrderStateForbids, match="nothing was proposed"):
        await staff(world).approve(BRAND, order.id, 1, BEA)


async def test_a_bank_that_answers_meanwhile_is_believed_and_no_proposal(world):
    order = await unknown(world)
    is_silent(world)
    proposed = await staff(world).decide(BRAND, order.id, ruling())
    world.bank.ends = RailStatus.REJECTED
    with pytest.raises(BankAnswers):
        await staff(world).approve(BRAND, order.id, proposed.version, BEA)


@pytest.mark.parametrize("ends", [RailStatus.SETTLED, RailStatus.REJECTED, RailStatus.IN_PROCESS])
async def test_a_bank_that_answers_decides_and_no_one_else(world, ends):
    order = await unknown(world)
    world.bank.ends = ends
    with pytest.raises(BankAnswers, match=ends.value):
        await staff(world).decide(BRAND, order.id, ruling())
    assert (await world.tracked(order.id)).order.state is OrderState.UNKNOWN


async def test_a_bank_that_never_received_it_answers_too(world):
    world.bank.lost["submit"] = [UpstreamTimedOut("lost")]
    order = await world.place()
    await world.work()
    with pytest.raises(BankAnswers, match="never received"):
        await staff(world).decide(BRAND, order.id, ruling())


async def test_the_same_decision_again_changes_nothing(both_world):
    world = both_world
    order = await unknown(world)
    is_silent(world, 3)
    first, again = [await staff(world).decide(BRAND, order.id, ruling()) for _ in range(2)]
    assert first == again
    settled = await staff(world).approve(BRAND, order.id, first.version, BEA)
    assert await staff(world).approve(BRAND, order.id, first.version, BEA) == settled
    assert await staff(world).decide(BRAND, order.id, ruling()) == settled
    assert len([row for row in await world.rows(journal) if row.kind == "order.decided"]) == 1


@pytest.mark.parametrize(
    "other",
    [
        ruling(Verdict.REJECTED, reason=Reason.AGENT_OFFLINE),
        ruling(evidence="something else"),
        ruling(by=CEM),
        ruling(Verdict.PASSED),
    ],
)
async def test_an_end_stays_though_something_else_is_decided(world, other):
    order = await unknown(world)
    is_silent(world, 3)
    before = await decide_both(world, order, ruling())
    with pytest.raises(OrderStateForbids):
        await staff(world).decide(BRAND, order.id, other)
    with pytest.raises(OrderStateForbids):
        await staff(world).approve(BRAND, order.id, before.version - 1, CEM)
    assert (await world.tracked(order.id)).order == before


@pytest.mark.parametrize("verdict", Verdict)
async def test_orders_that_wait_for_no_person_are_not_decided(world, verdict):
    """Received, settled by the bank: neither is for people, and the bank is not asked."""
    placed = await world.place()
    reason = Reason.REGULATORY if verdict is Verdict.REJECTED else None
    with pytest.raises(OrderStateForbids):
        await staff(world).decide(BRAND, placed.id, ruling(verdict, reason=reason))
    await world.work_out(placed.id)
    asked = len(world.bank.asked)
    with pytest.raises(OrderStateForbids):
        await staff(world).decide(BRAND, placed.id, ruling(verdict, reason=reason))
    assert len(world.bank.asked) == asked
    assert set(DECIDED_STATES) == {OrderState.UNKNOWN, OrderState.HELD_FOR_REVIEW}


async def test_an_order_that_is_not_there_is_unknown(world):
    with pytest.raises(OrderUnknown):
        await staff(world).decide(BRAND, "no-such-order", ruling())


async def test_an_end_takes_evidence(world):
    order = await unknown(world)
    is_silent(world)
    with pytest.raises(FieldMissing):
        await staff(world).decide(BRAND, order.id, ruling(evidence=""))


async def test_one_person_ends_a_review(reserved_world):
    world = reserved_world
    orders = [await held(world) for _ in range(2)]
    rejected = await staff(world).decide(BRAND, orders[0].id, ruling(Verdict.REJECTED, reason=Reason.FRAUD_SUSPECTED))
    passed = await staff(world).decide(BRAND, orders[1].id, ruling(Verdict.PASSED))
    assert (rejected.state, passed.state) == (OrderState.REJECTED, OrderState.ACCEPTED)


async def test_what_was_never_submitted_has_been_settled_by_no_one(reserved_world):
    order = await held(reserved_world)
    is_silent(reserved_world)
    with pytest.raises(OrderStateForbids):
        await staff(reserved_world).decide(BRAND, order.id, ruling())


async def test_a_held_order_that_was_submitted_before_may_have_been_paid(reserved_world):
    """A submission that was thought missing: two people, evidence, and a bank that does not answer."""
    world = reserved_world
    order = await held(world, submitted=True)
    is_silent(world, 2)
    assert (await decide_both(world, order, ruling())).state is OrderState.SETTLED


async def test_an_instruction_is_found_by_state_and_its_story_has_its_payments(both_world):
    world = both_world
    instruction = await place_standing_order(world)
    await go_to(world, DAYS[0])
    other = await place_standing_order(world, "key-2", signing_rules=(TWO_OF_TWO,))
    people, states = staff(world), InstructionState

    async def found(**sought):
        return [each.instruction.id for each in await people.search_instructions(BRAND, SoughtInstructions(**sought))]

    assert sorted(await found()) == sorted([instruction.id, other.id])
    assert await found(states=frozenset({states.ACTIVE})) == [instruction.id]
    assert await found(tpp="acme", consent_id=other.consent_id) == [other.id]
    assert await found(tpp="borough") == []
    assert await found(until=START - timedelta(days=1)) == []
    story = await people.instruction_story(BRAND, instruction.id)
    assert [(each.event, each.execution) for each in story.events] == [("receive", None), ("execute", 1)]
    assert [(each.execution, each.instruction_id) for each in story.executions] == [(1, instruction.id)]
    assert (story.events[1].before, story.events[1].after, story.events[1].cause) == (states.ACTIVE, states.ACTIVE, "system")
    assert await people.instruction_story(BRAND, "unknown") is None
    assert await people.story(BRAND, instruction.id) is None
