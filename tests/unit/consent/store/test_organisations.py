"""TPPs that call by their certificate alone: registered once, however many workers see the first call, and counted apart."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from consent.store.organisations import Organisations
from consent.store.rows.organisations import load_organisation_names
from kernel.access import Caller, Role
from kernel.banking.consents import AccountsTerms, ConsentKind, ConsentLodgement, Permission
from kernel.errors import ConsentUnknown, RateExceeded
from tests.harness.authorities import ORGANISATION, Authority, stating
from tests.world.brands import BRAND, OTHER_BRAND
from tests.world.clients import CLIENT
from tests.world.pages import PageWorld, page_world

LODGEMENT = ConsentLodgement(
    kind=ConsentKind.ACCOUNTS,
    lodged_as="berlin_group/v1.3",
    terms=AccountsTerms(permissions=frozenset({Permission.ACCOUNTS_BASIC})),
    document=b"{}",
)


@pytest.fixture
async def world(migrated_url: str) -> AsyncIterator[PageWorld]:
    async with page_world(migrated_url, lodged_max=2) as made:
        yield made


def worker(world: PageWorld) -> Organisations:
    return Organisations(commands=world.services.commands, clock=world.clock)


def caller(organisation_id: str) -> Caller:
    return Caller(organisation_id=organisation_id, name=organisation_id, roles=frozenset({Role.AISP}))


async def test_many_workers_register_an_organisation_once(world):
    certificate = Authority.root().client("leaf", extensions=[stating()])
    workers = [worker(world) for _ in range(4)]
    assert not await workers[0].is_known(BRAND, ORGANISATION)
    await asyncio.gather(*(each.register(BRAND, certificate) for each in workers))
    (entry,) = await world.books.records.entries(kind="organisation.registered")
    async with world.database.read() as connection:
        assert await load_organisation_names(connection, BRAND.name, [ORGANISATION, "another"]) == {ORGANISATION: ORGANISATION}
    facts = msgspec.json.decode(entry.facts)
    assert (facts["authority_id"], facts["roles"], facts["certificate"]) == ("GB-FCA", ["PSP_AI"], certificate.thumbprint)
    assert await worker(world).is_known(BRAND, ORGANISATION)
    assert not await worker(world).is_known(OTHER_BRAND, ORGANISATION)


async def test_a_known_organisation_costs_no_statement(world):
    made = worker(world)
    await made.register(BRAND, Authority.root().client("leaf", extensions=[stating()]))
    before = world.database.statements
    assert await made.is_known(BRAND, ORGANISATION)
    assert world.database.statements == before


async def test_what_an_organisation_lodges_by_certificate_is_counted_as_its_own(world):
    for _ in range(2):
        await world.store.lodge(BRAND, caller("PSDGB-FCA-1"), LODGEMENT)
    with pytest.raises(RateExceeded, match="organisation:PSDGB-FCA-1"):
        await world.store.lodge(BRAND, caller("PSDGB-FCA-1"), LODGEMENT)
    for _ in range(2):  # what its clients lodge by token is theirs
        await world.store.lodge(BRAND, msgspec.structs.replace(caller("PSDGB-FCA-2"), client_id="client-of-2"), LODGEMENT)
    mine = await world.store.lodge(BRAND, caller("PSDGB-FCA-2"), LODGEMENT)
    assert (mine.client_id, mine.organisation_id) == ("", "PSDGB-FCA-2")
    assert await world.store.read(BRAND, caller("PSDGB-FCA-2"), mine.id) == mine
    for stranger in (caller("PSDGB-FCA-1"), CLIENT.caller):
        with pytest.raises(ConsentUnknown):
            await world.store.read(BRAND, stranger, mine.id)


async def test_a_consent_of_a_client_alone_is_not_lodged_for_an_organisation_to_find(world):
    """By a standard whose consents are their client's own, a caller without a client owns none."""
    own = await world.store.lodge(BRAND, caller("PSDGB-FCA-3"), msgspec.structs.replace(LODGEMENT, lodged_as="uk_obie/v4.0"))
    with pytest.raises(ConsentUnknown):
        await world.store.read(BRAND, caller("PSDGB-FCA-3"), own.id)
