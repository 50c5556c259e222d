"""One payment through the PSU's pages: what is shown, what is chosen, and that the authentication is good for exactly that. RTS article 5."""

import asyncio
import json
from typing import Any

import msgspec
import pytest

from consent.authentication.attempt_counts import CODES_SENT_MAX
from consent.authentication.attempts import SENT_MAX
from consent.authentication.linked_terms import check_linked, linked_of, payment_in
from consent.authorization.offer.authorization_details import lodgement_of, parse_details
from consent.errors import PaymentNotLinked
from consent.ports import ScaEvidence
from consent.store.kinds.words import render_money, render_number
from consent.store.rows.authorisations import load_authorisation
from consent.store.rows.snapshots import insert_snapshot
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import Consent, ConsentState
from kernel.banking.money import Money
from kernel.banking.payments import digest_of
from kernel.storage.sealed import SealBroken
from tests.harness.damage.consents import move_challenge, name_version
from tests.world.brands import BRAND, START
from tests.world.browser import Browser
from tests.world.clients import CLIENT
from tests.world.customers import ACCOUNTS, CODE, Accounts
from tests.world.pages import PageWorld

PAYMENT = {
    "type": "payment_initiation",
    "actions": ["initiate", "status", "cancel"],
    "instructedAmount": {"currency": "GBP", "amount": "1123.50"},
    "creditorName": "Merchant A",
    "creditorAccount": {"scheme": "sort_code", "bban": "80200110203345"},
    "remittanceInformationUnstructured": "Ref Number Merchant",
}


def debtor(customer: str, index: int = 0) -> dict[str, str]:
    return {"scheme": "sort_code", "bban": ACCOUNTS[customer][index].identifiers[0].identification}


async def lodge(world: PageWorld, **changes: Any) -> Consent:
    details = parse_details(json.dumps([PAYMENT | changes]), START)
    return await world.store.lodge(BRAND, CLIENT.caller, lodgement_of(details, START))


async def opened(world: PageWorld, consent: Consent, name: str) -> Browser:
    return await (await world.browser().begin(await world.push(consent))).log_in(name)


async def now(world: PageWorld, consent: Consent) -> Consent:
    found = await world.store.load(BRAND, consent.id)
    assert found is not None
    return found


async def check_untouched(world: PageWorld, consent: Consent) -> None:
    assert (await now(world, consent)).state is ConsentState.AWAITING


@pytest.mark.spec("RTS-5", "PSD2-97.2")
async def test_the_page_comes_before_the_authentication_which_is_linked_to_it(both_world: PageWorld):
    """Amount, payee and the PSU's accounts by name; nothing is chosen for them, and nothing is authenticated yet."""
    world = both_world
    consent = await lodge(world)
    browser = await opened(world, consent, "alice")
    assert browser.path == "/consent"
    assert world.identity.started == []
    for words in ("£1,123.50", "Merchant A", "80-20-01 10203345", "Ref Number Merchant", "Everyday current account"):
        assert words in browser.text
    assert browser.html.count('type="radio" name="account"') == len(browser.handles) == 2
    assert "checked" not in browser.html
    assert "Old account" not in browser.text, "it is not to be used through third parties"
    assert ">Pay £1,123.50</button>" in browser.html, "a device confirms at once: this is the last page"
    await browser.approve(1)
    assert set(browser.answer) == {"code", "state", "iss"}
    linked = world.identity.linked["ref-1"]
    assert (linked.amount, linked.payee) == (Money("GBP", 112_350), "Merchant A")
    authorised = await now(world, consent)
    assert authorised.state is ConsentState.AUTHORISED
    assert [account.upstream_id for account in authorised.accounts] == ["up-2"]
    (kept,) = await world.store.authorisations(BRAND, consent.id)
    assert kept.status is AuthorisationStatus.SUCCEEDED
    assert kept.evidence is not None
    assert kept.shown is not None
    assert kept.evidence.linked == digest_of(payment_in(authorised), consent.id, "up-2")
    assert kept.shown.payment[:2] == (("Amount", "£1,123.50"), ("To", "Merchant A"))
    assert kept.shown.accounts == ("Rainy day savings, ending 4321",)


async def test_a_one_time_code_is_asked_for_with_amount_and_payee_before_it(both_world: PageWorld):
    world = both_world
    consent = await lodge(world)
    browser = await opened(world, consent, "bob")
    await browser.approve(0)
    assert browser.path == "/sca"
    assert "£1,123.50" in browser.text
    assert "Merchant A" in browser.text
    await check_untouched(world, consent)
    assert "From Bob's account, ending 6666" in " ".join(browser.text.split()), "the last page names the account that pays"
    assert ">Pay £1,123.50</button>" in browser.html
    await browser.post({"otp": "000000"})
    assert "not right" in browser.text
    await browser.post({"otp": CODE})
    assert "code" in browser.answer
    assert (await now(world, consent)).state is ConsentState.AUTHORISED


@pytest.mark.parametrize("chosen", [[], ["invented"], [0, 1]], ids=["none", "invented", "two"])
async def test_one_account_is_chosen_or_the_page_comes_again(world: PageWorld, chosen: list[Any]):
    consent = await lodge(world)
    browser = await opened(world, consent, "alice")
    handles = [browser.handles[each] if isinstance(each, int) else each for each in chosen]
    await browser.post({"account": handles})
    assert "Choose the account to pay from" in browser.text
    assert browser.path == "/consent"
    assert world.identity.started == []
    await check_untouched(world, consent)


async def test_the_account_that_the_client_named_stands_as_text(world: PageWorld):
    consent = await lodge(world, debtorAccount=debtor("c-alice", 1))
    browser = await opened(world, consent, "alice")
    assert browser.handles == []
    assert "Rainy day savings" in browser.text
    assert "Everyday" not in browser.text
    await browser.post({})
    assert "code" in browser.answer
    assert [account.upstream_id for account in (await now(world, consent)).accounts] == ["up-2"]


@pytest.mark.parametrize(
    "changes",
    [
        {"debtorAccount": debtor("c-bob")},
        {"debtorAccount": debtor("c-alice", 2)},
        {"instructedAmount": {"currency": "EUR", "amount": "1"}},
    ],
    ids=["another's", "not eligible", "in another currency"],
)
async def test_an_account_that_cannot_pay_is_not_offered(world: PageWorld, changes: dict[str, Any]):
    consent = await lodge(world, **changes)
    browser = await opened(world, consent, "alice")
    assert "no account to pay from" in browser.text
    assert not browser.shows("consent-approve")
    await browser.post({"account": "up-1"})
    await check_untouched(world, consent)


@pytest.mark.parametrize("page", ["/consent", "/sca"])
async def test_the_psu_may_say_no_on_either_page(world: PageWorld, page: str):
    consent = await lodge(world)
    browser = await opened(world, consent, "bob")
    if page == "/sca":
        await browser.approve(0)
    assert browser.path == page
    assert browser.shows("consent-deny")
    await browser.deny()
    assert browser.answer["error"] == "access_denied"
    assert (await now(world, consent)).state is ConsentState.REJECTED


async def test_a_page_that_comes_late_does_not_reopen_what_was_answered(world: PageWorld, monkeypatch: pytest.MonkeyPatch):
    """A form without an account waits for the bank while the same page, in another tab, pays."""
    browser = await opened(world, await lodge(world), "alice")
    late = world.browser(cookies=dict(browser.cookies), path="/consent", html=browser.html)
    accounts_of, held, go_on = Accounts.accounts_of, asyncio.Event(), asyncio.Event()

    async def slow(*arguments: Any) -> Any:
        monkeypatch.setattr(Accounts, "accounts_of", accounts_of)
        held.set()
        await go_on.wait()
        return await accounts_of(*arguments)

    monkeypatch.setattr(Accounts, "accounts_of", slow)
    choosing_none = asyncio.create_task(late.send("/consent", late.hidden))
    await held.wait()
    await browser.approve(0)
    assert "code" in browser.answer
    go_on.set()
    assert (await choosing_none).status == 409
    assert [row.stage for row in await world.books.pages.journeys()] == ["done"]


async def test_codes_are_not_sent_without_end(world: PageWorld):
    """However they are asked for: from the page itself when sending fails, or from the next one."""
    browser = await opened(world, await lodge(world), "bob")
    await browser.approve(0)
    for _ in range(CODES_SENT_MAX + 2):
        await browser.post({"action": "resend"})
    assert len(world.identity.started) == CODES_SENT_MAX
    assert len(set(world.identity.linked.values())) == 1, "each for the same payment"


# Attack table: if anything changes after the page was shown, nothing is authorised


async def change_terms(world: PageWorld, consent: Consent, **changes: Any) -> None:
    """Behind the store's back: no command of it changes a payment."""
    payment = msgspec.structs.replace(payment_in(consent), **changes)
    changed = msgspec.structs.replace(consent, version=consent.version + 1, terms=payment)

    sealer = world.services.sealer
    await world.database.write(lambda connection: insert_snapshot(connection, sealer, changed, "lodge", START))
    await name_version(world.database, consent.id, changed.version)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": Money("GBP", 112_351)},
        {"creditor_name": "Merchant B"},
        {"creditor_account": AccountIdentifier(Scheme.SORT_CODE, "80200110203346")},
        {"remittance": "Something else"},
    ],
    ids=["amount", "payee", "payee's account", "reference"],
)
@pytest.mark.spec("RTS-5")
async def test_terms_that_change_after_the_page_make_the_authentication_worthless(world: PageWorld, changes: dict[str, Any]):
    """RTS article 5(1)(d)."""
    consent = await lodge(world)
    browser = await opened(world, consent, "bob")
    await browser.approve(0)
    await change_terms(world, consent, **changes)
    await browser.post({"otp": CODE})
    assert browser.status == 400
    assert "not confirmed as it stands" in browser.text
    await check_untouched(world, consent)


async def test_an_account_sent_with_the_code_changes_nothing(world: PageWorld):
    consent = await lodge(world)
    browser = await opened(world, consent, "bob")
    first = browser.handles
    await browser.approve(0)
    await browser.post({"otp": CODE, "account": ["up-1", *first]})
    assert [account.upstream_id for account in (await now(world, consent)).accounts] == ["up-4"]


async def test_another_customers_account_is_not_chosen_by_its_handle(world: PageWorld):
    consent = await lodge(world)
    alices = await opened(world, await lodge(world), "alice")
    browser = await opened(world, consent, "bob")
    await browser.post({"account": alices.handles[0]})
    assert browser.path == "/consent"
    await check_untouched(world, consent)


async def test_what_is_under_way_in_one_journey_opens_in_no_other(world: PageWorld):
    """Challenge and choice are sealed to the authorisation that they came about in."""
    for _ in range(2):
        browser = await opened(world, await lodge(world), "bob")
        await browser.approve(0)
    first, second = await world.books.consents.authorisations()
    async with world.database.read() as connection:
        found = await load_authorisation(connection, world.services.sealer, BRAND.name, first.id)
    assert found is not None
    assert found.pending is not None
    assert found.pending.choice is not None
    assert found.pending.choice.upstream_id == "up-4"
    await move_challenge(world.database, first.challenge, second.id)
    async with world.database.read() as connection:
        with pytest.raises(SealBroken):
            await load_authorisation(connection, world.services.sealer, BRAND.name, second.id)


@pytest.mark.spec("RTS-5.1.b")
async def test_evidence_of_one_payment_authorises_no_other_like_it(world: PageWorld):
    """The same amount, payee and account: the digest names the consent."""
    one, other = await lodge(world), await lodge(world)
    assert one.terms == other.terms
    linked = linked_of(one, "up-1").digest
    check_linked(one, ("up-1",), linked)
    for consent, upstream_ids, presented in (
        (other, ("up-1",), linked),
        (one, ("up-2",), linked),
        (one, ("up-1", "up-1"), linked),
        (one, (), linked),
        (one, ("up-1",), ""),
        (await world.lodge(), ("up-1",), linked),
    ):
        with pytest.raises(PaymentNotLinked):
            check_linked(consent, upstream_ids, presented)


async def test_an_authenticator_that_links_nothing_authorises_no_payment(world: PageWorld, monkeypatch: pytest.MonkeyPatch):
    """The consent server does not take its word: it looks for the digest in the evidence."""

    async def finish(*_args: Any, **_facts: Any) -> ScaEvidence:
        return ScaEvidence("device", world.clock.wall(), "ref")

    monkeypatch.setattr(world.identity, "finish_sca", finish)
    consent = await lodge(world)
    browser = await opened(world, consent, "alice")
    await browser.approve(0)
    assert browser.status == 400
    assert "error-code" in browser.html
    await check_untouched(world, consent)


async def test_an_account_that_went_away_meanwhile_pays_nothing(world: PageWorld, monkeypatch: pytest.MonkeyPatch):
    consent = await lodge(world)
    browser = await opened(world, consent, "bob")
    await browser.approve(0)
    monkeypatch.setitem(ACCOUNTS, "c-bob", ())  # type: ignore[arg-type]
    await browser.post({"otp": CODE})
    assert browser.path == "/consent"
    assert "can no longer be used" in browser.text
    await check_untouched(world, consent)


async def test_a_payment_is_agreed_to_once(both_world: PageWorld):
    """Neither a second request for its consent nor a second press of the button finds anything to agree to."""
    world = both_world
    consent = await lodge(world)
    waiting = await opened(world, consent, "alice")
    await (await opened(world, consent, "alice")).approve(0)
    authorised = await now(world, consent)
    await waiting.approve(1)
    assert waiting.status == 400
    again = await world.browser().begin(await world.push(consent))
    assert again.answer["error"] == "access_denied"
    assert await now(world, consent) == authorised


@pytest.fixture
def joint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alice's first account needs a second signature."""
    first, *others = ACCOUNTS["c-alice"]
    monkeypatch.setitem(ACCOUNTS, "c-alice", (msgspec.structs.replace(first, signatures=2), *others))  # type: ignore[arg-type]


async def test_what_others_must_sign_too_is_not_offered_to_one(world: PageWorld, joint: None):
    consent = await lodge(world)
    browser = await opened(world, consent, "alice")
    assert len(browser.handles) == 1
    assert "Everyday" not in browser.text
    assert "we cannot ask the others" in browser.text
    await browser.post({"account": ["up-1"]})
    await check_untouched(world, consent)
    named = await opened(world, await lodge(world, debtorAccount=debtor("c-alice")), "alice")
    assert "You cannot make this payment alone" in named.text
    assert "Everyday current account, ending 5678" in named.text
    assert named.shows("consent-deny")
    assert not named.shows("consent-approve")


async def test_a_second_signature_that_is_asked_for_meanwhile_stops_the_payment(
    world: PageWorld, monkeypatch: pytest.MonkeyPatch
):
    consent = await lodge(world)
    browser = await opened(world, consent, "bob")
    await browser.approve(0)
    only = msgspec.structs.replace(ACCOUNTS["c-bob"][0], signatures=2)
    monkeypatch.setitem(ACCOUNTS, "c-bob", (only,))  # type: ignore[arg-type]
    await browser.post({"otp": CODE})
    await check_untouched(world, consent)
    assert "You cannot make this payment alone" in browser.text


async def test_data_is_shared_by_one_holder_alone(world: PageWorld, joint: None):
    """What two must sign for is a payment; each holder may let a third party read."""
    browser = await (await world.browser().begin(await world.push(await world.lodge()))).log_in("alice")
    assert "Everyday current account" in browser.text
    await browser.approve(0)
    assert "code" in browser.answer


async def test_a_page_that_can_send_nothing_more_has_no_field(world: PageWorld):
    """And says where to go."""
    for _ in range(SENT_MAX):
        browser = await opened(world, await lodge(world), "bob")
        await browser.approve(0)
    browser = await opened(world, await lodge(world), "bob")
    await browser.approve(0)
    assert browser.path == "/consent"
    assert "<input" not in browser.html.replace('<input type="hidden"', "")
    assert "Return to Acme Money" in browser.text
    await browser.deny()
    assert browser.answer["error"] == "access_denied"


def test_what_people_compare_is_written_as_they_write_it():
    assert [render_money(Money(*each)) for each in (("GBP", 5), ("EUR", 100_000_000), ("JPY", 1234), ("USD", 250))] == [
        *("£0.05", "€1,000,000.00", "1,234 JPY", "2.50 USD"),
    ]
    assert render_number(AccountIdentifier(Scheme.IBAN, "DE02100100109307118603")) == "DE02 1001 0010 9307 1186 03"
