"""A payment is placed once: the first use of a key is judged, and every other finds what it made."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import AccountAccess, AccountIdentity, AccountReference, ConsentKind, ConsentState
from kernel.banking.money import Money
from kernel.banking.orders import OrderState, RailStatus, Reason
from kernel.commands.idempotency import KEPT
from kernel.errors import (
    BodyTooLarge,
    ConsentExpired,
    ConsentMismatch,
    ConsentNotAuthorised,
    ConsentRevoked,
    ConsentSuspended,
    ConsentUnknown,
    IdempotencyConflict,
    OrderUnknown,
    UpstreamTimedOut,
)
from orders.commands.place import DOCUMENT_BYTES_MAX
from orders.ports import Refused, Reserved
from orders.tables import instructions, order_events, orders
from tests.world.brands import BRAND, START
from tests.world.orders import (
    ACME,
    BOROUGH,
    PAYER,
    TERMS,
    TWO_OF_TWO,
    orders_world,
    request_of,
    signature_of,
    use_of,
)
from tests.world.payments_bank import FakeLedger

CONNECTIONS = 50


async def nothing_happened(world, consent):
    """To the consent as little as to anything else."""
    assert await world.rows(orders) == await world.rows(instructions) == []
    assert (await world.records()).keys == 0
    assert (await world.store.load(BRAND, consent.id)).version == consent.version


async def test_the_account_for_refunds_is_asked_for_once(both_world):
    """A repeat names the first order without the bank, be it after its answer or while it answers no more; another body stays a conflict."""
    world, consent, asked = both_world, await both_world.consent(), []

    async def ask():
        asked.append(consent.id)
        if len(asked) > 1:
            raise UpstreamTimedOut("the bank has gone")
        return AccountIdentifier(Scheme.SORT_CODE, "80200110203345")

    async def place(key, **facts):
        request = request_of(consent, **facts)
        return await world.orders.place(BRAND, ACME, request, use_of(key, ACME), refund_account=ask)

    first = await place("key")
    assert first.refund_account == AccountIdentifier(Scheme.SORT_CODE, "80200110203345")
    assert (await place("key")).id == first.id
    assert asked == [consent.id]
    world.pass_time(KEPT)
    with pytest.raises(UpstreamTimedOut):
        await place("key")


async def test_an_order_uses_its_consent_up_in_one_transaction(both_world):
    world = both_world
    consent = await world.consent()
    order = await world.place(consent)
    used = await world.store.load(BRAND, consent.id)
    assert used.state is ConsentState.CONSUMED
    assert (order.state, order.rail_status, order.version) == (OrderState.RECEIVED, RailStatus.RECEIVED, 1)
    assert (order.terms, order.payer, order.psu_id, order.consent_id) == (TERMS, PAYER, "psu-erin", consent.id)
    assert order.document == b'{"Data": {}}'
    records = await world.records()
    assert records.journal[-2:] == [("consent.consumed", consent.id), ("order.received", order.id)]
    assert {("consent.consumed", consent.id, 2), ("order.received", order.id, 1)} <= set(records.outbox)


async def test_names_and_numbers_are_sealed(world):
    await world.place()
    stored = repr([*await world.rows(orders), *await world.rows(instructions), *await world.rows(order_events)])
    assert all(secret not in stored for secret in ("ACME Inc", "08080021325698", "FRESCO", "up-1", "c-erin"))


async def test_an_order_is_of_the_kind_of_its_consent(both_world):
    """A consent of another product than the caller's operation is about pays nothing."""
    world = both_world
    consent = await world.consent()
    with pytest.raises(ConsentMismatch):
        await world.place(consent, kind=ConsentKind.VRP)
    await nothing_happened(world, consent)
    order = await world.place(consent)
    assert order.kind == (await world.tracked(order.id)).order.kind == ConsentKind.PAYMENT
    assert [body["kind"] for body in await world.bodies(order.id)] == [ConsentKind.PAYMENT]


async def test_an_order_of_before_kinds_were_written_is_a_payment(both_world):
    world = both_world
    order = await world.place()
    place = ("orders", "details", BRAND.name, order.id)
    (row,) = await world.rows(orders)
    details = msgspec.json.decode(world.room.sealer.open(row.details, *place))
    del details["kept"]["kind"]
    earlier = world.room.sealer.seal(msgspec.json.encode(details), *place)
    await world.database.write(lambda connection: connection.execute(orders.update().values(details=earlier)))
    assert (await world.tracked(order.id)).order.kind == ConsentKind.PAYMENT


async def test_fifty_connections_with_one_key_place_one_order_and_all_name_it(both_world):
    """DESIGN section 7: concurrent first uses serialize."""
    world = both_world
    consent = await world.consent()
    placed = await asyncio.gather(*(world.place(consent) for _ in range(CONNECTIONS)))
    assert len({order.id for order in placed}) == len(await world.rows(orders)) == 1


async def test_a_repeat_is_judged_by_nothing_but_its_key(world):
    """Long after the consent has been used and has ended, and though the bank would refuse it now."""
    consent = await world.consent(valid_until=START + timedelta(hours=1))
    first = await world.place(consent)
    world.pass_time(timedelta(hours=2))
    again = await world.place(consent, terms=msgspec.structs.replace(TERMS, remittance="another"))
    assert again.id == first.id
    assert len(await world.rows(orders)) == 1


async def test_a_repeat_finds_the_order_as_it_is_now(world):
    consent = await world.consent()
    await world.work_out((await world.place(consent)).id)
    assert (await world.place(consent)).state is OrderState.SETTLED


async def test_another_body_under_the_key_is_refused(world):
    consent = await world.consent()
    await world.place(consent)
    with pytest.raises(IdempotencyConflict):
        await world.orders.place(BRAND, ACME, request_of(consent), use_of(consent.id, body="another"))
    assert len(await world.rows(orders)) == 1


async def test_two_keys_cannot_use_one_consent_twice(both_world):
    world = both_world
    consent = await world.consent()
    answers = await asyncio.gather(*(world.place(consent, key=f"key-{n}") for n in range(8)), return_exceptions=True)
    assert len([each for each in answers if not isinstance(each, BaseException)]) == len(await world.rows(orders)) == 1
    assert {type(each) for each in answers if isinstance(each, BaseException)} == {ConsentNotAuthorised}


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        (ConsentState.AWAITING, ConsentNotAuthorised),
        (ConsentState.PARTIALLY_AUTHORISED, ConsentNotAuthorised),
        (ConsentState.REJECTED, ConsentNotAuthorised),
        (ConsentState.CONSUMED, ConsentNotAuthorised),
        (ConsentState.SUSPENDED, ConsentSuspended),
        (ConsentState.REVOKED_BY_PSU, ConsentRevoked),
        (ConsentState.WITHDRAWN_BY_TPP, ConsentUnknown),
        (ConsentState.EXPIRED, ConsentExpired),
    ],
)
async def test_nothing_is_placed_under_a_consent_that_is_not_authorised(world, state, problem):
    consent = await world.consent(state=state)
    with pytest.raises(problem):
        await world.place(consent)
    await nothing_happened(world, consent)


async def test_nothing_is_placed_under_a_consent_that_has_run_out(world):
    consent = await world.consent(valid_until=START)
    with pytest.raises(ConsentExpired):
        await world.place(consent)
    await nothing_happened(world, consent)


async def test_nothing_is_placed_under_another_callers_consent(world):
    consent = await world.consent()
    with pytest.raises(ConsentUnknown):
        await world.place(consent, caller=BOROUGH)
    await nothing_happened(world, consent)


async def test_nothing_is_placed_under_a_consent_of_another_kind(world):
    consent = await world.consent(kind=ConsentKind.VRP)
    with pytest.raises(ConsentMismatch):
        await world.place(consent)
    await nothing_happened(world, consent)


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": Money("GBP", 16_589)},
        {"amount": Money("GBP", 16_587)},
        {"amount": Money("EUR", 16_588)},
        {"creditor_name": "ACME Ltd"},
        {"creditor_account": AccountIdentifier(Scheme.SORT_CODE, "08080021325699")},
        {"creditor_account": AccountIdentifier(Scheme.IBAN, "08080021325698")},
        {"creditor_bic": "ACMEGB22"},
        {"remittance": None},
        {"end_to_end_id": "FRESCO.21302.GFX.21"},
    ],
    ids=str,
)
async def test_an_order_is_exactly_what_was_agreed_to(world, changed):
    consent = await world.consent()
    with pytest.raises(ConsentMismatch):
        await world.place(consent, terms=msgspec.structs.replace(TERMS, **changed))
    await nothing_happened(world, consent)


async def test_an_order_may_name_what_its_consent_does_not(world):
    """The payer's own id of a payment, and the TPP's."""
    agreed = msgspec.structs.replace(TERMS, end_to_end_id=None)
    named = msgspec.structs.replace(TERMS, instruction_id="ACME412")
    order = await world.place(await world.consent(terms=agreed), terms=named)
    assert (order.terms.end_to_end_id, order.terms.instruction_id) == (TERMS.end_to_end_id, "ACME412")


async def test_an_order_may_name_the_account_that_its_payer_chose_and_no_other(world):
    """Where the consent left it open."""
    named = AccountIdentifier(Scheme.SORT_CODE, "11280001234567")
    chosen = AccountIdentity(((Scheme.IBAN.value, "GB1"), (Scheme.SORT_CODE.value, named.identification)), "GBP")
    terms = msgspec.structs.replace(TERMS, debtor_account=named)
    order = await world.place(await world.consent(access=(AccountAccess(PAYER, frozenset(), chosen),)), terms=terms)
    assert order.terms.debtor_account == named


@pytest.mark.parametrize(
    "chosen", [AccountIdentity(((Scheme.SORT_CODE.value, "11280001234568"),), "GBP"), None], ids=["another", "unknown"]
)
async def test_an_order_names_no_account_that_its_payer_did_not_choose(world, chosen):
    terms = msgspec.structs.replace(TERMS, debtor_account=AccountIdentifier(Scheme.SORT_CODE, "11280001234567"))
    consent = await world.consent(access=(AccountAccess(PAYER, frozenset(), chosen),))
    with pytest.raises(ConsentMismatch):
        await world.place(consent, terms=terms)
    await nothing_happened(world, consent)


async def test_an_order_never_names_another_account_than_was_fixed(world):
    fixed = msgspec.structs.replace(TERMS, debtor_account=AccountIdentifier(Scheme.SORT_CODE, "11280001234567"))
    other = msgspec.structs.replace(TERMS, debtor_account=AccountIdentifier(Scheme.SORT_CODE, "11280001234568"))
    consent = await world.consent(terms=fixed)
    with pytest.raises(ConsentMismatch):
        await world.place(consent, terms=other)
    await nothing_happened(world, consent)


@pytest.mark.parametrize("paying", [(), (PAYER, AccountReference("account-2", "up-2"))], ids=["none", "two"])
async def test_one_account_pays(world, paying):
    consent = await world.consent(access=tuple(AccountAccess(each, frozenset()) for each in paying))
    with pytest.raises(ConsentMismatch):
        await world.place(consent)
    await nothing_happened(world, consent)


async def test_a_document_is_limited(world):
    consent = await world.consent()
    with pytest.raises(BodyTooLarge):
        await world.place(consent, document=b"x" * (DOCUMENT_BYTES_MAX + 1))
    await nothing_happened(world, consent)


async def test_an_order_that_lacks_a_signature_waits_for_it(world):
    order = await world.half_signed()
    assert (order.state, order.rail_status) == (OrderState.AWAITING_AUTHORISATION, RailStatus.PARTIALLY_SIGNED)
    assert (order.signatures_missing, order.awaited_customers) == (1, ("c-frank",))
    assert await world.claim() == ()


async def test_an_order_that_all_have_signed_does_not_wait(world):
    both = (signature_of("erin"), signature_of("frank"))
    order = await world.place(await world.consent(signing_rules=(TWO_OF_TWO,), signatures=both))
    assert order.state is OrderState.RECEIVED


async def test_an_order_for_later_waits_by_business_time(world):
    order = await world.place(execute_at=START + timedelta(days=1))
    assert (order.state, order.rail_status) == (OrderState.SCHEDULED, RailStatus.PENDING)
    assert await world.claim() == ()


@pytest.mark.parametrize(
    ("answer", "state", "reason", "rail"),
    [
        (Reserved("a_rail"), OrderState.ACCEPTED, None, "a_rail"),
        (Refused(Reason.FUNDS_INSUFFICIENT), OrderState.REJECTED, Reason.FUNDS_INSUFFICIENT, ""),
    ],
    ids=["held", "refused"],
)
async def test_a_ledger_of_the_same_database_holds_the_amount_within_the_transaction(
    migrated_sqlite_url, answer, state, reason, rail
):
    async with orders_world(migrated_sqlite_url, reserve=FakeLedger(answer)) as world:
        order = await world.place()
        assert (order.state, order.reason, order.rail, order.version) == (state, reason, rail, 2)
        await world.work_out(order.id)
        assert "reserve" not in world.bank.questions(order.id)


async def test_an_order_is_read_by_its_owner_alone(world):
    order = await world.place()
    assert await world.orders.read(BRAND, ACME, order.id) == order
    for caller, order_id in ((BOROUGH, order.id), (ACME, "another")):
        with pytest.raises(OrderUnknown):
            await world.orders.read(BRAND, caller, order_id)
