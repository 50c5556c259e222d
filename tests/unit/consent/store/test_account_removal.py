"""An account that is closed or has moved leaves every consent that covers it, and takes nothing else with it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest

from consent.ports import AccountClosures, AccountRemoval
from consent.store.rows.closures import CLOSURE_KEPT, check_open
from consent.store.rows.journeys import JOURNEY_MAX
from consent.store.rows.organisations import Organisation, insert_organisation
from kernel.banking.consents import ConsentState
from kernel.errors import ConsentSuspended
from tests.harness.damage.oauth import move_clients
from tests.world.brands import BRAND, OTHER_BRAND, START
from tests.world.clients import BOROUGH, CLIENT
from tests.world.pages import PageWorld, page_world

LONG_ENOUGH_SECONDS = 0.2  # for a removal that waits for no other


@pytest.fixture
async def world(migrated_url: str) -> AsyncIterator[PageWorld]:
    async with page_world(migrated_url) as made:
        yield made


async def give(world, *accounts, client=CLIENT, **facts):
    consent = await world.lodge(client, **facts)
    browser = await world.browser().begin(await world.push(consent, client))
    await browser.log_in("alice")
    await browser.approve(*accounts)
    return await world.store.load(BRAND, consent.id)


def upstream_ids(consent):
    return [account.upstream_id for account in consent.accounts]


async def test_only_that_account_goes_and_the_consent_stays(world):
    both, other = await give(world, 0, 1), await give(world, 1)
    assert await world.store.remove_account(BRAND, "up-1", AccountRemoval.CLOSED) == 1
    changed = await world.store.load(BRAND, both.id)
    assert upstream_ids(changed) == ["up-2"]
    assert changed.state is ConsentState.AUTHORISED
    assert changed.state_changed_at == both.state_changed_at
    assert changed.permissions == both.permissions
    assert world.versions.published[f"main/consent/{both.id}"] == changed.version == 3
    assert await world.store.load(BRAND, other.id) == other
    assert {row.state for row in await world.books.oauth.families()} == {"active"}


async def test_every_organisations_consent_loses_it(world):
    given = [await give(world, 0, 1, client=client) for client in (CLIENT, BOROUGH, CLIENT)]
    assert await world.store.remove_account(BRAND, "up-2", AccountRemoval.SWITCHED) == 3
    for consent in given:
        assert upstream_ids(await world.store.load(BRAND, consent.id)) == ["up-1"]


async def test_so_does_the_consent_of_an_organisation_that_has_no_client_any_more(world):
    """It calls by its certificate alone."""
    consent = await give(world, 0, 1)
    acme = Organisation(BRAND.name, CLIENT.organisation_id, "Acme", "GB-FCA", START)

    await world.database.write(lambda connection: insert_organisation(connection, acme))
    await move_clients(world.database, "another")
    assert await world.store.remove_account(BRAND, "up-2", AccountRemoval.CLOSED) == 1
    assert upstream_ids(await world.store.load(BRAND, consent.id)) == ["up-1"]


async def test_others_learn_which_account_went_and_why(world):
    consent = await give(world, 0, 1)
    await world.store.remove_account(BRAND, "up-1", AccountRemoval.SWITCHED)
    (event,) = await world.books.records.events(kind="consent.accounts_changed")
    body = msgspec.json.decode(event.body)
    assert (event.aggregate_id, event.aggregate_version) == (consent.id, 3)
    assert (body["removed_account"], body["reason"]) == (consent.accounts[0].id, "switched")
    (entry,) = await world.books.records.entries(kind="consent.accounts_changed")
    assert entry.actor == "system"
    assert b"up-1" not in entry.facts


async def test_a_consent_without_any_account_left_is_suspended_and_its_psu_may_choose_again(world):
    consent = await give(world, 0)
    await world.store.remove_account(BRAND, "up-1", AccountRemoval.CLOSED)
    left = await world.store.load(BRAND, consent.id)
    assert (left.state, left.accounts) == (ConsentState.SUSPENDED, ())
    kinds = await world.books.records.events_of(consent.id)
    assert kinds[-2:] == ["consent.accounts_changed", "consent.suspended"]
    with pytest.raises(ConsentSuspended):
        await world.store.resume(BRAND, consent.id)
    browser = await world.browser().begin(await world.push(consent))
    await browser.log_in("alice")
    await browser.approve(1)
    renewed = await world.store.load(BRAND, consent.id)
    assert (renewed.state, upstream_ids(renewed)) == (ConsentState.AUTHORISED, ["up-2"])


async def test_saying_it_twice_or_twice_at_once_changes_it_once(world):
    consent = await give(world, 0, 1)
    counts = await asyncio.gather(*(world.store.remove_account(BRAND, "up-1", AccountRemoval.CLOSED) for _ in range(4)))
    assert sum(counts) == 1
    assert await world.store.remove_account(BRAND, "up-1", AccountRemoval.CLOSED) == 0
    assert (await world.store.load(BRAND, consent.id)).version == 3


async def test_what_was_just_closed_cannot_be_chosen_any_more_and_the_page_says_so(world):
    """The bank's own list of accounts may be read before the closure and answered after it."""
    consent = await world.lodge()
    browser = await world.browser().begin(await world.push(consent))
    await browser.log_in("alice")
    await world.store.remove_account(BRAND, "up-1", AccountRemoval.CLOSED)
    await browser.approve(0, 1)
    assert browser.path == "/consent"
    assert "has just been closed" in browser.text
    assert (await world.store.load(BRAND, consent.id)).state is ConsentState.AWAITING
    await browser.approve(1)
    assert "code" in browser.answer
    assert upstream_ids(await world.store.load(BRAND, consent.id)) == ["up-2"]


async def test_an_approval_on_its_way_is_waited_for_and_loses_the_account(world, monkeypatch):
    """Without the lock the removal would look for consents while this one is not committed, find nothing, and be done."""
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def check_slowly(*arguments):
        await check_open(*arguments)
        begun.set()
        await may_end.wait()

    monkeypatch.setattr("consent.authentication.approval.check_open", check_slowly)
    consent = await world.lodge()
    browser = await world.browser().begin(await world.push(consent))
    await browser.log_in("alice")
    approving = asyncio.create_task(browser.approve(0, 1))
    await begun.wait()
    closing = asyncio.create_task(world.store.remove_account(BRAND, "up-1", AccountRemoval.CLOSED))
    await asyncio.wait([closing], timeout=LONG_ENOUGH_SECONDS)
    may_end.set()
    await approving
    assert await closing == 1
    assert upstream_ids(await world.store.load(BRAND, consent.id)) == ["up-2"]


async def test_a_closure_is_forgotten_when_no_earlier_read_of_the_account_can_last(world):
    """What a bank opens again, or closed by mistake, may be shared again."""
    assert JOURNEY_MAX < CLOSURE_KEPT
    await world.store.remove_account(BRAND, "up-1", AccountRemoval.CLOSED)
    world.clock.advance(CLOSURE_KEPT)
    assert upstream_ids(await give(world, 0)) == ["up-1"]


async def test_what_has_ended_or_never_began_is_left_as_it_was(world):
    revoked, ran_out = await give(world, 0), await give(world, 0, valid_until=START + timedelta(days=1))
    await world.store.revoke_by_psu(BRAND, "psu-alice", revoked.id)
    awaited = await world.lodge()
    world.clock.offset = timedelta(hours=23)
    assert (await world.store.load(BRAND, awaited.id)).effective_state(world.clock.now()) is ConsentState.AWAITING
    world.clock.offset = timedelta(days=1)
    assert await world.store.remove_account(BRAND, "up-1", AccountRemoval.CLOSED) == 0
    assert upstream_ids(await world.store.load(BRAND, revoked.id)) == ["up-1"]
    assert (await world.store.load(BRAND, ran_out.id)).version == 2


async def test_an_unshared_account_or_one_of_another_brand_changes_nothing(world):
    consent = await give(world, 0)
    assert await world.store.remove_account(BRAND, "up-none", AccountRemoval.CLOSED) == 0
    assert await world.store.remove_account(OTHER_BRAND, "up-1", AccountRemoval.CLOSED) == 0
    assert await world.store.load(BRAND, consent.id) == consent


async def test_many_consents_are_changed_in_batches(world, monkeypatch):
    monkeypatch.setattr("consent.store.account_removal.CONSENTS_PER_BATCH", 2)
    given = [await give(world, 0, 1) for _ in range(5)]
    assert await world.store.remove_account(BRAND, "up-1", AccountRemoval.CLOSED) == 5
    assert [upstream_ids(await world.store.load(BRAND, consent.id)) for consent in given] == [["up-2"]] * 5


async def test_the_index_covers_exactly_what_is_shared(world):
    kept, revoked, renewed = await give(world, 0, 1), await give(world, 0), await give(world, 1)
    await world.store.revoke_by_psu(BRAND, "psu-alice", revoked.id)
    again = await world.browser().begin(await world.push(renewed))
    await again.log_in("alice")
    await again.approve()
    assert await world.books.consents.shared_accounts() == {
        (consent.id, account.id) for consent in (kept, renewed) for account in consent.accounts
    }


async def test_the_store_is_where_a_bank_reports_it(world):
    closures: AccountClosures = world.store
    assert await closures.remove_account(BRAND, "up-1", AccountRemoval.CLOSED) == 0
