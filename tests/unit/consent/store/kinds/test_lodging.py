"""Consents to recurring payments and to checks of funds are lodged, kept, read and withdrawn; what no PSU could agree to is refused."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from consent.store.kinds import KINDS
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import AccountsTerms, ConsentKind, ConsentLodgement, ConsentState, Permission, Terms
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.terms import Alignment, FundsTerms, Period, PeriodicLimit, VrpTerms
from kernel.errors import ConsentUnknown, FieldInvalid, FieldMissing
from tests.world.brands import BRAND
from tests.world.clients import CLIENT
from tests.world.pages import PageWorld, page_world

PAYEE = AccountIdentifier(Scheme.SORT_CODE, "80200110203345")
MONTHLY = PeriodicLimit(amount=Money("GBP", 50_000), period=Period.MONTH, alignment=Alignment.CALENDAR)
WEEKLY = PeriodicLimit(amount=Money("GBP", 20_000), period=Period.WEEK, alignment=Alignment.CONSENT)
VRP = VrpTerms(individual_max=Money("GBP", 10_000), limits=(MONTHLY, WEEKLY), creditor_name="Savings Ltd", creditor_account=PAYEE)
FUNDS = FundsTerms(account=PAYEE)
ACCOUNTS = AccountsTerms(permissions=frozenset({Permission.BALANCES}))
PAYMENT = PaymentTerms(amount=Money("GBP", 1), creditor_name="Savings Ltd", creditor_account=PAYEE)
TERMS: dict[str, Terms] = {
    ConsentKind.ACCOUNTS: ACCOUNTS,
    ConsentKind.PAYMENT: PAYMENT,
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
    assert (read.kind, read.state, read.terms) == (kind, ConsentState.AWAITING, TERMS[kind])
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
        (ConsentKind.PAYMENT, msgspec.structs.replace(PAYMENT, amount=Money("GBP", 0)), FieldInvalid),
    ],
)
async def test_what_no_psu_could_agree_to_is_not_lodged(world, kind, terms, refusal):
    with pytest.raises(refusal):
        await world.store.lodge(BRAND, CLIENT.caller, lodgement(kind, terms))
    assert await world.books.consents.count() == 0
