"""plugins/upstreams/built_in_payments.py: accounts that change between the hold and the entry, and a rail that is silent or contradicts
itself. That it keeps the promises of the port is held by tests/contracts/test_payments_upstream.py."""

import pytest

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer, RailStatus, Reason
from kernel.clock import ManualClock
from kernel.errors import UpstreamTimedOut
from plugins.ledger.documents import Identity
from plugins.ledger.verify import find_discrepancies
from plugins.rails.ports import RailReport, RailSilent
from tests.harness.books.books import Books
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

    name = "faster_payments"

    def __init__(self, *words: RailStatus | None) -> None:
        self.words = list(words)

    def refuses(self, amount):
        return None

    async def submit(self, payment):
        return await self.status(payment.uetr)

    async def status(self, uetr):
        word = self.words.pop(0)
        if word is None:
            raise RailSilent("silent")
        return RailReport(uetr=uetr, status=word, at=NOW, reason=Reason.AGENT_OFFLINE if word is RailStatus.REJECTED else None)


@pytest.fixture
async def bank(migrated_url):
    async with bank_with_rail(migrated_url, Script(), ManualClock(NOW)) as bank:
        await bank.open_account(BRAND, "payer", FUNDS)
        yield bank
        async with bank.ledger.database.snapshot() as connection:
            assert await find_discrepancies(connection, BRAND.name) == []


async def balances(bank, *account_ids):
    return await Books(bank.ledger.database.read).bank.balances(BRAND.name, *account_ids)


def following(bank, *words):
    """The bank's payments, once the rail will say these words."""
    bank.upstream.rail.words = list(words)
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
        assert (await upstream._record(BRAND, "order", late, None)).status is RailStatus.CREDITED
    assert (await upstream.status(BRAND, "order")).status is RailStatus.CREDITED


async def test_a_rail_that_refuses_what_it_paid_does_not_undo_the_entry(bank):
    """The first worker was killed once the entry was booked, and before the word was written down."""
    transfer = transfer_to(GOOD_PAYEE)
    upstream = following(bank, None, RailStatus.REJECTED)
    with pytest.raises(UpstreamTimedOut):
        await upstream.submit(BRAND, transfer)
    await upstream._book_paid(BRAND, transfer)
    assert (await upstream.status(BRAND, "order")).status is RailStatus.SETTLED
    assert await balances(bank, "payer", CLEARING) == {"payer": (FUNDS - AMOUNT, 0), CLEARING: (AMOUNT, 0)}


async def test_a_rail_that_pays_what_it_refused_moves_nothing_here(bank):
    transfer = transfer_to(GOOD_PAYEE)
    upstream = following(bank, RailStatus.REJECTED)
    assert (await upstream.submit(BRAND, transfer)).status is RailStatus.REJECTED
    await upstream._book_paid(BRAND, transfer)
    assert (await upstream._record(BRAND, "order", RailStatus.CREDITED, None)).status is RailStatus.REJECTED
    assert await balances(bank, "payer", CLEARING) == {"payer": (FUNDS, 0), CLEARING: (0, 0)}
