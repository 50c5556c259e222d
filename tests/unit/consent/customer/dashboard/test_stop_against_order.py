"""A customer stops or refuses a payment at the moment at which its TPP orders it, or another browser signs it: one of the two happens.

Directive (EU) 2015/2366 article 80(2): a payment that was handed to a TPP to be made has no stop button; the bank stops it for a customer
who asks, as long as it is not ordered.
"""

import asyncio
from typing import Any

import pytest

from kernel.banking.consents import Consent, ConsentKind, ConsentState
from kernel.banking.orders import OrderState, PaymentOrder, Reason
from kernel.errors import ConsentNotAuthorised, ConsentRevoked
from tests.unit.consent.customer.dashboard.test_order_signatures import UK, opened, ordered, orders_of
from tests.unit.consent.customer.dashboard.test_signatures import JOINT, visit
from tests.world.brands import BRAND
from tests.world.clients import CLIENT
from tests.world.customers import ACCOUNTS, CODE
from tests.world.orders import request_of, use_of
from tests.world.pages import PageWorld
from tests.world.signing import PAYMENT, now
from tests.world.visits import Visits

ROUNDS = 8  # each order of beginning four times
ALICE = "psu-alice"


@pytest.fixture
def world(visits_anywhere: Visits) -> PageWorld:
    """Each test runs once on each kind of database."""
    return visits_anywhere.world


async def agreed(world: PageWorld) -> Consent:
    consent = await world.lodge(kind=ConsentKind.PAYMENT, terms=PAYMENT, lodged_as=UK)
    await (await (await world.browser().begin(await world.push(consent))).log_in("alice")).approve(0)
    return await now(world, consent)


async def both(number: int, first: Any, second: Any) -> tuple[Any, Any]:
    """The answers of the two, begun in an order that changes from round to round; a refusal is an answer."""
    if number % 2:
        other, one = await asyncio.gather(second, first, return_exceptions=True)
    else:
        one, other = await asyncio.gather(first, second, return_exceptions=True)
    return one, other


async def after(begun: asyncio.Event, act: Any) -> Any:
    await begun.wait()
    return await act


@pytest.fixture
def changing(world: PageWorld, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set when the first of two changes begins its transaction."""
    begun, change = asyncio.Event(), world.versions.change

    async def announce(*facts: Any) -> Any:
        begun.set()
        return await change(*facts)

    monkeypatch.setattr(world.versions, "change", announce)
    return begun


async def test_of_a_stop_and_an_order_exactly_one_happens(world: PageWorld, changing: asyncio.Event):
    """In every second round the stop is under way when the order arrives."""
    orders, ended = orders_of(world), set()
    for number in range(ROUNDS):
        consent = await agreed(world)
        use = use_of(consent.id, CLIENT.caller)
        stop = world.store.revoke_by_psu(BRAND, ALICE, consent.id)
        order = orders.place(BRAND, CLIENT.caller, request_of(consent, terms=PAYMENT), use)
        changing.clear()
        stopped, placed = await both(number, stop, after(changing, order) if number % 2 else order)
        end, found = await now(world, consent), await orders.of_consents(BRAND, [consent.id])
        ended.add(end.state)
        assert end.version == consent.version + 1
        if isinstance(placed, PaymentOrder):
            assert isinstance(stopped, ConsentNotAuthorised)
            assert (end.state, found[consent.id].id) == (ConsentState.CONSUMED, placed.id)
        else:
            assert isinstance(placed, ConsentRevoked)
            assert (end.state, found) == (ConsentState.REVOKED_BY_PSU, {})
    assert ended == {ConsentState.CONSUMED, ConsentState.REVOKED_BY_PSU}, "each wins sometimes"


async def test_a_payment_has_no_stop_on_the_dashboard_and_is_ordered_meanwhile(world: PageWorld):
    """A form that asks for it all the same finds no page."""
    consent = await agreed(world)
    browser = await visit(world, "alice")
    assert f"/consents/{consent.id}/revoke" not in browser.html
    stop = browser.send(f"/consents/{consent.id}/revoke", browser.hidden)
    use = use_of(consent.id, CLIENT.caller)
    order = orders_of(world).place(BRAND, CLIENT.caller, request_of(consent, terms=PAYMENT), use)
    answer, placed = await both(0, stop, order)
    assert (answer.status, placed.state) == (404, OrderState.RECEIVED)
    assert (await now(world, consent)).state is ConsentState.CONSUMED


async def test_of_a_refusal_and_the_last_signature_exactly_one_happens(world: PageWorld, monkeypatch: pytest.MonkeyPatch):
    """Bob says no in one browser and yes in another."""
    for customer in ("c-alice", "c-bob"):
        monkeypatch.setitem(ACCOUNTS, customer, (JOINT, *ACCOUNTS[customer]))  # type: ignore[arg-type]
    for number in range(ROUNDS // 2):
        order = await ordered(world)
        signing, refusing = await opened(world, "bob", order), await opened(world, "bob", order)
        await signing.post({})
        assert signing.shows("otp")
        await both(number, signing.post({"otp": CODE}), refusing.deny())
        end = await orders_of(world).read(BRAND, CLIENT.caller, order.id)
        if end.state is OrderState.RECEIVED:
            assert len(end.signatures) == 2
        else:
            assert (end.state, end.reason, len(end.signatures)) == (OrderState.REJECTED, Reason.SIGNER_REFUSED, 1)
