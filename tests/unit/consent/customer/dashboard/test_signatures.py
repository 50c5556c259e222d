"""The second signer, on the pages: what waits for them, and their yes or no to exactly what the first agreed to."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from consent.authentication.attempt_counts import CODES_SENT_MAX
from consent.authentication.attempts import FAILURES_MAX
from consent.authentication.cosignature import Cosignature
from consent.store.rows.journeys import JOURNEY_MAX
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import (
    Consent,
    ConsentKind,
    ConsentState,
    NamedAccount,
    Permission,
)
from kernel.banking.terms import FundsTerms
from tests.unit.consent.customer.journey.test_journey_agreements import VRP
from tests.world.brands import BRAND
from tests.world.browser import Browser
from tests.world.customers import ACCOUNTS, CODE, account
from tests.world.pages import PageWorld
from tests.world.signing import BERLIN_GROUP, PAYMENT, now
from tests.world.visits import Visits

JOINT = account("up-j", "Home", "80200144443333", signatures=2, signers=("c-alice", "c-bob"))


FUNDS = FundsTerms(account=AccountIdentifier(Scheme.SORT_CODE, "80200144443333"))
VRP_WORDS = ("To Savings Ltd", "Each payment Up to £100.00", "In each month of the calendar Up to £500.00 in all")
FUNDS_WORDS = ("Whether an amount is there, yes or no", "80-20-01 44443333")
STANDING = [
    (ConsentKind.VRP, "rar", VRP, VRP_WORDS, "Payments to Savings Ltd"),
    (ConsentKind.FUNDS, BERLIN_GROUP, FUNDS, FUNDS_WORDS, "Checks whether you have funds"),
]


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


async def lodge(world: PageWorld, kind: ConsentKind = ConsentKind.ACCOUNTS, **facts: Any) -> Consent:
    if kind is ConsentKind.PAYMENT:
        return await world.lodge(kind=kind, terms=PAYMENT, lodged_as="rar", **facts)
    return await world.lodge(lodged_as=BERLIN_GROUP, **facts)


async def half_signed(world: PageWorld, kind: ConsentKind = ConsentKind.ACCOUNTS, first: str = "alice") -> Consent:
    """The state after the first signer's journey; the client has its code."""
    consent = await lodge(world, kind)
    browser = await (await world.browser().begin(await world.push(consent))).log_in(first)
    if first == "bob":
        await browser.post({"otp": CODE})
    assert "must agree too" in browser.text
    await browser.approve(0)
    assert "code" in browser.answer
    found = await now(world, consent)
    assert found.state is ConsentState.PARTIALLY_AUTHORISED
    return found


async def visit(world: PageWorld, name: str) -> Browser:
    browser = await (await world.browser().get("/consents")).log_in(name)
    if browser.shows("otp"):
        await browser.post({"otp": CODE})
    assert browser.path == "/consents"
    return browser


async def opened(world: PageWorld, name: str, consent: Consent) -> Browser:
    browser = await visit(world, name)
    assert browser.shows("signature-open-0")
    return await browser.get(f"/consents/signatures/{consent.id}")


async def test_the_second_signer_agrees_to_the_sharing_of_accounts(both_world: PageWorld):
    world = both_world
    consent = await half_signed(world)
    browser = await opened(world, "bob", consent)
    for words in ("Acme Money", "Home", "Alice, 1 July 2026", "Answer by 8 July 2026"):
        assert words in browser.text
    await browser.post({})
    assert browser.path == "/consents"
    assert "You have agreed" in browser.text
    signed = await now(world, consent)
    assert signed.state is ConsentState.AUTHORISED
    assert [signature.psu_id for signature in signed.signatures] == ["psu-alice", "psu-bob"]
    *_, last = await world.store.authorisations(BRAND, consent.id)
    assert (last.psu_id, last.status, last.approach) == ("psu-bob", AuthorisationStatus.SUCCEEDED, "decoupled")
    assert last.shown is not None
    assert last.shown.accounts == ("Home, ending 3333",)
    assert not browser.shows("signature-open-0")
    assert browser.shows("access-stop-0"), "who agreed may stop it"
    await browser.get(f"/consents/{consent.id}/revoke")
    await browser.post({})
    assert (await now(world, consent)).state is ConsentState.REVOKED_BY_PSU


async def test_the_second_signer_reads_what_the_first_read(world: PageWorld):
    """Also what the TPP says that it is for, and what each account opens."""
    named = NamedAccount(Scheme.SORT_CODE, "80200144443333", frozenset({Permission.ACCOUNTS_DETAIL, Permission.BALANCES}))
    consent = await lodge(world, permissions=named.permissions, named=(named,), purpose="To lend you money")
    journey = await (await world.browser().begin(await world.push(consent))).log_in("alice")
    await journey.approve()
    browser = await opened(world, "bob", consent)
    assert "To lend you money" in browser.text
    await browser.post({})
    first, second = [each.shown for each in await world.store.authorisations(BRAND, consent.id)]
    assert first is not None
    assert [heading for heading, _ in first.clusters] == ["Home, ending 3333"]
    assert second == first


async def test_a_payment_is_signed_by_an_authentication_of_its_own(both_world: PageWorld):
    world = both_world
    consent = await half_signed(world, ConsentKind.PAYMENT)
    browser = await opened(world, "bob", consent)
    for words in ("£1,123.50", "Merchant A", "Home, ending 3333"):
        assert words in browser.text
    begun = len(world.identity.started)
    await browser.post({})
    assert browser.shows("otp")
    assert len(world.identity.started) == begun + 1
    linked = world.identity.linked[f"ref-{begun + 1}"]
    assert linked.payee == "Merchant A"
    await browser.post({"otp": "000000"})
    assert "That code is not right" in browser.text
    assert (await now(world, consent)).state is ConsentState.PARTIALLY_AUTHORISED
    await browser.post({"otp": CODE})
    result = " ".join(browser.text.split())
    assert browser.path == f"/consents/results/{consent.id}"
    assert "You approved £1,123.50 to Merchant A Acme Money will now send the payment." in result
    assert "go back to Acme Money" in result
    assert (await now(world, consent)).state is ConsentState.AUTHORISED
    *_, last = await world.store.authorisations(BRAND, consent.id)
    assert last.evidence is not None
    assert last.evidence.linked == linked.digest


async def test_a_device_signs_a_payment_at_once(world: PageWorld):
    consent = await lodge(world, ConsentKind.PAYMENT)
    browser = await (await world.browser().begin(await world.push(consent))).log_in("bob")
    await browser.approve(0)
    await browser.post({"otp": CODE})
    assert (await now(world, consent)).state is ConsentState.PARTIALLY_AUTHORISED
    browser = await opened(world, "alice", consent)
    await browser.post({})
    assert (await now(world, consent)).state is ConsentState.AUTHORISED


@pytest.mark.parametrize(("kind", "lodged_as", "terms", "words", "row"), STANDING, ids=["vrp", "funds"])
async def test_a_standing_agreement_is_signed_as_it_was_first_read(
    world: PageWorld, kind: ConsentKind, lodged_as: str, terms: Any, words: tuple[str, ...], row: str
):
    """Its page names payee, limits and account; the first signer reads meanwhile that others must agree too."""
    consent = await world.lodge(kind=kind, terms=terms, lodged_as=lodged_as)
    journey = await (await world.browser().begin(await world.push(consent))).log_in("alice")
    await (journey.approve(0) if journey.handles else journey.post({}))
    assert "code" in journey.answer
    assert (await now(world, consent)).state is ConsentState.PARTIALLY_AUTHORISED
    first = await visit(world, "alice")
    assert row in first.text
    assert "Not allowed yet. Others must agree too." in first.text
    browser = await opened(world, "bob", consent)
    text = " ".join(browser.text.split())
    for part in ("Agree to this", "What is allowed", "From Home, ending 3333", "Alice, 1 July 2026", *words):
        assert part in text
    assert "Sign the payment" not in text
    begun = len(world.identity.started)
    await browser.post({})
    assert "You have agreed" in browser.text
    assert len(world.identity.started) == begun, "the authentication of the visit is enough"
    assert (await now(world, consent)).state is ConsentState.AUTHORISED
    hers, his = [each.shown for each in await world.store.authorisations(BRAND, consent.id)]
    assert hers is not None
    assert his == hers
    assert "Not allowed yet" not in (await visit(world, "bob")).text


@pytest.mark.parametrize(("kind", "lodged_as", "terms", "_words", "_row"), STANDING, ids=["vrp", "funds"])
async def test_a_standing_agreement_may_be_refused(
    world: PageWorld, kind: ConsentKind, lodged_as: str, terms: Any, _words: Any, _row: str
):
    consent = await world.lodge(kind=kind, terms=terms, lodged_as=lodged_as)
    journey = await (await world.browser().begin(await world.push(consent))).log_in("alice")
    await (journey.approve(0) if journey.handles else journey.post({}))
    browser = await opened(world, "bob", consent)
    await browser.deny()
    assert "You have not agreed" in browser.text
    assert (await now(world, consent)).state is ConsentState.REJECTED


@pytest.mark.parametrize("page", ["terms", "code"])
async def test_the_second_signer_may_refuse_on_either_page(world: PageWorld, page: str):
    consent = await half_signed(world, ConsentKind.PAYMENT)
    browser = await opened(world, "bob", consent)
    if page == "code":
        await browser.post({})
    await browser.deny()
    assert "You refused £1,123.50 to Merchant A" in browser.text
    assert "Nothing is paid. Acme Money sees that it was refused." in browser.text
    assert "refused" in (await (await visit(world, "alice")).get(browser.path)).text, "for the other signer too"
    assert (await (await visit(world, "carol")).get(browser.path)).status == 404, "and for no other customer"
    refused = await now(world, consent)
    assert refused.state is ConsentState.REJECTED
    *_, last = await world.store.authorisations(BRAND, consent.id)
    assert (last.psu_id, last.status) == ("psu-bob", AuthorisationStatus.FAILED)


@pytest.mark.parametrize("answer", ["yes", "no"])
async def test_an_answer_under_the_visit_forgives_no_wrong_code(world: PageWorld, answer: str):
    """Else who holds a visit alone guesses the code of a payment without end, by answering something in between."""
    payment = await half_signed(world, ConsentKind.PAYMENT)
    access = await half_signed(world)
    browser = await opened(world, "bob", payment)
    await browser.post({})
    for _ in range(FAILURES_MAX - 1):
        await browser.post({"otp": "000000"})
    await browser.get(f"/consents/signatures/{access.id}")
    await (browser.post({}) if answer == "yes" else browser.deny())
    answered = ConsentState.AUTHORISED if answer == "yes" else ConsentState.REJECTED
    assert (await now(world, access)).state is answered
    *_, last = await world.store.authorisations(BRAND, access.id)
    assert last.evidence is not None
    await browser.get(f"/consents/signatures/{payment.id}")
    await browser.post({})
    await browser.post({"otp": "000000"})
    await browser.post({"otp": CODE})
    assert (await now(world, payment)).state is ConsentState.PARTIALLY_AUTHORISED


async def bobs_attempts(world: PageWorld, consent: Consent) -> list[AuthorisationStatus]:
    return [one.status for one in await world.store.authorisations(BRAND, consent.id) if one.psu_id == "psu-bob"]


async def test_a_button_pressed_again_stores_no_second_authorisation(world: PageWorld):
    """Nor does a second visit; a new code ends the one before, and what was counted goes on."""
    consent = await half_signed(world, ConsentKind.PAYMENT)
    for _ in range(2):
        browser = await opened(world, "bob", consent)
        await browser.post({})
        await browser.post({"otp": "000000"})
    (attempt,) = [one for one in await world.store.authorisations(BRAND, consent.id) if one.psu_id == "psu-bob"]
    assert (attempt.status, attempt.sent, attempt.code_failures) == (AuthorisationStatus.STARTED, 2, 2)
    await browser.post({"otp": CODE})
    assert (await now(world, consent)).state is ConsentState.AUTHORISED
    assert await bobs_attempts(world, consent) == [AuthorisationStatus.SUCCEEDED]


async def test_a_button_pressed_too_often_sends_nothing_more_and_the_last_code_is_good(world: PageWorld):
    consent = await half_signed(world, ConsentKind.PAYMENT)
    browser = await opened(world, "bob", consent)
    for _ in range(CODES_SENT_MAX):
        await browser.get(f"/consents/signatures/{consent.id}")
        await browser.post({})
    page, sent = browser.path, len(world.identity.started)
    await browser.get(f"/consents/signatures/{consent.id}")
    await browser.post({})
    assert "too many requests to confirm" in browser.text
    assert len(world.identity.started) == sent
    await browser.get(page)
    await browser.post({"otp": CODE})
    assert (await now(world, consent)).state is ConsentState.AUTHORISED


async def test_an_attempt_that_was_left_is_not_gone_on_with(world: PageWorld):
    """After fifteen minutes it is about to be failed: the signer begins again."""
    consent = await half_signed(world, ConsentKind.PAYMENT)
    await (await opened(world, "bob", consent)).post({})
    world.clock.advance(JOURNEY_MAX)
    browser = await opened(world, "bob", consent)
    await browser.post({})
    assert len(await bobs_attempts(world, consent)) == 2
    await browser.post({"otp": CODE})
    assert (await now(world, consent)).state is ConsentState.AUTHORISED


async def test_it_waits_for_no_one_else(world: PageWorld):
    consent = await half_signed(world)
    for name in ("carol", "alice"):
        browser = await visit(world, name)
        assert not browser.shows("signature-open-0")
        await browser.get(f"/consents/signatures/{consent.id}")
        assert browser.status == 404
        await browser.send(f"/consents/signatures/{consent.id}", {"form_token": browser.token})
    assert (await now(world, consent)).state is ConsentState.PARTIALLY_AUTHORISED


async def test_what_is_over_meanwhile_is_signed_no_more(world: PageWorld):
    consent = await half_signed(world)
    browser = await opened(world, "bob", consent)
    await world.store.revoke_by_psu(BRAND, "psu-alice", consent.id)
    await browser.post({})
    assert browser.status == 404
    assert (await now(world, consent)).state is ConsentState.REVOKED_BY_PSU


@pytest.mark.parametrize("kind", [ConsentKind.ACCOUNTS, ConsentKind.PAYMENT])
async def test_what_ends_between_page_and_signature_is_not_signed(
    world: PageWorld, kind: ConsentKind, monkeypatch: pytest.MonkeyPatch
):
    """It is read again under its lock."""
    consent = await half_signed(world, kind)
    browser = await opened(world, "bob", consent)
    hold = Cosignature.hold

    async def late(subject: Cosignature, unit: Any, approval: Any) -> Consent:
        world.clock.advance(timedelta(days=7))
        return await hold(subject, unit, approval)

    monkeypatch.setattr(Cosignature, "hold", late)
    await browser.post({})
    if kind is ConsentKind.PAYMENT:
        await browser.post({"otp": CODE})
    assert (await now(world, consent)).state is ConsentState.PARTIALLY_AUTHORISED


async def test_the_first_signer_sees_that_it_waits_and_may_stop_it(world: PageWorld):
    consent = await half_signed(world)
    browser = await visit(world, "alice")
    assert "Others must agree too" in browser.text
    assert browser.shows("access-stop-0")
    await browser.get(f"/consents/{consent.id}")
    assert "One of those who must agree agreed" in browser.text
    await browser.get(f"/consents/{consent.id}/revoke")
    await browser.post({})
    assert (await now(world, consent)).state is ConsentState.REVOKED_BY_PSU


async def test_who_cannot_be_asked_leaves_the_account_withheld(world: PageWorld, monkeypatch: pytest.MonkeyPatch):
    unnamed = msgspec.structs.replace(JOINT, signers=())
    monkeypatch.setitem(ACCOUNTS, "c-alice", (unnamed,))  # type: ignore[arg-type]
    browser = await (await world.browser().begin(await world.push(await lodge(world)))).log_in("alice")
    assert not browser.shows("consent-approve")
