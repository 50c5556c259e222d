"""A consent that several must sign: who has, who is waited for, and what each signature or refusal makes of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from consent.authentication.approval import NoAnswer, approve
from consent.authentication.consent_subject import ConsentSubject
from consent.authentication.cosignature import StartSignature
from consent.ports import AccountRemoval
from consent.store.rows.authorisations import SubjectKind
from consent.store.rows.consent_signers import load_unsigned
from consent.store.signers import sign
from consent.store.sweeper import Sweeper
from kernel import json
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import Consent, ConsentKind, ConsentState
from kernel.banking.signers import SigningRule, awaited_of, missing_of
from kernel.errors import AccountUnknown, ConsentForeign, ConsentNotAuthorised, ConsentUnknown
from openapi.rulebook import rules_of
from tests.unit.consent.customer.journey.test_journey_agreements import VRP
from tests.world.brands import BRAND
from tests.world.clients import CLIENT
from tests.world.pages import PageWorld
from tests.world.signing import ALL_THREE, BERLIN_GROUP, TWO_OF_TWO, approval_of, lodge, now, refuse, sign_first, sign_too

WAIT = rules_of(BERLIN_GROUP).half_signed_wait


async def waiting_for(world: PageWorld, name: str) -> tuple[str, ...]:
    async with world.database.read() as connection:
        return await load_unsigned(connection, world.services.sealer, BRAND.name, f"c-{name}", at_most=10)


async def sweep(world: PageWorld) -> None:
    lease = world.lease()
    assert await lease.acquire()
    await Sweeper(commands=world.services.commands, clock=world.clock, store=world.store, brand=BRAND).run(lease)
    await lease.release()


def signers_of(consent: Consent) -> list[tuple[str, str]]:
    return [(signature.customer_id, signature.psu_id) for signature in consent.signatures]


async def test_the_last_of_those_who_must_sign_authorises_the_consent(both_world: PageWorld):
    world = both_world
    consent = await lodge(world)
    half = await sign_first(world, consent, "alice", ALL_THREE)
    assert (half.state, half.psu_id, half.authorised_at) == (ConsentState.PARTIALLY_AUTHORISED, "psu-alice", None)
    assert half.signing_rules == (ALL_THREE,)
    assert (await waiting_for(world, "bob"), await waiting_for(world, "alice")) == ((consent.id,), ())
    world.clock.advance(timedelta(hours=1))
    half = await sign_too(world, consent, "carol")
    assert half.state is ConsentState.PARTIALLY_AUTHORISED
    whole = await sign_too(world, consent, "bob")
    assert whole.state is ConsentState.AUTHORISED
    assert (whole.psu_id, whole.authorised_at, whole.access) == ("psu-alice", world.clock.now(), half.access)
    assert signers_of(whole) == [("c-alice", "psu-alice"), ("c-carol", "psu-carol"), ("c-bob", "psu-bob")]
    assert whole.signatures[0].at < whole.signatures[1].at == world.clock.now()
    assert await waiting_for(world, "bob") == ()
    evidence = {one.id: one for one in await world.store.authorisations(BRAND, consent.id)}
    for signature in whole.signatures:
        kept = evidence[signature.authorisation_id]
        assert (kept.psu_id, kept.status) == (signature.psu_id, AuthorisationStatus.SUCCEEDED)
        assert kept.evidence is not None


@pytest.mark.parametrize("stopper", ["alice", "bob"])
async def test_what_one_of_them_stopped_comes_back_when_all_sign_again(both_world: PageWorld, stopper: str):
    """R/W 4.0, "Consent Re-authentication": a stopped consent may return; a signature from before does not count again."""
    world = both_world
    consent = await world.lodge(kind=ConsentKind.VRP, terms=VRP, lodged_as="uk_obie/v4.0")
    await sign_first(world, consent, "alice", TWO_OF_TWO)
    assert (await sign_too(world, consent, "bob")).state is ConsentState.AUTHORISED
    await world.store.revoke_by_psu(BRAND, f"psu-{stopper}", consent.id)
    half = await sign_first(world, consent, "alice", TWO_OF_TWO)
    assert (half.state, half.lapses_at) == (ConsentState.PARTIALLY_AUTHORISED, world.clock.now() + WAIT)
    assert signers_of(half) == [("c-alice", "psu-alice")]
    assert await waiting_for(world, "bob") == (consent.id,)
    assert (await sign_too(world, consent, "bob")).state is ConsentState.AUTHORISED


async def test_journal_and_events_name_each_signature(world: PageWorld):
    consent = await lodge(world)
    await sign_first(world, consent, "alice", TWO_OF_TWO)
    whole = await sign_too(world, consent, "bob")
    shown = [
        (row.kind, json.decode(row.body, dict)) for row in await world.books.records.events() if row.aggregate_id == consent.id
    ]
    assert [kind for kind, _ in shown] == ["consent.lodged", "consent.partially_authorised", "consent.authorised"]
    assert [body.get("signatures_missing") for _, body in shown] == [None, "1", "0"]
    assert [body.get("authorisation_id") for _, body in shown[1:]] == [each.authorisation_id for each in whole.signatures]
    entries = await world.books.records.entries(aggregate_id=consent.id)
    assert [row.actor for row in entries][1:] == ["psu:psu-alice", "psu:psu-bob"]


async def test_the_first_authorises_a_payment_whose_order_collects_the_others(world: PageWorld):
    """R/W 4.0 Payment Initiation, "Multi-Auth"."""
    consent = await lodge(world, ConsentKind.PAYMENT, "uk_obie/v4.0")
    given = await sign_first(world, consent, "alice", TWO_OF_TWO)
    assert given.state is ConsentState.AUTHORISED
    assert missing_of(given.signing_rules, given.signatures) == 1
    assert awaited_of(given.signing_rules, given.signatures) == ("c-bob",)
    with pytest.raises(ConsentForeign):
        await sign_too(world, consent, "bob")


async def test_one_holder_shares_data_alone_where_the_standard_has_it_so(world: PageWorld):
    consent = await lodge(world, lodged_as="uk_obie/v4.0")
    given = await sign_first(world, consent, "alice", TWO_OF_TWO)
    assert (given.state, given.signing_rules) == (ConsentState.AUTHORISED, ())
    assert signers_of(given) == [("c-alice", "psu-alice")]


async def test_attempts_to_sign_that_begin_at_once_are_one(both_world: PageWorld):
    """The button pressed twice, in two windows."""
    world = both_world
    consent = await sign_first(world, await lodge(world), "alice", TWO_OF_TWO)
    start = StartSignature(world.services, BRAND, consent.id, SubjectKind.CONSENT, consent.id, world.identity.psu("bob"))
    begun = await asyncio.gather(*(world.services.commands.run(start) for _ in range(8)))
    assert len(set(begun)) == 1
    assert len([one for one in await world.store.authorisations(BRAND, consent.id) if one.psu_id == "psu-bob"]) == 1


async def test_a_refusal_of_one_is_a_refusal(both_world: PageWorld):
    world = both_world
    consent = await lodge(world)
    await sign_first(world, consent, "alice", ALL_THREE)
    await sign_too(world, consent, "bob")
    refused = await refuse(world, consent, "carol")
    assert (refused.state, refused.psu_id) == (ConsentState.REJECTED, "psu-alice")
    for again in (sign_too, refuse):
        with pytest.raises(ConsentForeign):
            await again(world, consent, "carol")


@pytest.mark.parametrize("stranger", ["alice", "dave"])
async def test_who_is_not_waited_for_neither_signs_nor_refuses(world: PageWorld, stranger: str):
    """Neither who signed already nor who need not."""
    consent = await lodge(world)
    half = await sign_first(world, consent, "alice", TWO_OF_TWO)
    for act in (sign_too, refuse):
        with pytest.raises(ConsentForeign):
            await act(world, consent, stranger)
    assert await now(world, consent) == half


async def test_who_may_only_look_counts_for_none_of_those_who_must_sign(world: PageWorld):
    consent = await lodge(world)
    half = await sign_first(world, consent, "dave", TWO_OF_TWO)
    assert missing_of(half.signing_rules, half.signatures) == 2
    await sign_too(world, consent, "alice")
    assert (await sign_too(world, consent, "bob")).state is ConsentState.AUTHORISED


async def test_enough_of_several_are_enough(world: PageWorld):
    consent = await lodge(world)
    await sign_first(world, consent, "alice", SigningRule(("c-alice", "c-bob", "c-carol"), 2))
    assert (await sign_too(world, consent, "carol")).state is ConsentState.AUTHORISED
    with pytest.raises(ConsentForeign):
        await sign_too(world, consent, "bob")
    assert await waiting_for(world, "bob") == ()


async def test_each_account_asks_for_its_own_signers(world: PageWorld):
    consent = await lodge(world)
    half = await sign_first(world, consent, "alice", TWO_OF_TWO, SigningRule(("c-alice", "c-carol"), 2))
    assert awaited_of(half.signing_rules, half.signatures) == ("c-bob", "c-carol")
    assert (await sign_too(world, consent, "bob")).state is ConsentState.PARTIALLY_AUTHORISED
    assert (await sign_too(world, consent, "carol")).state is ConsentState.AUTHORISED


async def test_what_is_half_signed_too_long_is_rejected_recorded_or_not(both_world: PageWorld):
    """Each signature begins the wait again."""
    world = both_world
    consent = await lodge(world)
    await sign_first(world, consent, "alice", ALL_THREE)
    world.clock.offset = WAIT - timedelta(seconds=1)
    await sign_too(world, consent, "bob")
    world.clock.offset += WAIT - timedelta(microseconds=1)
    await sweep(world)
    assert (await now(world, consent)).state is ConsentState.PARTIALLY_AUTHORISED
    world.clock.offset += timedelta(microseconds=1)
    assert (await now(world, consent)).effective_state(world.clock.now()) is ConsentState.REJECTED
    with pytest.raises(ConsentForeign):
        await sign_too(world, consent, "carol")
    await sweep(world)
    lapsed = await now(world, consent)
    assert (lapsed.state, lapsed.version) == (ConsentState.REJECTED, 4)
    assert (await world.books.records.events())[-1].kind == "consent.rejected"


@pytest.mark.parametrize("is_whole", [False, True])
async def test_any_signer_may_stop_it_and_its_tpp_withdraw_it(world: PageWorld, is_whole: bool):
    async def signed() -> Consent:
        consent = await lodge(world)
        await sign_first(world, consent, "alice", ALL_THREE)
        await sign_too(world, consent, "bob")
        return await sign_too(world, consent, "carol") if is_whole else consent

    stopped = await signed()
    if not is_whole:
        with pytest.raises(ConsentUnknown):
            await world.store.revoke_by_psu(BRAND, "psu-carol", stopped.id)
    await world.store.revoke_by_psu(BRAND, "psu-bob", stopped.id)
    withdrawn = await signed()
    await world.store.withdraw(BRAND, CLIENT.caller, withdrawn.id)
    assert (await now(world, stopped)).state is ConsentState.REVOKED_BY_PSU
    assert (await now(world, withdrawn)).state is ConsentState.WITHDRAWN_BY_TPP


async def test_the_first_signer_may_sign_again_and_changes_nothing(world: PageWorld):
    """As where the answer to the client was lost. Other accounts are no longer to be chosen."""
    consent = await lodge(world)
    first = await sign_first(world, consent, "alice", ALL_THREE)
    await sign_too(world, consent, "bob")
    again = await sign_first(world, consent, "alice")
    assert (again.state, again.access, again.signing_rules) == (first.state, first.access, first.signing_rules)
    assert [name for name, _ in signers_of(again)] == ["c-bob", "c-alice"]
    assert (await sign_too(world, consent, "carol")).state is ConsentState.AUTHORISED
    assert (await sign_first(world, consent, "alice")).state is ConsentState.AUTHORISED, "and once all have signed"


async def test_other_accounts_and_other_terms_are_not_agreed_to_by_one(world: PageWorld):
    consent = await lodge(world)
    half = await sign_first(world, consent, "alice", ALL_THREE)
    subject = ConsentSubject(world.services, BRAND, consent.id, CLIENT.caller)
    approval = replace(await approval_of(world, consent, "alice"), upstream_ids=())
    with pytest.raises(AccountUnknown):
        await approve(world.services, BRAND, subject, approval, NoAnswer())
    with pytest.raises(ConsentNotAuthorised):
        sign(half, half.signatures[0], (), world.clock.now(), is_amended=True)
    assert await now(world, consent) == half


async def test_an_account_that_goes_away_leaves_nothing_to_sign(world: PageWorld):
    consent = await lodge(world)
    await sign_first(world, consent, "alice", TWO_OF_TWO)
    assert await world.store.remove_account(BRAND, "up-j", AccountRemoval.CLOSED) == 1
    assert (await now(world, consent)).state is ConsentState.REJECTED
    with pytest.raises(ConsentForeign):
        await sign_too(world, consent, "bob")


async def test_other_accounts_of_a_suspended_consent_are_signed_for_by_all(world: PageWorld):
    """Under rules that let it come back."""
    consent = await world.lodge(kind=ConsentKind.VRP, terms=VRP, lodged_as="uk_obie/v4.0")
    await sign_first(world, consent, "alice")
    await world.store.remove_account(BRAND, "up-j", AccountRemoval.CLOSED)
    assert (await now(world, consent)).state is ConsentState.SUSPENDED
    world.clock.advance(timedelta(hours=2))
    half = await sign_first(world, consent, "alice", TWO_OF_TWO)
    assert half.state is ConsentState.PARTIALLY_AUTHORISED
    assert (await sign_too(world, consent, "bob")).state is ConsentState.AUTHORISED
