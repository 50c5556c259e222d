"""The end of a payment, as those who agreed to it read it: on the dashboard, and on a page of its own."""

from datetime import timedelta

import msgspec
import pytest

from consent.customer.dashboard.payments.standing import UNEXPLAINED, standing_of
from kernel.banking.consents import ConsentKind
from kernel.banking.orders import OrderState, PaymentOrder, RailStatus, Reason
from tests.unit.consent.customer.dashboard.test_order_signatures import UK, orders_of, words_of
from tests.unit.consent.customer.dashboard.test_order_signatures import ordered as half_signed
from tests.unit.consent.customer.dashboard.test_signatures import JOINT, visit
from tests.world.brands import BRAND, START
from tests.world.clients import CLIENT
from tests.world.customers import ACCOUNTS, CODE
from tests.world.orders import OrdersWorld, request_of, use_of
from tests.world.pages import PageWorld
from tests.world.payments_bank import FakeBank
from tests.world.signing import PAYMENT, now
from tests.world.visits import Visits


@pytest.fixture
def world(visits: Visits) -> PageWorld:
    return visits.world


@pytest.fixture
async def order(world: PageWorld) -> PaymentOrder:
    """One that Alice gave and that its TPP has ordered."""
    consent = await world.lodge(kind=ConsentKind.PAYMENT, terms=PAYMENT, lodged_as=UK)
    await (await (await world.browser().begin(await world.push(consent))).log_in("alice")).approve(0)
    request = request_of(await now(world, consent), terms=PAYMENT)
    return await orders_of(world).place(BRAND, CLIENT.caller, request, use_of(consent.id, CLIENT.caller))


def bank_of(world: PageWorld, **facts: object) -> OrdersWorld:
    bank = FakeBank(world.clock, **facts)  # type: ignore[arg-type]
    return OrdersWorld(room=orders_of(world).room, store=world.store, bank=bank, clock=world.clock)


@pytest.fixture
def joint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alice and Bob hold an account from which both must agree."""
    for customer in ("c-alice", "c-bob"):
        monkeypatch.setitem(ACCOUNTS, customer, (JOINT, *ACCOUNTS[customer]))  # type: ignore[arg-type]


@pytest.mark.spec("PSD2-79")
async def test_a_payment_is_being_made_and_then_paid(world: PageWorld, order: PaymentOrder):
    browser = await visit(world, "alice")
    assert "£1,123.50 to Merchant A Being processed." in words_of(browser)
    assert "Handed on" not in browser.text
    await bank_of(world).work_out(order.id)
    await browser.get("/consents")
    assert "£1,123.50 to Merchant A Paid on 1 July 2026." in words_of(browser)
    assert browser.shows("payment-view-0")
    await browser.get(f"/consents/payments/{order.id}")
    for part in (
        "Paid on 1 July 2026.",
        "80-20-01 10203345",
        "From Everyday current account, ending 5678",
        "Asked by Acme Money",
    ):
        assert part in words_of(browser), part
    assert "Agreed by Alice, 1 July 2026" in words_of(browser)
    await browser.get("/consents?q=stranger")
    assert "Merchant A" not in browser.text


async def test_a_refused_payment_says_why(world: PageWorld, order: PaymentOrder):
    bank = bank_of(world, accepts=RailStatus.REJECTED, reason=Reason.CREDITOR_ACCOUNT_CLOSED)
    await bank.work_out(order.id)
    assert "Not paid: the payee's account is closed." in (await visit(world, "alice")).text


@pytest.mark.parametrize("name", ["bob", "carol"])
async def test_another_customer_sees_nothing_of_it(world: PageWorld, order: PaymentOrder, name: str):
    browser = await visit(world, name)
    assert "Merchant A" not in browser.text
    await browser.get(f"/consents/payments/{order.id}")
    assert browser.status == 404


@pytest.mark.usefixtures("joint")
async def test_the_first_signer_reads_whom_it_waits_for_and_the_second_what_became_of_it(world: PageWorld):
    order = await half_signed(world)
    alice = await visit(world, "alice")
    assert "Waiting for Bob, until 8 July 2026 at 10:00." in words_of(alice)
    bob = await visit(world, "bob")
    assert not bob.shows("payment-view-0"), "until he signs it, it only waits for him"
    await bob.get(f"/consents/payments/{order.id}")
    await bob.post({})
    await bob.post({"otp": CODE})
    await bank_of(world).work_out(order.id)
    for name in ("alice", "bob"):
        browser = await visit(world, name)
        assert browser.html.count("£1,123.50 to Merchant A</h3>") == 1
        assert "Paid on 1 July 2026." in browser.text
        await browser.get(f"/consents/payments/{order.id}")
        assert browser.html.count("1 July 2026 at 10:00</li>") == 2, "both signatures"


@pytest.mark.usefixtures("joint")
async def test_a_signer_who_refused_reads_that_it_was_not_paid(world: PageWorld):
    order = await half_signed(world)
    bob = await visit(world, "bob")
    await bob.get(f"/consents/payments/{order.id}")
    await bob.deny()
    assert bob.path == f"/consents/payments/{order.id}"
    assert "Not paid: someone who must agree did not." in bob.text
    assert "Not paid: someone who must agree did not." in (await visit(world, "alice")).text


async def sentence(order: PaymentOrder, **changes: object) -> str:
    return standing_of(BRAND, msgspec.structs.replace(order, **changes), {}, START)


async def test_every_state_and_reason_has_a_sentence(order: PaymentOrder):
    for state in OrderState:
        assert (await sentence(order, state=state)).endswith(".")
    for reason in Reason:
        assert (await sentence(order, state=OrderState.REJECTED, reason=reason)).startswith("Not paid")


async def test_the_paid_date_is_that_of_the_settlement(order: PaymentOrder):
    """What the payee's bank confirms later changes the order, and not since when it is paid."""
    later = START + timedelta(days=2)
    assert await sentence(order, state=OrderState.SETTLED, settled_at=START, updated_at=later) == "Paid on 1 July 2026."


async def test_a_suspicion_is_never_read(order: PaymentOrder):
    """A payment that is held reads as one that is not; a refusal for fraud as one for which no reason is known."""
    held, accepted = [await sentence(order, state=state) for state in (OrderState.HELD_FOR_REVIEW, OrderState.ACCEPTED)]
    assert held == accepted
    silent = {Reason.FRAUD, Reason.FRAUD_SUSPECTED, Reason.REGULATORY, Reason.ACCOUNT_BLOCKED, Reason.FORBIDDEN}
    for reason in (None, Reason.UNSPECIFIED_BY_AGENT, *silent):
        assert await sentence(order, state=OrderState.REJECTED, reason=reason) == UNEXPLAINED
