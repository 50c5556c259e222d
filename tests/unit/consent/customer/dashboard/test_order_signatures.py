"""A payment that was ordered and waits for a second signature, on the pages of the second signer. UK R/W 4.0 Payment Initiation, "Multi-Auth"."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from consent.authentication.attempts import FAILURES_MAX
from consent.authentication.order_subject import linked_of_order
from consent.store.rows.authorisations import Authorisation, SubjectKind, load_authorisations
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import ConsentKind, ConsentState
from kernel.banking.orders import OrderState, PaymentOrder, Reason
from kernel.banking.payee_checks import NOT_AVAILABLE, PayeeCheck, PayeeMatch
from orders.services import PaymentOrders
from tests.unit.consent.customer.dashboard.test_signatures import JOINT, visit
from tests.world.brands import BRAND
from tests.world.browser import Browser
from tests.world.clients import CLIENT
from tests.world.customers import ACCOUNTS, CODE, Payees
from tests.world.orders import request_of, use_of
from tests.world.pages import PageWorld
from tests.world.signing import PAYMENT, now
from tests.world.visits import Visits

UK = "uk_obie/v4.0"
TERMS = msgspec.structs.replace(PAYMENT, remittance="Invoice 7")


@pytest.fixture(autouse=True)
def joint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alice and Bob hold an account from which both must agree."""
    for customer in ("c-alice", "c-bob"):
        monkeypatch.setitem(ACCOUNTS, customer, (JOINT, *ACCOUNTS[customer]))  # type: ignore[arg-type]


@pytest.fixture
def world(visits: Visits) -> PageWorld:
    return visits.world


@pytest.fixture
def both_world(visits_anywhere: Visits) -> PageWorld:
    """The test runs once on each kind of database."""
    return visits_anywhere.world


def orders_of(world: PageWorld) -> PaymentOrders:
    orders = world.services.orders
    assert isinstance(orders, PaymentOrders)
    return orders


async def ordered(world: PageWorld, first: str = "alice") -> PaymentOrder:
    """A payment that the first signer agreed to and that its TPP has ordered."""
    consent = await world.lodge(kind=ConsentKind.PAYMENT, terms=TERMS, lodged_as=UK)
    browser = await (await world.browser().begin(await world.push(consent))).log_in(first)
    assert "Others must agree too" in browser.text
    await browser.approve(0)
    if browser.shows("otp"):
        await browser.post({"otp": CODE})
    assert "code" in browser.answer
    authorised = await now(world, consent)
    assert authorised.state is ConsentState.AUTHORISED
    request = request_of(authorised, terms=TERMS)
    return await orders_of(world).place(BRAND, CLIENT.caller, request, use_of(consent.id, CLIENT.caller))


async def state_of(world: PageWorld, order: PaymentOrder) -> OrderState:
    return (await orders_of(world).read(BRAND, CLIENT.caller, order.id)).state


async def attempts_of(world: PageWorld, order: PaymentOrder) -> tuple[Authorisation, ...]:
    async with world.database.read() as connection:
        return await load_authorisations(connection, world.services.sealer, BRAND.name, order.id, SubjectKind.ORDER)


async def opened(world: PageWorld, name: str, order: PaymentOrder) -> Browser:
    browser = await visit(world, name)
    assert f'id="signature-open-0" href="/consents/payments/{order.id}"' in browser.html
    return await browser.get(f"/consents/payments/{order.id}")


def words_of(browser: Browser) -> str:
    return " ".join(browser.text.split())


@pytest.mark.spec("RTS-5", "PSD2-97.2")
async def test_the_second_signer_signs_exactly_what_the_first_signed(both_world: PageWorld):
    """From, to, amount, charges, reference and who asks; the authentication is linked to the stored order."""
    world = both_world
    payees = world.services.payees
    assert isinstance(payees, Payees)
    payees.answer = close = PayeeCheck(match=PayeeMatch.CLOSE_MATCH, name="Merchant A Limited")
    order = await ordered(world)
    payees.answer = NOT_AVAILABLE
    assert order.state is OrderState.AWAITING_AUTHORISATION
    browser = await opened(world, "bob", order)
    for part in (
        "Sign the payment",
        "Asked by Acme Money",
        "Amount £1,123.50",
        "To Merchant A",
        "80-20-01 10203345",
        "Message to the payee Invoice 7",
        "Charges None",
        "Name check The name is not quite the same: Merchant A Limited",
        "From Home, ending 3333",
        "Alice, 1 July 2026",
        "Answer by 8 July 2026",
    ):
        assert part in words_of(browser), part
    begun = len(world.identity.started)
    await browser.post({})
    assert browser.shows("otp")
    linked = world.identity.linked[f"ref-{begun + 1}"]
    assert linked == linked_of_order(order)
    for part in ("Amount £1,123.50", "To Merchant A", "From Home, ending 3333", "Charges None"):
        assert part in words_of(browser), part
    assert await state_of(world, order) is OrderState.AWAITING_AUTHORISATION
    await browser.post({"otp": CODE})
    assert browser.path == f"/consents/payments/{order.id}"
    assert "You approved this payment" in browser.text
    assert "Everyone who must agree has agreed, so it is being processed." in words_of(browser)
    assert "Being processed." in browser.text
    assert not (await browser.get(browser.path)).shows("result"), "said once"
    assert not (await browser.get("/consents")).shows("signature-open-0")
    signed = await orders_of(world).read(BRAND, CLIENT.caller, order.id)
    assert signed.state is OrderState.RECEIVED
    assert [signature.psu_id for signature in signed.signatures] == ["psu-alice", "psu-bob"]
    (attempt,) = await attempts_of(world, order)
    assert (attempt.psu_id, attempt.status) == ("psu-bob", AuthorisationStatus.SUCCEEDED)
    assert attempt.evidence is not None
    assert attempt.shown is not None
    assert attempt.evidence.linked == linked.digest
    assert attempt.shown.accounts == ("Home, ending 3333",)
    assert attempt.shown.payee == close
    first, *_ = await world.store.authorisations(BRAND, order.consent_id)
    assert attempt.shown == first.shown, "word for word"


async def test_a_device_signs_at_once(world: PageWorld):
    order = await ordered(world, first="bob")
    browser = await opened(world, "alice", order)
    await browser.post({})
    assert "You approved this payment" in browser.text
    assert await state_of(world, order) is OrderState.RECEIVED


@pytest.mark.parametrize("page", ["terms", "code"])
async def test_the_second_signer_refuses_on_either_page(world: PageWorld, page: str):
    order = await ordered(world)
    browser = await opened(world, "bob", order)
    if page == "code":
        await browser.post({})
        assert browser.shows("otp")
    await browser.deny()
    assert "You refused this payment Nothing is paid. Acme Money sees that it was refused." in words_of(browser)
    refused = await orders_of(world).read(BRAND, CLIENT.caller, order.id)
    assert (refused.state, refused.reason) == (OrderState.REJECTED, Reason.SIGNER_REFUSED)
    (attempt,) = await attempts_of(world, order)
    assert (attempt.psu_id, attempt.status) == ("psu-bob", AuthorisationStatus.FAILED)
    assert not (await visit(world, "bob")).shows("signature-open-0")


async def test_it_waits_for_no_one_else(world: PageWorld):
    """Neither for a stranger nor for who has signed, and no form of theirs moves it."""
    order = await ordered(world)
    for name, status in (("carol", 404), ("alice", 200)):
        browser = await visit(world, name)
        token = browser.token
        assert not browser.shows("signature-open-0")
        for path in (f"/consents/payments/{order.id}", f"/consents/signatures/{order.id}"):
            await browser.get(path)
            assert browser.status == (status if "payments" in path else 404)
            assert not browser.shows("consent-approve")
            for action in ("", "deny"):
                assert (await browser.send(path, {"form_token": token, "action": action})).status == 404
    assert await state_of(world, order) is OrderState.AWAITING_AUTHORISATION


@pytest.mark.parametrize("path", ["nothing", "%00", "a" * 500])
async def test_what_does_not_exist_looks_the_same(world: PageWorld, path: str):
    browser = await visit(world, "bob")
    await browser.get(f"/consents/payments/{path}")
    assert browser.status == 404


async def test_wrong_codes_sign_nothing_and_are_counted(world: PageWorld):
    order = await ordered(world)
    browser = await opened(world, "bob", order)
    await browser.post({})
    for _ in range(FAILURES_MAX):
        await browser.post({"otp": "000000"})
    await browser.post({"otp": CODE})
    assert await state_of(world, order) is OrderState.AWAITING_AUTHORISATION
    (attempt,) = await attempts_of(world, order)
    assert attempt.code_failures == FAILURES_MAX


async def test_the_code_of_one_payment_signs_no_other(world: PageWorld):
    """Two orders of the same terms: an authorisation of one is none of the other."""
    one, other = await ordered(world), await ordered(world)
    browser = await visit(world, "bob")
    await browser.get(f"/consents/payments/{one.id}")
    await browser.post({})
    code = browser.path.rsplit("/", 1)[-1]
    answer = await browser.send(f"/consents/payments/{other.id}/{code}", {"form_token": browser.token, "otp": CODE})
    assert answer.status == 404
    assert await state_of(world, other) is OrderState.AWAITING_AUTHORISATION
    await browser.post({"otp": CODE})
    assert await state_of(world, one) is OrderState.RECEIVED
    assert await state_of(world, other) is OrderState.AWAITING_AUTHORISATION


async def test_a_button_pressed_again_stores_no_second_authorisation(world: PageWorld):
    order = await ordered(world)
    for _ in range(2):
        browser = await opened(world, "bob", order)
        await browser.post({})
    (attempt,) = await attempts_of(world, order)
    assert (attempt.status, attempt.sent) == (AuthorisationStatus.STARTED, 2)


async def test_a_signature_that_comes_too_late_is_none(world: PageWorld):
    order = await ordered(world)
    browser = await visit(world, "bob")
    world.clock.offset += timedelta(days=7)
    await browser.get(f"/consents/payments/{order.id}")
    assert "Not paid: not everyone who must agree did so in time." in browser.text
    assert not browser.shows("consent-approve")
    assert (await browser.send(browser.path, {"form_token": browser.token})).status == 404
    assert not (await visit(world, "bob")).shows("signature-open-0")


@pytest.mark.parametrize("answer", ["sign", "deny"])
async def test_what_was_stopped_between_page_and_answer_is_not_signed(
    world: PageWorld, answer: str, monkeypatch: pytest.MonkeyPatch
):
    """It is read again under its lock."""
    order = await ordered(world, first="bob")
    browser = await opened(world, "alice", order)
    services, find = orders_of(world), PaymentOrders.find_awaiting

    async def overtaken(*arguments: Any) -> Any:
        found = await find(*arguments)
        await services.refuse(BRAND, order.id, customer_id="c-alice", psu_id="psu-alice")
        return found

    monkeypatch.setattr(PaymentOrders, "find_awaiting", overtaken)
    await (browser.post({}) if answer == "sign" else browser.deny())
    assert "no longer waits for your answer" in browser.text
    assert await state_of(world, order) is OrderState.REJECTED


async def test_an_account_that_is_no_longer_theirs_signs_nothing(world: PageWorld, monkeypatch: pytest.MonkeyPatch):
    order = await ordered(world)
    browser = await opened(world, "bob", order)
    monkeypatch.setitem(ACCOUNTS, "c-bob", ACCOUNTS["c-bob"][1:])  # type: ignore[arg-type]
    await browser.post({})
    assert browser.status == 404
    assert await state_of(world, order) is OrderState.AWAITING_AUTHORISATION


async def test_the_result_of_a_consent_leads_on_once_its_payment_is_ordered(world: PageWorld):
    order = await ordered(world)
    alice = await (await visit(world, "alice")).get(f"/consents/results/{order.consent_id}")
    assert alice.path == f"/consents/payments/{order.id}"
