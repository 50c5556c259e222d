"""An account that the bank closes between the page and its answer: each kind of consent says so in its own words, and stays unanswered."""

from datetime import UTC, datetime
from typing import Any

import pytest

from consent.ports import AccountRemoval
from consent.store.files import ConsentFiles
from kernel.banking.consents import ConsentKind, ConsentState
from tests.unit.consent.customer.journey.test_journey_agreements import FUNDS, VRP
from tests.unit.consent.store.kinds.test_lodging import ABROAD_LATER, ABROAD_MONTHLY, SCHEDULED, STANDING_ORDER
from tests.world.abroad import abroad
from tests.world.brands import BRAND
from tests.world.clients import CLIENT
from tests.world.orders import use_of
from tests.world.pages import PageWorld
from tests.world.planned import FILE, FILE_PAYMENTS
from tests.world.signing import PAYMENT

ABROAD = abroad(datetime(2026, 7, 1, 12, tzinfo=UTC))
KINDS = [
    (ConsentKind.ACCOUNTS, {}, "has just been closed, so nothing was shared"),
    (ConsentKind.PAYMENT, {"terms": PAYMENT}, "can no longer be used, so nothing was paid"),
    (ConsentKind.SCHEDULED, {"terms": SCHEDULED}, "can no longer be used, so nothing was paid"),
    (ConsentKind.STANDING_ORDER, {"terms": STANDING_ORDER}, "can no longer be used, so nothing was paid"),
    (ConsentKind.INTERNATIONAL, {"terms": ABROAD}, "can no longer be used, so nothing was paid"),
    (ConsentKind.INTERNATIONAL_SCHEDULED, {"terms": ABROAD_LATER}, "can no longer be used, so nothing was paid"),
    (ConsentKind.INTERNATIONAL_STANDING_ORDER, {"terms": ABROAD_MONTHLY}, "can no longer be used, so nothing was paid"),
    (ConsentKind.FILE, {"terms": FILE}, "can no longer be used, so nothing was paid"),
    (ConsentKind.VRP, {"terms": VRP}, "can no longer be used, so nothing was allowed"),
    (ConsentKind.FUNDS, {"terms": FUNDS}, "can no longer be used, so nothing was allowed"),
]


def test_every_kind_has_its_notice():
    assert [kind for kind, _, _ in KINDS] == [*ConsentKind]


@pytest.mark.parametrize(("kind", "facts", "words"), KINDS, ids=[str(kind) for kind, _, _ in KINDS])
async def test_what_was_just_closed_is_not_given(world: PageWorld, kind: ConsentKind, facts: dict[str, Any], words: str):
    consent = await world.lodge(kind=kind, **facts)
    if consent.state is ConsentState.AWAITING_UPLOAD:
        use = use_of(consent.id, CLIENT.caller)
        await ConsentFiles(store=world.store).upload(BRAND, CLIENT.caller, consent.id, use, data=b"{}", payments=FILE_PAYMENTS)
    browser = await (await world.browser().begin(await world.push(consent))).log_in("alice")
    await world.store.remove_account(BRAND, "up-1", AccountRemoval.CLOSED)
    await (browser.approve(0) if browser.handles else browser.post({}))
    assert browser.path == "/consent"
    assert words in browser.text
    found = await world.store.load(BRAND, consent.id)
    assert found is not None
    assert (found.state, found.access) == (ConsentState.AWAITING, ())
