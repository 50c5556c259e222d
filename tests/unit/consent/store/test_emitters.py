"""Every event of the lifecycle is emitted by something: an act of a PSU, a TPP, the bank or time, seen in what the consent's versions say."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from consent.authentication.approval import NoAnswer, approve
from consent.authentication.consent_subject import ConsentSubject
from consent.ports import AccountRemoval
from consent.store.events import FACTS
from consent.store.files import ConsentFiles
from consent.store.lifecycle import ConsentEvent
from consent.store.sweeper import Sweeper
from kernel.banking.consents import ConsentKind
from openapi.rulebook import OURS
from tests.world.brands import BRAND
from tests.world.clients import CLIENT
from tests.world.orders import use_of
from tests.world.pages import PageWorld, page_world
from tests.world.planned import FILE, FILE_PAYMENTS
from tests.world.signing import TWO_OF_TWO, approval_of, lodge, refuse, sign_first


@pytest.fixture
async def world(migrated_sqlite_url: str) -> AsyncIterator[PageWorld]:
    async with page_world(migrated_sqlite_url) as made:
        yield made


async def sweep(world: PageWorld) -> None:
    lease = world.lease()
    assert await lease.acquire()
    await Sweeper(commands=world.services.commands, clock=world.clock, store=world.store, brand=BRAND).run(lease)
    await lease.release()


async def authorise(world: PageWorld) -> str:
    return (await sign_first(world, await world.lodge(), "alice")).id


async def half_sign(world: PageWorld) -> str:
    return (await sign_first(world, await lodge(world), "alice", TWO_OF_TWO)).id


class Longer:
    """Other terms: the consent ends later, if anything."""

    def changes(self, _consent, at):
        return {"valid_until": at + timedelta(days=90)}

    def covered(self, _consent, upstream_ids):
        return upstream_ids


async def amend(world: PageWorld) -> None:
    consent = await world.store.load(BRAND, await authorise(world))
    assert consent is not None
    subject = ConsentSubject(world.services, BRAND, consent.id, CLIENT.caller, Longer())
    await approve(world.services, BRAND, subject, await approval_of(world, consent, "alice"), NoAnswer())


async def reject(world: PageWorld) -> None:
    consent = await world.store.load(BRAND, await half_sign(world))
    assert consent is not None
    await refuse(world, consent, "bob")


async def upload(world: PageWorld) -> None:
    consent = await world.lodge(kind=ConsentKind.FILE, terms=FILE)
    use = use_of(consent.id, CLIENT.caller)
    await ConsentFiles(store=world.store).upload(BRAND, CLIENT.caller, consent.id, use, data=b"{}", payments=FILE_PAYMENTS)


async def suspend(world: PageWorld) -> str:
    return (await world.store.suspend(BRAND, await authorise(world))).id


async def resume(world: PageWorld) -> None:
    await world.store.resume(BRAND, await suspend(world))


async def consume(world: PageWorld) -> None:
    consent = await world.lodge(is_recurring=False)
    await sign_first(world, consent, "alice")
    world.clock.offset = timedelta(hours=1)
    await sweep(world)


async def supersede(world: PageWorld) -> None:
    for _ in range(2):
        await sign_first(world, await lodge(world), "alice")


async def revoke(world: PageWorld) -> None:
    await world.store.revoke_by_psu(BRAND, "psu-alice", await authorise(world))


async def withdraw(world: PageWorld) -> None:
    await world.store.withdraw(BRAND, CLIENT.caller, await authorise(world))


async def expire(world: PageWorld) -> None:
    await world.lodge(valid_until=world.clock.now() + timedelta(hours=1))
    world.clock.offset = timedelta(hours=1)
    await sweep(world)


async def lapse(world: PageWorld) -> None:
    await world.lodge()
    world.clock.offset = OURS.unanswered_wait
    await sweep(world)


async def remove_account(world: PageWorld) -> None:
    await authorise(world)
    await world.store.remove_account(BRAND, "up-j", AccountRemoval.CLOSED)


EMITTERS: dict[ConsentEvent, Callable[[PageWorld], Awaitable[object]]] = {
    ConsentEvent.AUTHORISE_PARTIALLY: half_sign,
    ConsentEvent.AUTHORISE: authorise,
    ConsentEvent.AMEND: amend,
    ConsentEvent.UPLOAD: upload,
    ConsentEvent.REJECT: reject,
    ConsentEvent.SUSPEND: suspend,
    ConsentEvent.RESUME: resume,
    ConsentEvent.CONSUME: consume,
    ConsentEvent.SUPERSEDE: supersede,
    ConsentEvent.REVOKE: revoke,
    ConsentEvent.WITHDRAW: withdraw,
    ConsentEvent.EXPIRE: expire,
    ConsentEvent.LAPSE: lapse,
    ConsentEvent.REMOVE_ACCOUNT: remove_account,
}


def test_every_event_has_an_emitter():
    assert set(EMITTERS) == set(ConsentEvent)


@pytest.mark.parametrize("event", ConsentEvent)
async def test_an_event_is_emitted_and_shown(world: PageWorld, event: ConsentEvent):
    await EMITTERS[event](world)
    assert event in {row.event for row in await world.books.consents.versions()}
    assert FACTS[event] in {row.kind for row in await world.books.records.events()}
