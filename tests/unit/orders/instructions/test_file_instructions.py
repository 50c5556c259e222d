"""A file of payments as an instruction: each is ordered once, on its day, some in a turn; and no file holds up the payments of others."""

import random
from datetime import date, timedelta

import msgspec
import pytest

from kernel.banking.consents import ConsentKind
from kernel.banking.money import Money
from kernel.banking.orders import OrderState, RailStatus, Reason
from kernel.banking.planned.files import FilePayment, FileTerms, FileType, content_of, days_of
from kernel.banking.planned.instructions import InstructionRequest, InstructionState
from kernel.cut_offs import start_of
from kernel.errors import ConsentMismatch, OrderUnknown
from orders.instructions.report import REPORT_PAGE_MAX
from orders.instructions.turn import FILE_TURN_MAX, FILE_WAITING_MAX, TurnInstructions
from orders.tables import orders
from tests.harness.damage.files import drop_pages, write_pages
from tests.unit.orders.instructions.test_crashes import Killed, killer
from tests.unit.orders.instructions.test_instructions import events_of, go_to, place, read
from tests.world.brands import BRAND
from tests.world.orders import ACME, BOROUGH, LODGED_AS, TERMS, use_of

__all__ = ["killer"]
TODAY, LATER = date(2026, 7, 1), date(2026, 7, 10)
SEEDS = range(3)


def payments_of(*numbers, later=0):
    """So many at once, or today and `later` of them on a later day."""
    found = []
    for number in range(1, sum(numbers) + 1):
        terms = msgspec.structs.replace(TERMS, amount=Money("GBP", number), instruction_id=f"I{number}")
        found.append(FilePayment(terms, LATER if number <= later else None))
    return found


async def place_file(world, number, key="key", *, later=0, caller=ACME, file_hash="hash"):
    payments = payments_of(number, later=later)
    ordered = days_of(payments, TODAY)
    content = content_of(ordered, payments, at_once=not later)
    terms = FileTerms(file_type=FileType.JSON, hash="hash", content=content)
    consent = await world.consent(kind=ConsentKind.FILE, terms=terms)
    found = [each.payment for _, each in ordered]
    await write_pages(world.database, world.room.sealer, world.clock, BRAND.name, consent.id, payments=found)
    asked = FileTerms(file_type=FileType.JSON, hash=file_hash)
    request = InstructionRequest(consent_id=consent.id, kind=ConsentKind.FILE, terms=asked, lodged_as=LODGED_AS)
    return await world.orders.instructions.place(BRAND, caller, request, use_of(key, caller), check_agreed=lambda _consent: None)


async def work_off(world, instruction):
    """Until nothing of it is due any more."""
    while True:
        before = len(await world.rows(orders))
        await world.look()
        for order in (await read(world, instruction)).executions:
            await world.work_out(order.id)
        if len(await world.rows(orders)) == before:
            return


async def test_each_payment_is_made_once_and_held_by_itself(both_world):
    world = both_world
    instruction = await place_file(world, 3)
    assert (instruction.state, instruction.made) == (InstructionState.ACTIVE, 0)
    await work_off(world, instruction)
    details = await read(world, instruction)
    made = [(each.execution, each.terms.amount.minor, each.terms.instruction_id, each.state) for each in details.executions]
    assert made == [(n, n, f"I{n}", OrderState.SETTLED) for n in (1, 2, 3)]
    assert details.instruction.state is InstructionState.COMPLETED
    assert await events_of(world, instruction) == [("receive", None), ("complete", 3)]
    assert set(world.bank.carried_out.values()) == {1}


async def test_payments_of_a_later_day_wait_for_it(world):
    instruction = await place_file(world, 5, later=2)
    await work_off(world, instruction)
    found = await world.orders.instructions.read(BRAND, ACME, instruction.id)
    assert (found.made, found.turns_at) == (3, start_of(LATER, BRAND.zone))
    await go_to(world, LATER)
    await work_off(world, instruction)
    made = [each.terms.instruction_id for each in (await read(world, instruction)).executions]
    assert made == ["I3", "I4", "I5", "I1", "I2"]


async def test_a_payment_that_is_refused_stops_no_other_and_is_counted(world):
    instruction = await place_file(world, 2)
    world.bank.refuses = Reason.FUNDS_INSUFFICIENT
    await work_off(world, instruction)
    found = await world.orders.instructions.read(BRAND, ACME, instruction.id)
    assert (found.state, found.made, found.refused) == (InstructionState.COMPLETED, 2, 2)


async def turn(world):
    return await world.room.commands.run(TurnInstructions(room=world.room, brand=BRAND, most=4))


async def test_a_large_file_is_ordered_some_at_a_time_and_waits_for_the_bank(world):
    """What is ordered and not handed on is bounded: a payment that comes meanwhile finds few before it. A turn that finds no room changes nothing."""
    instruction = await place_file(world, 3 * FILE_WAITING_MAX)
    standing = await place(world, "standing")
    for turns in range(1, 2 * FILE_WAITING_MAX // FILE_TURN_MAX):
        await turn(world)
        assert len(await world.rows(orders)) == min(turns * FILE_TURN_MAX, FILE_WAITING_MAX)
        world.pass_time(timedelta(seconds=2))
    found = await world.orders.instructions.read(BRAND, ACME, instruction.id)
    assert (found.made, found.version) == (FILE_WAITING_MAX, 1 + FILE_WAITING_MAX // FILE_TURN_MAX)
    await go_to(world, date(2026, 7, 10))
    assert [each.execution for each in (await read(world, standing)).executions] == [1]


async def test_a_file_whose_rows_are_gone_holds_up_no_other(world):
    lost = await place_file(world, 1)
    await drop_pages(world.database)
    good = await place_file(world, 1, "good")
    turned = await turn(world)
    assert (turned.number, turned.passed_over) == (1, {lost.id: "lost"})
    assert len((await read(world, good)).executions) == 1


async def test_another_file_than_was_agreed_to_is_refused(world):
    with pytest.raises(ConsentMismatch):
        await place_file(world, 1, file_hash="other")
    assert await world.rows(orders) == []


@pytest.mark.parametrize("page", [REPORT_PAGE_MAX, 3, 2, 1])
async def test_a_report_has_every_payment_ordered_or_not(world, page, monkeypatch):
    """However many are read at once: a page of both, and pages of either."""
    monkeypatch.setattr("orders.instructions.report.REPORT_PAGE_MAX", page)
    instruction = await place_file(world, 4, later=2)
    await work_off(world, instruction)
    report = await world.orders.instructions.read_report(BRAND, ACME, instruction.id)
    found = [(each.payment.instruction_id, each.status) for each in report.lines]
    assert found == [("I3", RailStatus.SETTLED), ("I4", RailStatus.SETTLED), ("I1", None), ("I2", None)]
    with pytest.raises(OrderUnknown):
        await world.orders.instructions.read_report(BRAND, BOROUGH, instruction.id)
    standing = await place(world, "standing")
    with pytest.raises(OrderUnknown):
        await world.orders.instructions.read_report(BRAND, ACME, standing.id)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_kill_at_any_statement_loses_and_doubles_nothing(world, killer, seed):
    draw, number = random.Random(seed), 2 * FILE_TURN_MAX + 3
    instruction, kills = await place_file(world, number, later=5), 0
    for _ in range(40):
        world.pass_time(timedelta(hours=draw.randint(1, 24)))
        killer.left = draw.randint(0, 60) if draw.random() < 0.5 else None
        try:
            await world.look()
        except Killed:
            kills += 1
        killer.left = None
    await work_off(world, instruction)
    details = await read(world, instruction)
    assert details.instruction.state is InstructionState.COMPLETED
    assert [(each.execution, each.state) for each in details.executions] == [
        (n, OrderState.SETTLED) for n in range(1, number + 1)
    ]
    assert sorted(each.terms.amount.minor for each in details.executions) == list(range(1, number + 1))
    assert set(world.bank.carried_out.values()) == {1}
    assert kills, "a simulation that kills nothing proves nothing"
