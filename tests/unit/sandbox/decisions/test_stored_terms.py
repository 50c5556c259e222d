"""A stored decision gives what a page would give, and no more: the accounts that were asked for, one payment, what is still open."""

from typing import Any

import msgspec
import pytest

from consent.authentication.linked_terms import payment_in
from consent.authorization.offer.authorization_details import lodgement_of
from consent.errors import SignaturesMissing, SignersUnable
from consent.ports import AccountRemoval
from consent.store.rows.closures import CLOSURE_KEPT
from kernel.banking.consents import ConsentState
from kernel.banking.payments import digest_of
from kernel.errors import AccountUnknown
from sandbox.decisions.rows import DECISION_MAX
from sandbox.decisions.stored import decide
from tests.unit.consent.customer.journey.test_journey_amendments import OFFERS, Asking, shared, terms
from tests.unit.consent.customer.journey.test_journey_payments import check_untouched, debtor, lodge, now
from tests.world.brands import BRAND, START
from tests.world.clients import CLIENT
from tests.world.customers import ACCOUNTS, account
from tests.world.pages import PageWorld
from tests.world.signing import BERLIN_GROUP


@pytest.fixture
async def asking(world: PageWorld) -> Asking:
    consent = await world.lodge()
    await (await (await world.browser().begin(await world.push(consent))).log_in("alice")).approve(0)
    found = await world.store.load(BRAND, consent.id)
    assert found is not None
    return Asking(world, found)


@pytest.fixture
def joint(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alice's first account needs a second signature."""
    first, *others = ACCOUNTS["c-alice"]
    monkeypatch.setitem(ACCOUNTS, "c-alice", (msgspec.structs.replace(first, signatures=2), *others))  # type: ignore[arg-type]


async def test_a_stored_decision_shares_only_what_was_asked_for(world: PageWorld):
    """It was made for the client's next request, of any kind."""
    number = ACCOUNTS["c-alice"][1].identifiers[0]
    psu = world.identity.psu("alice")
    for accounts, expected in (
        ([{"scheme": number.scheme.value, "identification": number.identification}], ["up-2"]),
        ([{"scheme": "iban", "identification": "GB00ABSENT"}], []),
    ):
        await decide(world.services, BRAND, consent_id=None, client_id=CLIENT.id, approve=True, psu=psu)
        consent = await world.store.lodge(BRAND, CLIENT.caller, lodgement_of(terms(accounts=accounts), START))
        browser = await world.browser().begin(await world.push(consent))
        assert ("code" in browser.answer) is bool(expected)
        found = await world.store.load(BRAND, consent.id)
        assert found is not None
        assert shared(found) == expected


async def test_a_stored_decision_adds_and_keeps_as_a_page_would(asking: Asking):
    psu = asking.world.identity.psu("alice")
    await decide(
        asking.world.services, BRAND, consent_id=None, client_id=CLIENT.id, approve=True, psu=psu, upstream_ids=("up-2",)
    )  # fmt: skip
    browser = await asking.world.browser().begin(await asking.push("merge", terms(*OFFERS)))
    assert "code" in browser.answer
    assert shared(await asking.now()) == ["up-1", "up-2"]


async def test_a_stored_decision_pays_from_one_account_and_is_linked_too(both_world: PageWorld):
    world = both_world
    consent = await lodge(world)
    facts: dict[str, Any] = {"client_id": None, "approve": True, "psu": world.identity.psu("alice")}
    for several in (("up-1", "up-2"), ("up-3",), ("up-4",)):
        with pytest.raises(AccountUnknown):
            await decide(world.services, BRAND, consent_id=consent.id, upstream_ids=several, **facts)
    await decide(world.services, BRAND, consent_id=consent.id, **facts)
    browser = await world.browser().begin(await world.push(consent))
    assert "code" in browser.answer
    authorised = await now(world, consent)
    assert [account.upstream_id for account in authorised.accounts] == ["up-1"]
    (kept,) = await world.store.authorisations(BRAND, consent.id)
    assert kept.evidence is not None
    assert kept.evidence.linked == digest_of(payment_in(authorised), consent.id, "up-1")


async def test_what_others_must_sign_too_is_given_by_no_stored_decision(world: PageWorld, joint: None):
    """Neither where it is named, nor where nothing else could pay; and not by one that was stored before it was known."""
    facts: dict[str, Any] = {"client_id": None, "approve": True, "psu": world.identity.psu("alice")}
    consent = await lodge(world, debtorAccount=debtor("c-alice"))
    for upstream_ids in (("up-1",), None):
        with pytest.raises(SignaturesMissing):
            await decide(world.services, BRAND, consent_id=consent.id, upstream_ids=upstream_ids, **facts)
    await check_untouched(world, consent)


async def test_a_choice_that_another_signer_cannot_give_too_is_refused_now_or_when_it_is_used(
    world: PageWorld, monkeypatch: pytest.MonkeyPatch
):
    joint = account("up-j", "Home", "80200144443333", signatures=2, signers=("c-alice", "c-bob"))
    monkeypatch.setitem(ACCOUNTS, "c-alice", (joint, *ACCOUNTS["c-alice"]))  # type: ignore[arg-type]
    monkeypatch.setitem(ACCOUNTS, "c-bob", (joint,))  # type: ignore[arg-type]
    consent = await world.lodge(lodged_as=BERLIN_GROUP)
    facts: dict[str, Any] = {"client_id": None, "approve": True, "psu": world.identity.psu("alice")}
    for upstream_ids in (("up-j", "up-1"), None):
        with pytest.raises(SignersUnable):
            await decide(world.services, BRAND, consent_id=consent.id, upstream_ids=upstream_ids, **facts)
    await decide(world.services, BRAND, consent_id=consent.id, upstream_ids=("up-j",), **facts)
    monkeypatch.setitem(ACCOUNTS, "c-bob", ())  # type: ignore[arg-type]
    browser = await world.browser().begin(await world.push(consent))
    assert browser.answer["error"] == "access_denied"
    assert (await now(world, consent)).state is ConsentState.AWAITING


async def test_a_decision_without_a_consent_is_no_decision_on_a_payment(world: PageWorld):
    await decide(
        world.services, BRAND, consent_id=None, client_id=CLIENT.id, approve=True, psu=world.identity.psu("alice")
    )  # fmt: skip
    consent = await lodge(world)
    assert (await world.browser().begin(await world.push(consent))).path == "/login"
    await check_untouched(world, consent)


async def test_a_decision_taken_before_the_closure_shares_nothing_after_it(world):
    consent = await world.lodge()
    await decide(world.services, BRAND, consent_id=consent.id, client_id=CLIENT.id, approve=True, psu=world.identity.psu("alice"))
    await world.store.remove_account(BRAND, "up-1", AccountRemoval.CLOSED)
    browser = await world.browser().begin(await world.push(consent))
    assert browser.answer["error"] == "access_denied"
    assert (await world.store.load(BRAND, consent.id)).state is ConsentState.AWAITING


def test_a_closure_is_remembered_for_longer_than_a_decision_waits():
    assert DECISION_MAX < CLOSURE_KEPT
