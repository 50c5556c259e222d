"""The account over which a bureau settles files is reconciled with the bureau's own statements of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kernel.banking.money import Money
from kernel.banking.orders import OrderState, PaymentOrder
from kernel.banking.payments import Instrument
from orders.reconciliation.reconciliation import Reconciliation
from orders.reconciliation.statement import Statement
from plugins.rails.choice import Rails
from plugins.rails.files.bureau_record import RECORD, BureauRecord
from plugins.rails.files.rail import FileRail, Sender
from plugins.rails.files.rules import ACCOUNT, CYCLES, BatchRule, soon
from plugins.rails.files.simulated_bureau import SILENT, SimulatedBureau
from plugins.rails.iso20022.statement_writer import write_statement
from plugins.rails.iso20022.statements import read_statements
from plugins.rails.simulated.settlement_statement import daily_statements, settled_until
from tests.harness.iso20022 import validate
from tests.world.brands import BRAND
from tests.world.settled_money import CREDITED, REJECTED, SettledMoney

SENDER = Sender("Portcullis Bank", "PTCLGB2L")
CLEARING = "internal:rail:file:clearing:GBP"
UNANSWERED = f"0808002132{SILENT}"


@dataclass
class Files:
    money: SettledMoney
    folder: Path
    rail: FileRail
    bureau: SimulatedBureau
    reconciliation: Reconciliation

    async def pay(self, minor: int, number: str = CREDITED) -> PaymentOrder:
        return await self.money.pay(minor, number, instrument=Instrument.BACS)

    async def exchange(self) -> None:
        """The batches that are due are handed over and answered, and the answers are booked."""
        self.money.world.pass_time(timedelta(seconds=2))
        await self.rail.turn()
        await self.bureau.look()
        await self.rail.turn()
        for order in self.money.paid:
            await self.money.payments.status(BRAND, order.id)

    def pass_cycle(self) -> str:
        cycle = CYCLES.cycle_of(self.money.world.clock.wall())
        self.money.at(cycle.closes_at)
        return cycle.id

    async def statements(self) -> tuple[Statement, ...]:
        """The bureau's, from its record alone, as they are read from the documents that it writes."""
        found: list[Statement] = []
        for document in await asyncio.to_thread(stated, self.folder, self.money.world.clock.wall()):
            validate("camt.053.001.08", document)
            found += await read_statements(document)
        return tuple(found)


def stated(folder: Path, now: datetime) -> list[bytes]:
    record = BureauRecord(folder / RECORD)
    try:
        return [write_statement(each) for each in daily_statements(CYCLES, ACCOUNT, record.made(), settled_until(CYCLES, now))]
    finally:
        record.close()


@asynccontextmanager
async def file_rail(money: SettledMoney, folder: Path) -> AsyncIterator[Files]:
    rail = await asyncio.to_thread(FileRail, folder, BatchRule(soon), SENDER, money.world.clock)
    bureau = await asyncio.to_thread(SimulatedBureau, folder, money.world.clock)
    money.payments = replace(money.payments, rails=Rails.of(money.rail, rail))
    settlement = replace(money.settlement, calendar=CYCLES, account=ACCOUNT)
    try:
        yield Files(money, folder, rail, bureau, Reconciliation(settlement=settlement))
    finally:
        await asyncio.to_thread(bureau.close)
        await rail.close()


@pytest.fixture
async def files(money: SettledMoney, tmp_path: Path) -> AsyncIterator[Files]:
    async with file_rail(money, tmp_path) as made:
        yield made


async def test_the_settled_days_of_a_file_agree_and_leave_nothing_in_clearing(files: Files) -> None:
    paid = [await files.pay(700), await files.pay(250)]
    refused = await files.pay(900, f"0808002132{REJECTED[-4:]}")
    await files.exchange()
    first = files.pass_cycle()
    later = await files.pay(40)
    await files.exchange()
    second = files.pass_cycle()
    statements = await files.statements()
    assert [[entry.references.batch for entry in each.entries] for each in statements] == [[first], [second]]
    await files.reconciliation.import_statements(BRAND, statements)
    report = await files.reconciliation.run(BRAND)
    assert report.is_clean, report
    assert (report.matched, report.items, report.proof.closing) == (3, 3, Money("GBP", -990))
    assert await files.money.booked(CLEARING) == 0
    ends = {order.id: (await files.money.world.tracked(order.id)).order.state for order in (*paid, later, refused)}
    assert [ends[order.id] for order in paid] == [OrderState.SETTLED] * 2, ends
    await files.money.check_books()


async def test_a_payment_on_which_the_bureau_is_silent_is_in_no_statement(files: Files) -> None:
    await files.pay(700)
    await files.pay(300, UNANSWERED)
    await files.exchange()
    files.pass_cycle()
    (statement,) = await files.statements()
    await files.reconciliation.import_statements(BRAND, [statement])
    report = await files.reconciliation.run(BRAND)
    assert (report.is_clean, report.matched, report.proof.closing) == (True, 1, Money("GBP", -700))
