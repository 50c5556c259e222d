"""Adding a kind of consent takes one module and one line: a toy kind is lodged, agreed to on its page, shown on the dashboard and stopped."""

from collections.abc import AsyncIterator

import pytest

from consent.store.kinds.registry import BY_NAME
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import ConsentState
from kernel.banking.terms import FundsTerms
from kernel.errors import FieldInvalid
from tests.kinds.toy.overdraft import OVERDRAFT
from tests.world.brands import BRAND
from tests.world.pages import PageWorld, page_world
from tests.world.visits import Visits

TERMS = FundsTerms(account=AccountIdentifier(Scheme.IBAN, "DE02100100109307118603"))


@pytest.fixture
async def world(migrated_sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[PageWorld]:
    monkeypatch.setitem(BY_NAME, OVERDRAFT.name, OVERDRAFT)  # the one line that consent/store/kinds/__init__.py would have
    async with page_world(migrated_sqlite_url) as made:
        yield made


async def test_a_toy_kind_is_lodged_agreed_to_shown_and_stopped(world: PageWorld):
    consent = await world.lodge(kind="overdraft", terms=TERMS)
    browser = await (await world.browser().begin(await world.push(consent))).log_in("alice")
    assert "Let Acme Money hear of an overdraft" in browser.text
    assert "Word goes to" in browser.text
    assert len(browser.handles) == 1, "of two accounts one is for savings"
    await browser.approve(0)
    assert "code" in browser.answer
    agreed = await world.store.load(BRAND, consent.id)
    assert agreed is not None
    assert (agreed.kind, agreed.state, agreed.terms) == ("overdraft", ConsentState.AUTHORISED, TERMS)
    assert [account.upstream_id for account in agreed.accounts] == ["up-2"]
    visit = await Visits(world).visit()
    assert "Words of overdrafts that you allowed" in visit.text
    await visit.get(f"/consents/{consent.id}/revoke")
    await visit.post({})
    stopped = await world.store.load(BRAND, consent.id)
    assert stopped is not None
    assert stopped.state is ConsentState.REVOKED_BY_PSU


async def test_the_rules_of_a_toy_kind_count(world: PageWorld):
    with pytest.raises(FieldInvalid):
        await world.lodge(kind="overdraft", terms=FundsTerms(account=AccountIdentifier(Scheme.PAN, "4111")))
    with pytest.raises(FieldInvalid):
        await world.lodge(kind="overdraft")
    consent = await world.lodge(kind="overdraft", terms=TERMS)
    await (await (await world.browser().begin(await world.push(consent))).log_in("alice")).approve(0)
    again = await (await world.browser().begin(await world.push(consent))).log_in("alice")
    assert not again.shows("consent-approve"), "given once"
