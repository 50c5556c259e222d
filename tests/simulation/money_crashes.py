"""The real parts under faults: the built-in bank's ledger and its rail, a process of its own, with kills at every point.

As in order_crashes.py, what goes wrong is drawn from the seed, the order and how often the point was passed.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import AccountAccess, AccountReference
from kernel.banking.money import Money
from kernel.banking.orders import PAID_STATUSES, OrderState
from kernel.clock import monotonic
from kernel.errors import UpstreamTimedOut
from kernel.storage.database import Database
from plugins.ledger.accounts.internal import internal_account_id, rail_clearing
from plugins.ledger.documents import Identity
from plugins.ledger.postings.poster import Poster
from plugins.ledger.postings.stored import load_entries
from plugins.ledger.verify import find_discrepancies
from plugins.rails.choice import Rails
from plugins.rails.faster_payments.rules import FASTER_PAYMENTS
from plugins.rails.simulated.client import SimulatedRail
from plugins.rails.simulated.messages import Effect, ListPayments, Recorded, SetEffects
from plugins.rails.simulated.process import SchemeProcess
from plugins.upstreams.built_in_payments import BuiltInPayments
from plugins.upstreams.circuit import Circuit, CircuitLimits
from plugins.upstreams.core_bank_payments import CoreBankPayments
from tests.harness.books.books import Books
from tests.harness.paper_bank import TOKEN, PaperBank, served
from tests.harness.upstream_books import BuiltInBooks
from tests.simulation.order_crashes import Chance, Killed, survive
from tests.world.brands import BRAND, START
from tests.world.orders import TERMS, OrdersWorld

SHARED, SEPARATE, HTTP = "shared", "separate", "http"  # where the ledger stands
FUNDS, LITTLE = 100_000_000, 3_000
PAYERS = {"up-1": FUNDS, "up-2": FUNDS, "up-poor": LITTLE, "up-closing": FUNDS}
OURS = {
    name: AccountIdentifier(Scheme.SORT_CODE, f"0099715555555{digit}", "Bob Baker")
    for digit, name in enumerate(("ours", "ours-closing", "ours-in-euros"))
}
CLOSING = ("up-closing", "ours-closing")  # once the first orders are on their way
OTHERS = tuple(AccountIdentifier(Scheme.SORT_CODE, f"0808002132{digits}") for digits in ("5698", "1234", "9903", "9921"))
PAYEES = (*OTHERS * 3, *OURS.values(), OURS["ours"])
CLEARING = internal_account_id(rail_clearing(FASTER_PAYMENTS.name), "GBP")

RAIL_SECONDS = 2.0  # for an answer of the rail; a delayed one takes longer
EFFECTS = {
    "lose_question": Effect(name="lose_question"),
    "lose_answer": Effect(name="lose_answer"),
    "late": Effect(name="late", milliseconds=1),
    "double": Effect(name="double"),
    "garble": Effect(name="garble"),
    "delay": Effect(name="delay", milliseconds=3_000),
}
SCHEME_KILLED = "scheme killed"
RAIL_FAULTS = (*EFFECTS, "killed before", "killed after", SCHEME_KILLED)
PER_COSTLY = 100  # orders for each fault that takes real time

_asked_about: ContextVar[str] = ContextVar("asked_about", default="")


@dataclass(frozen=True)
class MortalDatabase:
    """Of the ledger: its process dies at times before or after a commit."""

    database: Database
    chance: Chance

    def read(self) -> Any:
        return self.database.read()

    async def write(self, work: Callable[..., Awaitable[Any]]) -> Any:
        return await survive(self.chance, ("ledger", _asked_about.get()), lambda: self.database.write(work))


@dataclass(frozen=True)
class MortalPoster:
    poster: Poster
    chance: Chance

    async def post(self, brand: str, entry: Any, transfer: Any = None) -> int:
        return await survive(self.chance, ("poster", entry.id), lambda: self.poster.post(brand, entry, transfer))


@dataclass
class FaultyRail:
    """A real scheme in a process of its own. `costly` is how many faults may still take real time."""

    scheme: SchemeProcess
    chance: Chance
    costly: Counter[str]
    name: str = FASTER_PAYMENTS.name
    met: Counter[str] = field(default_factory=Counter)
    effects: asyncio.Lock = field(default_factory=asyncio.Lock)
    restarting: asyncio.Task[None] | None = None

    @property
    def rail(self) -> SimulatedRail:
        return SimulatedRail(FASTER_PAYMENTS, self.scheme.address, RAIL_SECONDS)

    def refuses(self, amount: Money) -> Any:
        return self.rail.refuses(amount)

    async def submit(self, payment: Any) -> Any:
        return await self._ask("submit", payment.uetr, lambda: self.rail.submit(payment))

    async def status(self, uetr: str) -> Any:
        return await self._ask("status", uetr, lambda: self.rail.status(uetr))

    async def payments(self) -> list[Recorded]:
        found: list[Recorded] = []
        while page := (await self.scheme.rail.ask(ListPayments(len(found)))).payments:
            found += page
        return found

    async def _ask(self, question: str, uetr: str, send: Callable[[], Awaitable[Any]]) -> Any:
        fault = self._draw(question, uetr)
        self.met[fault] += 1
        if self.restarting is not None:
            await asyncio.shield(self.restarting)
        if fault == "killed before":
            raise Killed(f"before {question} to the rail")
        if fault in EFFECTS:
            async with self.effects:
                await self.scheme.rail.ask(SetEffects((EFFECTS[fault],)))
                return await send()
        if fault == SCHEME_KILLED:
            self.restarting = asyncio.create_task(self._restart())
        try:
            answer = await send()
        finally:
            if fault == SCHEME_KILLED and self.restarting is not None:
                await asyncio.shield(self.restarting)
        if fault == "killed after":
            raise Killed(f"after {question} to the rail")
        return answer

    def _draw(self, question: str, uetr: str) -> str:
        draw = self.chance.draw("rail", question, uetr)
        fault = draw.choice(RAIL_FAULTS) if draw.random() < self.chance.rate else "none"
        if fault in EFFECTS and question != "submit":
            return "none"
        if fault in ("delay", SCHEME_KILLED):
            if not self.costly[fault]:
                return "none"
            self.costly[fault] -= 1
        return fault

    async def _restart(self) -> None:
        await self.scheme.kill()
        await self.scheme.start()


@dataclass(frozen=True)
class MortalBank:
    """The bank's process. One that is `served` leaves its caller without an answer when it dies."""

    bank: BuiltInPayments
    is_served: bool = False
    name: str = "mortal"

    async def reserve(self, brand, transfer):
        return await self._answer(transfer.order_id, self.bank.reserve(brand, transfer))

    async def submit(self, brand, transfer):
        return await self._answer(transfer.order_id, self.bank.submit(brand, transfer))

    async def status(self, brand, order_id):
        return await self._answer(order_id, self.bank.status(brand, order_id))

    async def cancel(self, brand, order_id):
        return await self._answer(order_id, self.bank.cancel(brand, order_id))

    async def release(self, brand, order_id):
        return await self._answer(order_id, self.bank.release(brand, order_id))

    async def resolve(self, brand, order_id, resolution):
        return await self._answer(order_id, self.bank.resolve(brand, order_id, resolution))

    async def _answer(self, order_id: str, answer: Awaitable[Any]) -> Any:
        before = _asked_about.set(order_id)
        try:
            return await answer
        except Killed:
            if self.is_served:
                raise UpstreamTimedOut("the bank died") from None
            raise
        finally:
            _asked_about.reset(before)


@dataclass
class MoneyBank:
    """The bank with its parts. `upstream` is what workers ask; `database` the ledger's, which does not die."""

    database: Database
    payments: BuiltInPayments
    upstream: Any
    rail: FaultyRail
    ledger: BuiltInBooks

    async def open_accounts(self) -> None:
        for name, funds in PAYERS.items():
            await self.ledger.open_account(BRAND, name)
            await self.ledger.book(BRAND, name, f"funds of {name}", funds, START)
        for name, number in OURS.items():
            currency = "EUR" if name.endswith("euros") else "GBP"
            await self.ledger.open_account(BRAND, name, identity=Identity((number,)), currency=currency)

    async def close_accounts(self) -> None:
        for name in CLOSING:
            await self.ledger.close(BRAND, name, START)

    async def check_books(self, states: dict[str, OrderState], amounts: dict[str, int], uetrs: dict[str, str]) -> None:
        """Orders, ledger and rail say the same to the penny: each order that is settled was paid once, every other never."""
        settled = {order_id for order_id, state in states.items() if state is OrderState.SETTLED}
        async with self.database.snapshot() as connection:
            assert await find_discrepancies(connection, BRAND.name) == []
            entries = await load_entries(connection, BRAND.name, states.keys())
        assert entries.keys() == settled
        for order_id, entry in entries.items():
            assert [amount.minor for _, amount in entry.legs] == [-amounts[order_id], amounts[order_id]]
        books = Books(self.database.read).bank
        assert not await books.open_holds(BRAND.name)
        accounts = {row.id: row for row in await books.account_rows(BRAND.name)}
        assert {row.held for row in accounts.values()} == {0}
        await self._check_rail(entries, amounts, uetrs, accounts[CLEARING].booked if CLEARING in accounts else 0)

    async def _check_rail(self, entries: dict[str, Any], amounts: dict[str, int], uetrs: dict[str, str], cleared: int) -> None:
        recorded = {each.payment.uetr: each for each in await self.rail.payments()}
        paid = {uetr: each.payment.amount.minor for uetr, each in recorded.items() if each.report.status in PAID_STATUSES}
        sent = {order_id for order_id, entry in entries.items() if entry.legs[1][0] == CLEARING}
        assert paid == {uetrs[order_id]: amounts[order_id] for order_id in sent}
        assert recorded.keys() <= set(uetrs.values())
        assert sum(paid.values()) == cleared


def consent_to(seed: int, number: int) -> dict[str, Any]:
    """The facts of the consent to an order: who pays whom, and how much."""
    draw = random.Random(f"{seed}/{number}/consent")
    payer = draw.choice(("up-1", "up-1", "up-2", "up-2", "up-poor", "up-closing"))
    amount, payee = Money("GBP", 1_000 + number), draw.choice(PAYEES)
    terms = replace(TERMS, amount=amount, creditor_account=payee, end_to_end_id=f"order-{number}")
    return {"terms": terms, "access": (AccountAccess(AccountReference(f"account-of-{payer}", payer), frozenset()),)}


@asynccontextmanager
async def open_money(
    setup: str, world: OrdersWorld, ledger_url: str, folder: Path, chance: Chance, orders: int
) -> AsyncIterator[MoneyBank]:
    """The bank, with its ledger in the database of the orders or in one of its own, in this process or over HTTP."""
    scheme, clock, sealer = SchemeProcess(folder, FASTER_PAYMENTS), world.clock, world.room.sealer
    costly = 1 + orders // PER_COSTLY
    await scheme.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(scheme.kill)
        database = world.database if setup == SHARED else await stack.enter_async_context(Database.open(ledger_url))
        poster = await stack.enter_async_context(Poster.lifetime(database, sealer, clock))
        rail = FaultyRail(scheme, chance, Counter({"delay": costly, SCHEME_KILLED: costly}))
        mortal: Any = (MortalDatabase(database, chance), sealer, clock, MortalPoster(poster, chance), Rails.of(rail))
        payments = BuiltInPayments(*mortal)
        upstream: Any = MortalBank(payments, is_served=setup == HTTP)
        if setup == HTTP:
            url = await stack.enter_async_context(served(PaperBank(), (BRAND,), payments=upstream))
            circuit = Circuit(monotonic, CircuitLimits(calls_min=10**9))
            upstream = await stack.enter_async_context(CoreBankPayments.open(url, circuit=circuit, token=TOKEN))
        bank = MoneyBank(database, payments, upstream, rail, BuiltInBooks(database, sealer, clock, payments))
        await bank.open_accounts()
        yield bank
