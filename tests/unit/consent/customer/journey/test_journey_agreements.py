"""Standing agreements on the PSU's pages: recurring payments within limits, and checks of funds. The PSU reads what they allow,
authenticates first, names one account, and may refuse."""

from datetime import timedelta

import msgspec
import pytest

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import Consent, ConsentKind, ConsentState, Terms
from kernel.banking.money import Money
from kernel.banking.terms import Alignment, FundsTerms, Period, PeriodicLimit, VrpTerms
from tests.unit.consent.customer.journey.test_journey_page_states import element
from tests.world.brands import BRAND, START
from tests.world.browser import Browser
from tests.world.customers import ACCOUNTS, CODE
from tests.world.pages import PageWorld

PAYEE = AccountIdentifier(Scheme.SORT_CODE, "80200110203345")
VRP = VrpTerms(
    individual_max=Money("GBP", 10_000),
    limits=(
        PeriodicLimit(amount=Money("GBP", 50_000), period=Period.MONTH, alignment=Alignment.CALENDAR),
        PeriodicLimit(amount=Money("GBP", 20_000), period=Period.FORTNIGHT, alignment=Alignment.CONSENT),
    ),
    creditor_name="Savings Ltd",
    creditor_account=PAYEE,
    remittance="Sweep",
)


def number(customer: str, index: int = 0) -> AccountIdentifier:
    return ACCOUNTS[customer][index].identifiers[0]


FUNDS = FundsTerms(account=number("c-alice"))
KINDS: dict[str, Terms] = {ConsentKind.VRP: VRP, ConsentKind.FUNDS: FUNDS}


async def opened(world: PageWorld, kind: str, name: str = "alice", terms: Terms | None = None) -> tuple[Consent, Browser]:
    consent = await world.lodge(kind=kind, terms=terms or KINDS[kind], valid_until=START + timedelta(days=30))
    browser = await world.browser().begin(await world.push(consent))
    return consent, await browser.log_in(name)


async def now(world: PageWorld, consent: Consent) -> Consent:
    found = await world.store.load(BRAND, consent.id)
    assert found is not None
    return found


@pytest.mark.spec("OBIE-CEG-vrp")
async def test_a_psu_reads_the_limits_names_one_account_and_allows_the_payments(both_world: PageWorld):
    world = both_world
    consent, browser = await opened(world, ConsentKind.VRP)
    assert browser.path == "/consent"
    assert "Let Acme Money make payments to Savings Ltd" in browser.text
    text = " ".join(browser.text.split())
    for words in (
        "Each payment Up to £100.00",
        "In each month of the calendar Up to £500.00 in all",
        "less in the first month, in proportion to the days left",
        "In each two weeks, counted from the first day Up to £200.00 in all",
        "To Savings Ltd",
        "80-20-01 10203345",
        "Message to the payee Sweep",
        "Until 31 July 2026 at 10:00",
        "Pay from which account, Alice?",
    ):
        assert words in text
    assert browser.html.count('type="radio" name="account"') == len(browser.handles) == 2
    assert "checked" not in browser.html
    await browser.approve(1)
    assert set(browser.answer) == {"code", "state", "iss"}
    allowed = await now(world, consent)
    assert (allowed.state, [account.upstream_id for account in allowed.accounts]) == (ConsentState.AUTHORISED, ["up-2"])
    assert not any(each.permissions for each in allowed.access)
    (kept,) = await world.store.authorisations(BRAND, consent.id)
    assert (kept.status, kept.shown.page) == (AuthorisationStatus.SUCCEEDED, "vrp")
    assert ("Each payment", "Up to £100.00") in kept.shown.payment
    assert kept.shown.accounts == ("Rainy day savings, ending 4321",)


async def test_a_psu_allows_checks_of_funds_on_the_account_that_was_named(both_world: PageWorld):
    world = both_world
    consent, browser = await opened(world, ConsentKind.FUNDS)
    assert "Let Acme Money ask whether you have funds" in browser.text
    assert "80-20-01 12345678" in browser.text
    assert "Everyday current account" in element_text(browser, "account-0")
    assert browser.handles == [], "the consent fixes the account"
    await browser.post({})
    assert "code" in browser.answer
    allowed = await now(world, consent)
    assert (allowed.state, [account.upstream_id for account in allowed.accounts]) == (ConsentState.AUTHORISED, ["up-1"])


def element_text(browser: Browser, element_id: str) -> str:
    start = browser.html.index(element(browser, element_id))
    return browser.html[start : browser.html.index("</li>", start)]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_psu_is_authenticated_before_anything_is_shown(world: PageWorld, kind: str):
    terms = VRP if kind == ConsentKind.VRP else FundsTerms(account=number("c-bob"))
    consent, browser = await opened(world, kind, "bob", terms)
    assert browser.shows("otp")
    assert "Savings Ltd" not in browser.text
    assert "Choose accounts" not in browser.text, "the steps are those of the kind"
    await browser.post({"otp": CODE})
    assert browser.shows("consent-approve")
    assert (await now(world, consent)).state is ConsentState.AWAITING


@pytest.mark.parametrize("kind", KINDS)
async def test_a_psu_who_refuses_rejects_it(world: PageWorld, kind: str):
    consent, browser = await opened(world, kind)
    assert ">Do not allow</button>" in browser.html
    await browser.deny()
    assert browser.answer["error"] == "access_denied"
    assert (await now(world, consent)).state is ConsentState.REJECTED


@pytest.mark.spec("WCAG2.2-3.3.1")
async def test_a_choice_that_is_missing_is_said_at_the_accounts(world: PageWorld):
    consent, browser = await opened(world, ConsentKind.VRP)
    await browser.post({})
    assert browser.path == "/consent"
    assert 'role="alert"' in element(browser, "notice")
    assert "autofocus" in element(browser, "account-0")
    await browser.post({"account": list(browser.handles)})
    assert browser.path == "/consent", "one account pays"
    assert (await now(world, consent)).state is ConsentState.AWAITING


@pytest.mark.parametrize(
    ("kind", "terms", "words"),
    [
        (ConsentKind.VRP, msgspec.structs.replace(VRP, debtor_account=number("c-bob")), "None of your accounts can make"),
        (
            ConsentKind.VRP,
            msgspec.structs.replace(
                VRP,
                individual_max=Money("EUR", 1),
                limits=(PeriodicLimit(amount=Money("EUR", 1), period=Period.DAY, alignment=Alignment.CONSENT),),
            ),
            "None of your accounts can make",
        ),
        (ConsentKind.FUNDS, FundsTerms(account=number("c-bob")), "you do not hold"),
        (ConsentKind.FUNDS, FundsTerms(account=number("c-alice", 2)), "you do not hold"),
    ],
    ids=[
        "pays from another's account",
        "in a currency that no account has",
        "another's account",
        "an account that is not shared",
    ],
)
async def test_a_psu_without_a_fitting_account_may_only_go_back(world: PageWorld, kind: str, terms: Terms, words: str):
    consent, browser = await opened(world, kind, terms=terms)
    assert "You have no account for this" in browser.text
    assert words in browser.text
    assert "Nothing was allowed." in browser.text
    assert not browser.shows("consent-approve")
    await browser.deny()
    assert browser.answer["error"] == "access_denied"
    assert (await now(world, consent)).state is ConsentState.REJECTED


async def test_the_account_that_pays_may_be_named_beforehand(world: PageWorld):
    terms = msgspec.structs.replace(VRP, debtor_account=number("c-alice", 1))
    consent, browser = await opened(world, ConsentKind.VRP, terms=terms)
    assert browser.handles == []
    assert "Rainy day savings" in element_text(browser, "account-0")
    await browser.post({})
    assert [account.upstream_id for account in (await now(world, consent)).accounts] == ["up-2"]


async def test_it_is_agreed_to_again_with_the_same_account(world: PageWorld):
    consent, browser = await opened(world, ConsentKind.VRP)
    await browser.approve(1)
    again = await (await world.browser().begin(await world.push(await now(world, consent)))).log_in("alice")
    assert again.handles == []
    await again.post({})
    assert "code" in again.answer
    assert [account.upstream_id for account in (await now(world, consent)).accounts] == ["up-2"]


@pytest.mark.parametrize("kind", KINDS)
async def test_what_another_customer_allowed_is_not_shown(world: PageWorld, kind: str):
    consent, browser = await opened(world, kind)
    await browser.post({"account": browser.handles[:1]})
    other = await (await world.browser().begin(await world.push(await now(world, consent)))).log_in("gale")
    world.identity.confirmed = True
    await other.post({})
    assert "This request is not yours" in other.text
    assert "Savings Ltd" not in other.text
    assert not other.shows("consent-approve")
