"""plugins/upstreams/built_in_payments.py: accounts that change between the hold and the entry, and a rail that is silent or contradicts
itself. That it keeps the promises of the port is held by tests/contracts/test_payments_upstream.py."""

import json
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer, RailStatus, Reason
from kernel.clock import ManualClock
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from orders.ports import Progress, Refused, Reserved
from plugins.ledger.documents import Identity
from plugins.ledger.refusals import EntryRefused, EntryRepeated, HoldMismatched
from plugins.ledger.verify import find_discrepancies
from plugins.rails.choice import Rails
from plugins.rails.faster_payments.rules import FASTER_PAYMENTS
from plugins.rails.international.rules import INTERNATIONAL
from plugins.rails.ports import RailReport, RailSilent
from plugins.upstreams.built_in_payments import HAND_OVER_MAX
from tests.harness.books.books import Books
from tests.harness.damage.bank import lead, redirect, share_number
from tests.harness.payment_banks import BRAND, GOOD_PAYEE, NOW, bank_with_rail

FUNDS, AMOUNT = 10_000, 2_500
OURS = AccountIdentifier(Scheme.SORT_CODE, "00997155555555", "Bob Baker")
CLEARING, BREAKS = "internal:rail:faster_payments:clearing:GBP", "internal:suspense:breaks:GBP"


def transfer_to(payee: AccountIdentifier) -> CreditTransfer:
    return CreditTransfer(
        order_id="order",
        uetr="uetr",
        payer_account="payer",
        amount=Money("GBP", AMOUNT),
        creditor_name="Bob",
        creditor_account=payee,
    )


class Script:
    """A rail that says one word after the other, and RailSilent between them."""

    name, pace = FASTER_PAYMENTS.name, FASTER_PAYMENTS.pace

    def __init__(self, *words: RailStatus | None) -> None:
        self.words = list(words)
        self.empty = False  # nothing was sent to it yet
        self.sent: list[str] = []
        self.refused: Reason | None = None

    def refuses(self, amount):
        return self.refused

    async def submit(self, payment):
        self.sent.append(payment.uetr)
        return await self._say(payment.uetr)

    async def status(self, uetr):
        return None if self.empty and not self.sent else await self._say(uetr)

    async def _say(self, uetr):
        word = self.words.pop(0)
        if word is None:
            raise RailSilent("silent")
        return RailReport(uetr=uetr, status=word, at=NOW, reason=Reason.AGENT_OFFLINE if word is RailStatus.REJECTED else None)


@pytest.fixture
async def bank(migrated_url):
    async with bank_with_rail(migrated_url, Rails.of(Script()), ManualClock(NOW)) as bank:
        await bank.open_account(BRAND, "payer", FUNDS)
        yield bank
        async with bank.ledger.database.snapshot() as connection:
            assert await find_discrepancies(connection, BRAND.name) == []


async def balances(bank, *account_ids):
    return await Books(bank.ledger.database.read).bank.balances(BRAND.name, *account_ids)


def rail_of(bank):
    return bank.upstream.rails.by_name[FASTER_PAYMENTS.name]


def following(bank, *words):
    """The bank's payments, once the rail will say these words."""
    rail_of(bank).words = list(words)
    return bank.upstream


async def close(bank, account_id):
    await bank.ledger.close(BRAND, account_id, NOW)


async def test_a_payee_that_was_closed_before_the_entry_is_paid_nothing(bank):
    await bank.ledger.open_account(BRAND, "ours", identity=Identity((OURS,)))
    await bank.upstream.reserve(BRAND, transfer_to(OURS))
    await close(bank, "ours")
    for _ in range(2):
        progress = await bank.upstream.submit(BRAND, transfer_to(OURS))
        assert (progress.status, progress.reason) == (RailStatus.REJECTED, Reason.CREDITOR_ACCOUNT_CLOSED)
    assert await balances(bank, "payer", "ours") == {"payer": (FUNDS, 0), "ours": (0, 0)}


async def test_a_payee_of_ours_in_another_currency_is_paid_nothing(bank):
    await bank.ledger.open_account(BRAND, "ours", identity=Identity((OURS,)), currency="EUR")
    progress = await bank.upstream.submit(BRAND, transfer_to(OURS))
    assert (progress.status, progress.reason) == (RailStatus.REJECTED, Reason.CURRENCY_NOT_ALLOWED)
    assert await balances(bank, "payer", "ours") == {"payer": (FUNDS, 0), "ours": (0, 0)}


async def test_a_payer_that_was_closed_before_a_book_transfer_pays_nothing(bank):
    await bank.ledger.open_account(BRAND, "ours", identity=Identity((OURS,)))
    await bank.upstream.reserve(BRAND, transfer_to(OURS))
    await close(bank, "payer")
    progress = await bank.upstream.submit(BRAND, transfer_to(OURS))
    assert (progress.status, progress.reason) == (RailStatus.REJECTED, Reason.ACCOUNT_CLOSED)
    assert await balances(bank, "payer", "ours") == {"payer": (FUNDS, 0), "ours": (0, 0)}


@pytest.mark.parametrize("fault", [EntryRefused, EntryRepeated, HoldMismatched, UpstreamFailed])
async def test_a_fault_of_the_ledger_rejects_nothing(bank, fault):
    """A right that is missing, or a migration that has run by half: the payment is made once that is mended."""

    class Faulty:
        async def post(self, *_posted):
            raise fault("a fault")

    await bank.ledger.open_account(BRAND, "ours", identity=Identity((OURS,)))
    with pytest.raises(UpstreamFailed):
        await replace(bank.upstream, poster=Faulty()).submit(BRAND, transfer_to(OURS))
    assert await balances(bank, "payer", "ours") == {"payer": (FUNDS, AMOUNT), "ours": (0, 0)}
    assert (await bank.upstream.submit(BRAND, transfer_to(OURS))).status is RailStatus.CREDITED


async def test_a_payer_that_is_closed_reserves_nothing(bank):
    await close(bank, "payer")
    assert (await bank.upstream.reserve(BRAND, transfer_to(GOOD_PAYEE))).reason is Reason.ACCOUNT_CLOSED


async def test_what_the_rail_paid_for_a_payer_closed_since_is_found_among_the_breaks_once(bank):
    """The other bank has the money: the clearing account says so, also where the payer's is closed or gone."""
    await bank.upstream.reserve(BRAND, transfer_to(GOOD_PAYEE))
    await close(bank, "payer")
    upstream = following(bank, RailStatus.NOT_POSTED, RailStatus.NOT_POSTED, RailStatus.CREDITED)
    for status in (RailStatus.NOT_POSTED, RailStatus.NOT_POSTED, RailStatus.CREDITED):
        assert (await upstream.submit(BRAND, transfer_to(GOOD_PAYEE))).status is status
    expected = {"payer": (FUNDS, 0), CLEARING: (AMOUNT, 0), BREAKS: (-AMOUNT, 0)}
    assert await balances(bank, "payer", CLEARING, BREAKS) == expected


async def test_a_silent_rail_leaves_the_amount_held_until_it_answers(bank):
    upstream = following(bank, None, None, RailStatus.CREDITED)
    for _ in range(2):
        with pytest.raises(UpstreamTimedOut):
            await upstream.submit(BRAND, transfer_to(GOOD_PAYEE))
        assert await balances(bank, "payer") == {"payer": (FUNDS, AMOUNT)}
    assert (await upstream.status(BRAND, "order")).status is RailStatus.CREDITED
    assert await balances(bank, "payer") == {"payer": (FUNDS - AMOUNT, 0)}


async def test_a_word_that_comes_late_takes_nothing_back(bank):
    """The report of a question that was asked earlier, and answered after the end was known."""
    upstream = following(bank, RailStatus.CREDITED)
    await upstream.submit(BRAND, transfer_to(GOOD_PAYEE))
    for late in (RailStatus.IN_PROCESS, RailStatus.NOT_POSTED, RailStatus.REJECTED):
        assert (await upstream._record(BRAND, "order", Progress(status=late, at=NOW))).status is RailStatus.CREDITED
    assert (await upstream.status(BRAND, "order")).status is RailStatus.CREDITED


async def test_a_rail_that_refuses_what_it_paid_does_not_undo_the_entry(bank):
    """The first worker was killed once the entry was booked, and before the word was written down."""
    transfer = transfer_to(GOOD_PAYEE)
    upstream = following(bank, None, RailStatus.REJECTED)
    with pytest.raises(UpstreamTimedOut):
        await upstream.submit(BRAND, transfer)
    await upstream._book_paid(BRAND, transfer, rail_of(bank))
    assert (await upstream.status(BRAND, "order")).status is RailStatus.SETTLED
    assert await balances(bank, "payer", CLEARING) == {"payer": (FUNDS - AMOUNT, 0), CLEARING: (AMOUNT, 0)}


async def test_what_a_rail_pays_after_it_refused_it_is_found_among_the_breaks_once(bank):
    transfer = transfer_to(GOOD_PAYEE)
    upstream = following(bank, RailStatus.REJECTED)
    assert (await upstream.submit(BRAND, transfer)).status is RailStatus.REJECTED
    for _ in range(2):
        await upstream._book_paid(BRAND, transfer, rail_of(bank))
    assert (await upstream._record(BRAND, "order", Progress(status=RailStatus.CREDITED, at=NOW))).status is RailStatus.REJECTED
    expected = {"payer": (FUNDS, 0), CLEARING: (AMOUNT, 0), BREAKS: (-AMOUNT, 0)}
    assert await balances(bank, "payer", CLEARING, BREAKS) == expected


async def lost_on_its_way(bank, payee=GOOD_PAYEE):
    """The transfer of a submission whose process died before it handed it over."""
    transfer, upstream = transfer_to(payee), following(bank)
    await upstream._write(lambda connection: upstream.reservations.submit(connection, BRAND, transfer))
    return transfer


@pytest.fixture
async def waiting(bank):
    """The bank with an empty rail that counts what it is sent."""
    rail_of(bank).empty = True
    await bank.ledger.open_account(BRAND, "ours", identity=Identity((OURS,)))
    return bank


@pytest.mark.parametrize("payee", [GOOD_PAYEE, OURS], ids=["rail", "book"])
async def test_a_question_sends_nothing(waiting, payee):
    transfer = await lost_on_its_way(waiting, payee)
    upstream = waiting.upstream
    assert await upstream.status(BRAND, transfer.order_id) is None
    await upstream.cancel(BRAND, transfer.order_id)
    assert await upstream.status(BRAND, transfer.order_id) in (None, await upstream.cancel(BRAND, transfer.order_id))
    assert rail_of(waiting).sent == []
    assert (await balances(waiting, "payer"))["payer"][0] == FUNDS


@pytest.mark.parametrize("payee", [GOOD_PAYEE, OURS], ids=["rail", "book"])
async def test_what_was_handed_over_never_is_cancelled_once_it_is_under_way_nowhere(waiting, payee):
    transfer, upstream = await lost_on_its_way(waiting, payee), waiting.upstream
    if payee is GOOD_PAYEE:
        assert (await upstream.cancel(BRAND, transfer.order_id)).status is RailStatus.IN_PROCESS
        assert await balances(waiting, "payer") == {"payer": (FUNDS, AMOUNT)}
        upstream.clock.advance(HAND_OVER_MAX)
    for question in (upstream.cancel, upstream.status):
        assert (await question(BRAND, transfer.order_id)).status is RailStatus.CANCELLED
    assert (await upstream.submit(BRAND, transfer)).status is RailStatus.CANCELLED
    assert rail_of(waiting).sent == []
    assert await balances(waiting, "payer", "ours") == {"payer": (FUNDS, 0), "ours": (0, 0)}


@pytest.mark.parametrize("payee", [GOOD_PAYEE, OURS], ids=["rail", "book"])
async def test_what_was_handed_over_never_is_handed_over_by_the_next_submission(waiting, payee):
    transfer, upstream = await lost_on_its_way(waiting, payee), waiting.upstream
    rail_of(waiting).words = [RailStatus.CREDITED]
    assert (await upstream.submit(BRAND, transfer)).status is RailStatus.CREDITED
    assert rail_of(waiting).sent == ([transfer.uetr] if payee is GOOD_PAYEE else [])
    assert await balances(waiting, "payer") == {"payer": (FUNDS - AMOUNT, 0)}


async def test_an_unknown_account_under_our_own_sort_code_is_paid_by_no_rail(waiting):
    for number in (replace_number(OURS, "00997199999999"), AccountIdentifier(Scheme.IBAN, "GB33PTCL00997199999999")):
        transfer = msgspec.structs.replace(transfer_to(number), order_id=number.identification)
        assert await waiting.upstream.reserve(BRAND, transfer) == Refused(Reason.CREDITOR_ACCOUNT_WRONG)
        assert (await waiting.upstream.submit(BRAND, transfer)).reason is Reason.CREDITOR_ACCOUNT_WRONG
    assert rail_of(waiting).sent == []
    assert await balances(waiting, "payer") == {"payer": (FUNDS, 0)}


async def test_what_the_rail_does_not_carry_is_refused_before_anything_is_held(waiting):
    rail_of(waiting).refused = Reason.AMOUNT_ABOVE_SETTLEMENT_LIMIT
    above = msgspec.structs.replace(transfer_to(GOOD_PAYEE), amount=Money("GBP", FUNDS + 1))
    assert await waiting.upstream.reserve(BRAND, above) == Refused(Reason.AMOUNT_ABOVE_SETTLEMENT_LIMIT)
    assert await waiting.upstream.reserve(BRAND, above) == Refused(Reason.AMOUNT_ABOVE_SETTLEMENT_LIMIT)
    ours = msgspec.structs.replace(transfer_to(OURS), order_id="ours")
    assert await waiting.upstream.reserve(BRAND, ours) == Reserved()  # which no rail carries


async def test_a_limit_that_comes_after_the_reservation_leaves_it(waiting):
    transfer = transfer_to(GOOD_PAYEE)
    await waiting.upstream.reserve(BRAND, transfer)
    rail_of(waiting).refused = Reason.AMOUNT_ABOVE_SETTLEMENT_LIMIT
    assert await waiting.upstream.reserve(BRAND, transfer) == Reserved()


def replace_number(number, identification):
    return msgspec.structs.replace(number, identification=identification)


async def test_the_word_of_the_rail_keeps_its_instant_and_its_bytes(bank):
    upstream = following(bank, RailStatus.CREDITED)
    upstream.clock.advance(timedelta(hours=1))
    heard = await upstream.submit(BRAND, transfer_to(GOOD_PAYEE))
    assert (heard.at, json.loads(heard.message)["uetr"]) == (NOW, "uetr")
    assert (await upstream.status(BRAND, "order")).at == NOW


class Faulty:
    """A poster that books nothing: a transfer stays submitted."""

    async def post(self, brand, entry, transfer=None):
        raise UpstreamFailed("a fault")


class Carrier(Script):
    """A rail that carries every payment that it is sent, and has been sent none."""

    async def status(self, uetr):
        return None

    async def submit(self, payment):
        return RailReport(uetr=payment.uetr, status=RailStatus.CREDITED, at=NOW)


class OtherRail(Carrier):
    name = INTERNATIONAL.name


@pytest.mark.parametrize("what", ["the number", "the payee", "the route"])
async def test_a_payment_that_is_redirected_in_the_database_pays_no_one_until_that_is_mended(bank, what):
    await bank.ledger.open_account(BRAND, "ours", identity=Identity((OURS,)))
    await bank.ledger.open_account(BRAND, "mallory")
    with pytest.raises(UpstreamFailed):
        await replace(bank.upstream, poster=Faulty()).submit(BRAND, transfer_to(OURS))
    await redirect(bank.ledger.database, what, "mallory")
    with pytest.raises(UpstreamFailed):
        await replace(bank.upstream, rails=Rails.of(Carrier())).submit(BRAND, transfer_to(OURS))
    assert await balances(bank, "payer", "ours", "mallory") == {"payer": (FUNDS, AMOUNT), "ours": (0, 0), "mallory": (0, 0)}
    await redirect(bank.ledger.database, what, "ours", is_mended=True)
    assert (await bank.upstream.submit(BRAND, transfer_to(OURS))).status is RailStatus.CREDITED


async def test_a_payment_that_is_led_to_another_rail_is_carried_by_none_until_that_is_mended(bank):
    """It may be under way on the first: another that never had it would carry it again."""
    upstream, rail = following(bank, None, RailStatus.CREDITED), rail_of(bank)
    both = replace(upstream, rails=Rails.of(rail, OtherRail()))
    with pytest.raises(UpstreamTimedOut):
        await both.submit(BRAND, transfer_to(GOOD_PAYEE))
    await lead(bank.ledger.database, OtherRail.name)
    for question in (both.submit(BRAND, transfer_to(GOOD_PAYEE)), both.status(BRAND, "order")):
        with pytest.raises(UpstreamFailed):
            await question
    assert rail.sent == ["uetr"]
    await lead(bank.ledger.database, rail.name)
    assert (await both.submit(BRAND, transfer_to(GOOD_PAYEE))).status is RailStatus.CREDITED
    assert rail.sent == ["uetr"]


async def test_a_second_account_under_a_number_that_is_not_its_own_is_passed_over(bank):
    await bank.ledger.open_account(BRAND, "ours", identity=Identity((OURS,)))
    await bank.ledger.open_account(BRAND, "mallory")
    await share_number(bank.ledger.database, "ours", "mallory")
    assert (await bank.upstream.submit(BRAND, transfer_to(OURS))).status is RailStatus.CREDITED
    assert await balances(bank, "ours", "mallory") == {"ours": (AMOUNT, 0), "mallory": (0, 0)}


async def test_each_rail_has_a_pace_of_its_own(bank):
    """A payment within the bank ends at once; one to another bank has the time of its scheme."""
    own, other = (bank.upstream.pace_of(transfer_to(payee)) for payee in (OURS, GOOD_PAYEE))
    assert other == FASTER_PAYMENTS.pace
    assert own.final_within < other.final_within
