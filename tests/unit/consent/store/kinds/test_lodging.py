"""Consents to recurring payments and to checks of funds are lodged, kept, read and withdrawn; what no PSU could agree to is refused."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import msgspec
import pytest

from consent.store.kinds import KINDS
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import AccountsTerms, ConsentKind, ConsentLodgement, ConsentState, Permission, Terms
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.files import FileTerms, FileType
from kernel.banking.planned.recurrence import Recurrence, Unit
from kernel.banking.planned.scheduled import ScheduledTerms
from kernel.banking.planned.standing_orders import StandingOrderTerms
from kernel.banking.terms import Alignment, FundsTerms, Period, PeriodicLimit, VrpTerms
from kernel.errors import ConsentUnknown, FieldInvalid, FieldMissing, IdempotencyConflict, UpstreamFailed
from tests.world.abroad import abroad, abroad_on, monthly_abroad
from tests.world.brands import BRAND
from tests.world.clients import CLIENT
from tests.world.orders import use_of
from tests.world.pages import PageWorld, page_world

PAYEE = AccountIdentifier(Scheme.SORT_CODE, "80200110203345")
MONTHLY = PeriodicLimit(amount=Money("GBP", 50_000), period=Period.MONTH, alignment=Alignment.CALENDAR)
WEEKLY = PeriodicLimit(amount=Money("GBP", 20_000), period=Period.WEEK, alignment=Alignment.CONSENT)
VRP = VrpTerms(individual_max=Money("GBP", 10_000), limits=(MONTHLY, WEEKLY), creditor_name="Savings Ltd", creditor_account=PAYEE)
FUNDS = FundsTerms(account=PAYEE)
ACCOUNTS = AccountsTerms(permissions=frozenset({Permission.BALANCES}))
PAYMENT = PaymentTerms(amount=Money("GBP", 1), creditor_name="Savings Ltd", creditor_account=PAYEE)
SCHEDULED = ScheduledTerms(payment=PAYMENT, asked_on=date(2026, 7, 10), made_on=date(2026, 7, 10))
STANDING_ORDER = StandingOrderTerms(payment=PAYMENT, recurrence=Recurrence(unit=Unit.MONTH), first_on=date(2026, 7, 10))
FILE = FileTerms(file_type=FileType.JSON, hash="hash", payments=3)
ABROAD = abroad(datetime(2026, 7, 1, 12, tzinfo=UTC))
ABROAD_LATER = abroad_on(date(2026, 7, 10), datetime(2026, 7, 1, 12, tzinfo=UTC))
ABROAD_MONTHLY = monthly_abroad(date(2026, 7, 10), datetime(2026, 7, 1, 12, tzinfo=UTC))
TERMS: dict[str, Terms] = {
    ConsentKind.ACCOUNTS: ACCOUNTS,
    ConsentKind.PAYMENT: PAYMENT,
    ConsentKind.SCHEDULED: SCHEDULED,
    ConsentKind.STANDING_ORDER: STANDING_ORDER,
    ConsentKind.INTERNATIONAL: ABROAD,
    ConsentKind.INTERNATIONAL_SCHEDULED: ABROAD_LATER,
    ConsentKind.INTERNATIONAL_STANDING_ORDER: ABROAD_MONTHLY,
    ConsentKind.FILE: FILE,
    ConsentKind.VRP: VRP,
    ConsentKind.FUNDS: FUNDS,
}


def lodgement(kind: str, terms: Terms) -> ConsentLodgement:
    return ConsentLodgement(kind=kind, lodged_as="uk_obie/v4.0", terms=terms)


@pytest.fixture
async def world(migrated_url: str) -> AsyncIterator[PageWorld]:
    async with page_world(migrated_url) as made:
        yield made


def test_each_kind_has_terms_of_its_own():
    assert {kind.name: kind.terms for kind in KINDS} == {name: type(terms) for name, terms in TERMS.items()}


@pytest.mark.parametrize("kind", TERMS)
async def test_a_consent_is_lodged_kept_read_and_withdrawn(world, kind):
    lodged = await world.store.lodge(BRAND, CLIENT.caller, lodgement(kind, TERMS[kind]))
    read = await world.store.read(BRAND, CLIENT.caller, lodged.id)
    first = ConsentState.AWAITING_UPLOAD if kind == ConsentKind.FILE else ConsentState.AWAITING
    assert (read.kind, read.state, read.terms) == (kind, first, TERMS[kind])
    assert read.permissions == (ACCOUNTS.permissions if kind == ConsentKind.ACCOUNTS else frozenset())
    await world.store.withdraw(BRAND, CLIENT.caller, lodged.id)
    with pytest.raises(ConsentUnknown):
        await world.store.read(BRAND, CLIENT.caller, lodged.id)


@pytest.mark.parametrize(
    ("kind", "terms", "refusal"),
    [
        *((kind, terms, FieldInvalid) for kind in TERMS for other, terms in TERMS.items() if kind != other),
        (ConsentKind.VRP, msgspec.structs.replace(VRP, limits=()), FieldMissing),
        (ConsentKind.VRP, msgspec.structs.replace(VRP, limits=(MONTHLY, MONTHLY)), FieldInvalid),
        (ConsentKind.VRP, msgspec.structs.replace(VRP, individual_max=Money("GBP", 0)), FieldInvalid),
        (ConsentKind.VRP, msgspec.structs.replace(VRP, individual_max=Money("GBP", 20_001)), FieldInvalid),
        (ConsentKind.VRP, msgspec.structs.replace(VRP, individual_max=Money("EUR", 1)), FieldInvalid),
        (ConsentKind.VRP, msgspec.structs.replace(VRP, creditor_name=" "), FieldInvalid),
        pytest.param(
            ConsentKind.FUNDS,
            FundsTerms(account=AccountIdentifier(Scheme.IBAN, " ")),
            FieldMissing,
            marks=pytest.mark.spec("PSD2-65"),
        ),
        (ConsentKind.ACCOUNTS, AccountsTerms(permissions=frozenset()), FieldMissing),
        (ConsentKind.ACCOUNTS, msgspec.structs.replace(ACCOUNTS, look_back_days=0), FieldInvalid),
        (
            ConsentKind.INTERNATIONAL,
            msgspec.structs.replace(ABROAD, cross_border=ABROAD.cross_border.asked),
            FieldInvalid,
        ),
        (
            ConsentKind.INTERNATIONAL,
            msgspec.structs.replace(ABROAD, cross_border=msgspec.structs.replace(ABROAD.cross_border, currency="USD")),
            FieldInvalid,
        ),
        (
            ConsentKind.INTERNATIONAL_SCHEDULED,
            msgspec.structs.replace(ABROAD_LATER, cross_border=ABROAD_LATER.cross_border.asked),
            FieldInvalid,
        ),
        (
            ConsentKind.INTERNATIONAL_STANDING_ORDER,
            msgspec.structs.replace(ABROAD_MONTHLY, cross_border=ABROAD_MONTHLY.cross_border.asked),
            FieldInvalid,
        ),
        (
            ConsentKind.INTERNATIONAL_STANDING_ORDER,
            msgspec.structs.replace(
                ABROAD_MONTHLY, standing_order=msgspec.structs.replace(ABROAD_MONTHLY.standing_order, payments=0)
            ),
            FieldInvalid,
        ),
        (ConsentKind.PAYMENT, msgspec.structs.replace(PAYMENT, amount=Money("GBP", 0)), FieldInvalid),
    ],
)
async def test_what_no_psu_could_agree_to_is_not_lodged(world, kind, terms, refusal):
    with pytest.raises(refusal):
        await world.store.lodge(BRAND, CLIENT.caller, lodgement(kind, terms))
    assert await world.books.consents.count() == 0


async def test_a_repeat_of_a_lodgement_asks_the_bank_for_no_rate(world):
    """It is answered while the bank is away; another body under its key is refused all the same."""
    asked = []

    async def complete():
        asked.append(len(asked))
        if len(asked) > 1:
            raise UpstreamFailed("away")
        return lodgement(ConsentKind.INTERNATIONAL, ABROAD)

    bare = lodgement(ConsentKind.INTERNATIONAL, msgspec.structs.replace(ABROAD, cross_border=ABROAD.cross_border.asked))
    use = use_of("key-1", CLIENT.caller)
    first, again = [await world.store.lodge(BRAND, CLIENT.caller, bare, use, complete=complete) for _ in range(2)]
    assert (again, first.terms, len(asked)) == (first, ABROAD, 1)
    with pytest.raises(IdempotencyConflict):
        await world.store.lodge(BRAND, CLIENT.caller, bare, use_of("key-1", CLIENT.caller, "other"), complete=complete)
    with pytest.raises(UpstreamFailed):
        await world.store.lodge(BRAND, CLIENT.caller, bare, use_of("key-2", CLIENT.caller), complete=complete)
    assert await world.books.consents.count() == 1
