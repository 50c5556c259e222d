"""A payment for a later day: which days a bank takes, on which it makes the payment, and until when it must be ordered."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import msgspec
import pytest

from consent.authentication.linked_terms import check_linked, linked_of
from consent.errors import PaymentNotLinked
from consent.store.kinds.scheduled import SCHEDULED
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import Consent, ConsentKind, ConsentLodgement
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.scheduled import ScheduledTerms
from kernel.brand import Brand
from kernel.cut_offs import CutOffRule, LatePayments
from kernel.errors import FieldDateInvalid
from tests.world.brands import BRAND
from tests.world.clients import CLIENT
from tests.world.orders import use_of
from tests.world.pages import PageWorld, page_world

PAYMENT = PaymentTerms(
    amount=Money("GBP", 1_200),
    creditor_name="Savings Ltd",
    creditor_account=AccountIdentifier(Scheme.SORT_CODE, "80200110203345"),
)
FRIDAY = date(2026, 7, 10)


@pytest.fixture
async def world(migrated_sqlite_url: str) -> AsyncIterator[PageWorld]:
    async with page_world(migrated_sqlite_url) as made:
        yield made


def working(planned: LatePayments, *closed: date) -> Brand:
    """A bank that makes payments on working days."""
    return replace(BRAND, cut_off=CutOffRule(at=time(16), late="refused", closed=frozenset(closed), planned=planned))


async def lodge(world: PageWorld, day: date, brand: Brand = BRAND, key: str = "") -> Consent:
    terms = ScheduledTerms(payment=PAYMENT, asked_on=day)
    lodgement = ConsentLodgement(kind=ConsentKind.SCHEDULED, lodged_as="uk_obie/v4.0", terms=terms, valid_for=timedelta(hours=24))
    return await world.store.lodge(brand, CLIENT.caller, lodgement, use_of(key, CLIENT.caller) if key else None)


def day_of(consent: Consent) -> date:
    assert isinstance(consent.terms, ScheduledTerms)
    return consent.terms.day


@pytest.mark.parametrize(
    ("day", "taken"),
    [
        (date(2026, 6, 30), False),
        (date(2026, 7, 1), False),
        (date(2026, 7, 2), True),
        (date(2027, 7, 1), True),
        (date(2027, 7, 2), False),
        (date(9998, 12, 31), False),
    ],
)
async def test_a_day_is_ahead_and_not_too_far(world: PageWorld, day: date, taken: bool):
    """It is the 1st of July 2026, and payments are planned for up to 365 days."""
    if taken:
        assert day_of(await lodge(world, day)) == day
        return
    with pytest.raises(FieldDateInvalid) as refusal:
        await lodge(world, day)
    assert refusal.value.path == "pays_on"


async def test_today_is_the_banks_own(world: PageWorld):
    """At half past eleven in the evening, by universal time, the next day has begun in London."""
    world.clock.advance(datetime(2026, 7, 9, 23, 30, tzinfo=UTC) - world.clock.now())
    with pytest.raises(FieldDateInvalid):
        await lodge(world, FRIDAY)


async def test_a_repeat_is_judged_by_its_key_alone(world: PageWorld):
    lodged = await lodge(world, date(2026, 7, 2), key="key")
    world.clock.advance(timedelta(hours=20))
    assert (await lodge(world, date(2026, 7, 2), key="key")).id == lodged.id


@pytest.mark.parametrize(
    ("asked", "closed", "made"),
    [
        (FRIDAY, (), FRIDAY),
        (date(2026, 7, 11), (), date(2026, 7, 13)),
        (date(2026, 12, 25), (date(2026, 12, 25), date(2026, 12, 28)), date(2026, 12, 29)),
    ],
)
async def test_a_day_that_is_no_working_day_is_moved_or_refused(
    world: PageWorld, asked: date, closed: tuple[date, ...], made: date
):
    consent = await lodge(world, asked, working("next_day", *closed))
    assert day_of(consent) == made
    facts = dict(SCHEDULED.describe(consent.terms).rest)
    assert facts["Payment date"] == f"{made.day} {made:%B %Y}"
    assert ("Asked for" in facts) is (made != asked)
    if made != asked:
        with pytest.raises(FieldDateInvalid):
            await lodge(world, asked, working("refused", *closed))


async def test_it_is_ordered_before_its_day_begins(world: PageWorld):
    assert (await lodge(world, date(2026, 7, 2))).valid_until == datetime(2026, 7, 1, 23, tzinfo=UTC)
    assert (await lodge(world, FRIDAY)).valid_until == world.clock.now() + timedelta(hours=24)


@pytest.mark.spec("RTS-5")
async def test_an_authentication_is_linked_to_the_day_too(world: PageWorld):
    consent = await lodge(world, FRIDAY)
    linked = linked_of(consent, "up-1").digest
    check_linked(consent, ("up-1",), linked)
    moved = msgspec.structs.replace(consent, terms=msgspec.structs.replace(consent.terms, made_on=date(2026, 7, 11)))
    at_once = msgspec.structs.replace(consent, kind=ConsentKind.PAYMENT, terms=PAYMENT)
    for other in (moved, at_once):
        with pytest.raises(PaymentNotLinked):
            check_linked(other, ("up-1",), linked)
