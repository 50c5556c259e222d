"""The sweep records what time decided and removes what it made useless, in bounded batches, and only under its lease."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from consent.authorization.tokens.codes import take_authorization_code
from consent.store.past_rows import STALE
from consent.store.rows.authorisations import PASSING_KEPT
from consent.store.rows.journeys import load_journey
from consent.store.sweeper import Sweeper
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import ConsentState
from kernel.errors import ConsentNotAuthorised
from kernel.storage.lease import LeaseLost
from openapi.rulebook import OURS
from portcullis.serving.singletons import open_sweeper
from tests.harness.damage.consents import replace_snapshot
from tests.harness.plans import plans_of
from tests.world.brands import BRAND, START
from tests.world.clients import CLIENT
from tests.world.pages import PageWorld, page_world

AWAITING_MAX = OURS.unanswered_wait


@pytest.fixture
async def world(migrated_url: str) -> AsyncIterator[PageWorld]:
    async with page_world(migrated_url) as made:
        yield made


async def sweep(world):
    lease = world.lease()
    assert await lease.acquire()
    sweeper = Sweeper(commands=world.services.commands, clock=world.clock, store=world.store, brand=BRAND)
    await sweeper.run(lease)
    await lease.release()


async def count_passing(world):
    """Journeys, attempts, pushed requests."""
    books = world.books
    return [
        len(rows) for rows in (await books.pages.journeys(), await books.pages.attempts(), await books.oauth.pushed_requests())
    ]


async def begun(world, **facts):
    consent = await world.lodge(**facts)
    return consent, await world.browser().begin(await world.push(consent))


async def test_records_the_expiry_of_consents_that_ran_out(world):
    past = await world.lodge(valid_until=START + timedelta(hours=1))
    valid = await world.lodge(valid_until=START + timedelta(hours=2))
    open_ended = await world.lodge()
    world.clock.offset = timedelta(hours=1)
    await sweep(world)
    states = [(await world.store.load(BRAND, consent.id)).state for consent in (past, valid, open_ended)]
    assert states == [ConsentState.EXPIRED, ConsentState.AWAITING, ConsentState.AWAITING]
    assert "consent.expired" in {row.kind for row in await world.books.records.entries()}
    await sweep(world)
    assert (await world.store.load(BRAND, past.id)).version == 2


async def test_records_that_a_consent_was_not_authorised_in_time(world):
    forgotten, authorised, withdrawn = await world.lodge(), await world.lodge(), await world.lodge()
    browser = await world.browser().begin(await world.push(authorised))
    await browser.log_in("alice")
    await browser.approve(0)
    await world.store.withdraw(BRAND, CLIENT.caller, withdrawn.id)
    world.clock.offset = AWAITING_MAX - timedelta(microseconds=1)
    await sweep(world)
    assert (await world.store.load(BRAND, forgotten.id)).version == 1
    with pytest.raises(ConsentNotAuthorised):
        await world.store.lapse(BRAND, forgotten.id)
    world.clock.offset = AWAITING_MAX
    assert (await world.store.load(BRAND, forgotten.id)).effective_state(world.clock.now()) is ConsentState.REJECTED
    refused = await world.browser().begin(await world.push(forgotten))
    assert refused.answer["error"] == "access_denied"
    await sweep(world)
    await sweep(world)
    states = [(await world.store.load(BRAND, consent.id)).state for consent in (forgotten, authorised, withdrawn)]
    assert states == [ConsentState.REJECTED, ConsentState.AUTHORISED, ConsentState.WITHDRAWN_BY_TPP]
    assert (await world.store.load(BRAND, forgotten.id)).version == 2
    assert (await world.books.records.events_of(forgotten.id))[-1] == "consent.rejected"


async def test_whichever_end_came_first_is_the_one_that_is_recorded(world):
    short = await world.lodge(valid_until=START + timedelta(hours=1))
    long = await world.lodge(valid_until=START + timedelta(days=30))
    world.clock.offset = timedelta(days=31)
    await sweep(world)
    states = [(await world.store.load(BRAND, consent.id)).state for consent in (short, long)]
    assert states == [ConsentState.EXPIRED, ConsentState.REJECTED]


async def test_an_abandoned_authorisation_has_failed(world):
    consent, browser = await begun(world)
    await browser.log_in("bob")
    await sweep(world)
    assert (await world.store.authorisations(BRAND, consent.id))[0].status is AuthorisationStatus.STARTED
    world.clock.advance(timedelta(minutes=16))
    await sweep(world)
    (kept,) = await world.store.authorisations(BRAND, consent.id)
    assert (kept.status, kept.ended_at) == (AuthorisationStatus.FAILED, world.clock.wall())


async def test_an_authorisation_is_kept_once_its_psu_has_shown_something(world):
    """Neither one in which no one logged in, nor a visit's, whose evidence stands in the journal."""
    _, passer_by = await begun(world)
    await passer_by.log_in("alice", "wrong")
    _, browser = await begun(world)
    await browser.log_in("bob")
    visit = await (await world.browser().get("/consents")).log_in("alice")
    assert visit.path == "/consents"
    world.clock.advance(timedelta(minutes=16))
    await sweep(world)
    assert {(row.psu_id, row.status) for row in await world.books.consents.authorisations()} == {
        (None, "failed"),
        ("psu-bob", "failed"),
        ("psu-alice", "authenticated"),
    }
    world.clock.advance(PASSING_KEPT)
    await sweep(world)
    assert [row.psu_id for row in await world.books.consents.authorisations()] == ["psu-bob"]


async def test_removes_what_is_over_and_keeps_what_is_not(world):
    _, browser = await begun(world)
    await browser.log_in("alice", "wrong")
    await sweep(world)
    assert await count_passing(world) == [1, 3, 1]
    world.clock.advance(timedelta(hours=3))
    await begun(world)
    await sweep(world)
    assert await count_passing(world) == [1, 1, 1]


async def test_a_used_code_stays_while_its_family_lives(world):
    consent, browser = await begun(world)
    await browser.log_in("alice")
    await browser.approve(0)
    await world.database.write(lambda connection: take_authorization_code(connection, BRAND.name, browser.answer["code"]))
    world.clock.advance(timedelta(days=30))
    await sweep(world)
    assert len(await world.books.oauth.codes()) == 1
    await world.store.revoke_by_psu(BRAND, "psu-alice", consent.id)
    world.clock.advance(timedelta(hours=1))
    await sweep(world)
    assert await world.books.oauth.codes() == []


async def test_a_used_code_is_over_when_its_consent_has_run_out(world):
    """Its family is not ended, but a replay could end nothing: without this the row would stay for ever."""
    consent = await world.lodge(valid_until=START + timedelta(days=30))
    browser = await world.browser().begin(await world.push(consent))
    await browser.log_in("alice")
    await browser.approve(0)
    await world.database.write(lambda connection: take_authorization_code(connection, BRAND.name, browser.answer["code"]))
    world.clock.offset = timedelta(days=30)
    await sweep(world)
    world.clock.advance(timedelta(hours=1))
    await sweep(world)
    assert await world.books.oauth.codes() == []


async def test_a_lapse_is_dated_from_the_moment_it_came(world):
    """StatusUpdateDateTime must not move when the sweep writes down what time decided long ago."""
    forgotten = await world.lodge()
    world.clock.offset = AWAITING_MAX + timedelta(days=3)
    await sweep(world)
    recorded = await world.store.load(BRAND, forgotten.id)
    assert recorded.state is ConsentState.REJECTED
    assert recorded.state_changed_at == START + AWAITING_MAX


async def test_a_backlog_is_removed_in_bounded_batches(world, monkeypatch):
    monkeypatch.setattr("consent.store.sweeper.BATCH_ROWS", 3)
    monkeypatch.setattr("consent.store.sweeper.BATCHES_MAX", 2)
    for _ in range(8):
        await begun(world)
    world.clock.advance(timedelta(hours=3))
    await sweep(world)
    assert len(await world.books.pages.journeys()) == 2
    await sweep(world)
    assert len(await world.books.pages.journeys()) == 0


async def test_a_backlog_is_recorded_in_bounded_batches(world, monkeypatch):
    monkeypatch.setattr("consent.store.sweeper.BATCH_ROWS", 3)
    overdue = [await world.lodge(valid_until=START + timedelta(minutes=minute)) for minute in range(1, 8)]
    world.clock.offset = timedelta(hours=1)
    for recorded in (3, 6, 7):
        await sweep(world)
        states = [(await world.store.load(BRAND, consent.id)).version == 2 for consent in overdue]
        assert states == [True] * recorded + [False] * (7 - recorded)


async def test_each_dialects_consents_wait_as_long_as_its_rules_say(world, monkeypatch):
    waits = {name: replace(OURS, unanswered_wait=timedelta(hours=hours)) for name, hours in (("brisk", 1), ("patient", 48))}
    monkeypatch.setattr("consent.store.sweeper.RULES", waits)
    monkeypatch.setattr("openapi.rulebook.RULES", waits)
    consents = [await world.lodge(lodged_as=lodged_as) for lodged_as in ("brisk", "patient", "default")]
    for hours, versions in ((1, [2, 1, 1]), (24, [2, 1, 2]), (48, [2, 2, 2])):
        world.clock.offset = timedelta(hours=hours)
        await sweep(world)
        assert [(await world.store.load(BRAND, consent.id)).version for consent in consents] == versions


async def test_a_lease_that_is_lost_between_two_records_ends_the_stage(world, monkeypatch):
    overdue = await world.lodge(valid_until=START + timedelta(minutes=1))
    stale, successor, find = world.lease(), world.lease(), Sweeper._find
    assert await stale.acquire()
    world.clock.advance(timedelta(hours=1))

    async def find_and_lose(self: Sweeper, *args):
        found = await find(self, *args)
        assert await successor.acquire()
        return found

    monkeypatch.setattr(Sweeper, "_find", find_and_lose)
    world.clock.offset = timedelta(hours=1)
    with pytest.raises(LeaseLost):
        await Sweeper(commands=world.services.commands, clock=world.clock, store=world.store, brand=BRAND).record_expiries(stale)
    assert (await world.store.load(BRAND, overdue.id)).version == 1


async def test_a_server_sweeps_by_reserved_connections_alone(world):
    """Time decides, however many requests wait for a connection."""
    past = await world.lodge(valid_until=START + timedelta(hours=1))
    await begun(world)
    world.clock.advance(timedelta(hours=3))
    held = world.lease(world.database.reserved)
    assert await held.acquire()
    before = world.database.statements
    await open_sweeper(world.services, world.store, BRAND).run(held)
    assert world.database.statements == before
    assert (await world.store.load(BRAND, past.id)).state is ConsentState.EXPIRED
    assert await world.books.pages.journeys() == []


async def test_a_sweeper_that_lost_its_lease_writes_nothing(world):
    await begun(world)
    world.clock.advance(timedelta(hours=3))
    stale, successor = world.lease(), world.lease()
    assert await stale.acquire()
    world.clock.advance(timedelta(hours=1))
    assert await successor.acquire()
    with pytest.raises(LeaseLost):
        await Sweeper(commands=world.services.commands, clock=world.clock, store=world.store, brand=BRAND).run(stale)
    assert len(await world.books.pages.journeys()) == 1


def test_every_table_of_passing_things_has_a_time_limit():
    assert {stale.table.name for stale in STALE} == {
        "journeys",
        "attempts",
        "authorisations",
        "closed_accounts",
        "file_blocks",
        "file_pages",
        "funds_checks",
        "idempotency_keys",
        "locks",
        "pushed_requests",
        "backchannel_requests",
        "denied_tokens",
        "codes",
    }


async def spoil(world, *consent_ids):
    """As after a fault of the disk: the seal of these consents does not open."""
    await replace_snapshot(world.database, b"spoilt", *consent_ids)


async def test_consents_that_cannot_be_read_hold_up_nothing_else(world, monkeypatch):
    """Each batch begins after the last: of six that are overdue and seven that may lapse, none is met twice in four batches of two."""
    monkeypatch.setattr("consent.store.sweeper.BATCH_ROWS", 2)
    monkeypatch.setattr("consent.store.sweeper.BATCHES_MAX", 4)
    spoilt = [await world.lodge(valid_until=START + timedelta(minutes=minute)) for minute in range(1, 6)]
    lapsing = await world.lodge()
    good = await world.lodge(valid_until=START + timedelta(minutes=6))
    await spoil(world, *(consent.id for consent in spoilt))
    _, _browser = await begun(world)
    world.clock.offset = timedelta(hours=1)
    world.clock.advance(timedelta(hours=3))
    with capture_logs() as logs:
        await sweep(world)
    unrecorded = [line for line in logs if line["event"] == "end_not_recorded"]
    assert [line["consent_id"] for line in unrecorded] == [consent.id for consent in spoilt]
    assert all(line["exc_info"] for line in unrecorded)
    assert (await world.store.load(BRAND, good.id)).state is ConsentState.EXPIRED
    assert await world.books.pages.journeys() == []
    world.clock.offset = AWAITING_MAX
    await sweep(world)
    assert (await world.store.load(BRAND, lapsing.id)).state is ConsentState.REJECTED


async def test_a_stage_that_fails_keeps_no_other_from_its_turn(world, monkeypatch):
    async def fail(*_):
        raise OSError("a table that cannot be read")

    monkeypatch.setattr(Sweeper, "_find", fail)
    await begun(world)
    world.clock.advance(timedelta(hours=3))
    with capture_logs() as logs:
        await sweep(world)
    assert await world.books.pages.journeys() == []
    failed = [(line["stage"], line["brand"], line["exc_info"]) for line in logs if line["event"] == "sweep_stage_failed"]
    assert failed == [("record_expiries", BRAND.name, True), ("record_lapses", BRAND.name, True)]


async def test_an_end_that_came_between_finding_and_recording_is_logged_with_its_reason(world, monkeypatch):
    consent, find = await world.lodge(valid_until=START + timedelta(minutes=1)), Sweeper._find

    async def find_and_expire(self: Sweeper, *args):
        found = await find(self, *args)
        for consent_id, _ in found:
            await world.store.expire(BRAND, consent_id)
        return found

    monkeypatch.setattr(Sweeper, "_find", find_and_expire)
    world.clock.offset = timedelta(hours=1)
    with capture_logs() as logs:
        await sweep(world)
    unrecorded = [(line["log_level"], line["consent_id"], line["reason"]) for line in logs if line["event"] == "end_not_recorded"]
    assert unrecorded == [("info", consent.id, "consent_expired")]
    assert (await world.store.load(BRAND, consent.id)).version == 2


@pytest.mark.parametrize("command", ["expire", "lapse"])
async def test_a_sweeper_without_the_lease_records_no_end(world, command):
    consent = await world.lodge(valid_until=START + timedelta(hours=1) if command == "expire" else None)
    stale, successor = world.lease(), world.lease()
    assert await stale.acquire()
    world.clock.advance(timedelta(hours=1))
    world.clock.offset = AWAITING_MAX
    assert await successor.acquire()
    with pytest.raises(LeaseLost):
        await getattr(world.store, command)(BRAND, consent.id, guard=stale.check_fence)
    assert (await world.store.load(BRAND, consent.id)).version == 1


async def test_a_sweep_and_a_journey_read_by_indexes_that_begin_with_the_brand(migrated_sqlite_url):
    async with page_world(migrated_sqlite_url) as world:
        lease = world.lease()
        assert await lease.acquire()
        sweeper = Sweeper(commands=world.services.commands, clock=world.clock, store=world.store, brand=BRAND)

        async def journey():
            async with world.database.read() as connection:
                await load_journey(connection, BRAND.name, "a hash")

        swept = await plans_of(world.database, lambda: sweeper.run(lease))
        found = await plans_of(world.database, journey)
    searched = [plan for plan in swept + found if plan.startswith(("SCAN", "SEARCH"))]
    assert len(searched) > 2 * len(STALE)
    assert [plan for plan in searched if "(brand=? AND " not in plan] == []
    assert {plan.split()[4] for plan in found if plan.startswith("SEARCH")} == {
        "journeys_by_login",
        "sqlite_autoindex_journeys_2",
    }
