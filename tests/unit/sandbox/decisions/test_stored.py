"""Decisions taken before the page: they answer the waiting journey or the next request, once, through the same checks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from consent.app import ConsentServer
from consent.authentication.challenge import AuthenticationUnavailable
from consent.customer.session.session import load_asked
from consent.errors import RequestUriInvalid
from consent.services import NoPriorAnswers
from consent.store.rows.formats import FormatUnreadable
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import ConsentState
from kernel.errors import AccountUnknown, ConsentForeign, ConsentNotAuthorised, ConsentUnknown
from kernel.observability.telemetry import Telemetry
from sandbox.decisions.rows import DECISION_MAX, find_decision
from sandbox.decisions.stored import decide, use
from tests.harness.damage.rows import write_format
from tests.world.brands import BRAND
from tests.world.clients import CLIENT


async def decided(world, consent, *, approve=True, name="alice", upstream_ids=None, client_id=None):
    await decide(
        world.services,
        BRAND,
        consent_id=consent.id if consent else None,
        client_id=client_id,
        approve=approve,
        psu=world.identity.psu(name),
        upstream_ids=upstream_ids,
    )


async def asked_of(world, pushed, consent):
    async with world.database.read() as connection:
        return await load_asked(connection, world.services, BRAND, pushed.id, consent.id)


async def test_the_next_request_for_the_consent_is_answered_without_a_page(both_world):
    world = both_world
    consent = await world.lodge()
    await decided(world, consent, upstream_ids=("up-2",))
    browser = await world.browser().begin(await world.push(consent))
    assert set(browser.answer) == {"code", "state", "iss"}
    assert browser.cookies == {}
    authorised = await world.store.load(BRAND, consent.id)
    assert [reference.upstream_id for reference in authorised.accounts] == ["up-2"]
    (kept,) = await world.store.authorisations(BRAND, consent.id)
    assert (kept.approach, kept.status) == ("decided", AuthorisationStatus.SUCCEEDED)
    assert kept.evidence.simulated
    assert kept.shown.page == "none"


async def test_no_accounts_named_means_all_that_may_be_shared(world):
    consent = await world.lodge()
    await decided(world, consent)
    await world.browser().begin(await world.push(consent))
    authorised = await world.store.load(BRAND, consent.id)
    assert [reference.upstream_id for reference in authorised.accounts] == ["up-1", "up-2"]


@pytest.mark.parametrize("path", ["/login", "/consent"])
async def test_a_journey_that_waits_is_answered_at_its_next_step(world, path):
    consent = await world.lodge()
    browser = await world.browser().begin(await world.push(consent))
    if path == "/consent":
        await browser.log_in("alice")
    await decided(world, consent)
    await browser.get(path)
    assert "code" in browser.answer


async def test_a_form_that_is_sent_meets_the_decision_too(world):
    consent = await world.lodge()
    browser = await world.browser().begin(await world.push(consent))
    await decided(world, consent, approve=False)
    await browser.log_in("alice")
    assert browser.answer["error"] == "access_denied"
    assert (await world.store.load(BRAND, consent.id)).state is ConsentState.REJECTED


async def test_a_decision_is_used_once(world):
    consent = await world.lodge()
    await decided(world, consent)
    await world.browser().begin(await world.push(consent))
    again = await world.browser().begin(await world.push(consent))
    assert again.path == "/login"


@pytest.mark.parametrize("approve", [True, False], ids=["approve", "deny"])
async def test_a_decision_that_two_requests_found_answers_one(both_world, approve):
    """Both saw it wait; the transaction of each answer takes it, and one of them is too late. The second changes nothing."""
    world = both_world
    consent = await world.lodge(lodged_as="default")
    await decided(world, None, client_id=CLIENT.id, approve=approve)
    requests = [await world.push(consent) for _ in range(2)]
    asked = [await asked_of(world, pushed, consent) for pushed in requests]
    async with world.database.read() as connection:
        found = [await find_decision(connection, world.services.sealer, consent, world.clock.wall()) for _ in asked]
    assert found[0] is not None
    assert found[0] == found[1]
    await use(world.services, BRAND, asked[0], None, found[0])
    before = await world.store.load(BRAND, consent.id), await world.store.authorisations(BRAND, consent.id)
    with pytest.raises(RequestUriInvalid):
        await use(world.services, BRAND, asked[1], None, found[1])
    assert (await world.store.load(BRAND, consent.id), await world.store.authorisations(BRAND, consent.id)) == before
    assert await asked_of(world, requests[1], consent), "the second request still waits for its answer"


async def test_a_decision_that_was_replaced_meanwhile_answers_nothing(world):
    consent = await world.lodge()
    await decided(world, consent)
    pushed = await world.push(consent)
    async with world.database.read() as connection:
        found = await find_decision(connection, world.services.sealer, consent, world.clock.wall())
    await decided(world, consent, approve=False)
    with pytest.raises(RequestUriInvalid):
        await use(world.services, BRAND, await asked_of(world, pushed, consent), None, found)
    assert "error" in (await world.browser().begin(pushed)).answer


async def test_a_server_without_stored_decisions_shows_its_page(world):
    """A row in the table is worth nothing to a server that was not given the sandbox's port."""
    consent = await world.lodge()
    await decided(world, consent)
    services = replace(world.services, prior_answers=NoPriorAnswers())
    plain = replace(world, services=services, server=ConsentServer(services, Telemetry()))
    browser = await plain.browser().begin(await world.push(consent))
    assert (browser.path, browser.status) == ("/login", 200)
    assert "code" in (await world.browser().begin(await world.push(consent))).answer


async def test_an_unused_decision_goes_with_the_next_one(world):
    await decided(world, await world.lodge())
    await decided(world, await world.lodge())
    world.clock.advance(DECISION_MAX)
    await decided(world, await world.lodge())
    assert await world.books.bank.count_decisions() == 1


async def test_a_new_decision_replaces_one_that_waits(world):
    consent = await world.lodge()
    await decided(world, consent, approve=True, client_id=CLIENT.id)
    await decided(world, consent, approve=False)
    browser = await world.browser().begin(await world.push(consent))
    assert browser.answer["error"] == "access_denied"


async def test_a_decision_does_not_wait_for_ever(world):
    consent = await world.lodge()
    await decided(world, consent)
    world.clock.advance(DECISION_MAX + timedelta(seconds=1))
    browser = await world.browser().begin(await world.push(consent))
    assert browser.path == "/login"


async def test_a_clients_decision_fits_only_a_request_that_named_no_consent(world):
    named = await world.lodge()
    unnamed = await world.lodge(lodged_as="default")
    await decided(world, None, client_id=CLIENT.id)
    assert (await world.browser().begin(await world.push(named))).path == "/login"
    assert "code" in (await world.browser().begin(await world.push(unnamed))).answer


async def test_a_decision_that_could_not_be_carried_out_is_refused_at_once(world):
    consent = await world.lodge()
    with pytest.raises(AccountUnknown):
        await decided(world, consent, name="dave")
    with pytest.raises(AccountUnknown):
        await decided(world, consent, upstream_ids=("up-1", "up-4"))
    with pytest.raises(AuthenticationUnavailable):
        await decided(world, consent, name="gale")
    await world.store.reject(BRAND, consent.id)
    with pytest.raises(ConsentNotAuthorised):
        await decided(world, consent)


async def test_an_unknown_consent_or_another_customers_is_refused(world):
    consent = await world.lodge()
    await decided(world, consent)
    await world.browser().begin(await world.push(consent))
    with pytest.raises(ConsentForeign):
        await decided(world, consent, name="bob", approve=False)
    unknown = await world.lodge()
    await world.store.withdraw(BRAND, CLIENT.caller, unknown.id)
    with pytest.raises(ConsentUnknown):
        await decided(world, unknown)


async def test_a_decision_in_an_unknown_format_is_not_guessed(world):
    consent = await world.lodge()
    await decided(world, consent)
    await write_format(world.database, "stored_decisions", 99)
    pushed = await world.push(consent)
    with pytest.raises(FormatUnreadable):
        await world.browser().begin(pushed)
