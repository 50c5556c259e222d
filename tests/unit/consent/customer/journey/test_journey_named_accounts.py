"""A consent whose TPP says which accounts, and what of each: the PSU sees exactly that, and gives it or nothing."""

import msgspec
import pytest

from kernel.banking.accounts import Scheme
from kernel.banking.consents import (
    AccountIdentity,
    AccountsTerms,
    Consent,
    ConsentKind,
    ConsentLodgement,
    ConsentState,
    NamedAccount,
    Permission,
)
from kernel.errors import AccountUnknown, FieldInvalid
from tests.world.brands import BRAND
from tests.world.browser import Browser
from tests.world.clients import CLIENT
from tests.world.customers import ACCOUNTS
from tests.world.pages import PageWorld

EVERYDAY, SAVINGS = "80200112345678", "80200187654321"
STRANGERS = "80200155556666"  # Bob's
BALANCES = frozenset({Permission.ACCOUNTS_DETAIL, Permission.BALANCES})
MORE = BALANCES | {Permission.TRANSACTIONS_DETAIL, Permission.TRANSACTIONS_CREDITS, Permission.TRANSACTIONS_DEBITS}


def named(number: str, permissions: frozenset[Permission] = BALANCES, currency: str | None = None) -> NamedAccount:
    return NamedAccount(Scheme.SORT_CODE, number, permissions, currency)


async def lodge(world: PageWorld, *accounts: NamedAccount, **changes: object) -> Consent:
    permissions = frozenset[Permission]().union(*(each.permissions for each in accounts))
    terms = msgspec.structs.replace(AccountsTerms(permissions=permissions, named=accounts), **changes)
    lodgement = ConsentLodgement(kind=ConsentKind.ACCOUNTS, lodged_as="berlin_group/v1.3", terms=terms)
    return await world.store.lodge(BRAND, CLIENT.caller, lodgement)


async def asked(world: PageWorld, consent: Consent, name: str = "alice") -> Browser:
    browser = await world.browser().begin(await world.push(consent))
    return await browser.log_in(name)


async def opened(world: PageWorld, consent: Consent) -> dict[str, frozenset[Permission]]:
    found = await world.store.load(BRAND, consent.id)
    assert found is not None
    assert found.state is ConsentState.AUTHORISED
    return {each.account.upstream_id: each.permissions for each in found.access}


@pytest.mark.spec("BG-XS2A-1.3-account-access")
async def test_the_page_shows_of_each_account_what_is_asked_for_and_the_psu_gives_exactly_that(world: PageWorld):
    """Balances of both, transactions of the second alone."""
    consent = await lodge(world, named(EVERYDAY), named(SAVINGS, MORE))
    browser = await asked(world, consent)
    assert not browser.handles, "nothing is left to choose"
    first, second = browser.text.split("Everyday current account, ending 5678")[1].split("Rainy day savings, ending 4321")
    assert "Balances" in first
    assert "Transactions" not in first
    assert "Balances" in second
    assert "Transactions" in second
    assert not browser.shows("accounts-withheld")
    await browser.approve()
    assert browser.answer["code"]
    assert await opened(world, consent) == {"up-1": BALANCES, "up-2": MORE}
    record = await world.store.authorisations(BRAND, consent.id)
    assert record[0].shown is not None
    assert dict(record[0].shown.clusters).keys() == {"Everyday current account, ending 5678", "Rainy day savings, ending 4321"}


async def test_an_account_that_the_psu_does_not_hold_is_not_shared_and_the_page_says_so(world: PageWorld):
    consent = await lodge(world, named(SAVINGS), named(STRANGERS, MORE))
    browser = await asked(world, consent)
    assert browser.shows("accounts-withheld")
    assert STRANGERS[-4:] not in browser.text, "no one may learn whose it is"
    await browser.approve()
    assert await opened(world, consent) == {"up-2": BALANCES}
    found = await world.store.load(BRAND, consent.id)
    assert found is not None
    assert [each.identification for each in found.data.named] == [SAVINGS]


@pytest.mark.parametrize("number", [STRANGERS, "80200111112222"], ids=["another's", "not to be shared"])
async def test_a_consent_that_names_no_account_of_the_psu_cannot_be_given(world: PageWorld, number: str):
    browser = await asked(world, await lodge(world, named(number)))
    assert "You have no account to share" in browser.text
    assert not browser.shows("consent-approve")


async def test_a_currency_distinguishes_accounts_of_one_number(world: PageWorld):
    browser = await asked(world, await lodge(world, named(EVERYDAY, currency="EUR"), named(SAVINGS, currency="GBP")))
    assert "Rainy day savings" in browser.text
    assert "Everyday current account" not in browser.text


async def test_every_account_is_given_where_the_consent_is_for_all(world: PageWorld):
    consent = await lodge(world, permissions=BALANCES, is_global=True)
    browser = await asked(world, consent)
    assert not browser.handles
    await browser.approve()
    assert await opened(world, consent) == {"up-1": BALANCES, "up-2": BALANCES}


async def test_what_was_given_is_given_again_as_it_was(world: PageWorld):
    consent = await lodge(world, named(SAVINGS), named(STRANGERS, MORE))
    await (await asked(world, consent)).approve()
    again = await asked(world, consent)
    assert "The accounts you share" in again.text
    assert not again.shows("accounts-withheld"), "the consent no longer names it"
    await again.approve()
    assert await opened(world, consent) == {"up-2": BALANCES}


async def test_the_dashboard_shows_the_data_of_each_account(world: PageWorld):
    consent = await lodge(world, named(EVERYDAY), named(SAVINGS, MORE))
    browser = await asked(world, consent)
    await browser.approve()
    dashboard = await world.browser().get("/consents")
    await dashboard.log_in("alice")
    await dashboard.get(f"/consents/{consent.id}")
    terms = dashboard.text.split("What they can see")[1]
    first, second = terms.split("Everyday current account, ending 5678")[1].split("Rainy day savings, ending 4321")
    assert "Transactions" not in first
    assert "Transactions" in second


@pytest.mark.parametrize(
    "wrong",
    [
        {"named": (named(EVERYDAY),), "permissions": MORE},
        {"named": (named(EVERYDAY, frozenset()),), "permissions": BALANCES},
        {"named": (named(EVERYDAY),), "permissions": BALANCES, "is_global": True},
    ],
    ids=["more in all than of each", "named for nothing", "named as well as all"],
)
async def test_refuses_to_lodge_a_consent_that_contradicts_itself(world: PageWorld, wrong: dict[str, object]):
    with pytest.raises(FieldInvalid):
        await lodge(world, **wrong)


async def test_an_account_that_was_not_asked_for_is_opened_by_no_answer(world: PageWorld):
    """By every page and port, the store judges each account by its numbers, and one that comes without opens nothing."""
    from consent.store.kinds.kind import Chosen
    from consent.store.kinds.registry import kind_of
    from kernel.banking.consents import AccountReference

    consent = await lodge(world, named(EVERYDAY))
    reference = AccountReference("a-1", "up-1")
    (account, *_) = ACCOUNTS["c-alice"]
    known = AccountIdentity(tuple((each.scheme.value, each.identification) for each in account.identifiers), account.currency)
    (access,) = kind_of(consent).settle(consent, (Chosen(reference, known),))
    assert access.permissions == BALANCES
    for identity in (None, msgspec.structs.replace(known, numbers=(("sort_code", STRANGERS),))):
        with pytest.raises(AccountUnknown):
            kind_of(consent).settle(consent, (Chosen(reference, identity),))


async def test_the_numbers_of_each_account_are_kept_with_its_access_when_the_psu_agrees(world: PageWorld):
    consent = await lodge(world, permissions=BALANCES, is_global=True)
    await (await asked(world, consent)).approve()
    found = await world.store.load(BRAND, consent.id)
    assert found is not None
    known = {each.account.upstream_id: each.identity for each in found.access}
    assert known == {
        "up-1": AccountIdentity((("sort_code", EVERYDAY),), "GBP"),
        "up-2": AccountIdentity((("sort_code", SAVINGS),), "GBP"),
    }
