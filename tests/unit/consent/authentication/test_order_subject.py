"""A payment order is signed by an authorisation of its own, which is linked to exactly this order: together or not at all."""

import pytest

from consent.authentication.approval import Approval, NoAnswer, approve, reject
from consent.authentication.order_subject import OrderSubject, linked_of_order
from consent.errors import AuthorisationOver, PaymentNotLinked
from consent.ports import ScaEvidence
from consent.store.rows.authorisations import AuthorisationStatus, SubjectKind, load_authorisation, start_authorisation
from kernel.banking.orders import OrderState
from kernel.errors import OrderStateForbids
from orders.room import Room
from orders.services import PaymentOrders
from tests.world.brands import BRAND
from tests.world.orders import ACME, TWO_OF_TWO, InsertConsent, authorised, request_of, use_of
from tests.world.signing import SHOWN


def orders_of(world):
    services = world.services
    room = Room(commands=services.commands, clock=services.clock, ids=services.ids, sealer=services.sealer, consents=world.store)
    return PaymentOrders(room=room)


async def half_signed(world):
    consent = authorised(world.services.ids.uuid(), signing_rules=(TWO_OF_TWO,))
    await world.services.commands.run(InsertConsent(world.store, consent))
    return await orders_of(world).place(BRAND, ACME, request_of(consent), use_of(consent.id))


async def approval_of(world, order, name, *, linked=None):
    authorisation_id = world.services.ids.uuid()
    digest = linked_of_order(order).digest if linked is None else linked
    evidence = ScaEvidence("device", world.clock.wall(), f"ref of {name}", simulated=True, linked=digest)

    async def work(connection):
        await start_authorisation(
            connection,
            world.services.sealer,
            brand=BRAND.name,
            authorisation_id=authorisation_id,
            subject_kind=SubjectKind.ORDER,
            subject_id=order.id,
            psu_id=f"psu-{name}",
            approach="test",
            at=world.clock.wall(),
            evidence=evidence,
        )

    await world.database.write(work)
    return Approval(f"psu-{name}", f"c-{name}", (order.payer.upstream_id,), (), authorisation_id, evidence, SHOWN)


async def sign(world, order, name, **facts):
    subject = OrderSubject(world.services, orders_of(world), BRAND, order.id, f"c-{name}")
    approval = await approval_of(world, order, name, **facts)
    return approval, approve(world.services, BRAND, subject, approval, NoAnswer())


async def status_of(world, authorisation_id):
    async with world.database.read() as connection:
        found = await load_authorisation(connection, world.services.sealer, BRAND.name, authorisation_id)
    return found.status


async def state_of(world, order):
    return (await orders_of(world).read(BRAND, ACME, order.id)).state


async def test_a_signature_lets_the_order_go_and_ends_its_authorisation(both_world):
    order = await half_signed(both_world)
    approval, signing = await sign(both_world, order, "frank")
    await signing
    assert await state_of(both_world, order) is OrderState.RECEIVED
    assert await status_of(both_world, approval.authorisation_id) is AuthorisationStatus.SUCCEEDED


async def test_an_authentication_for_another_order_signs_nothing(world):
    order, other = await half_signed(world), await half_signed(world)
    for linked in ("", linked_of_order(other).digest):
        approval, signing = await sign(world, order, "frank", linked=linked)
        with pytest.raises(PaymentNotLinked):
            await signing
        assert await status_of(world, approval.authorisation_id) is AuthorisationStatus.AUTHENTICATED
    assert await state_of(world, order) is OrderState.AWAITING_AUTHORISATION


@pytest.mark.parametrize("name", ["erin", "mallory"])
async def test_whom_an_order_does_not_wait_for_signs_nothing(world, name):
    order = await half_signed(world)
    approval, signing = await sign(world, order, name)
    with pytest.raises(OrderStateForbids):
        await signing
    assert await status_of(world, approval.authorisation_id) is AuthorisationStatus.AUTHENTICATED


async def test_an_authorisation_signs_once(world):
    order = await half_signed(world)
    approval, signing = await sign(world, order, "frank")
    await signing
    other = await half_signed(world)
    subject = OrderSubject(world.services, orders_of(world), BRAND, other.id, "c-frank")
    again = Approval("psu-frank", "c-frank", (), (), approval.authorisation_id, approval.evidence, SHOWN)
    with pytest.raises((PaymentNotLinked, AuthorisationOver)):
        await approve(world.services, BRAND, subject, again, NoAnswer())
    assert await state_of(world, other) is OrderState.AWAITING_AUTHORISATION


async def test_an_order_that_was_stopped_meanwhile_leaves_the_authorisation_as_it_was(world):
    """It is read first and locked last: what was read is a hint."""
    order = await half_signed(world)
    orders = orders_of(world)
    approval = await approval_of(world, order, "frank")

    class Overtaken(OrderSubject):
        async def hold(self, unit, approval):
            held = await super().hold(unit, approval)
            return held.__class__(**{**{name: getattr(held, name) for name in held.__struct_fields__}, "id": gone.id})

    gone = await half_signed(world)
    await orders.refuse(BRAND, gone.id, customer_id="c-frank", psu_id="psu-frank")
    with pytest.raises(OrderStateForbids):
        await approve(world.services, BRAND, Overtaken(world.services, orders, BRAND, order.id, "c-frank"), approval, NoAnswer())
    assert await status_of(world, approval.authorisation_id) is AuthorisationStatus.AUTHENTICATED


async def test_a_signer_refuses_and_the_order_ends(world):
    order = await half_signed(world)
    approval = await approval_of(world, order, "frank")
    subject = OrderSubject(world.services, orders_of(world), BRAND, order.id, "c-frank")

    async def claim(_unit):
        """The page of the signer, which is theirs alone."""

    await reject(
        world.services,
        BRAND,
        subject,
        claim,
        closing=await subject.load_subjects(),
        psu_id="psu-frank",
        authorisation_id=approval.authorisation_id,
    )
    assert await state_of(world, order) is OrderState.REJECTED
    assert await status_of(world, approval.authorisation_id) is AuthorisationStatus.FAILED
