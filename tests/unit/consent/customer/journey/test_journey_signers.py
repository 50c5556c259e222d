"""Accounts that others must agree to: a choice that they could not agree to as a whole is refused at the first signature."""

from typing import Any

import msgspec
import pytest

from kernel.banking.accounts import AccountIdentifier, AccountStatus, Scheme
from kernel.banking.consents import Consent, ConsentKind, ConsentState
from kernel.banking.terms import FundsTerms
from tests.unit.consent.customer.journey.test_journey_agreements import VRP
from tests.world.browser import Browser
from tests.world.customers import ACCOUNTS, CODE, account
from tests.world.pages import PageWorld
from tests.world.signing import BERLIN_GROUP, PAYMENT, now

JOINT = account("up-j", "Home", "80200144443333", signatures=2, signers=("c-alice", "c-bob"))
FUNDS = FundsTerms(account=AccountIdentifier(Scheme.SORT_CODE, "80200144443333"))
HOME, EVERYDAY = 0, 1  # where the page lists them


@pytest.fixture(autouse=True)
def held(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Alice and Bob hold an account from which both must agree. `hold` changes what a customer may share."""

    def hold(customer: str, *accounts: Any) -> None:
        monkeypatch.setitem(ACCOUNTS, customer, accounts)  # type: ignore[arg-type]

    for customer in ("c-alice", "c-bob"):
        hold(customer, JOINT, *ACCOUNTS[customer])
    return hold


async def at_choice(world: PageWorld, consent: Consent) -> Browser:
    return await (await world.browser().begin(await world.push(consent))).log_in("alice")


async def check_refused(world: PageWorld, browser: Browser, consent: Consent, words: str) -> None:
    assert words in browser.text
    assert browser.shows("consent-approve"), "the page asks again"
    found = await now(world, consent)
    assert (found.state, found.access, found.signatures) == (ConsentState.AWAITING, (), ())


async def test_a_joint_account_together_with_ones_own_is_refused_and_alone_it_is_not(both_world: PageWorld):
    world = both_world
    consent = await world.lodge(lodged_as=BERLIN_GROUP)
    browser = await at_choice(world, consent)
    await browser.approve(HOME, EVERYDAY)
    await check_refused(world, browser, consent, "Someone who must agree too cannot share all of these accounts")
    await browser.approve(HOME)
    assert "code" in browser.answer
    assert (await now(world, consent)).state is ConsentState.PARTIALLY_AUTHORISED


async def test_what_all_of_them_may_share_is_chosen_together(world: PageWorld, held: Any):
    held("c-bob", *ACCOUNTS["c-alice"])
    consent = await world.lodge(lodged_as=BERLIN_GROUP)
    await (await at_choice(world, consent)).approve(HOME, EVERYDAY)
    assert (await now(world, consent)).state is ConsentState.PARTIALLY_AUTHORISED


@pytest.mark.parametrize("change", [{"eligible": False}, {"status": AccountStatus.DISABLED}])
async def test_an_account_that_a_signer_holds_but_may_not_share_is_none(world: PageWorld, held: Any, change: dict[str, Any]):
    held("c-bob", msgspec.structs.replace(JOINT, **change))
    consent = await world.lodge(lodged_as=BERLIN_GROUP)
    browser = await at_choice(world, consent)
    await browser.approve(HOME)
    await check_refused(world, browser, consent, "cannot share all of these accounts")


async def test_enough_of_several_signers_are_enough(world: PageWorld, held: Any):
    """Carol cannot share Alice's other account, and Bob can: two of three sign."""
    shared = msgspec.structs.replace(JOINT, signers=("c-alice", "c-carol", "c-bob"))
    for customer, others in (("c-alice", (shared,)), ("c-bob", (shared,)), ("c-carol", ())):
        held(customer, *others, *ACCOUNTS["c-alice"][1:])
    consent = await world.lodge(lodged_as=BERLIN_GROUP)
    await (await at_choice(world, consent)).approve(HOME, EVERYDAY)
    assert (await now(world, consent)).state is ConsentState.PARTIALLY_AUTHORISED


async def test_two_joint_accounts_of_different_holders_are_not_one_choice(world: PageWorld, held: Any):
    other = account("up-k", "Club", "80200122221111", signatures=2, signers=("c-alice", "c-carol"))
    held("c-alice", JOINT, other)
    held("c-carol", other)
    consent = await world.lodge(lodged_as=BERLIN_GROUP)
    browser = await at_choice(world, consent)
    await browser.approve(0, 1)
    await check_refused(world, browser, consent, "cannot share all of these accounts")


async def test_one_holder_who_gives_it_alone_chooses_freely(world: PageWorld):
    """UK account information: no one else must agree."""
    consent = await world.lodge(lodged_as="uk_obie/v4.0")
    await (await at_choice(world, consent)).approve(HOME, EVERYDAY)
    assert (await now(world, consent)).state is ConsentState.AUTHORISED


@pytest.mark.parametrize(
    ("kind", "terms"), [(ConsentKind.PAYMENT, PAYMENT), (ConsentKind.VRP, VRP), (ConsentKind.FUNDS, FUNDS)], ids=str
)  # fmt: skip
async def test_one_account_that_no_other_signer_can_use_is_refused(world: PageWorld, held: Any, kind: ConsentKind, terms: Any):
    """A payment's before its authentication: no code is sent for what cannot be."""
    held("c-bob")
    consent = await world.lodge(kind=kind, terms=terms, lodged_as=BERLIN_GROUP)
    browser = await at_choice(world, consent)
    begun = len(world.identity.started)
    await (browser.post({}) if kind is ConsentKind.FUNDS else browser.approve(HOME))
    await check_refused(world, browser, consent, "cannot use the account that you chose")
    assert len(world.identity.started) == begun


@pytest.mark.parametrize("lodged_as", ["uk_obie/v4.0", "rar"])
async def test_a_payment_whose_order_no_other_could_sign_is_refused_at_once(world: PageWorld, held: Any, lodged_as: str):
    """UK Multi-Auth: the first signature authorises the consent, and its order then waits for the other."""
    consent = await world.lodge(kind=ConsentKind.PAYMENT, terms=PAYMENT, lodged_as=lodged_as)
    held("c-bob", msgspec.structs.replace(JOINT, eligible=False))
    browser = await at_choice(world, consent)
    begun = len(world.identity.started)
    await browser.approve(HOME)
    await check_refused(world, browser, consent, "cannot use the account that you chose")
    assert len(world.identity.started) == begun
    held("c-bob", JOINT)
    await browser.approve(HOME)
    assert "code" in browser.answer


async def test_a_signer_who_can_sign_no_more_after_the_code_was_sent_stops_the_payment(world: PageWorld, held: Any):
    consent = await world.lodge(kind=ConsentKind.PAYMENT, terms=PAYMENT, lodged_as="rar")
    browser = await (await world.browser().begin(await world.push(consent))).log_in("bob")
    await browser.approve(HOME)
    assert browser.shows("otp")
    held("c-alice")
    await browser.post({"otp": CODE})
    await check_refused(world, browser, consent, "cannot use the account that you chose")


@pytest.mark.spec("OBIE-RW-4.0-domestic-vrp-consents")
async def test_an_account_for_several_signers_gives_no_recurring_payments(world: PageWorld, held: Any):
    """UK VRP: it cannot be chosen, and the page says why."""
    consent = await world.lodge(kind=ConsentKind.VRP, terms=VRP, lodged_as="uk_obie/v4.0")
    browser = await at_choice(world, consent)
    text = " ".join(browser.text.split())
    assert "This account needs the agreement of more than one person, so it cannot be used for this: Home, ending 3333" in text
    assert len(browser.handles) == 2, "the accounts that she signs for alone"
    held("c-alice", JOINT)
    browser = await at_choice(world, consent)
    assert "You have no account for this" in browser.text
    assert "Home, ending 3333" in browser.text
    assert not browser.shows("consent-approve")


@pytest.mark.parametrize("name", ["bob", "carol"])
async def test_no_other_signer_comes_by_redirect(world: PageWorld, name: str):
    """Bob signs or refuses on the dashboard. Here it is another's consent, to him as to any customer, and leaving changes nothing."""
    consent = await world.lodge(lodged_as=BERLIN_GROUP)
    await (await at_choice(world, consent)).approve(HOME)
    browser = await (await world.browser().begin(await world.push(consent))).log_in(name)
    await browser.post({"otp": CODE})
    assert not browser.shows("consent-approve")
    await browser.deny()
    assert browser.answer["error"] == "access_denied"
    assert (await now(world, consent)).state is ConsentState.PARTIALLY_AUTHORISED
