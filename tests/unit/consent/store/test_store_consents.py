"""The consent store on both databases: who may see and end what, versions that never change, and writes that stand or fall whole."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest

from consent.store.rows.formats import FormatUnreadable
from consent.store.rows.references import take_references
from kernel.banking.consents import AccountsTerms, ConsentKind, ConsentLodgement, ConsentState, Permission
from kernel.errors import (
    BodyTooLarge,
    ConsentExpired,
    ConsentNotAuthorised,
    ConsentRevoked,
    ConsentUnknown,
    FieldDateInvalid,
    FieldMissing,
    RateExceeded,
)
from kernel.storage.database import Database
from kernel.storage.migrate import upgrade
from kernel.storage.sealed import SealBroken
from tests.harness.damage.consents import replace_snapshot
from tests.harness.damage.rows import write_format
from tests.harness.schemas import find_differences
from tests.world.brands import BRAND, OTHER_BRAND, START
from tests.world.clients import BOROUGH, CLIENT
from tests.world.pages import PageWorld, page_world


@pytest.fixture
async def world(migrated_url: str) -> AsyncIterator[PageWorld]:
    async with page_world(migrated_url) as made:
        yield made


async def authorised(world, **facts):
    consent = await world.lodge(**facts)
    browser = await world.browser().begin(await world.push(consent))
    await browser.log_in("alice")
    await browser.approve(0)
    return await world.store.load(BRAND, consent.id)


async def test_what_was_lodged_is_read_by_its_own_client_only(world):
    """As UK Open Banking has it; other standards' rules: tests/unit/consent/authorization/authorize/test_oauth_owners.py."""
    lodged = await world.lodge(document=b'{"Data":{}}')
    assert await world.store.read(BRAND, CLIENT.caller, lodged.id) == lodged
    sibling = msgspec.structs.replace(CLIENT, id="acme-other-software")
    for client, brand, consent_id in (
        (sibling, BRAND, lodged.id),
        (BOROUGH, BRAND, lodged.id),
        (CLIENT, OTHER_BRAND, lodged.id),
        (CLIENT, BRAND, "none"),
    ):
        with pytest.raises(ConsentUnknown):
            await world.store.read(brand, client.caller, consent_id)
        with pytest.raises(ConsentUnknown):
            await world.store.withdraw(brand, client.caller, consent_id)
    assert (await world.store.load(BRAND, lodged.id)).state is ConsentState.AWAITING


async def test_a_consent_has_no_higher_frequency_than_its_brand_grants(world):
    """In every standard."""
    for asked, granted in ((None, None), (1, 1), (BRAND.frequency_per_day_max + 1, BRAND.frequency_per_day_max)):
        lodged = await world.lodge(frequency_per_day=asked)
        assert (await world.store.load(BRAND, lodged.id)).frequency_per_day == granted


async def test_a_withdrawn_consent_is_gone_for_its_client_and_its_families_end(world):
    consent = await authorised(world)
    await world.store.withdraw(BRAND, CLIENT.caller, consent.id)
    for call in (world.store.read, world.store.withdraw):
        with pytest.raises(ConsentUnknown):
            await call(BRAND, CLIENT.caller, consent.id)
    (family,) = await world.books.oauth.families()
    assert family.state == "ended"
    assert world.versions.published[f"main/family/{family.id}"] == family.version
    assert world.versions.published[f"main/consent/{consent.id}"] == 3


async def test_what_ends_with_a_consent_is_named_before_it_ends(world):
    """A change that moves a version unnamed makes every worker ask the database for everything, and waits two seconds for it."""
    consent = await authorised(world)
    again = await world.browser().begin(await world.push(consent))
    await again.log_in("alice")
    await again.approve()
    await world.store.withdraw(BRAND, CLIENT.caller, consent.id)
    states = [row.state for row in await world.books.oauth.families()]
    assert states == ["ended", "ended"]
    assert world.versions.unnamed == set()


async def test_two_withdrawals_at_once_are_one(world):
    consent = await world.lodge()
    outcomes = await asyncio.gather(
        *(world.store.withdraw(BRAND, CLIENT.caller, consent.id) for _ in range(5)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [ConsentUnknown] * 4
    assert (await world.store.load(BRAND, consent.id)).version == 2


async def test_the_psu_revokes_their_own_consent_for_good(world):
    consent = await authorised(world)
    with pytest.raises(ConsentUnknown):
        await world.store.revoke_by_psu(BRAND, "psu-bob", consent.id)
    revoked = await world.store.revoke_by_psu(BRAND, "psu-alice", consent.id)
    assert revoked.state is ConsentState.REVOKED_BY_PSU
    with pytest.raises(ConsentRevoked):
        await world.store.revoke_by_psu(BRAND, "psu-alice", consent.id)
    with pytest.raises(ConsentRevoked):
        await world.store.withdraw(BRAND, CLIENT.caller, consent.id)


async def test_a_suspended_consent_comes_back(world):
    consent = await authorised(world)
    assert (await world.store.suspend(BRAND, consent.id)).state is ConsentState.SUSPENDED
    assert (await world.store.resume(BRAND, consent.id)).state is ConsentState.AUTHORISED


async def test_history_keeps_every_version_as_it_was(world):
    consent = await authorised(world)
    await world.store.suspend(BRAND, consent.id)
    history = await world.store.history(BRAND, consent.id)
    assert [(version.version, version.state) for version in history] == [
        (1, ConsentState.AWAITING),
        (2, ConsentState.AUTHORISED),
        (3, ConsentState.SUSPENDED),
    ]
    assert history[1] == consent
    assert await world.store.history(BRAND, "none") == ()


async def test_business_time_expires_a_consent_and_the_sweep_only_records_it(world):
    """What is answered is a function of snapshot and time (kernel/banking/consents.py): the record says since when it has been so, and
    ends no family, which would be refused in other words."""
    consent = await authorised(world, valid_until=START + timedelta(days=30))
    with pytest.raises(ConsentNotAuthorised):
        await world.store.expire(BRAND, consent.id)
    world.clock.offset = timedelta(days=40)
    with pytest.raises(ConsentExpired):
        await world.store.withdraw(BRAND, CLIENT.caller, consent.id)
    now = world.clock.now()
    recorded = await world.store.expire(BRAND, consent.id)
    assert recorded.state is ConsentState.EXPIRED
    assert recorded.effective_since(now) == consent.effective_since(now) == START + timedelta(days=30)
    (family,) = await world.books.oauth.families()
    assert family.state == "active"
    with pytest.raises(ConsentExpired):
        await world.store.withdraw(BRAND, CLIENT.caller, consent.id)


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"permissions": frozenset()}, FieldMissing),
        ({"valid_until": START}, FieldDateInvalid),
        ({"document": b"x" * 65_537}, BodyTooLarge),
    ],
)
async def test_what_cannot_be_a_consent_is_not_lodged(world, facts, refusal):
    with pytest.raises(refusal):
        await world.lodge(**facts)
    assert await world.books.consents.count() == 0
    assert await world.books.records.entries() == []


async def test_one_client_cannot_fill_the_store_with_consents_of_any_state(migrated_url):
    async with page_world(migrated_url, lodged_max=3) as world:
        await world.lodge()
        for _ in range(2):
            await world.store.withdraw(BRAND, CLIENT.caller, (await world.lodge()).id)
        with pytest.raises(RateExceeded) as refused:
            await world.lodge()
        assert refused.value.retry_after > 0
        await world.lodge(BOROUGH)
        world.clock.advance(timedelta(hours=24))
        await world.lodge()


async def test_lodgements_at_one_moment_are_counted_one_after_the_other(migrated_url):
    async with page_world(migrated_url, lodged_max=3) as world:
        lodged = await asyncio.gather(*(world.lodge() for _ in range(8)), return_exceptions=True)
        assert [type(each) for each in lodged].count(RateExceeded) == 5
        await world.lodge(BOROUGH)


async def test_a_lodged_document_is_kept_once_however_many_versions_follow(world):
    """Withdrawn, it is still echoed; and a later version that has another one keeps its own."""
    document = b'{"padding":"' + b"x" * 20_000 + b'"}'
    consent = await authorised(world, document=document)
    await world.store.suspend(BRAND, consent.id)
    await world.store.withdraw(BRAND, CLIENT.caller, consent.id)
    history = await world.store.history(BRAND, consent.id)
    assert [version.document for version in history] == [document] * len(history)
    assert len(history) == 4
    assert (await world.store.load(BRAND, consent.id)).document == document
    rows = await world.books.consents.versions()
    assert sum(len(row.snapshot) for row in rows) < 2 * len(document)
    assert [row.document_version for row in rows] == [None] + [1] * (len(rows) - 1)


async def test_terms_and_account_numbers_are_sealed_and_cannot_be_moved(world):
    first = await authorised(world, document=b"the terms as lodged")
    second = await world.lodge()
    rows = await world.books.consents.versions()
    assert not any(b"the terms" in row.snapshot or b"up-1" in row.snapshot for row in rows)
    assert not any(b"up-1" in row.upstream_id for row in await world.books.consents.account_references())
    moved = next(row.snapshot for row in rows if row.id == first.id and row.version == 2)
    await replace_snapshot(world.database, moved, second.id)
    with pytest.raises(SealBroken):
        await world.store.load(BRAND, second.id)


async def test_an_unknown_format_is_not_guessed(world):
    consent = await world.lodge()
    await write_format(world.database, "consent_versions", 99)
    with pytest.raises(FormatUnreadable):
        await world.store.load(BRAND, consent.id)


async def test_concurrent_first_sights_of_an_account_make_one_reference(world):
    async def take():
        async def work(connection):
            return await take_references(
                connection,
                world.services.sealer,
                world.services.ids,
                brand="main",
                organisation_id="acme",
                upstream_ids=("up-1", "up-2"),
                at=START,
            )

        return await world.database.write(work)

    taken = await asyncio.gather(*(take() for _ in range(5)))
    assert len(set(taken)) == 1
    assert [reference.upstream_id for reference in taken[0]] == ["up-1", "up-2"]


async def test_brands_do_not_see_each_other(world):
    terms = AccountsTerms(permissions=frozenset({Permission.BALANCES}))
    lodgement = ConsentLodgement(kind=ConsentKind.ACCOUNTS, lodged_as="x", terms=terms)
    theirs = await world.store.lodge(OTHER_BRAND, CLIENT.caller, lodgement)
    assert await world.store.load(BRAND, theirs.id) is None
    with pytest.raises(ConsentUnknown):
        await world.store.suspend(BRAND, theirs.id)


async def test_migrations_and_tables_agree(database_url):
    async with Database.open(database_url) as database:
        await upgrade(database, "consent.migrations", "alembic_version_consent")
        assert await find_differences(database, "consent.migrations") == []
