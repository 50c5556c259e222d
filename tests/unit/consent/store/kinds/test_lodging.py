"""Consents to recurring payments and to checks of funds are lodged, kept, read and withdrawn; what no PSU could agree to is refused."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from consent.store.tables.consents import consents
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import ConsentKind, ConsentLodgement, ConsentState, Permission
from kernel.banking.money import Money
from kernel.banking.terms import Alignment, FundsTerms, Period, PeriodicLimit, Terms, VrpTerms
from kernel.errors import ConsentUnknown, FieldInvalid, FieldMissing
from tests.unit.consent.customer.journey.world import BRAND, CLIENT, World, make_world

PAYEE = AccountIdentifier(Scheme.SORT_CODE, "80200110203345")
MONTHLY = PeriodicLimit(amount=Money("GBP", 50_000), period=Period.MONTH, alignment=Alignment.CALENDAR)
WEEKLY = PeriodicLimit(amount=Money("GBP", 20_000), period=Period.WEEK, alignment=Alignment.CONSENT)
VRP = VrpTerms(individual_max=Money("GBP", 10_000), limits=(MONTHLY, WEEKLY), creditor_name="Savings Ltd", creditor_account=PAYEE)
FUNDS = FundsTerms(account=PAYEE)


def lodgement(kind: ConsentKind, terms: Terms | None, **facts: frozenset[Permission]) -> ConsentLodgement:
    return ConsentLodgement(kind=kind, lodged_as="uk_obie/v4.0", terms=terms, **{"permissions": frozenset(), **facts})


@pytest.fixture
async def world(migrated_url: str) -> AsyncIterator[World]:
    async with make_world(migrated_url) as made:
        yield made


@pytest.mark.parametrize(("kind", "terms"), [(ConsentKind.VRP, VRP), (ConsentKind.FUNDS, FUNDS)])
async def test_a_consent_is_lodged_kept_read_and_withdrawn(world, kind, terms):
    lodged = await world.store.lodge(BRAND, CLIENT.caller, lodgement(kind, terms))
    read = await world.store.read(BRAND, CLIENT.caller, lodged.id)
    assert (read.kind, read.state, read.terms) == (kind, ConsentState.AWAITING, terms)
    await world.store.withdraw(BRAND, CLIENT.caller, lodged.id)
    with pytest.raises(ConsentUnknown):
        await world.store.read(BRAND, CLIENT.caller, lodged.id)


@pytest.mark.parametrize(
    ("kind", "terms", "refusal"),
    [
        (ConsentKind.VRP, None, FieldInvalid),
        (ConsentKind.VRP, FUNDS, FieldInvalid),
        (ConsentKind.VRP, msgspec.structs.replace(VRP, limits=()), FieldMissing),
        (ConsentKind.VRP, msgspec.structs.replace(VRP, limits=(MONTHLY, MONTHLY)), FieldInvalid),
        (ConsentKind.VRP, msgspec.structs.replace(VRP, individual_max=Money("GBP", 0)), FieldInvalid),
        (ConsentKind.VRP, msgspec.structs.replace(VRP, individual_max=Money("GBP", 20_001)), FieldInvalid),
        (ConsentKind.VRP, msgspec.structs.replace(VRP, individual_max=Money("EUR", 1)), FieldInvalid),
        (ConsentKind.VRP, msgspec.structs.replace(VRP, creditor_name=" "), FieldInvalid),
        (ConsentKind.FUNDS, VRP, FieldInvalid),
        (ConsentKind.FUNDS, FundsTerms(account=AccountIdentifier(Scheme.IBAN, " ")), FieldMissing),
        (ConsentKind.ACCOUNTS, FUNDS, FieldInvalid),
        (ConsentKind.PAYMENT, VRP, FieldInvalid),
    ],
)
async def test_what_no_psu_could_agree_to_is_not_lodged(world, kind, terms, refusal):
    with pytest.raises(refusal):
        await world.store.lodge(BRAND, CLIENT.caller, lodgement(kind, terms))
    assert await world.rows(consents) == []


async def test_neither_opens_data(world):
    for kind, terms in ((ConsentKind.VRP, VRP), (ConsentKind.FUNDS, FUNDS)):
        asks = lodgement(kind, terms, permissions=frozenset({Permission.BALANCES}))
        with pytest.raises(FieldInvalid):
            await world.store.lodge(BRAND, CLIENT.caller, asks)
