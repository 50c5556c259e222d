"""The built-in bank in the database of its orders, a rail that settles later, and the rail's own statements of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from kernel.banking.abroad.cross_border import InternationalTerms
from kernel.banking.abroad.exchange import ChargeBearer, Quote, QuoteRequest
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import AccountAccess, AccountReference, ConsentKind
from kernel.banking.money import Money
from kernel.banking.orders import PaymentOrder, Reason
from kernel.banking.payments import Instrument
from orders.reconciliation.reconciliation import Reconciliation
from orders.reconciliation.statement import Statement
from orders.settlement.cycle_settlement import CycleSettlement
from orders.settlement.returned import Returned
from plugins.ledger.accounts.internal import FX_POSITION, internal_account_id, rail_clearing
from plugins.ledger.documents import Narrative
from plugins.ledger.postings.entries import Line
from plugins.ledger.postings.patterns import compose
from plugins.ledger.postings.poster import Poster
from plugins.ledger.settlement.house_books import LedgerHouseBooks
from plugins.ledger.verify import find_discrepancies
from plugins.rails.choice import Rails
from plugins.rails.faster_payments.cycles import CYCLES
from plugins.rails.faster_payments.rules import ACCOUNT, FASTER_PAYMENTS
from plugins.rails.international.rules import ACCOUNTS, INTERNATIONAL
from plugins.rails.international.rules import CYCLES as CORRESPONDENT
from plugins.rails.ports import RailPayment, RailReport, RailSilent
from plugins.rails.simulated.books import Books as SchemeBooks
from plugins.rails.simulated.rules import SchemeRules
from plugins.rails.simulated.settlement_statement import statements_of
from plugins.upstreams.built_in_payments import BuiltInPayments
from tests.harness.books.books import Books
from tests.harness.upstream_books import BuiltInBooks
from tests.world.abroad import abroad
from tests.world.brands import BRAND, START
from tests.world.orders import TERMS, OrdersWorld, orders_world

T = TypeVar("T")
PAYERS = ("up-1", "up-2")
FUNDS = 100_000_000
ABROAD, ABROAD_REJECTED = "DE89370400440532013000", "DE32370400440532019904"
CREDITED, REJECTED, LATER = "08080021325698", "08080021329903", "08080021329930"


class SchemeThread:
    """The scheme's books in a thread of their own, as they are in a process of their own otherwise."""

    def __init__(self, rules: SchemeRules, now: Callable[[], datetime]) -> None:
        self.rules = rules
        self._thread = ThreadPoolExecutor(1)
        self._books = self._thread.submit(SchemeBooks, rules, Path(":memory:"), now).result()

    async def ask(self, question: Callable[[SchemeBooks], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, question, self._books)

    def close(self) -> None:
        self._thread.submit(self._books.close).result()
        self._thread.shutdown()


@dataclass
class SettlingRail:
    """The scheme as a rail. `silent`: so many answers to submissions are lost; `mute`: no question is answered."""

    scheme: SchemeThread
    silent: int = 0
    mute: bool = False

    @property
    def name(self) -> str:
        return self.scheme.rules.name

    def refuses(self, amount: Money) -> Reason | None:
        return self.scheme.rules.refusal_of(amount)

    async def submit(self, payment: RailPayment) -> RailReport:
        report = await self.scheme.ask(lambda books: books.submit(payment))
        if self.silent:
            self.silent -= 1
            raise RailSilent("lost")
        return report

    async def status(self, uetr: str) -> RailReport | None:
        if self.mute:
            raise RailSilent("mute")
        return await self.scheme.ask(lambda books: books.status(uetr))


@dataclass
class SettledMoney:
    world: OrdersWorld
    payments: BuiltInPayments
    rail: SettlingRail
    abroad: SettlingRail
    ledger: BuiltInBooks
    settlement: CycleSettlement
    reconciliation: Reconciliation
    correspondents: tuple[Reconciliation, ...]  # one of each currency
    paid: list[PaymentOrder] = field(default_factory=list)
    sent_abroad: list[PaymentOrder] = field(default_factory=list)

    async def give_back(self, order: PaymentOrder, reason: str = "AC04", minor: int | None = None) -> Returned:
        """The payee's bank sends the payment back; ours is not notified."""
        return await self.rail.scheme.ask(lambda books: books.give_back(order.uetr, reason, minor))

    def at(self, moment: datetime) -> None:
        self.world.pass_time(moment - self.world.clock.wall())

    def pass_cycle(self) -> str:
        """Until the cycle that is open has closed."""
        cycle = CYCLES.cycle_of(self.world.clock.wall())
        self.at(cycle.closes_at)
        return cycle.id

    async def pay(
        self,
        minor: int,
        number: str = CREDITED,
        payer: str = "up-1",
        end_to_end: str | None = None,
        instrument: Instrument | None = None,
    ) -> PaymentOrder:
        terms = replace(
            TERMS,
            instrument=instrument,
            amount=Money("GBP", minor),
            creditor_account=AccountIdentifier(Scheme.SORT_CODE, number),
            end_to_end_id=end_to_end or f"e2e-{self.world.serial + 1}",
        )
        consent = await self.world.consent(
            terms=terms, access=(AccountAccess(AccountReference(f"account-of-{payer}", payer), frozenset()),)
        )
        order = await self.world.place(consent, terms=terms)
        submitter = self.world.submitter(self.payments)
        for _ in range(4):
            await self.world.work(submitter)
        self.paid.append(order)
        return (await self.world.tracked(order.id)).order

    async def order_abroad(self, bought: Money, payer: str = "up-1", number: str = ABROAD) -> PaymentOrder:
        """A payment in another currency, at the bank's rate and by the rail that carries it."""
        terms = abroad(self.world.clock.now())
        asked = QuoteRequest(
            amount=bought, currency=bought.currency, bearer=ChargeBearer.SHARED, rate=terms.cross_border.rate, is_binding=True
        )
        quote = await self.payments.quote(BRAND, asked)
        assert isinstance(quote, Quote)
        cross_border = replace(terms.cross_border, currency=bought.currency, quote=quote)
        payee = AccountIdentifier(Scheme.IBAN, number)
        payment = replace(terms.payment, amount=bought, creditor_account=payee, end_to_end_id=f"e2e-{self.world.serial + 1}")
        consent = await self.world.consent(
            kind=ConsentKind.INTERNATIONAL,
            terms=InternationalTerms(payment=payment, cross_border=cross_border),
            access=(AccountAccess(AccountReference(f"account-of-{payer}", payer), frozenset()),),
        )
        order = await self.world.place(consent, kind=ConsentKind.INTERNATIONAL, terms=payment, cross_border=cross_border.asked)
        for _ in range(4):
            await self.work()
        self.sent_abroad.append(order)
        return (await self.world.tracked(order.id)).order

    async def pay_abroad(self, name: str, sold: int, bought: Money, payer: str = "up-1") -> None:
        """A payment in another currency, as it is booked: what it leaves with the bank is a position in each."""
        accounts = {
            "payer": payer,
            "payee": internal_account_id(rail_clearing("international"), bought.currency),
            "position_sold": internal_account_id(FX_POSITION, "GBP"),
            "position_bought": internal_account_id(FX_POSITION, bought.currency),
        }
        line = Line(id=f"{name}:out", narrative=Narrative("Abroad"))
        entry = compose("exchange_out", name, accounts, {"sold": Money("GBP", sold), "bought": bought}, {"payer": line})
        await self.payments.poster.post(BRAND.name, entry)

    async def work(self) -> None:
        await self.world.work(self.world.submitter(self.payments))

    async def statements(self, until: date, rail: SettlingRail | None = None) -> tuple[Statement, ...]:
        """Of the domestic scheme, unless another is given."""
        scheme = (rail or self.rail).scheme
        return await scheme.ask(lambda books: tuple(statements_of(scheme.rules, books, until)))

    async def booked(self, account_id: str) -> int:
        rows = await Books(self.world.database.read).bank.account_rows(BRAND.name)
        return next((row.booked for row in rows if row.id == account_id), 0)

    async def check_books(self) -> None:
        """The trial balance is zero and every rule of the ledger holds."""
        async with self.world.database.snapshot() as connection:
            assert await find_discrepancies(connection, BRAND.name) == []


@asynccontextmanager
async def settled_money(url: str, start: datetime = START, payers: Iterable[str] = PAYERS) -> AsyncIterator[SettledMoney]:
    async with orders_world(url) as world:
        clock, sealer, database = world.clock, world.room.sealer, world.database
        world.pass_time(max(timedelta(), start - clock.wall()))
        schemes = tuple(SchemeThread(rules, clock.wall) for rules in (FASTER_PAYMENTS, INTERNATIONAL))
        try:
            async with Poster.lifetime(database, sealer, clock) as poster:
                rail, foreign = (SettlingRail(scheme) for scheme in schemes)
                payments = BuiltInPayments(database, sealer, clock, poster, Rails.of(rail, foreign))
                ledger = BuiltInBooks(database, sealer, clock, payments)  # type: ignore[arg-type]
                for name in payers:
                    await ledger.open_account(BRAND, name)
                    await ledger.book(BRAND, name, f"funds of {name}", FUNDS, START)
                books = LedgerHouseBooks(database, sealer, clock, poster)
                settlement = CycleSettlement(room=world.room, books=books, calendar=CYCLES, account=ACCOUNT)
                settling = (replaced(settlement, calendar=CORRESPONDENT, account=account) for account in ACCOUNTS)
                correspondents = tuple(Reconciliation(settlement=each) for each in settling)
                reconciliation = Reconciliation(settlement=settlement)
                yield SettledMoney(world, payments, rail, foreign, ledger, settlement, reconciliation, correspondents)
        finally:
            for scheme in schemes:
                scheme.close()
