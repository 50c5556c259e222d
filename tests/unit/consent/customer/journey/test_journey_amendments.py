"""A grant that is asked to change, as its PSU sees it: what they would share then, what they share anyway, and that they need not agree."""

import json
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from consent.authorization.authorize.amendment import Amendment, open_amendment, seal_amendment
from consent.authorization.authorize.pushed import FORMAT, PushedRequest
from consent.authorization.offer.authorization_details import AccountInformation, lodgement_of
from consent.customer.dashboard.history import AGREED, AGREED_CHANGE
from kernel.banking.consents import Consent, ConsentState, Permission
from kernel.ids import hash_secret
from kernel.storage.sealed import SealBroken
from tests.harness.damage.oauth import replace_pushed
from tests.world.brands import BRAND, START
from tests.world.clients import CLIENT
from tests.world.customers import ACCOUNTS
from tests.world.pages import PageWorld

OFFERS = ("accounts_detail", "offers")


def terms(*permissions: str, **facts: Any) -> AccountInformation:
    document = {"type": "account_information", "permissions": permissions or ("accounts_detail", "balances"), **facts}
    return msgspec.json.decode(json.dumps(document).encode(), type=AccountInformation)


@dataclass
class Asking:
    """Alice gave her first account; now a change is asked."""

    world: PageWorld
    consent: Consent

    async def push(self, action: Any, details: AccountInformation) -> PushedRequest:
        """A push that carries a sealed amendment, as /par stores it."""
        pushed = await self.world.push(self.consent)
        amendment = Amendment(action, details, self.consent.version)
        sealed = seal_amendment(self.world.services.sealer, BRAND.name, pushed.id, amendment)
        changed = msgspec.structs.replace(pushed, amendment=sealed)
        await replace_pushed(self.world.database, pushed.id, msgspec.json.encode(changed), FORMAT)
        return changed

    async def open(self, action: Any, details: AccountInformation, name: str = "alice") -> Any:
        browser = await self.world.browser().begin(await self.push(action, details))
        return await browser.log_in(name)

    async def now(self) -> Consent:
        found = await self.world.store.load(BRAND, self.consent.id)
        assert found is not None
        return found


@pytest.fixture
async def asking(world: PageWorld) -> Asking:
    consent = await world.lodge()
    browser = await world.browser().begin(await world.push(consent))
    await browser.log_in("alice")
    await browser.approve(0)
    found = await world.store.load(BRAND, consent.id)
    assert found is not None
    return Asking(world, found)


def shared(consent: Consent) -> list[str]:
    return [account.upstream_id for account in consent.accounts]


async def test_a_merge_shows_what_stays_and_what_may_be_added(asking: Asking):
    browser = await asking.open("merge", terms(*OFFERS))
    assert "Change what you share with Acme Money" in browser.text
    assert "Everyday current account" in browser.text
    assert "The accounts you share" in browser.text
    assert len(browser.handles) == 1, "the other account, to be added"
    assert "checked" not in browser.html
    await browser.approve(0)
    assert "code" in browser.answer
    after = await asking.now()
    assert shared(after) == ["up-1", "up-2"]
    assert after.permissions == asking.consent.permissions | {Permission.OFFERS}


async def test_a_merge_without_another_account_is_agreed_to_as_well(asking: Asking):
    browser = await asking.open("merge", terms(*OFFERS))
    await browser.post({})
    assert "code" in browser.answer
    assert shared(await asking.now()) == ["up-1"]


async def test_a_replacement_has_its_accounts_chosen_again(asking: Asking):
    browser = await asking.open("replace", terms(*OFFERS))
    assert len(browser.handles) == 2
    await browser.post({})
    assert browser.shows("account-0"), "nothing chosen: the page again"
    await browser.approve(1)
    after = await asking.now()
    assert shared(after) == ["up-2"]
    assert after.permissions == {Permission.ACCOUNTS_DETAIL, Permission.OFFERS}


async def test_what_is_declined_changes_nothing(asking: Asking):
    browser = await asking.open("replace", terms(*OFFERS))
    await browser.deny()
    assert browser.answer["error"] == "access_denied"
    assert await asking.now() == asking.consent


async def test_no_other_psu_may_agree(asking: Asking):
    browser = await asking.open("merge", terms(*OFFERS), name="bob")
    await browser.post({"otp": "123456"})
    assert "not yours" in browser.text
    assert not browser.shows("consent-approve")


async def test_a_grant_that_changed_since_is_not_changed_by_what_was_asked_before(asking: Asking):
    stale = await asking.push("merge", terms(*OFFERS))
    waiting = await asking.open("merge", terms("accounts_detail", "products"))
    await (await asking.open("replace", terms())).approve(0)
    again = await asking.world.browser().begin(stale)
    assert again.answer["error"] == "access_denied"
    await waiting.get("/consent")
    assert waiting.status == 400
    assert (await asking.now()).version == asking.consent.version + 1


async def test_only_accounts_that_were_asked_for_by_number_are_offered(world: PageWorld):
    number = ACCOUNTS["c-alice"][1].identifiers[0]
    hint = {"scheme": number.scheme.value, "identification": number.identification}
    details = terms(accounts=[hint, {"scheme": "iban", "identification": "GB00ABSENT"}])
    consent = await world.store.lodge(BRAND, CLIENT.caller, lodgement_of(details, START))
    browser = await world.browser().begin(await world.push(consent))
    await browser.log_in("alice")
    assert len(browser.handles) == 1
    assert "Rainy day savings" in browser.text
    assert number.identification not in browser.html
    await browser.approve(0)
    found = await world.store.load(BRAND, consent.id)
    assert found is not None
    assert shared(found) == ["up-2"]


async def test_a_customer_without_the_accounts_that_were_asked_for_shares_nothing(world: PageWorld):
    details = terms(accounts=[{"scheme": "iban", "identification": "GB00ABSENT"}])
    consent = await world.store.lodge(BRAND, CLIENT.caller, lodgement_of(details, START))
    browser = await world.browser().begin(await world.push(consent))
    await browser.log_in("alice")
    assert not browser.shows("consent-approve")
    assert "no account to share" in browser.text


async def test_the_dashboard_shows_the_change_and_consents_asked_in_detail(asking: Asking):
    await (await asking.open("merge", terms(*OFFERS))).approve(0)
    browser = await asking.world.browser().get("/consents")
    await browser.log_in("alice")
    assert "Acme Money" in browser.text
    await browser.get(f"/consents/{asking.consent.id}")
    assert AGREED in browser.text
    assert AGREED_CHANGE in browser.text
    assert (await asking.now()).state is ConsentState.AUTHORISED


async def test_an_amendment_does_not_open_in_another_request(asking: Asking):
    """It is sealed to the request that it came with."""
    pushed = await asking.push("merge", terms(*OFFERS))
    moved = msgspec.structs.replace(pushed, id=hash_secret("another"))
    with pytest.raises(SealBroken):
        open_amendment(asking.world.services.sealer, moved)
