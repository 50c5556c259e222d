"""An instruction of several executions: each is one order, made once and on its day, and is independent of the others."""

import asyncio
from dataclasses import replace
from datetime import date, time, timedelta

import msgspec
import pytest

from kernel.banking.consents import ConsentKind, ConsentState
from kernel.banking.money import Money
from kernel.banking.orders import OrderState, Reason
from kernel.banking.planned.instructions import InstructionState
from kernel.banking.planned.recurrence import Recurrence, Unit
from kernel.cut_offs import CutOffRule, start_of
from kernel.errors import ConsentMismatch, OrderStateForbids, OrderUnknown
from kernel.storage.sealed import SealBroken
from orders.commands.past_rows import ORDERS_KEPT
from orders.instructions.machine import TRANSITIONS, InstructionEvent
from orders.instructions.past_rows import RemoveInstructions
from orders.instructions.rows import load_events
from orders.instructions.turn import TurnInstructions
from orders.rows.orders import load_of_consents
from orders.tables import instruction_events, instructions, orders
from tests.world.brands import BRAND
from tests.world.orders import ACME, BOROUGH, TWO_OF_TWO, signature_of, use_of
from tests.world.planned import FIRST_ON, MONTHLY, STANDING_ORDER, instruction_request

DAYS = (FIRST_ON, date(2026, 8, 10), date(2026, 9, 10))


async def place(world, key="key", **facts):
    consent = await world.consent(**{**STANDING_ORDER, **facts})
    return await place_under(world, consent, key)


async def place_under(world, consent, key="key", caller=ACME, terms=MONTHLY):
    request = instruction_request(consent.id, terms)
    return await world.orders.instructions.place(BRAND, caller, request, use_of(key, caller), check_agreed=lambda _consent: None)


async def read(world, instruction):
    return await world.orders.instructions.read_details(BRAND, ACME, instruction.id)


async def go_to(world, day):
    """The first instant of a day, and what is due then."""
    world.pass_time(start_of(day, BRAND.zone) - world.clock.now())
    await world.look()


async def work_off(world, instruction):
    for order in (await read(world, instruction)).executions:
        await world.work_out(order.id)


async def events_of(world, instruction):
    async with world.database.read() as connection:
        return [(row.event, row.execution) for row in await load_events(connection, BRAND.name, instruction.id)]


async def test_every_payment_is_made_once_on_its_day_and_with_its_amount(both_world):
    world = both_world
    instruction = await place(world)
    assert (instruction.state, instruction.turns_at) == (InstructionState.ACTIVE, start_of(FIRST_ON, BRAND.zone))
    assert await world.rows(orders) == []
    world.pass_time(start_of(FIRST_ON, BRAND.zone) - world.clock.now() - timedelta(seconds=1))
    await world.look()
    assert await world.rows(orders) == []
    for number, day in enumerate(DAYS, 1):
        await go_to(world, day)
        await world.look()
        assert len(await world.rows(orders)) == number
        await work_off(world, instruction)
    details = await read(world, instruction)
    assert details.instruction.state is InstructionState.COMPLETED
    made = [(each.execution, each.terms.amount, each.state, each.kind) for each in details.executions]
    amounts = (MONTHLY.payment.amount, Money("GBP", 700), Money("GBP", 777))
    assert made == [(n, amount, OrderState.SETTLED, ConsentKind.STANDING_ORDER) for n, amount in enumerate(amounts, 1)]
    assert set(world.bank.carried_out.values()) == {1}
    assert await events_of(world, instruction) == [("receive", None), ("execute", 1), ("execute", 2), ("complete", 3)]
    kinds = [kind for kind, of in (await world.records()).journal if of == instruction.id]
    assert kinds == ["instruction.received", "instruction.executed", "instruction.executed", "instruction.completed"]


async def test_a_payment_that_fails_stops_no_later_one(world):
    instruction = await place(world)
    world.bank.refuses = Reason.FUNDS_INSUFFICIENT
    await go_to(world, DAYS[0])
    await work_off(world, instruction)
    world.bank.refuses = None
    await go_to(world, DAYS[1])
    await work_off(world, instruction)
    assert [each.state for each in (await read(world, instruction)).executions] == [OrderState.REJECTED, OrderState.SETTLED]


async def test_what_a_bank_missed_is_made_when_it_is_back(world):
    """Nothing is lost by a server that was away for months, and nothing doubled."""
    instruction = await place(world)
    for _ in range(5):
        await go_to(world, date(2026, 12, 1))
    await work_off(world, instruction)
    details = await read(world, instruction)
    assert [each.execution for each in details.executions] == [1, 2, 3]
    assert details.instruction.state is InstructionState.COMPLETED


DAILY = msgspec.structs.replace(MONTHLY, recurrence=Recurrence(unit=Unit.WORKING_DAY), payments=None, last_on=date(2026, 7, 17))
HOLIDAY = date(2026, 7, 13)  # the Monday after the first payment


def closed_on(*days):
    return replace(BRAND, cut_off=CutOffRule(at=time(16), late="refused", closed=frozenset(days)))


async def turn(world, brand, day):
    world.pass_time(start_of(day, BRAND.zone) - world.clock.now())
    return await world.room.commands.run(TurnInstructions(room=world.room, brand=brand, most=4))


@pytest.mark.parametrize(("before", "after"), [((HOLIDAY,), ()), ((), (HOLIDAY,))])
async def test_a_calendar_that_changes_behind_us_doubles_and_loses_no_payment(world, before, after):
    """A bank removes a holiday that has passed from its configuration, or adds one: the days that follow are paid once each."""
    consent = await world.consent(kind=ConsentKind.STANDING_ORDER, terms=DAILY)
    instruction = await place_under(world, consent, terms=DAILY)
    for day in (FIRST_ON, date(2026, 7, 13)):
        await turn(world, closed_on(*before), day)
    for number in range(14, 18):
        for _ in range(2):
            await turn(world, closed_on(*after), date(2026, 7, number))
    details = await read(world, instruction)
    made = [each.execute_at.astimezone(BRAND.zone).date() for each in details.executions]
    paid = [day for day in (10, 13, 14, 15, 16, 17) if day != 13 or not before]
    assert made == [date(2026, 7, day) for day in paid]
    assert details.instruction.state is InstructionState.COMPLETED


@pytest.mark.parametrize(("terms", "payments"), [(MONTHLY, 1), (DAILY, 2)])
async def test_a_day_that_is_closed_after_it_was_found_moves_its_payment(world, terms, payments):
    """Once, to the next working day, which may have a payment of its own; and no version of the instruction says so."""
    consent = await world.consent(kind=ConsentKind.STANDING_ORDER, terms=terms)
    instruction = await place_under(world, consent, terms=terms)
    closed = closed_on(FIRST_ON)  # a Friday
    await turn(world, closed, FIRST_ON)
    assert await world.rows(orders) == []
    (row,) = await world.rows(instructions)
    assert (row.version, row.turns_at) == (1, start_of(HOLIDAY, BRAND.zone))
    for _ in range(3):
        await turn(world, closed, HOLIDAY)
    made = [each.execute_at.astimezone(BRAND.zone).date() for each in (await read(world, instruction)).executions]
    assert made == [HOLIDAY] * payments


async def test_an_instruction_that_was_rolled_back_orders_nothing_twice_and_holds_up_no_other(both_world):
    """Its row says that its first payment was never made, and the payment is there."""
    world = both_world
    rolled_back = await place(world, "a")
    await go_to(world, DAYS[0])
    good = await place(world, "b")
    change = instructions.update().where(instructions.c.id == rolled_back.id)
    change = change.values(made=0, turns_at=start_of(FIRST_ON, BRAND.zone))
    await world.database.write(lambda connection: connection.execute(change))
    turned = await turn(world, BRAND, DAYS[0])
    assert (turned.number, turned.passed_over) == (1, {rolled_back.id: "ordered"})
    assert {row.instruction_id for row in await world.rows(orders)} == {rolled_back.id, good.id}
    assert len(await world.rows(orders)) == 2


async def test_many_workers_make_each_payment_once(both_world):
    world = both_world
    placed = [await place(world, f"key-{n}") for n in range(6)]
    world.pass_time(start_of(DAYS[1], BRAND.zone) - world.clock.now())
    turn = TurnInstructions(room=world.room, brand=BRAND, most=4)
    for _ in range(4):
        await asyncio.gather(*(world.room.commands.run(turn) for _ in range(4)))
    rows = sorted((row.instruction_id, row.execution) for row in await world.rows(orders))
    assert rows == sorted((each.id, number) for each in placed for number in (1, 2))


async def test_a_repeat_names_the_first_and_a_consent_is_used_once(both_world):
    world = both_world
    consent = await world.consent(**STANDING_ORDER)
    answers = await asyncio.gather(*(place_under(world, consent) for _ in range(5)))
    assert len({each.id for each in answers}) == len(await world.rows(instructions)) == 1
    assert (await world.store.load(BRAND, consent.id)).state is ConsentState.CONSUMED
    with pytest.raises(OrderUnknown):
        await world.orders.instructions.read(BRAND, BOROUGH, answers[0].id)


async def test_other_payments_than_were_agreed_to_are_refused(world):
    consent = await world.consent(**STANDING_ORDER)
    for changes in ({"payments": 4}, {"last_amount": None}, {"first_on": date(2026, 7, 11)}):
        with pytest.raises(ConsentMismatch):
            await place_under(world, consent, terms=msgspec.structs.replace(MONTHLY, **changes))
    assert await world.rows(instructions) == []


async def test_a_customer_cancels_it_and_nothing_more_is_ordered(both_world):
    world = both_world
    instruction = await place(world)
    await go_to(world, DAYS[0])
    with pytest.raises(OrderUnknown):
        await world.orders.cancel(BRAND, instruction, customer_id="c-frank", psu_id="psu-frank")
    cancelled = await world.orders.cancel(BRAND, instruction, customer_id="c-erin", psu_id="psu-erin")
    assert cancelled.state is InstructionState.CANCELLED
    await go_to(world, DAYS[2])
    await work_off(world, instruction)
    assert [each.state for each in (await read(world, instruction)).executions] == [OrderState.SETTLED]
    with pytest.raises(OrderStateForbids):
        await world.orders.cancel(BRAND, instruction, customer_id="c-erin", psu_id="psu-erin")


async def test_several_sign_the_instruction_and_none_of_its_payments(both_world):
    world = both_world
    instruction = await place(world, signing_rules=(TWO_OF_TWO,))
    assert (instruction.state, instruction.signatures_missing) == (InstructionState.AWAITING_AUTHORISATION, 1)
    assert [each.id for each in await world.orders.awaiting(BRAND, "c-frank")] == [instruction.id]
    await world.room.commands.run(Signs(world, instruction))
    assert await world.orders.awaiting(BRAND, "c-frank") == ()
    assert [each.id for each in await world.orders.signed_by(BRAND, "c-frank")] == [instruction.id]
    await go_to(world, DAYS[0])
    await work_off(world, instruction)
    (order,) = (await read(world, instruction)).executions
    assert (order.state, order.signing_rules) == (OrderState.SETTLED, ())


class Signs:
    """Frank's answer."""

    name, locks = "signs", ()

    def __init__(self, world, instruction):
        self.world, self.instruction = world, instruction

    async def handle(self, unit):
        return await self.world.orders.sign_within(unit, BRAND, self.instruction, signature_of("frank"))


async def test_without_all_signatures_it_is_rejected_in_time(world):
    instruction = await place(world, signing_rules=(TWO_OF_TWO,))
    world.pass_time(timedelta(days=7))
    await world.look()
    ended = (await read(world, instruction)).instruction
    assert (ended.state, ended.reason) == (InstructionState.REJECTED, Reason.SIGNATURES_LATE)
    assert await world.rows(orders) == []


async def test_an_insiders_change_orders_nothing_and_holds_up_no_other(both_world):
    """One whose owner was changed cannot be read, one that lacks a signature is left to people; a third is paid."""
    world = both_world
    broken, unsigned, good = (
        await place(world, "a"),
        await place(world, "b", signing_rules=(TWO_OF_TWO,)),
        await place(world, "c"),
    )
    active = {"state": "active", "turns_at": start_of(FIRST_ON, BRAND.zone)}
    for one, values in ((broken, {"client_id": "another"}), (unsigned, active)):
        change = instructions.update().where(instructions.c.id == one.id).values(**values)
        await world.database.write(lambda connection, change=change: connection.execute(change))
    for _ in range(3):
        await go_to(world, DAYS[0])
    assert [row.instruction_id for row in await world.rows(orders)] == [good.id]
    with pytest.raises(SealBroken):
        await read(world, broken)


async def test_an_instruction_goes_years_after_its_end_with_its_history(world):
    instruction = await place(world)
    await world.orders.cancel(BRAND, instruction, customer_id="c-erin", psu_id="psu-erin")
    later = world.clock.wall() + ORDERS_KEPT
    for now, left in ((later - timedelta(days=1), 1), (later, 0)):
        await world.room.commands.run(RemoveInstructions(brand=BRAND, now=now, most=10))
        assert len(await world.rows(instructions)) == left
    assert await world.rows(instruction_events) == []


def test_no_end_is_left():
    ends = {InstructionState.COMPLETED, InstructionState.REJECTED, InstructionState.CANCELLED}
    assert not [state for state, _ in TRANSITIONS if state in ends]
    assert {event for _, event in TRANSITIONS} == set(InstructionEvent) - {InstructionEvent.RECEIVE}


async def test_an_instruction_is_read_without_its_payments(world):
    """They may be a thousand: only its details read them."""
    instruction = await place(world)
    await go_to(world, DAYS[0])
    await world.database.write(lambda connection: connection.execute(orders.update().values(client_id="another")))
    assert (await world.orders.instructions.read(BRAND, ACME, instruction.id)).made == 1
    with pytest.raises(SealBroken):
        await read(world, instruction)


async def test_the_newest_order_of_a_consent_is_read_and_no_other(world):
    instruction = await place(world)
    for _ in DAYS:
        await go_to(world, DAYS[-1])
    async with world.database.read() as connection:
        found = await load_of_consents(connection, world.room.sealer, BRAND.name, [instruction.consent_id, "another"])
    assert [each.order.execution for each in found] == [3]
