"""An order that several must sign moves on the last signature, and never before. UK Open Banking R/W 4.0, "Multi-Auth"."""

import asyncio
from datetime import timedelta

import pytest

from kernel.banking.orders import OrderState, RailStatus, Reason
from kernel.banking.signers import SigningRule
from kernel.errors import OrderStateForbids, OrderUnknown
from openapi.rulebook import rules_of
from orders.tables import order_signers
from tests.world.brands import BRAND, START
from tests.world.orders import LODGED_AS, signature_of

ALL_THREE = SigningRule(("c-erin", "c-frank", "c-grace"), 3)


async def sign(world, order, name):
    return await world.orders.sign(BRAND, order.id, signature_of(name))


async def refuse(world, order, name):
    return await world.orders.refuse(BRAND, order.id, customer_id=f"c-{name}", psu_id=f"psu-{name}")


async def test_the_last_signature_lets_an_order_go(both_world):
    world = both_world
    order = await world.half_signed()
    signed = await sign(world, order, "frank")
    assert (signed.state, signed.rail_status, signed.signatures_missing) == (
        OrderState.RECEIVED,
        RailStatus.TECHNICALLY_VALID,
        0,
    )
    assert [signature.customer_id for signature in signed.signatures] == ["c-erin", "c-frank"]
    assert (await world.work_out(order.id)).state is OrderState.SETTLED


async def test_nothing_moves_on_one_signature(world):
    await world.half_signed()
    world.pass_time(timedelta(days=1))
    assert await world.look() == 0
    assert world.bank.asked == []


async def test_each_signature_of_three_is_kept_until_the_last(world):
    order = await world.place(await world.consent(signing_rules=(ALL_THREE,)))
    once = await sign(world, order, "frank")
    assert (once.state, once.signatures_missing, once.awaited_customers) == (
        OrderState.AWAITING_AUTHORISATION,
        1,
        ("c-grace",),
    )
    assert (await sign(world, order, "grace")).state is OrderState.RECEIVED
    assert await world.history(order.id) == ["receive", "await_signatures", "sign", "complete_signatures"]


@pytest.mark.parametrize("name", ["erin", "mallory"])
async def test_only_those_whose_signature_is_waited_for_can_sign_or_refuse(world, name):
    order = await world.half_signed()
    for act in (sign, refuse):
        with pytest.raises(OrderStateForbids):
            await act(world, order, name)
    assert (await world.tracked(order.id)).order == order.__class__(**{**_members(order), "document": b""})


def _members(order):
    return {name: getattr(order, name) for name in order.__struct_fields__}


async def test_an_order_is_signed_once(both_world):
    world = both_world
    order = await world.half_signed()
    answers = await asyncio.gather(*(sign(world, order, "frank") for _ in range(8)), return_exceptions=True)
    assert len([each for each in answers if not isinstance(each, BaseException)]) == 1
    assert {type(each) for each in answers if isinstance(each, BaseException)} == {OrderStateForbids}


async def test_one_who_refuses_ends_the_order(world):
    order = await world.half_signed()
    refused = await refuse(world, order, "frank")
    assert (refused.state, refused.rail_status, refused.reason) == (
        OrderState.REJECTED,
        RailStatus.REJECTED,
        Reason.SIGNER_REFUSED,
    )
    with pytest.raises(OrderStateForbids):
        await sign(world, order, "frank")
    assert (await world.claim(), world.bank.asked) == ((), [])


async def test_an_order_that_is_not_signed_in_time_is_rejected(world):
    order = await world.half_signed()
    world.clock.offset = rules_of(LODGED_AS).half_signed_wait
    with pytest.raises(OrderStateForbids):  # whether it was recorded or not
        await sign(world, order, "frank")
    await world.look()
    late = (await world.tracked(order.id)).order
    assert (late.state, late.reason) == (OrderState.REJECTED, Reason.SIGNATURES_LATE)
    assert world.bank.asked == []


async def test_an_order_for_later_that_is_signed_waits_for_its_time(world):
    order = await world.half_signed(execute_at=START + timedelta(days=1))
    assert (await sign(world, order, "frank")).state is OrderState.SCHEDULED
    assert await world.look() == 0
    world.clock.offset = timedelta(days=1)
    await world.look()
    assert (await world.work_out(order.id)).state is OrderState.SETTLED


async def test_a_signer_finds_what_waits_for_them(world):
    order = await world.half_signed()
    assert [each.id for each in await world.orders.awaiting(BRAND, "c-frank")] == [order.id]
    assert await world.orders.awaiting(BRAND, "c-erin") == ()
    await sign(world, order, "frank")
    assert await world.orders.awaiting(BRAND, "c-frank") == ()
    assert "c-frank" not in repr(await world.rows(order_signers))


async def test_there_is_no_such_order(world):
    order = await world.half_signed()
    other = order.__class__(**{**_members(order), "id": "another"})
    for act in (sign, refuse):
        with pytest.raises(OrderUnknown):
            await act(world, other, "frank")
