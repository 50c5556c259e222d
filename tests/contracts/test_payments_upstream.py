"""The contract of every payments upstream (orders/ports.py: PaymentsUpstream). An implementation joins by a bank in
tests/harness/payment_banks.py: the means to open accounts in it, and to see what is held and booked on them."""

import asyncio
import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.abroad.exchange import AskedRate, ChargeBearer, Quote, QuoteRequest, RateType, Unquoted, check_quote
from kernel.banking.money import Money
from kernel.banking.orders import PAID_STATUSES, REFUSED_STATUSES, CreditTransfer, RailStatus, Reason, contradicts
from kernel.banking.payee_checks import PayeeMatch
from kernel.ids import RandomIds
from orders.ports import Progress, Refused, Reserved, Resolution
from tests.harness.patience import PATIENCE_SECONDS
from tests.harness.payment_banks import (
    BRAND,
    GOOD_PAYEE,
    HOLDER,
    NAMED_PAYEE,
    OTHER,
    PENDING_PAYEE,
    REJECTED_PAYEE,
    PaymentsBank,
)
from tests.world.abroad import IBAN

PAYER = "payer"
FUNDS = 100_000
ids = RandomIds()


def transfer_of(payee=GOOD_PAYEE, minor=2_500, **facts) -> CreditTransfer:
    """A payment of an order that no bank has seen."""
    given_facts = {
        "order_id": ids.uuid(),
        "uetr": ids.uuid(),
        "payer_account": PAYER,
        "amount": Money("GBP", minor),
        "creditor_name": HOLDER,
        "creditor_account": payee,
        "remittance": "FLAT 4",
        "end_to_end_id": "RENT-2026-07",
    }
    return CreditTransfer(**given_facts | facts)


async def reserved(bank: PaymentsBank, **facts) -> CreditTransfer:
    """An order for which the amount is held."""
    transfer = transfer_of(**facts)
    assert await bank.upstream.reserve(BRAND, transfer) == Reserved()
    return transfer


async def last_word(bank: PaymentsBank, order_id: str) -> Progress:
    """The progress of a submitted payment, once it has come to its end."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            progress = await bank.upstream.status(BRAND, order_id)
            assert progress is not None
            if progress.status in PAID_STATUSES | REFUSED_STATUSES:
                return progress
            await bank.settle()


async def money(bank: PaymentsBank) -> tuple[int, int]:
    """The amounts booked and held on the payer's account."""
    return await bank.booked(BRAND, PAYER), await bank.held(BRAND, PAYER)


@pytest.fixture(autouse=True)
async def _account(bank: PaymentsBank) -> None:
    await bank.open_account(BRAND, PAYER, FUNDS)


# quote
EUROS = QuoteRequest(
    amount=Money("EUR", 1_000),
    currency="EUR",
    bearer=ChargeBearer.SHARED,
    rate=AskedRate(type=RateType.ACTUAL, unit_currency="GBP"),
    is_binding=True,
)


async def quoted(bank: PaymentsBank, asked: QuoteRequest = EUROS) -> Quote:
    quote = await bank.upstream.quote(BRAND, asked)
    assert isinstance(quote, Quote)
    check_quote(quote, asked)
    return quote


def abroad(quote: Quote, iban: str = IBAN.identification) -> CreditTransfer:
    cross_border = CrossBorder(currency="EUR", rate=EUROS.rate, country="DE", quote=quote)
    return transfer_of(replace(IBAN, identification=iban), quote.debit.minor, cross_border=cross_border)


async def test_a_payment_abroad_takes_what_its_quote_debits_and_no_more(bank):
    quote = await quoted(bank)
    transfer = abroad(quote)
    assert await bank.upstream.reserve(BRAND, transfer) == Reserved()
    assert await money(bank) == (FUNDS, quote.debit.minor)
    for _ in range(2):
        await bank.upstream.submit(BRAND, transfer)
    assert (await last_word(bank, transfer.order_id)).status is RailStatus.CREDITED
    assert await money(bank) == (FUNDS - quote.debit.minor, 0)


async def test_a_quote_is_used_by_one_order(bank):
    quote = await quoted(bank)
    first, second = abroad(quote), abroad(quote)
    for _ in range(2):
        assert await bank.upstream.reserve(BRAND, first) == Reserved()
        assert isinstance(await bank.upstream.reserve(BRAND, second), Refused)
    assert await money(bank) == (FUNDS, quote.debit.minor)


@pytest.mark.parametrize("change", ["bought", "id"])
async def test_a_quote_that_the_bank_did_not_give_holds_nothing(bank, change):
    given = await quoted(bank)
    other = {"bought": Money("EUR", 100_000), "id": ids.uuid()}[change]
    assert isinstance(await bank.upstream.reserve(BRAND, abroad(replace(given, **{change: other}))), Refused)
    assert await money(bank) == (FUNDS, 0)


async def test_a_currency_that_is_not_exchanged_has_no_quote(bank):
    assert await bank.upstream.quote(BRAND, replace(EUROS, amount=Money("XAF", 1_000), currency="XAF")) is Unquoted.CURRENCY


async def test_an_estimate_binds_no_bank(bank):
    asked = replace(EUROS, rate=AskedRate(type=RateType.INDICATIVE, unit_currency="GBP"), is_binding=False)
    estimate = await quoted(bank, asked)
    assert estimate.expires_at is None
    assert isinstance(await bank.upstream.reserve(BRAND, abroad(estimate)), Refused)


# reserve
async def test_a_reservation_holds_the_amount_and_books_nothing(bank):
    transfer = await reserved(bank)
    assert await money(bank) == (FUNDS, 2_500)
    assert await bank.upstream.status(BRAND, transfer.order_id) is None


async def test_a_repeated_reservation_holds_nothing_more(bank):
    transfer = await reserved(bank)
    for _ in range(3):
        assert await bank.upstream.reserve(BRAND, transfer) == Reserved()
    assert await money(bank) == (FUNDS, 2_500)


async def test_a_reservation_beyond_the_funds_is_refused_and_stays_refused(bank):
    first = await reserved(bank, minor=FUNDS - 100)
    transfer = transfer_of(minor=101)
    assert await bank.upstream.reserve(BRAND, transfer) == Refused(Reason.FUNDS_INSUFFICIENT)
    assert await money(bank) == (FUNDS, FUNDS - 100)
    await bank.upstream.release(BRAND, first.order_id)
    assert isinstance(await bank.upstream.reserve(BRAND, transfer), Refused)
    assert await money(bank) == (FUNDS, 0)


async def test_reservations_share_the_funds_of_an_account(bank):
    """Together they hold no more than there is."""
    transfers = [transfer_of(minor=FUNDS // 4) for _ in range(6)]
    answers = await asyncio.gather(*(bank.upstream.reserve(BRAND, each) for each in transfers))
    assert sum(answer == Reserved() for answer in answers) == 4
    assert await money(bank) == (FUNDS, FUNDS)


async def test_a_reservation_that_arrives_after_its_order_was_released_is_refused(bank):
    transfer = transfer_of()
    await bank.upstream.release(BRAND, transfer.order_id)
    assert isinstance(await bank.upstream.reserve(BRAND, transfer), Refused)
    assert await money(bank) == (FUNDS, 0)


async def test_a_reservation_that_arrives_after_its_payment_was_made_holds_nothing(bank):
    transfer = await reserved(bank)
    await bank.upstream.submit(BRAND, transfer)
    await last_word(bank, transfer.order_id)
    await bank.upstream.reserve(BRAND, transfer)
    assert await money(bank) == (FUNDS - 2_500, 0)


async def test_an_unknown_account_holds_nothing(bank):
    assert isinstance(await bank.upstream.reserve(BRAND, transfer_of(payer_account="unknown")), Refused)


# submit
async def test_a_payment_is_booked_and_what_was_held_for_it_is_let_go(bank):
    transfer = await reserved(bank)
    progress = await bank.upstream.submit(BRAND, transfer)
    assert progress.status not in REFUSED_STATUSES
    assert (await last_word(bank, transfer.order_id)).status in PAID_STATUSES
    assert await money(bank) == (FUNDS - 2_500, 0)


@pytest.mark.parametrize("payee", [GOOD_PAYEE, PENDING_PAYEE], ids=["at_once", "pending"])
async def test_a_repeated_submission_carries_out_once(bank, payee):
    transfer = await reserved(bank, payee=payee)
    for _ in range(3):
        assert (await bank.upstream.submit(BRAND, transfer)).status not in REFUSED_STATUSES
    await last_word(bank, transfer.order_id)
    assert (await bank.upstream.submit(BRAND, transfer)).status in PAID_STATUSES
    assert await money(bank) == (FUNDS - 2_500, 0)


async def test_a_payment_that_is_refused_books_nothing_and_says_why(bank):
    transfer = await reserved(bank, payee=REJECTED_PAYEE)
    await bank.upstream.submit(BRAND, transfer)
    last = await last_word(bank, transfer.order_id)
    assert (last.status, last.reason) == (RailStatus.REJECTED, Reason.CREDITOR_ACCOUNT_WRONG)
    assert (await bank.upstream.submit(BRAND, transfer)).status is RailStatus.REJECTED
    await bank.upstream.release(BRAND, transfer.order_id)
    assert await money(bank) == (FUNDS, 0)


@pytest.mark.parametrize("end", ["cancel", "release"])
async def test_a_submission_that_arrives_after_its_order_was_ended_is_refused_and_carries_out_nothing(bank, end):
    transfer = await reserved(bank)
    await getattr(bank.upstream, end)(BRAND, transfer.order_id)
    for _ in range(2):
        assert (await bank.upstream.submit(BRAND, transfer)).status in REFUSED_STATUSES
    await bank.settle()
    assert (await last_word(bank, transfer.order_id)).status in REFUSED_STATUSES
    await bank.upstream.release(BRAND, transfer.order_id)
    assert await money(bank) == (FUNDS, 0)


@pytest.mark.parametrize("end", ["cancel", "release"])
async def test_an_order_that_was_ended_before_anything_of_it_arrived_is_carried_out_never(bank, end):
    transfer = transfer_of()
    await getattr(bank.upstream, end)(BRAND, transfer.order_id)
    await bank.upstream.reserve(BRAND, transfer)
    assert (await bank.upstream.submit(BRAND, transfer)).status in REFUSED_STATUSES
    await bank.settle()
    await bank.upstream.release(BRAND, transfer.order_id)
    assert await money(bank) == (FUNDS, 0)


async def test_a_payment_that_is_under_way_keeps_its_money_though_it_is_released(bank):
    """Only a core that lost track would ask so; the money of a payment on its way is not free."""
    transfer = await reserved(bank, payee=PENDING_PAYEE)
    await bank.upstream.submit(BRAND, transfer)
    await bank.upstream.release(BRAND, transfer.order_id)
    booked, held = await money(bank)
    last = await last_word(bank, transfer.order_id)
    paid = last.status in PAID_STATUSES
    assert booked - held == FUNDS - 2_500 or not paid
    assert await money(bank) == (FUNDS - 2_500 if paid else FUNDS, 0)


# status and cancel
async def test_an_order_of_which_no_submission_arrived_has_no_status(bank):
    assert await bank.upstream.status(BRAND, ids.uuid()) is None


async def test_an_order_that_never_arrived_is_cancelled_and_stays_so(bank):
    order_id = ids.uuid()
    first = await bank.upstream.cancel(BRAND, order_id)
    assert first.status in REFUSED_STATUSES
    assert (await bank.upstream.cancel(BRAND, order_id)).status == first.status
    assert await money(bank) == (FUNDS, 0)


async def test_a_payment_that_was_made_is_not_cancelled(bank):
    transfer = await reserved(bank)
    await bank.upstream.submit(BRAND, transfer)
    await last_word(bank, transfer.order_id)
    assert (await bank.upstream.cancel(BRAND, transfer.order_id)).status in PAID_STATUSES
    assert (await bank.upstream.status(BRAND, transfer.order_id)).status in PAID_STATUSES
    assert await money(bank) == (FUNDS - 2_500, 0)


async def test_what_cancelling_a_payment_that_is_under_way_comes_to_is_true(bank):
    """Stopped or not: what the bank says last is what its books say."""
    transfer = await reserved(bank, payee=PENDING_PAYEE)
    await bank.upstream.submit(BRAND, transfer)
    answer = await bank.upstream.cancel(BRAND, transfer.order_id)
    last = await last_word(bank, transfer.order_id)
    assert not contradicts(answer.status, last.status)
    await bank.upstream.release(BRAND, transfer.order_id)
    assert await money(bank) == ((FUNDS - 2_500) if last.status in PAID_STATUSES else FUNDS, 0)


async def test_a_release_lets_go_of_what_is_held_and_may_be_repeated(bank):
    transfer = await reserved(bank)
    for _ in range(2):
        await bank.upstream.release(BRAND, transfer.order_id)
    assert await money(bank) == (FUNDS, 0)
    assert isinstance(await bank.upstream.reserve(BRAND, transfer), Refused)


async def test_an_instant_is_when_it_became_so_and_not_when_it_was_asked(bank):
    transfer = await reserved(bank)
    await bank.upstream.submit(BRAND, transfer)
    last = await last_word(bank, transfer.order_id)
    assert [await bank.upstream.status(BRAND, transfer.order_id) for _ in range(2)] == [last, last]


# an end that people named
SETTLED, REJECTED = (Resolution(status=status, evidence_sha256="5e" * 32) for status in (RailStatus.SETTLED, RailStatus.REJECTED))


@pytest.mark.parametrize("resolution", [SETTLED, REJECTED], ids=["settled", "rejected"])
@pytest.mark.parametrize("is_submitted", [True, False], ids=["submitted", "reserved"])
async def test_an_end_that_people_named_is_that_of_the_books(bank, is_submitted, resolution):
    transfer = await reserved(bank, payee=PENDING_PAYEE)
    if is_submitted:
        await bank.upstream.submit(BRAND, transfer)
    ends = PAID_STATUSES if resolution is SETTLED else REFUSED_STATUSES
    for _ in range(2):
        assert (await bank.upstream.resolve(BRAND, transfer.order_id, resolution)).status in ends
        assert await money(bank) == (FUNDS - (2_500 if resolution is SETTLED else 0), 0)
    await bank.settle()
    assert (await bank.upstream.submit(BRAND, transfer)).status in ends
    assert (await bank.upstream.resolve(BRAND, transfer.order_id, SETTLED)).status in ends
    assert await money(bank) == (FUNDS - (2_500 if resolution is SETTLED else 0), 0)


@pytest.mark.parametrize("payee", [GOOD_PAYEE, REJECTED_PAYEE], ids=["paid", "refused"])
async def test_an_end_that_the_bank_knows_is_not_named_by_people(bank, payee):
    transfer = await reserved(bank, payee=payee)
    await bank.upstream.submit(BRAND, transfer)
    last = await last_word(bank, transfer.order_id)
    other = REJECTED if last.status in PAID_STATUSES else SETTLED
    assert await bank.upstream.resolve(BRAND, transfer.order_id, other) == last
    assert await money(bank) == (FUNDS - (2_500 if payee is GOOD_PAYEE else 0), 0)


# the same order at the same time
async def test_submissions_of_one_order_at_the_same_time_carry_out_once(bank):
    transfer = transfer_of()
    answers = await asyncio.gather(*(bank.upstream.reserve(BRAND, transfer) for _ in range(8)))
    assert answers == [Reserved()] * 8
    assert await money(bank) == (FUNDS, 2_500)
    reports = await asyncio.gather(*(bank.upstream.submit(BRAND, transfer) for _ in range(8)))
    assert not {report.status for report in reports} & REFUSED_STATUSES
    await last_word(bank, transfer.order_id)
    assert await money(bank) == (FUNDS - 2_500, 0)


async def test_a_submission_and_a_cancellation_at_the_same_time_agree(bank):
    for _ in range(4):
        before, _ = await money(bank)
        transfer = await reserved(bank)
        submitted, cancelled = await asyncio.gather(
            bank.upstream.submit(BRAND, transfer), bank.upstream.cancel(BRAND, transfer.order_id)
        )
        last = await last_word(bank, transfer.order_id)
        assert not contradicts(submitted.status, last.status)
        assert not contradicts(cancelled.status, last.status)
        await bank.upstream.release(BRAND, transfer.order_id)
        assert await money(bank) == (before - (2_500 if last.status in PAID_STATUSES else 0), 0)


# brands, funds, payees
async def test_an_order_of_one_brand_is_none_of_another(bank):
    await bank.open_account(OTHER, PAYER, FUNDS)
    transfer = await reserved(bank)
    await bank.upstream.submit(BRAND, transfer)
    assert await bank.upstream.status(OTHER, transfer.order_id) is None
    assert (await bank.booked(OTHER, PAYER), await bank.held(OTHER, PAYER)) == (FUNDS, 0)
    assert await bank.upstream.reserve(OTHER, transfer) == Reserved()
    assert (await bank.upstream.submit(OTHER, replace(transfer, uetr=ids.uuid()))).status not in REFUSED_STATUSES
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await bank.upstream.status(OTHER, transfer.order_id)).status not in PAID_STATUSES:
            await bank.settle()
    assert (await bank.booked(OTHER, PAYER), await bank.held(OTHER, PAYER)) == (FUNDS - 2_500, 0)


async def test_funds_are_what_is_booked_less_what_is_held(bank):
    assert await bank.upstream.funds(BRAND, PAYER, Money("GBP", FUNDS))
    assert not await bank.upstream.funds(BRAND, PAYER, Money("GBP", FUNDS + 1))
    await reserved(bank, minor=1)
    assert not await bank.upstream.funds(BRAND, PAYER, Money("GBP", FUNDS))
    assert await bank.upstream.funds(BRAND, PAYER, Money("GBP", FUNDS - 1))
    assert await money(bank) == (FUNDS, 1)
    assert not await bank.upstream.funds(BRAND, "unknown", Money("GBP", 1))
    assert not await bank.upstream.funds(OTHER, PAYER, Money("GBP", 1))


async def test_the_name_of_a_holder_is_shown_for_a_close_match_alone(bank):
    check = await bank.upstream.payee(BRAND, NAMED_PAYEE, HOLDER)
    assert (check.match, check.name) == (PayeeMatch.MATCH, None)
    close = await bank.upstream.payee(BRAND, NAMED_PAYEE, "Anne Landlord")
    assert (close.match, close.name) == (PayeeMatch.CLOSE_MATCH, HOLDER)
    other = await bank.upstream.payee(BRAND, NAMED_PAYEE, "Zachary Quill")
    assert (other.match, other.name) == (PayeeMatch.NO_MATCH, None)


# any order of events
QUESTIONS = ("reserve", "submit", "status", "cancel", "release", "settle")
EVENTS = st.lists(st.tuples(st.sampled_from(QUESTIONS), st.integers(0, 2)), min_size=4, max_size=24)
PAYEES = (GOOD_PAYEE, REJECTED_PAYEE, PENDING_PAYEE)
_runs = itertools.count()  # each example has an account of its own


@dataclass
class Story:
    """The words of a bank on a few orders of one account."""

    bank: PaymentsBank
    transfers: list[CreditTransfer]
    heard: dict[str, list[RailStatus]] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)  # before anything was heard of them

    async def ask(self, question: str, transfer: CreditTransfer) -> None:
        upstream, order_id = self.bank.upstream, transfer.order_id
        if question == "settle":
            await self.bank.settle()
        elif question == "reserve":
            answer = await upstream.reserve(BRAND, transfer)
            assert isinstance(answer, Refused) or order_id not in self.released
        elif question == "release":
            await upstream.release(BRAND, order_id)
            self.released |= set() if order_id in self.heard else {order_id}
        else:
            answer = await getattr(upstream, question)(BRAND, transfer if question == "submit" else order_id)
            if answer is not None:
                self.hear(order_id, answer.status)

    def hear(self, order_id: str, status: RailStatus) -> None:
        words = self.heard.setdefault(order_id, [])
        assert not any(contradicts(word, status) for word in words)
        assert order_id not in self.released or status in REFUSED_STATUSES
        words.append(status)

    def paid(self, order_id: str) -> bool:
        return bool(PAID_STATUSES & set(self.heard.get(order_id, ())))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
async def test_in_any_order_of_events_the_books_agree_with_the_last_words(bank, events):
    account = f"payer-{next(_runs)}"
    await bank.open_account(BRAND, account, FUNDS)
    transfers = [replace(transfer_of(payee, 1_000 * (number + 1)), payer_account=account) for number, payee in enumerate(PAYEES)]
    story = Story(bank, transfers)
    for question, number in events:
        await story.ask(question, transfers[number])
    for transfer in transfers:  # as the machine of orders ends: by a last word, or by a cancellation and a release
        await story.ask("cancel", transfer)
        await bank.settle()
        story.hear(transfer.order_id, (await last_word(bank, transfer.order_id)).status)
        if not story.paid(transfer.order_id):
            await story.ask("release", transfer)
    spent = sum(transfer.amount.minor for transfer in transfers if story.paid(transfer.order_id))
    assert (await bank.booked(BRAND, account), await bank.held(BRAND, account)) == (FUNDS - spent, 0)
