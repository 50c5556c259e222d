"""Planned payments of an account: listed while they are still to be made, and no longer; in the words in which a bank keeps its own."""

from datetime import timedelta

import pytest

from kernel.banking.accounts import Counterparty
from kernel.banking.consents import AccountAccess, AccountReference
from kernel.banking.money import Money
from kernel.banking.planned.recurrence import QuarterDays, Recurrence, Unit
from kernel.banking.records.mandates import Frequency, MandateStatus
from kernel.cut_offs import start_of
from kernel.storage.sealed import Sealer
from orders.planned.records import frequency_of
from orders.tables import orders, planned_payments
from tests.unit.orders.commands.test_cancel import BEGINS, cancel, planned
from tests.unit.orders.instructions.test_abroad import place as place_abroad
from tests.unit.orders.instructions.test_instructions import DAYS, Signs, go_to, place
from tests.world.brands import BRAND
from tests.world.orders import TERMS, TWO_OF_TWO

PAYER, OTHER = "up-1", "up-2"


def of_account(upstream_id):
    return {"access": (AccountAccess(AccountReference(f"account-{upstream_id}", upstream_id), frozenset()),)}


async def standing_orders(world, *accounts, after=None, limit=100):
    return await world.orders.planned.standing_orders(BRAND, accounts or (PAYER,), after, limit)


async def scheduled(world, *accounts, after=None, limit=100):
    return await world.orders.planned.scheduled_payments(BRAND, accounts or (PAYER,), after, limit)


def ids(page):
    return [row.id for row in page.rows]


async def test_a_payment_for_a_later_day_is_listed_until_its_day_comes(both_world):
    world = both_world
    order, stopped, _ = await planned(world), await planned(world), await planned(world, **of_account(OTHER))
    page = await scheduled(world)
    assert (sorted(ids(page)), page.more, page.total) == (sorted([order.id, stopped.id]), False, 2)
    (row,) = (row for row in page.rows if row.id == order.id)
    assert (row.account_id, row.created_at, row.due_at, row.amount) == (PAYER, order.created_at, BEGINS, TERMS.amount)
    assert row.payee == Counterparty(TERMS.creditor_name, TERMS.creditor_account)
    assert row.reference == TERMS.remittance
    await cancel(world, stopped)
    assert ids(await scheduled(world)) == [order.id]
    world.pass_time(BEGINS - world.clock.now())
    await world.look()
    assert ids(await scheduled(world)) == []
    assert await world.rows(planned_payments) == []


async def test_a_standing_order_is_listed_with_its_payments_until_the_last(both_world):
    world = both_world
    instruction = await place(world)
    (row,) = (await standing_orders(world)).rows
    assert (row.id, row.account_id, row.status, row.frequency) == (instruction.id, PAYER, MandateStatus.ACTIVE, Frequency.MONTHLY)
    first = start_of(DAYS[0], BRAND.zone)
    assert (row.first_at, row.first_amount, row.next_at, row.next_amount) == (first, TERMS.amount, first, TERMS.amount)
    assert (row.payments, row.final_amount, row.previous_at) == (3, Money("GBP", 777), None)
    await go_to(world, DAYS[0])
    (row,) = (await standing_orders(world)).rows
    assert (row.previous_at, row.previous_amount) == (first, TERMS.amount)
    assert (row.next_at, row.next_amount) == (start_of(DAYS[1], BRAND.zone), Money("GBP", 700))
    for day in DAYS[1:]:
        await go_to(world, day)
    assert ids(await standing_orders(world)) == []
    assert await world.rows(planned_payments) == []


async def test_a_standing_order_abroad_is_listed_in_the_currency_that_was_asked_for(world):
    instruction = await place_abroad(world)
    (row,) = (await standing_orders(world)).rows
    assert (row.id, row.first_amount, row.next_amount) == (instruction.id, Money("EUR", 10_000), Money("EUR", 10_000))
    assert (row.payments, row.frequency) == (3, Frequency.MONTHLY)


async def test_a_cancelled_standing_order_vanishes(world):
    instruction = await place(world)
    await world.orders.cancel(BRAND, instruction, customer_id="c-erin", psu_id="psu-erin")
    assert ids(await standing_orders(world)) == []


async def test_what_lacks_a_signature_is_not_planned_yet(world):
    instruction = await place(world, signing_rules=(TWO_OF_TWO,))
    assert ids(await standing_orders(world)) == []
    await world.room.commands.run(Signs(world, instruction))
    assert ids(await standing_orders(world)) == [instruction.id]


async def test_pages_over_several_accounts_are_one_listing(both_world):
    """Newest first, each row once, for any size of a page."""
    world = both_world
    for upstream_id in (PAYER, OTHER, PAYER, OTHER, "up-3"):
        await planned(world, **of_account(upstream_id))
        if upstream_id == OTHER:
            world.pass_time(timedelta(seconds=1))
    accounts = (PAYER, OTHER, "up-3")
    whole = (await scheduled(world, *accounts)).rows
    keys = [(row.created_at, row.account_id, row.id) for row in whole]
    assert (len(keys), keys) == (5, sorted(keys, reverse=True))
    for limit in (1, 2, 3):
        found, after = [], None
        while True:
            page = await scheduled(world, *accounts, after=after, limit=limit)
            found += page.rows
            assert page.total == 5
            if not page.more:
                break
            last = page.rows[-1]
            after = (last.created_at, last.account_id, last.id)
        assert found == list(whole)


async def test_an_insiders_index_shows_no_account_what_another_pays(world):
    """What was sealed says who pays; one that cannot be opened hides no other."""
    good, foreign, broken = await planned(world), await planned(world, **of_account(OTHER)), await planned(world)
    (mine,) = {row.account_blind for row in await world.rows(planned_payments) if row.id == good.id}
    changes = (
        planned_payments.update().where(planned_payments.c.id == foreign.id).values(account_blind=mine),
        orders.update().where(orders.c.id == broken.id).values(client_id="another"),
    )
    for change in changes:
        await world.database.write(lambda connection, change=change: connection.execute(change))
    assert ids(await scheduled(world)) == [good.id]


async def test_an_instruction_from_before_the_index_enters_it_with_its_next_payment(world):
    instruction = await place(world)
    await world.database.write(lambda connection: connection.execute(planned_payments.delete()))
    assert ids(await standing_orders(world)) == []
    await go_to(world, DAYS[0])
    assert ids(await standing_orders(world)) == [instruction.id]


async def test_no_account_is_read_from_the_index_without_the_keys(world):
    await planned(world)
    await place(world)
    (blind,) = {row.account_blind for row in await world.rows(planned_payments)}
    assert PAYER not in blind
    other = Sealer({1: b"o" * 32})
    assert blind != other.blind(PAYER, "planned_payments", "account_blind", BRAND.name)


@pytest.mark.parametrize(
    ("recurrence", "frequency", "day"),
    [
        (Recurrence(unit=Unit.DAY), Frequency.DAILY, None),
        (Recurrence(unit=Unit.DAY, every=14), Frequency.FORTNIGHTLY, None),
        (Recurrence(unit=Unit.WORKING_DAY), Frequency.WORKING_DAYS, None),
        (Recurrence(unit=Unit.WEEK, day=5), Frequency.WEEKLY, 5),
        (Recurrence(unit=Unit.WEEK, every=4, day=5), Frequency.FOUR_WEEKLY, None),
        (Recurrence(unit=Unit.WEEK, every=3), Frequency.UNKNOWN, None),
        (Recurrence(unit=Unit.MONTH, day=31), Frequency.MONTHLY, 31),
        (Recurrence(unit=Unit.MONTH, day=-1), Frequency.MONTHLY, None),
        (Recurrence(unit=Unit.MONTH, every=6), Frequency.HALF_YEARLY, None),
        (Recurrence(unit=Unit.MONTH, every=7), Frequency.UNKNOWN, None),
        (Recurrence(unit=Unit.WEEK_OF_MONTH, week=2, day=3), Frequency.MONTHLY, None),
        (Recurrence(unit=Unit.QUARTER_DAY, quarter=QuarterDays.ENGLISH), Frequency.QUARTERLY, None),
    ],
)
def test_an_interval_is_said_in_the_words_of_account_information(recurrence, frequency, day):
    assert frequency_of(recurrence) == (frequency, day)
