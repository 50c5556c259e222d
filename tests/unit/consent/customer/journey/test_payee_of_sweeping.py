"""The payee of recurring payments on their page: sweeping goes to an account in the customer's own name, and to no other."""

import msgspec
import pytest

from kernel.banking.consents import ConsentKind, ConsentState
from kernel.banking.payee_checks import NOT_AVAILABLE, PayeeCheck, PayeeCode, PayeeMatch
from kernel.banking.terms import VrpType
from tests.unit.consent.customer.journey.test_journey_agreements import PAYEE, VRP, now, opened
from tests.unit.consent.customer.journey.test_payee_checks import CLOSE, MATCH, NO_MATCH, payees_of, words
from tests.world.brands import BRAND
from tests.world.pages import PageWorld

SWEEPING = msgspec.structs.replace(VRP, types=(VrpType.SWEEPING,))
OTHER = msgspec.structs.replace(VRP, types=(VrpType.SWEEPING, VrpType.OTHER))
UNKNOWN = PayeeCheck(match=PayeeMatch.NO_MATCH, code=PayeeCode.ACCOUNT_UNKNOWN)
CLOSE_TO_OWN = PayeeCheck(match=PayeeMatch.CLOSE_MATCH, name="A Archer")


@pytest.mark.parametrize(
    ("check", "text", "tone"),
    [
        (MATCH, "This account is in your name", "good"),
        (CLOSE_TO_OWN, "The name of this account is not quite yours", "info"),
        (NOT_AVAILABLE, "We could not check whose account this is", "info"),
    ],
    ids=["match", "close", "unchecked"],
)
async def test_a_customer_may_sweep_to_an_account_that_is_or_may_be_their_own(
    world: PageWorld, check: PayeeCheck, text: str, tone: str
):
    payees_of(world).answer = check
    consent, browser = await opened(world, ConsentKind.VRP, terms=SWEEPING)
    assert [number for number, name in payees_of(world).asked if name.startswith("Alice")] == [PAYEE.identification]
    assert text in words(browser)
    assert f'class="notice notice-{tone}" id="payee-check"' in browser.html
    await browser.approve(0)
    assert (await now(world, consent)).state is ConsentState.AUTHORISED
    (kept,) = await world.store.authorisations(BRAND, consent.id)
    assert kept.shown is not None
    assert kept.shown.payee == check
    assert dict(kept.shown.payment)["Name check"].startswith(text)


@pytest.mark.parametrize(
    ("check", "text"),
    [(NO_MATCH, "This account is not in your name"), (UNKNOWN, "The payee's bank does not know this account")],
    ids=["anothers", "unknown"],
)
async def test_nothing_is_swept_to_an_account_that_is_anothers(world: PageWorld, check: PayeeCheck, text: str):
    payees_of(world).answer = check
    consent, browser = await opened(world, ConsentKind.VRP, terms=SWEEPING)
    assert text in words(browser)
    assert "you cannot allow them to this account" in words(browser)
    payees_of(world).answer = MATCH  # the answer that was shown counts
    await browser.approve(0)
    assert "as far as its bank knows, so nothing was allowed" in words(browser)
    assert (await now(world, consent)).state is ConsentState.AWAITING


async def test_payments_for_what_a_customer_owes_go_to_the_name_that_is_written(world: PageWorld):
    """And to any, once its customer has read the check."""
    payees_of(world).answer = CLOSE
    consent, browser = await opened(world, ConsentKind.VRP, terms=OTHER)
    assert payees_of(world).asked == [(PAYEE.identification, "Savings Ltd")]
    assert "The account is in the name of Merchant A Limited" in words(browser)
    await browser.approve(0)
    assert (await now(world, consent)).state is ConsentState.AUTHORISED
