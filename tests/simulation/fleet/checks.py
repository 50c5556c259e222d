"""The state of all books at the end: each payment of the mix made once or not at all, to the penny, by orders, ledger, rails and statements."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kernel.banking.consents import Consent, ConsentKind
from kernel.banking.money import Money
from kernel.banking.orders import PAID_STATUSES, OrderState, PaymentOrder
from kernel.banking.planned.instructions import INSTRUCTED_KINDS, Instruction, InstructionState
from plugins.ledger.accounts.internal import SUSPENSE_BREAKS, internal_account_id, rail_clearing
from plugins.ledger.postings.stored import load_entries
from plugins.ledger.settlement.house_books import LedgerHouseBooks
from plugins.ledger.verify import find_discrepancies
from plugins.rails.files import rules as files
from plugins.rails.files.bureau_record import RECORD, BureauRecord
from plugins.rails.simulated.messages import ListPayments
from plugins.rails.simulated.process import SchemeProcess
from portcullis.compose.payments import FILES
from tests.harness.books.books import Books
from tests.simulation.fleet.house import RAILS, House, accounts_of
from tests.simulation.fleet.notes import BREACHED, PLACED, Note
from tests.simulation.fleet.products import EXECUTIONS, VRP, amount_of, kind_of
from tests.simulation.fleet.setting import Setting
from tests.simulation.money_crashes import CLOSING, MoneyBank
from tests.world.brands import BRAND
from tests.world.orders import OrdersWorld

LAST_DAYS = timedelta(days=5)  # over a weekend, until every cycle has closed


@dataclass(frozen=True)
class Ended:
    """Every order as it is in the end, and by the number under which it was placed."""

    setting: Setting
    orders: Mapping[str, PaymentOrder]
    instructions: Mapping[str, Instruction]
    placed: Mapping[int, str]
    breached: frozenset[int]

    @property
    def settled(self) -> set[str]:
        return {each.id for each in self.orders.values() if each.state is OrderState.SETTLED}

    @property
    def _numbers(self) -> dict[str, int]:
        return {placed: number for number, placed in self.placed.items()}

    def consent_of(self, number: int) -> Consent:
        return self.setting.products.consent_of(number)

    def check_placed(self) -> None:
        """Each number was answered once, with an order or an instruction of its own; and there are no others."""
        numbers = set(range(self.setting.orders))
        assert {*self.placed} | self.breached == numbers
        assert not {*self.placed} & self.breached
        planned = {number for number in self.placed if kind_of(number) in INSTRUCTED_KINDS}
        assert {self.placed[number] for number in planned} == self.instructions.keys()
        single = {each.id for each in self.orders.values() if each.kind not in INSTRUCTED_KINDS}
        assert {self.placed[number] for number in self.placed.keys() - planned} == single

    def check_executions(self) -> None:
        """Every execution of an instruction once, and none is missing."""
        made = Counter((each.instruction_id, each.execution) for each in self.orders.values() if each.kind in INSTRUCTED_KINDS)
        planned = self.instructions.values()
        assert made == Counter((each.id, number + 1) for each in planned for number in range(EXECUTIONS[ConsentKind(each.kind)]))
        assert {each.state for each in self.instructions.values()} == {InstructionState.COMPLETED}

    def check_amounts(self) -> None:
        numbers = self._numbers
        for order in self.orders.values():
            number = numbers[order.instruction_id if order.kind in INSTRUCTED_KINDS else order.id]
            assert order.terms.amount == amount_of(number, order.execution), order

    def check_limits(self) -> None:
        """The payments of a day under one consent stay within its limit, and none was refused for which there was room all the while."""
        paid: dict[tuple[str, Any], int] = defaultdict(int)
        asked: dict[str, int] = defaultdict(int)
        limits = {}
        for number in [each for each in range(self.setting.orders) if kind_of(each) is VRP]:
            consent: Any = self.consent_of(number)
            limits[consent.id] = consent.terms.limits[0].amount.minor
            if number in self.breached:
                continue
            order = self.orders[self.placed[number]]
            asked[consent.id] += order.terms.amount.minor
            if order.state is not OrderState.REJECTED:
                paid[consent.id, order.created_at.astimezone(BRAND.zone).date()] += order.terms.amount.minor
        assert all(minor <= limits[consent_id] for (consent_id, _), minor in paid.items())
        for number in self.breached:
            consent_id = self.consent_of(number).id
            assert asked[consent_id] + amount_of(number).minor > limits[consent_id]


async def load_ended(setting: Setting, world: OrdersWorld, notes: list[Note]) -> Ended:
    placed = [note.facts for note in notes if note.kind == PLACED]
    found = {int(number): made for number, made in placed}
    assert len(found) == len(placed)
    instructed = {made for number, made in found.items() if kind_of(number) in INSTRUCTED_KINDS}
    instructions = [await world.orders.instructions.find(BRAND, each) for each in instructed]
    orders = [(await world.tracked(order_id)).order for order_id in await world.consents_used()]
    return Ended(
        setting,
        {order.id: order for order in orders},
        {each.id: each for each in instructions if each is not None},
        found,
        frozenset(int(note.facts[0]) for note in notes if note.kind == BREACHED),
    )


async def check_money(ended: Ended, bank: MoneyBank, scheme: SchemeProcess) -> None:
    """Orders, ledger and rails say the same to the penny: what is settled was paid once, every other never."""
    async with bank.database.snapshot() as connection:
        assert await find_discrepancies(connection, BRAND.name) == []
        entries = await load_entries(connection, BRAND.name, ended.orders.keys())
    assert entries.keys() == ended.settled
    rail_of = {
        internal_account_id(rail_clearing(rail.name), account.currency): rail.name for rail in RAILS for account in rail.accounts
    }
    sent: dict[str, dict[str, Money]] = {rail.name: {} for rail in RAILS}
    for order_id, entry in entries.items():
        transfer, legs = ended.orders[order_id].transfer, Counter[str]()
        for account, amount in entry.legs:
            legs[account] += amount.minor
        if transfer.payer_account in legs:
            assert legs[transfer.payer_account] == -transfer.amount.minor, (ended.orders[order_id], entry)
        else:  # the rail has paid, and the account was closed meanwhile: people look into it
            breaks = internal_account_id(SUSPENSE_BREAKS, transfer.amount.currency)
            assert transfer.payer_account in CLOSING, (ended.orders[order_id], entry)
            assert legs[breaks] == -transfer.amount.minor, entry
        for account in legs.keys() & rail_of.keys():
            assert legs[account] == transfer.sent.minor
            sent[rail_of[account]][transfer.uetr] = transfer.sent
    assert not await Books(bank.database.read).bank.open_holds(BRAND.name)
    assert {row.held for row in await Books(bank.database.read).bank.account_rows(BRAND.name)} == {0}
    uetrs = {order.uetr for order in ended.orders.values()}
    for rail in scheme.rails:
        recorded: list[Any] = []
        while page := (await rail.ask(ListPayments(len(recorded)))).payments:
            recorded += page
        assert {each.payment.uetr for each in recorded} <= uetrs
        paid = {each.payment.uetr: each.payment.amount for each in recorded if each.report.status in PAID_STATUSES}
        assert paid == sent[rail.name]
    with closing(BureauRecord(ended.setting.folder / FILES / RECORD)) as record:
        taken = record.taken()
    assert {each.uetr for each in taken} <= uetrs
    assert {each.uetr: Money(files.CURRENCY, each.minor) for each in taken if each.cycle is not None} == sent[files.NAME]


async def check_settled(setting: Setting, world: OrdersWorld, bank: MoneyBank) -> dict[str, int]:
    """Every cycle is settled, and the statements of each rail agree with the bank's own books: the number of payments on each."""
    setting.clock.move(LAST_DAYS)
    world.clock.advance(setting.clock.wall() - world.clock.wall())
    poster = bank.payments.poster
    accounts = accounts_of(world.room, LedgerHouseBooks(bank.database, world.room.sealer, world.clock, poster))
    house, matched = House(setting, accounts), Counter[str]()
    for rail in RAILS:
        stated = rail.stated(setting, setting.clock.wall().date())
        for account in rail.accounts:
            report = await house.take(account, stated)
            assert report.is_clean, report
            assert report.matched == report.items
            assert report.in_flight == report.clearing == Money(account.currency, 0)
            assert report.proof.unexplained.minor == 0
            closings = [each.closing.amount for each in stated[0] if each.currency == account.currency and each.closing]
            assert not closings or report.proof.ledger == closings[-1]
            assert await house.take(account, stated) == report
            matched[rail.name] += report.matched
    return matched
