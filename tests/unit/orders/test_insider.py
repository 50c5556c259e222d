"""Somebody with the application's own access changes rows of orders: what is sealed is believed, and no money moves."""

import pytest
import sqlalchemy as sa

from consent.store.tables import outbox
from consent.store.tables.consents import consent_versions, consents
from kernel.banking.orders import OrderState
from kernel.errors import ConsentNotAuthorised
from kernel.storage.sealed import SealBroken
from orders.commands.advance import AdvanceOrder
from orders.decisions import SIGNED_STATES, on_accepted
from orders.machine import OrderEvent, TransitionRefused
from orders.tables import orders
from tests.world.brands import BRAND

KEPT = ("instruction_id", "consent_id", "client_id", "organisation_id", "psu_id", "uetr", "kind")
ADVANCED = {"turns_at": None, "due_at": orders.c.since}


async def change(world, *statements):
    async def work(connection):
        for statement in statements:
            await connection.execute(statement)

    await world.database.write(work)


@pytest.mark.parametrize("signing", [{}, {"signing": None}], ids=["as sealed", "taken away"])
@pytest.mark.parametrize("state", ["received", "accepted", "scheduled", "submitted", "unknown", "settled"])
async def test_a_half_signed_order_is_not_paid_though_its_state_says_so(both_world, state, signing):
    world = both_world
    order = await world.half_signed()
    at = {"turns_at": orders.c.since} if state == "scheduled" else ADVANCED
    await change(world, orders.update().values(state=state, **at, **signing))
    for _ in range(3):
        await world.look()
    left = await world.tracked(order.id)
    assert left.due_at is None
    assert left.order.state in SIGNED_STATES
    assert world.bank.asked == []
    assert world.unsigned == 1
    if left.order.state in (OrderState.RECEIVED, OrderState.ACCEPTED):
        stopped = await world.orders.decide(BRAND, order.id, OrderEvent.REJECT, people=("Pat",))
        assert stopped.state is OrderState.REJECTED


async def test_no_step_that_takes_money_is_written_for_a_half_signed_order(world):
    await world.half_signed()
    await change(world, orders.update().values(state="accepted", **ADVANCED))
    (claim,) = await world.claim()
    with pytest.raises(TransitionRefused):
        await world.room.commands.run(AdvanceOrder(room=world.room, brand=BRAND, claim=claim, decide=on_accepted))


async def test_a_consent_that_is_rolled_back_pays_no_second_time(both_world):
    world = both_world
    consent = await world.consent()
    order = await world.place(consent)
    await world.work_out(order.id)
    later = {"id": consent.id, "version": 2}
    await change(
        world,
        sa.delete(consent_versions).where(*(consent_versions.c[name] == value for name, value in later.items())),
        sa.delete(outbox).where(outbox.c.aggregate_id == consent.id, outbox.c.aggregate_version == 2),
        consents.update().where(consents.c.id == consent.id).values(version=1, state="authorised"),
    )
    before = await world.records()
    with pytest.raises(ConsentNotAuthorised):
        await world.place(consent, key="another")
    assert await world.records() == before
    assert [row.id for row in await world.rows(orders)] == [order.id]


@pytest.mark.parametrize("column", KEPT)
async def test_what_an_order_keeps_for_life_is_believed_only_as_it_was_sealed(both_world, column):
    world = both_world
    order = await world.place()
    await change(world, orders.update().values({column: "another"}))
    with pytest.raises(SealBroken):
        await world.tracked(order.id)
    await world.look()
    assert world.bank.asked == []
