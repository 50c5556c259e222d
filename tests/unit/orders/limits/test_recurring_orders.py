"""Payments under a consent to many: within its limits to the penny however many come at once, and none once it is over."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import ConsentKind, ConsentState
from kernel.banking.money import Money
from kernel.banking.orders import OrderState, Reason
from kernel.errors import ConsentExpired, ConsentMismatch, ConsentRevoked, IdempotencyConflict, LimitBreached
from kernel.storage.sealed import SealBroken
from orders.limits.check import load_uses
from orders.tables import orders
from tests.world.brands import BRAND
from tests.world.orders import ACME, OrdersWorld, orders_world, use_of
from tests.world.payments_bank import FakeLedger
from tests.world.recurring import VRP, paying

AT_ONCE = 50
WIDE = msgspec.structs.replace(
    VRP, limits=tuple(msgspec.structs.replace(limit, amount=Money("GBP", 100_000)) for limit in VRP.limits)
)


async def consent_in(world: OrdersWorld, **facts):
    return await world.consent(**{"kind": ConsentKind.VRP, "terms": VRP, **facts})


async def pay(world: OrdersWorld, consent, minor: int = 100, key: str = "", **facts):
    world.serial += 1
    request, use = paying(consent, minor, **facts), use_of(key or f"key-{world.serial}", body=(minor, key))
    return await world.orders.place(BRAND, ACME, request, use)


async def spent_of(world: OrdersWorld, consent) -> list[tuple[int, int]]:
    """By limit: used and left, in pence."""
    async with world.database.read() as connection:
        found = await load_uses(connection, BRAND, consent, world.clock.now())
    return [(each.paid.minor, each.left.minor) for each in found]


@pytest.mark.spec("OBIE-RW-4.0-payment-restrictions")
@pytest.mark.parametrize(("minor", "succeed"), [(100, 8), (300, 2), (500, 1), (267, 2), (266, 3)])
async def test_of_fifty_at_once_exactly_those_within_the_limit_succeed(both_world, minor: int, succeed: int):
    world = both_world
    consent = await consent_in(world)
    answers = await asyncio.gather(*(pay(world, consent, minor) for _ in range(AT_ONCE)), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, LimitBreached)]
    assert (len(answers) - len(refused), {(each.parameter, each.index) for each in refused}) == (succeed, {("limits", 0)})
    assert len(await world.rows(orders)) == succeed == 800 // minor
    assert (await spent_of(world, consent))[0] == (succeed * minor, 800 - succeed * minor)
    kept = await world.store.load(BRAND, consent.id)
    assert (kept.state, kept.version) == (ConsentState.AUTHORISED, 1), "it lasts"


async def test_the_first_order_is_answered_by_its_key_after_the_limit_is_used_up(both_world):
    world = both_world
    consent = await consent_in(world)
    first = await pay(world, consent, 400, key="first")
    await pay(world, consent, 400)
    with pytest.raises(LimitBreached):
        await pay(world, consent, 1)
    assert (await pay(world, consent, 400, key="first")).id == first.id
    with pytest.raises(IdempotencyConflict):
        await world.orders.place(BRAND, ACME, paying(consent, 401), use_of("first", body="another"))


async def test_a_refusal_frees_the_room_and_a_new_period_brings_more(both_world):
    world = both_world
    consent = await consent_in(world)
    order = await pay(world, consent, 500)
    with pytest.raises(LimitBreached):
        await pay(world, consent, 301)
    world.bank.refuses = Reason.FUNDS_INSUFFICIENT
    assert (await world.work_out(order.id)).state is OrderState.REJECTED
    world.bank.refuses = None
    assert await spent_of(world, consent) == [(0, 800), (0, 900)]
    await pay(world, consent, 500)
    await pay(world, consent, 300)
    world.pass_time(timedelta(days=1))
    assert await spent_of(world, consent) == [(0, 800), (800, 100)]
    with pytest.raises(LimitBreached) as refused:
        await pay(world, consent, 101)
    assert (refused.value.parameter, refused.value.index) == ("limits", 1), "of the month"
    await pay(world, consent, 100)


async def test_an_order_for_tomorrow_counts_in_the_period_in_which_it_came(world):
    consent = await consent_in(world)
    await pay(world, consent, 500, execute_at=world.clock.now() + timedelta(days=1))
    world.pass_time(timedelta(days=1))
    assert await spent_of(world, consent) == [(0, 800), (500, 400)]


async def test_payments_and_a_revocation_take_turns(both_world):
    """A payment that came before it stands; none comes after."""
    world = both_world
    consent = await consent_in(world, terms=WIDE)
    revocation = world.store.revoke_by_psu(BRAND, "psu-erin", consent.id)
    paid = [pay(world, consent) for _ in range(AT_ONCE)]
    *answers, revoked = await asyncio.gather(*paid[: AT_ONCE // 2], *paid[AT_ONCE // 2 :], revocation, return_exceptions=True)
    placed = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert {type(answer) for answer in answers if isinstance(answer, BaseException)} <= {ConsentRevoked}
    assert revoked.state is ConsentState.REVOKED_BY_PSU
    assert len(placed) == len(await world.rows(orders))
    *before, last = [kind for kind, _ in (await world.records()).journal if kind in {"order.received", "consent.revoked"}]
    assert (set(before) <= {"order.received"}, last) == (True, "consent.revoked"), "none was written after it"
    with pytest.raises(ConsentRevoked):
        await pay(world, consent)
    assert len(await world.rows(orders)) == len(placed)


async def test_no_payment_comes_after_the_validity(world):
    consent = await consent_in(world, valid_until=world.clock.now() + timedelta(hours=1))
    await pay(world, consent)
    world.pass_time(timedelta(hours=1))
    with pytest.raises(ConsentExpired):
        await pay(world, consent)


@pytest.mark.parametrize(
    "changed",
    [
        {"creditor_name": "ACME Ltd"},
        {"creditor_account": AccountIdentifier(Scheme.SORT_CODE, "08080021325699")},
        {"remittance": "Another text"},
    ],
)
async def test_no_payment_goes_to_another_payee(world, changed: dict[str, object]):
    consent = await consent_in(world)
    request = paying(consent)
    with pytest.raises(ConsentMismatch):
        await pay(world, consent, terms=msgspec.structs.replace(request.terms, **changed))
    assert await world.rows(orders) == []


async def test_the_consents_text_goes_with_a_payment_that_has_none(world):
    order = await pay(world, await consent_in(world))
    assert (order.terms.remittance, order.kind) == ("Sweep", ConsentKind.VRP)


async def test_an_order_that_declares_no_use_is_refused(world):
    with pytest.raises(ConsentMismatch):
        await pay(world, await consent_in(world), use=None)


async def test_the_ledger_of_the_same_database_reserves_each(migrated_sqlite_url: str):
    async with orders_world(migrated_sqlite_url, reserve=FakeLedger()) as world:
        consent = await consent_in(world)
        placed = [await pay(world, consent, 400) for _ in range(2)]
        assert {order.state for order in placed} == {OrderState.ACCEPTED}
        with pytest.raises(LimitBreached):
            await pay(world, consent, 1)


async def test_an_amount_in_clear_that_is_not_the_sealed_one_is_found(both_world):
    """The sums are of the columns. One that was lowered to make room is found where the order is read."""
    world = both_world
    order = await pay(world, await consent_in(world), 500)
    await world.database.write(
        lambda connection: connection.execute(orders.update().where(orders.c.id == order.id).values(amount_minor=1))
    )
    with pytest.raises(SealBroken):
        await world.tracked(order.id)


async def test_an_order_of_before_amounts_were_written_keeps_opening(world):
    order = await world.place()
    await world.database.write(
        lambda connection: connection.execute(
            orders.update().where(orders.c.id == order.id).values(amount_minor=None, currency=None)
        )
    )
    assert (await world.tracked(order.id)).order.terms == order.terms
