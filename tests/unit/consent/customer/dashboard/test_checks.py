"""The history of checks of funds on the dashboard: who asked, when, for what amount, and yes or no; kept so long and for its customer alone."""

from datetime import timedelta

import msgspec
import pytest

from consent.store.funds_checks import KEPT, FundsChecks
from consent.store.past_rows import STALE, RemoveStale
from consent.store.rows.funds_checks import load_checks
from kernel.banking.consents import Consent, ConsentKind
from kernel.banking.funds_checks import FundsCheck
from kernel.banking.money import Money
from kernel.errors import ConsentExpired, ConsentNotAuthorised, ConsentRevoked, ConsentSuspended, ConsentUnknown
from tests.harness.books.books import Books
from tests.unit.consent.customer.dashboard.test_agreements import allow
from tests.unit.consent.customer.journey.test_journey_agreements import FUNDS
from tests.world.brands import BRAND, START
from tests.world.clients import CLIENT
from tests.world.visits import Visits


async def ask(
    visits: Visits, consent: Consent, pence: int = 2_000, *, is_available: bool = True, reference: str = "Till 7"
) -> None:
    world = visits.world
    services = world.services
    checks = FundsChecks(commands=services.commands, clock=world.clock, sealer=services.sealer)
    check = FundsCheck(
        id=services.ids.uuid(),
        consent_id=consent.id,
        reference=reference,
        amount=Money("GBP", pence),
        is_available=is_available,
        at=world.clock.now(),
    )
    await checks.record(BRAND, CLIENT.caller, check)


async def kept(visits: Visits, consent: Consent, *, skip: int = 0) -> tuple[FundsCheck, ...]:
    services = visits.world.services
    async with services.database.read() as connection:
        return await load_checks(connection, services.sealer, BRAND.name, consent.id, skip=skip, at_most=100)


@pytest.mark.spec("PSD2-65.5")
async def test_its_customer_reads_each_check_and_may_stop_them(visits_anywhere: Visits):
    visits = visits_anywhere
    consent = await allow(visits, ConsentKind.FUNDS)
    browser = await visits.visit()
    assert browser.shows("funds-view-0")
    assert browser.shows("funds-stop-0")
    await browser.get(f"/consents/checks/{consent.id}")
    assert "Acme Money has not asked." in browser.text
    await ask(visits, consent, 2_000)
    visits.world.clock.advance(timedelta(minutes=1))
    await ask(visits, consent, 900_000, is_available=False, reference="Till <8>")
    await browser.get(f"/consents/checks/{consent.id}")
    text = " ".join(browser.text.split())
    assert "Asked by Acme Money" in text
    no = text.index("£9,000.00: No, it was not there. Their reference: Till <8>")
    yes = text.index("£20.00: Yes, it was there. Their reference: Till 7")
    assert no < yes, "the newest first"
    assert browser.shows("agreed-stop")
    await browser.get(f"/consents/{consent.id}/revoke")
    await browser.post({})
    await browser.get(f"/consents/checks/{consent.id}")
    assert browser.shows("check-1"), "the history stays"
    assert not browser.shows("agreed-stop")


async def test_no_other_customer_reads_them(visits: Visits):
    consent = await allow(visits, ConsentKind.FUNDS)
    await ask(visits, consent)
    bob = await visits.visit("bob")
    for path in (consent.id, "unknown", "%00"):
        await bob.get(f"/consents/checks/{path}")
        assert bob.status == 404
    alice = await visits.visit()
    recurring = await allow(visits, ConsentKind.VRP)
    await alice.get(f"/consents/checks/{recurring.id}")
    assert alice.status == 404, "nothing is asked under it"


async def test_many_checks_stand_on_several_pages(visits: Visits):
    consent = await allow(visits, ConsentKind.FUNDS)
    for number in range(51):
        visits.world.clock.advance(timedelta(seconds=1))
        await ask(visits, consent, reference=f"no. {number}.")
    browser = await visits.visit()
    await browser.get(f"/consents/checks/{consent.id}")
    assert "no. 50." in browser.text
    assert "no. 0." not in browser.text
    await browser.get(f"/consents/checks/{consent.id}?page=2")
    assert "no. 0." in browser.text
    assert browser.shows("checks-newer")
    assert not browser.shows("checks-older")
    await browser.get(f"/consents/checks/{consent.id}?page=-1")
    assert "no. 50." in browser.text


async def test_a_check_is_sealed_and_goes_in_time(visits_anywhere: Visits):
    visits = visits_anywhere
    world = visits.world
    consent = await allow(visits, ConsentKind.FUNDS)
    await ask(visits, consent)
    (row,) = await Books(world.services.database.read).consents.funds_checks()
    assert b"Till 7" not in row.details
    stale = next(each for each in STALE if each.table.name == "funds_checks")
    for later, left in ((KEPT - timedelta(seconds=1), 1), (KEPT, 0)):
        await world.services.commands.run(RemoveStale(brand=BRAND.name, stale=stale, now=START + later, most=10))
        assert len(await kept(visits, consent)) == left


async def test_nothing_is_recorded_under_a_consent_that_is_not_authorised(visits: Visits):
    """The consent is read again under its lock: what ended while the bank was asked gets no answer."""
    world = visits.world
    awaiting = await world.lodge(kind=ConsentKind.FUNDS, terms=FUNDS)
    with pytest.raises(ConsentNotAuthorised):
        await ask(visits, awaiting)
    paused = await allow(visits, ConsentKind.FUNDS)
    await world.store.suspend(BRAND, paused.id)
    with pytest.raises(ConsentSuspended):
        await ask(visits, paused)
    revoked = await allow(visits, ConsentKind.FUNDS)
    given = await world.store.load(BRAND, revoked.id)
    assert given is not None
    assert given.psu_id is not None
    await world.store.revoke_by_psu(BRAND, given.psu_id, revoked.id)
    with pytest.raises(ConsentRevoked):
        await ask(visits, revoked)
    short = await allow(visits, ConsentKind.FUNDS, valid_until=START + timedelta(days=1))
    world.clock.advance(timedelta(days=1))
    with pytest.raises(ConsentExpired):
        await ask(visits, short)
    with pytest.raises(ConsentUnknown):
        await ask(visits, msgspec.structs.replace(awaiting, id="unknown"))
    for consent in (awaiting, revoked, short):
        assert await kept(visits, consent) == ()
