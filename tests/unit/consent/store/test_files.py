"""The file of a consent: uploaded once, whole or not at all; its bytes and its payments are sealed, and opened some at a time."""

from datetime import timedelta

import msgspec
import pytest

from consent.store.files import FILES_KEPT, ConsentFiles
from consent.store.lifecycle import ConsentEvent, state_after
from consent.store.past_rows import STALE, RemoveStale
from consent.store.rows.files import PAGE_PAYMENTS_MAX
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import ConsentKind, ConsentLodgement, ConsentState
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.files import FilePayment, FileTerms, FileType
from kernel.errors import ConsentNotAuthorised, ConsentUnknown, FieldDateInvalid, IdempotencyConflict
from kernel.storage.sealed import SealBroken
from tests.harness.damage.files import give_pages
from tests.world.brands import BRAND
from tests.world.clients import CLIENT
from tests.world.orders import BOROUGH, use_of
from tests.world.pages import page_world

ACCOUNT = AccountIdentifier(Scheme.SORT_CODE, "80200110203345")
DATA = bytes(range(256)) * 2_048  # two blocks
NUMBER = 2 * PAGE_PAYMENTS_MAX + 1


@pytest.fixture
async def world(migrated_url):
    async with page_world(migrated_url) as made:
        yield made


@pytest.fixture
def files(world):
    return ConsentFiles(store=world.store)


def payments(number=NUMBER, **facts):
    return [
        FilePayment(PaymentTerms(amount=Money("GBP", minor), creditor_name="Bob", creditor_account=ACCOUNT), **facts)
        for minor in range(1, number + 1)
    ]


async def lodge(world, **facts):
    terms = FileTerms(file_type=FileType.JSON, hash="hash", **facts)
    lodgement = ConsentLodgement(kind=ConsentKind.FILE, lodged_as="uk_obie/v4.0", terms=terms)
    return await world.store.lodge(BRAND, CLIENT.caller, lodgement)


async def upload(files, consent, key="key", caller=CLIENT.caller, data=DATA, found=None):
    await files.upload(BRAND, caller, consent.id, use_of(key, caller), data=data, payments=payments() if found is None else found)


async def pages(world, consent, first, most):
    async with world.database.read() as connection:
        return await world.store.payments_of_file(connection, BRAND, consent.id, first=first, most=most)


async def counts(world):
    return [len(await world.books.consents.file_blocks()), len(await world.books.consents.file_pages())]


async def test_a_file_is_kept_as_it_came_and_its_consent_awaits_its_customer(world, files):
    consent = await lodge(world)
    assert (consent.state, await files.read(BRAND, consent.id)) == (ConsentState.AWAITING_UPLOAD, b"")
    await upload(files, consent)
    found = await world.store.read(BRAND, CLIENT.caller, consent.id)
    assert (found.state, found.version) == (ConsentState.AWAITING, 2)
    assert (found.terms.content.payments, found.terms.content.total) == (NUMBER, Money("GBP", NUMBER * (NUMBER + 1) // 2))
    assert await files.read(BRAND, consent.id) == DATA
    for first, most in ((1, 1), (PAGE_PAYMENTS_MAX, 2), (1, NUMBER), (NUMBER, 5), (NUMBER + 1, 5)):
        expected = [each.payment for each in payments()][first - 1 : first - 1 + most]
        assert list(await pages(world, consent, first, most)) == expected
    blocks, sealed = await world.books.consents.file_blocks(), await world.books.consents.file_pages()
    rows = [*(row.block for row in blocks), *(row.payments for row in sealed)]
    assert len(rows) == 2 + 3
    assert not any(b"Bob" in row or DATA[:64] in row for row in rows)


async def test_a_repeat_changes_nothing_and_another_file_is_refused(world, files):
    consent = await lodge(world)
    for _ in range(2):
        await upload(files, consent)
    assert (await world.store.read(BRAND, CLIENT.caller, consent.id)).version == 2
    with pytest.raises(ConsentNotAuthorised):
        await upload(files, consent, key="another")
    assert await files.read(BRAND, consent.id) == DATA


async def test_what_is_refused_keeps_nothing(world, files):
    consent = await lodge(world)
    with pytest.raises(ConsentUnknown):
        await upload(files, consent, caller=BOROUGH)
    past = world.services.clock.now().date() - timedelta(days=1)
    with pytest.raises(FieldDateInvalid):
        await upload(files, consent, found=payments(2, asked_on=past))
    assert (await world.store.read(BRAND, CLIENT.caller, consent.id)).state is ConsentState.AWAITING_UPLOAD
    assert await counts(world) == [0, 0]


async def test_a_consent_that_ended_takes_no_file(world, files):
    consent = await lodge(world)
    world.clock.advance(timedelta(hours=25))
    with pytest.raises(ConsentNotAuthorised):
        await upload(files, consent)
    await world.store.lapse(BRAND, consent.id)
    assert (await world.store.read(BRAND, CLIENT.caller, consent.id)).state is ConsentState.REJECTED


async def test_no_one_authorises_a_consent_whose_file_has_not_come(world):
    consent = await lodge(world)
    for event in (ConsentEvent.AUTHORISE, ConsentEvent.AUTHORISE_PARTIALLY, ConsentEvent.CONSUME):
        with pytest.raises(ConsentNotAuthorised):
            state_after(consent, event, world.clock.now())


async def test_rows_that_were_exchanged_are_not_read(world, files):
    one, other = await lodge(world), await lodge(world)
    await upload(files, one, "one")
    await upload(files, other, "other", found=payments(1))
    await give_pages(world.database, of=other.id, to=one.id)
    with pytest.raises(SealBroken):
        await pages(world, one, 1, 1)


async def test_files_are_removed_when_no_one_may_dispute_them_any_more(world, files):
    consent = await lodge(world)
    await upload(files, consent)
    mine = [each for each in STALE if each.table.name in {"file_blocks", "file_pages"}]
    for after, left in ((FILES_KEPT - timedelta(days=1), 5), (FILES_KEPT + timedelta(days=2), 0)):
        now = world.services.clock.wall() + after
        for stale in mine:
            await world.services.commands.run(RemoveStale(brand=BRAND.name, stale=stale, now=now, most=500))
        assert sum(await counts(world)) == left
    assert msgspec.json.encode(await files.read(BRAND, consent.id)) == b'""'
    with pytest.raises(IdempotencyConflict):
        await files.was_uploaded(use_of("key", CLIENT.caller, body="other"))
