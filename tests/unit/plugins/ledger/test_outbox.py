"""The ledger writes no event, so that one in a database of its own needs no delivery there (portcullis/compose/events/delivery.py): what
becomes of a payment is announced by its order."""

import ast
from pathlib import Path

import pytest
import sqlalchemy as sa

import plugins.ledger
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import CreditTransfer, RailStatus
from kernel.clock import ManualClock
from plugins.ledger import tables
from plugins.rails.choice import Rails
from plugins.rails.ports import RailReport
from tests.harness.payment_banks import BRAND, NOW, bank_with_rail

LEDGER = Path(plugins.ledger.__file__).parent
MODULES = sorted(LEDGER.rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=[str(module.relative_to(LEDGER)) for module in MODULES])
def test_no_module_of_the_ledger_publishes(module):
    names = {node.attr for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Attribute)}
    assert "publish" not in names


class Rail:
    """It says one word of everything."""

    name = "faster_payments"

    def __init__(self, word):
        self.word = word

    def refuses(self, amount):
        return None

    async def submit(self, payment):
        return RailReport(uetr=payment.uetr, status=self.word, at=NOW)

    async def status(self, uetr):
        return None


@pytest.mark.parametrize("word", [RailStatus.CREDITED, RailStatus.REJECTED, RailStatus.IN_PROCESS])
async def test_a_payment_leaves_the_ledgers_outbox_empty(migrated_url, word):
    async with bank_with_rail(migrated_url, Rails.of(Rail(word)), ManualClock(NOW)) as bank:
        await bank.open_account(BRAND, "payer", 10_000)
        transfer = CreditTransfer(
            order_id="order",
            uetr="uetr",
            payer_account="payer",
            amount=Money("GBP", 2_500),
            creditor_name="Bob",
            creditor_account=AccountIdentifier(Scheme.SORT_CODE, "08080021325698"),
        )
        await bank.upstream.reserve(BRAND, transfer)
        assert (await bank.upstream.submit(BRAND, transfer)).status is word
        await bank.upstream.release(BRAND, "another")
        async with bank.ledger.database.read() as connection:
            for table in (tables.OUTBOX.events, tables.OUTBOX.lanes):
                assert await connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0
