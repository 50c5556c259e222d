"""Snapshots of the release whose consents had members of their own for the terms of each kind (format 3): read, and written on in the
present format. `format_3/snapshots.json` was written by that release, one consent of each kind."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from consent.authentication.linked_terms import check_linked
from consent.store.rows.snapshots import FORMAT
from consent.store.tables.consents import consent_versions, consents
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import AccountAccess, AccountReference, AccountsTerms, Consent, ConsentKind, Permission, Terms
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.terms import Alignment, FundsTerms, Period, PeriodicLimit, VrpTerms
from tests.world.brands import BRAND, START
from tests.world.pages import PageWorld, page_world

STORED: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "format_3" / "snapshots.json").read_text())
ACCOUNT, PAYEE = AccountReference("a-1", "up-1"), AccountIdentifier(Scheme.SORT_CODE, "80200110203345")
MONTHLY = PeriodicLimit(amount=Money("GBP", 50_000), period=Period.MONTH, alignment=Alignment.CALENDAR)
TERMS: dict[str, Terms] = {
    ConsentKind.ACCOUNTS: AccountsTerms(permissions=frozenset({Permission.BALANCES}), transactions_from=START),
    ConsentKind.PAYMENT: PaymentTerms(
        amount=Money("GBP", 112_350), creditor_name="Merchant A", creditor_account=PAYEE, remittance="Invoice 7"
    ),
    ConsentKind.VRP: VrpTerms(
        individual_max=Money("GBP", 10_000), limits=(MONTHLY,), creditor_name="Savings Ltd", creditor_account=PAYEE
    ),
    ConsentKind.FUNDS: FundsTerms(account=PAYEE),
}
LINKED = "a0883bbd011e5326b5344c76b7b729e7a7f3a6164774ad12ed2405211271fad9"  # what that release linked to consent-1, from up-1


@pytest.fixture
async def world(migrated_url: str) -> AsyncIterator[PageWorld]:
    async with page_world(migrated_url) as made:
        yield made


async def store(world: PageWorld, kind: str) -> Consent:
    """The consent as that release left it, in place of one of this release."""
    lodged = await world.lodge()
    document = json.dumps(STORED[kind] | {"id": lodged.id}).encode()
    sealed = world.services.sealer.seal(document, "consent_versions", "snapshot", BRAND.name, lodged.id, "1")

    async def work(connection: Any) -> None:
        version = consent_versions.c.id == lodged.id
        await connection.execute(consent_versions.update().where(version).values(format=3, snapshot=sealed))
        await connection.execute(
            consents.update().where(consents.c.id == lodged.id).values(kind=kind, state="authorised", psu_id="psu-alice")
        )

    await world.database.write(work)
    found = await world.store.load(BRAND, lodged.id)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", TERMS)
async def test_a_consent_is_read_and_goes_on_in_the_present_format(world: PageWorld, kind: str):
    consent = await store(world, kind)
    assert (consent.kind, consent.terms, consent.document) == (kind, TERMS[kind], b"{}")
    suspended = await world.store.suspend(BRAND, consent.id)
    assert suspended.terms == TERMS[kind]
    assert [row.format for row in await world.books.consents.versions()] == [3, FORMAT]
    assert [version.terms for version in await world.store.history(BRAND, consent.id)] == [TERMS[kind]] * 2


async def test_what_was_opened_and_how_often_stays(world: PageWorld):
    consent = await store(world, ConsentKind.ACCOUNTS)
    assert consent.access == (AccountAccess(ACCOUNT, frozenset({Permission.BALANCES})),)
    assert (consent.frequency_per_day, consent.permissions) == (3, frozenset({Permission.BALANCES}))


@pytest.mark.spec("RTS-5.1.b")
async def test_an_authentication_under_way_is_good_for_its_payment(world: PageWorld):
    """The digest of the same terms is the same as in that release."""
    payment = await store(world, ConsentKind.PAYMENT)
    check_linked(msgspec.structs.replace(payment, id="consent-1"), ("up-1",), LINKED)
