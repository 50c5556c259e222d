"""The check of the payee on the page of a payment: shown before the PSU agrees, theirs to judge, and kept as it was shown."""

from typing import Any

import pytest

from consent.authentication import bank_answer
from consent.authorization.agreement import payee
from consent.authorization.agreement.payee import HOLDER_CHARACTERS_MAX
from consent.customer.journey.payee import PAYEE_FIELD
from kernel.banking.consents import ConsentState
from kernel.banking.payee_checks import NOT_AVAILABLE, PayeeCheck, PayeeCode, PayeeMatch
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from tests.unit.consent.customer.journey.test_journey_payments import lodge, now, opened
from tests.world.brands import BRAND
from tests.world.customers import CODE, Payees
from tests.world.pages import PageWorld

MATCH = PayeeCheck(match=PayeeMatch.MATCH)
CLOSE = PayeeCheck(match=PayeeMatch.CLOSE_MATCH, name="Merchant A Limited", code=PayeeCode.NAME_CLOSE)
NO_MATCH = PayeeCheck(match=PayeeMatch.NO_MATCH, code=PayeeCode.NAME_DIFFERS)
BUSINESS = PayeeCheck(match=PayeeMatch.CLOSE_MATCH, code=PayeeCode.BUSINESS_NAME_MATCHES)
SAID = [
    (MATCH, "The name matches The account is in the name that you pay to.", "good"),
    (CLOSE, "The account is in the name of Merchant A Limited. Compare it", "info"),
    (BUSINESS, "The name matches, but the account is a business's", "info"),
    (PayeeCheck(match=PayeeMatch.CLOSE_MATCH), "The name is not quite the same", "info"),
    (NO_MATCH, "The name does not match the account The account is in another name. The money may go to someone else", "error"),
    (PayeeCheck(match=PayeeMatch.NO_MATCH, code=PayeeCode.ACCOUNT_UNKNOWN), "does not know this account", "error"),
    (NOT_AVAILABLE, "We could not check the name", "info"),
]


def payees_of(world: PageWorld) -> Payees:
    payees = world.services.payees
    assert isinstance(payees, Payees)
    return payees


def words(browser: Any) -> str:
    return " ".join(browser.text.split())


@pytest.mark.parametrize(("check", "text", "tone"), SAID, ids=[check.match.value + (check.code or "") for check, *_ in SAID])
async def test_the_page_says_what_the_check_found_and_the_psu_may_go_on(
    world: PageWorld, check: PayeeCheck, text: str, tone: str
):
    payees_of(world).answer = check
    consent = await lodge(world)
    browser = await opened(world, consent, "alice")
    assert payees_of(world).asked == [("80200110203345", "Merchant A")]
    assert text in words(browser)
    assert f'class="notice notice-{tone}" id="payee-check"' in browser.html
    assert ("The name matches" in browser.text) is (check in (MATCH, BUSINESS)), "nothing else reads as a match"
    assert ">Pay £1,123.50</button>" in browser.html
    await browser.approve(0)
    assert (await now(world, consent)).state is ConsentState.AUTHORISED
    (kept,) = await world.store.authorisations(BRAND, consent.id)
    assert kept.shown is not None
    assert kept.shown.payee == check
    assert "Name check" in dict(kept.shown.payment)


async def test_the_last_page_repeats_the_check_that_was_shown(world: PageWorld):
    """Though another would be answered by now."""
    payees_of(world).answer = CLOSE
    consent = await lodge(world)
    browser = await opened(world, consent, "bob")
    payees_of(world).answer = MATCH
    await browser.approve(0)
    assert browser.path == "/sca"
    assert "Name check The name is not quite the same: Merchant A Limited" in words(browser)
    await browser.post({"otp": CODE})
    (kept,) = await world.store.authorisations(BRAND, consent.id)
    assert kept.shown is not None
    assert kept.shown.payee == CLOSE
    assert len(payees_of(world).asked) == 1


@pytest.mark.parametrize("fault", [UpstreamTimedOut("late"), UpstreamFailed("broken")], ids=["late", "broken"])
async def test_a_check_that_fails_is_not_available(world: PageWorld, fault: Exception):
    payees_of(world).answer = fault
    browser = await opened(world, await lodge(world), "alice")
    assert "We could not check the name" in browser.text


async def test_a_check_that_comes_too_late_is_not_available_and_holds_nothing_up(
    world: PageWorld, monkeypatch: pytest.MonkeyPatch
):
    """While it is awaited no transaction is open: another journey of the same PSU goes on."""
    payees_of(world).hangs = True
    monkeypatch.setattr(bank_answer, "ANSWER_SECONDS", 0.05)
    browser = await opened(world, await lodge(world), "alice")
    assert "We could not check the name" in browser.text
    await browser.approve(0)
    assert "code" in browser.answer


async def test_one_check_too_many_within_an_hour_is_not_available(world: PageWorld, monkeypatch: pytest.MonkeyPatch):
    """Over all journeys of one customer: guesses at a name would find the holder of a number. Others are not held up."""
    monkeypatch.setattr(payee, "PAYEE_CHECKS_MAX", 3)
    payees_of(world).answer = CLOSE
    pages = [(await opened(world, await lodge(world), "alice")).text for _ in range(4)]
    assert ["Merchant A Limited" in page for page in pages] == [True, True, True, False]
    assert "We could not check the name" in pages[-1]
    assert len(payees_of(world).asked) == 3
    assert "Merchant A Limited" in (await opened(world, await lodge(world), "bob")).text


@pytest.mark.parametrize("name", ["A  B", "A\u3000\u3000B", "\u0410CME", "A\u202eB", "   ", "\u3164"])
async def test_a_name_that_hides_something_is_not_shown(world: PageWorld, name: str):
    payees_of(world).answer = PayeeCheck(match=PayeeMatch.CLOSE_MATCH, name=name)
    assert "We could not check the name" in (await opened(world, await lodge(world), "alice")).text


async def test_the_longest_name_fits_the_form(world: PageWorld):
    payees_of(world).answer = PayeeCheck(match=PayeeMatch.CLOSE_MATCH, name="\U0001d518" * 350)
    browser = await opened(world, await lodge(world), "alice")
    await browser.approve(0)
    assert "code" in browser.answer
    assert HOLDER_CHARACTERS_MAX < 350


async def test_a_name_is_escaped(world: PageWorld):
    payees_of(world).answer = PayeeCheck(match=PayeeMatch.CLOSE_MATCH, name="<b>Bold & Sons</b>")
    browser = await opened(world, await lodge(world), "alice")
    assert "&lt;b&gt;Bold &amp; Sons&lt;/b&gt;" in browser.html


async def test_what_was_shown_cannot_be_made_up_or_taken_from_another_journey(world: PageWorld):
    """The form of another journey, of no page of ours, and none."""
    payees_of(world).answer = NO_MATCH
    other = await opened(world, await lodge(world), "alice")
    consent = await lodge(world)
    browser = await opened(world, consent, "alice")
    for presented in (other.hidden[PAYEE_FIELD], "e30=", "", "é"):
        answer = await browser.send("/consent", {**browser.hidden, PAYEE_FIELD: presented, "account": browser.handles[:1]})
        assert answer.status == 409
    assert (await now(world, consent)).state is ConsentState.AWAITING
