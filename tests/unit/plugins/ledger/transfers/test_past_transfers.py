"""Transfers go a year after their orders may have gone, and none that is not over: by then hold and entry keep money from moving twice."""

from datetime import timedelta
from types import MappingProxyType

import msgspec
import pytest

from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer, RailStatus, Reason
from kernel.clock import ManualClock
from kernel.commands.runner import Commands
from plugins.ledger.refusals import HoldEnded
from plugins.ledger.transfers.past_transfers import TRANSFERS_KEPT, RemoveTransfers
from plugins.ledger.verify import find_discrepancies
from plugins.rails.choice import Rails
from plugins.rails.ports import RailReport
from tests.harness.payment_banks import BRAND, GOOD_PAYEE, NOW, PENDING_PAYEE, REJECTED_PAYEE, bank_with_rail

LONG_AFTER = NOW + TRANSFERS_KEPT


def transfer_to(payee) -> CreditTransfer:
    return CreditTransfer(
        order_id=f"to-{payee.identification}",
        uetr=f"uetr-{payee.identification}",
        payer_account="payer",
        amount=Money("GBP", 100),
        creditor_name="Bob",
        creditor_account=payee,
    )


class Rail:
    """One word for each payee, for ever."""

    name = "faster_payments"
    words = MappingProxyType(
        {GOOD_PAYEE: RailStatus.CREDITED, REJECTED_PAYEE: RailStatus.REJECTED, PENDING_PAYEE: RailStatus.IN_PROCESS}
    )

    def __init__(self):
        self.sent = {}

    def refuses(self, _amount):
        return None

    async def submit(self, payment):
        said = self.words[payment.creditor_account]
        self.sent[payment.uetr] = RailReport(
            uetr=payment.uetr, status=said, at=NOW, reason=Reason.DUPLICATE if said is RailStatus.REJECTED else None
        )
        return self.sent[payment.uetr]

    async def status(self, uetr):
        return self.sent.get(uetr)


PAID, REFUSED, PENDING = (transfer_to(payee) for payee in (GOOD_PAYEE, REJECTED_PAYEE, PENDING_PAYEE))


async def test_transfers_go_once_they_are_over_for_long_and_in_batches(migrated_url):
    async with bank_with_rail(migrated_url, Rails.of(Rail()), ManualClock(NOW)) as bank:
        await bank.open_account(BRAND, "payer", 10_000)
        for transfer in (PAID, REFUSED, PENDING):
            await bank.upstream.submit(BRAND, transfer)
        await bank.upstream.release(BRAND, "never-asked-for")
        await bank.upstream.reserve(BRAND, msgspec.structs.replace(PENDING, order_id="held"))
        commands = Commands(database=bank.ledger.database, clock=bank.ledger.clock)

        async def remove(at, most=100):
            return await commands.run(RemoveTransfers(brand=BRAND, now=at, most=most))

        assert await remove(LONG_AFTER - timedelta(seconds=1)) == 0
        assert [await remove(LONG_AFTER, most=2) for _ in range(3)] == [2, 1, 0]
        assert await bank.upstream.status(BRAND, PAID.order_id) is None
        assert await bank.upstream.status(BRAND, PENDING.order_id) is not None
        assert await bank.held(BRAND, "payer") == 200
        async with bank.ledger.database.read() as connection:
            assert await find_discrepancies(connection, BRAND.name, asked_since=NOW) == []
            assert len(await find_discrepancies(connection, BRAND.name)) == 1  # the entry of the one that was paid
        booked = await bank.booked(BRAND, "payer")
        with pytest.raises(HoldEnded):
            await bank.upstream.submit(BRAND, PAID)  # as if it were still under way
        assert await bank.booked(BRAND, "payer") == booked
