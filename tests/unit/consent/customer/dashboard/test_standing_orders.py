"""A standing order on the customer's pages: agreed to, signed by others, listed with its payments, and cancelled."""

from datetime import timedelta

import msgspec
import pytest

from kernel.banking.consents import Consent, ConsentKind
from kernel.banking.planned.instructions import Instruction, InstructionState
from kernel.cut_offs import start_of
from tests.unit.consent.customer.dashboard.test_order_signatures import UK, orders_of, words_of
from tests.unit.consent.customer.dashboard.test_own_payments import bank_of
from tests.unit.consent.customer.dashboard.test_signatures import JOINT, visit
from tests.world.brands import BRAND, START
from tests.world.clients import CLIENT
from tests.world.customers import ACCOUNTS, CODE
from tests.world.orders import use_of
from tests.world.pages import PageWorld
from tests.world.planned import FIRST_ON, MONTHLY, instruction_request
from tests.world.visits import Visits


@pytest.fixture
def world(visits: Visits) -> PageWorld:
    return visits.world


async def lodge(world: PageWorld) -> Consent:
    return await world.lodge(kind=ConsentKind.STANDING_ORDER, terms=MONTHLY, lodged_as=UK)


async def place(world: PageWorld, consent: Consent) -> Instruction:
    instructions, use = orders_of(world).instructions, use_of(consent.id, CLIENT.caller)
    return await instructions.place(
        BRAND, CLIENT.caller, instruction_request(consent.id), use, check_agreed=lambda _consent: None
    )


async def agreed(world: PageWorld, consent: Consent) -> Instruction:
    """Alice's, which its TPP has placed."""
    await (await (await world.browser().begin(await world.push(consent))).log_in("alice")).approve(0)
    return await place(world, consent)


async def state_of(world: PageWorld, instruction: Instruction) -> InstructionState:
    found = await orders_of(world).instructions.find(BRAND, instruction.id)
    assert found is not None
    return found.state


@pytest.mark.spec("RTS-5", "PSD2-80.3")
async def test_it_is_agreed_to_listed_with_its_payments_and_cancelled(world: PageWorld):
    consent = await lodge(world)
    browser = await (await world.browser().begin(await world.push(consent))).log_in("alice")
    assert "<h1>Pay £165.88 to ACME Inc on 10 July 2026, then every month</h1>" in browser.html
    for part in ("First payment £165.88 on 10 July 2026", "Then £7.00 every month, from 10 August 2026", "Number of payments 3"):
        assert part in words_of(browser), part
    await browser.approve(0)
    instruction = await place(world, consent)
    browser = await visit(world, "alice")
    assert "Standing orders that you agreed to" in browser.text
    assert "£165.88 to ACME Inc Next payment on 10 July 2026." in words_of(browser)
    world.clock.advance(start_of(FIRST_ON, BRAND.zone) - world.clock.now())
    bank = bank_of(world)
    await bank.look()
    (order,) = await orders_of(world).executions(BRAND, instruction.id)
    await bank.work_out(order.id)
    browser = await visit(world, "alice")
    await browser.get(f"/consents/payments/{instruction.id}")
    assert "Next payment on 10 August 2026." in words_of(browser)
    assert "Its payments £165.88: Paid on 10 July 2026." in words_of(browser)
    await browser.get(f"/consents/cancellations/{instruction.id}")
    assert "No more payments are made. Those that were made before stay made." in words_of(browser)
    await browser.post({})
    assert "The standing order is cancelled. It makes no more payments." in words_of(browser)
    assert "Cancelled on 10 July 2026." in words_of(browser)
    assert await state_of(world, instruction) is InstructionState.CANCELLED
    assert not browser.shows("payment-cancel")


async def test_another_customer_cancels_nothing(world: PageWorld):
    instruction = await agreed(world, await lodge(world))
    browser = await visit(world, "carol")
    await browser.get(f"/consents/cancellations/{instruction.id}")
    assert not browser.shows("cancel-confirm")
    assert await state_of(world, instruction) is InstructionState.ACTIVE


async def test_a_signer_reads_that_what_was_missed_is_made_at_once(world: PageWorld, monkeypatch):
    """The second signature comes after the first payment's day, which the letter of the agreement does not leave out."""
    for customer in ("c-alice", "c-bob"):
        monkeypatch.setitem(ACCOUNTS, customer, (JOINT,))
    terms = msgspec.structs.replace(MONTHLY, first_on=START.date() + timedelta(days=2))
    consent = await world.lodge(kind=ConsentKind.STANDING_ORDER, terms=terms, lodged_as=UK)
    await (await (await world.browser().begin(await world.push(consent))).log_in("alice")).approve(0)
    request, use = instruction_request(consent.id, terms), use_of(consent.id, CLIENT.caller)
    instruction = await orders_of(world).instructions.place(
        BRAND, CLIENT.caller, request, use, check_agreed=lambda _consent: None
    )
    said = "Made at once 1 payment whose day has come, as soon as everyone has signed"
    for is_late in (False, True):
        world.clock.advance(timedelta(days=1))
        browser = await visit(world, "bob")
        await browser.get(f"/consents/payments/{instruction.id}")
        assert (said in words_of(browser)) is is_late


@pytest.mark.parametrize(("answer", "state"), [({}, InstructionState.ACTIVE), ({"action": "deny"}, InstructionState.REJECTED)])
async def test_the_second_signer_signs_or_refuses_all_its_payments(world: PageWorld, monkeypatch, answer, state):
    for customer in ("c-alice", "c-bob"):
        monkeypatch.setitem(ACCOUNTS, customer, (JOINT,))
    instruction = await agreed(world, await lodge(world))
    assert instruction.state is InstructionState.AWAITING_AUTHORISATION
    browser = await visit(world, "bob")
    assert f'href="/consents/payments/{instruction.id}"' in browser.html
    await browser.get(f"/consents/payments/{instruction.id}")
    for part in ("First payment £165.88 on 10 July 2026", "Then £7.00 every month, from 10 August 2026"):
        assert part in words_of(browser), part
    await browser.post(answer)
    if browser.shows("otp"):
        await browser.post({"otp": CODE})
    assert await state_of(world, instruction) is state
