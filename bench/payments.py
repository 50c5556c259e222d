"""Accepted payments per CPU second, server and client together, at the command layer: placed with their submission written down, carried out
by a book transfer, settled, and their events delivered to a sink in memory. The share of each stage is measured by taking all payments
through one stage before the next.

Orders, consents and the ledger share one database; the amount is held as the order is placed.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from bench.processes import own_seconds, tree_seconds
from bench.turns import in_turns
from consent.store.changes import insert_consent
from consent.store.consents import ConsentStore
from consent.store.tables import OUTBOX, idempotency_keys, journal, lease, locks, outbox
from kernel.access import Caller, Role
from kernel.banking.accounts import AccountCategory, AccountIdentifier, AccountType, Scheme
from kernel.banking.consents import AccountAccess, AccountReference, Consent, ConsentKind, ConsentState
from kernel.banking.money import Money
from kernel.banking.orders import OrderRequest, OrderState, PaymentOrder
from kernel.banking.payments import PaymentTerms
from kernel.brand import Brand
from kernel.clock import ManualClock
from kernel.commands.idempotency import Idempotency, fingerprint_of
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import UpstreamTimedOut
from kernel.ids import RandomIds
from kernel.outbox.dispatcher import Dispatcher
from kernel.outbox.planner import Planner
from kernel.outbox.registered import RegisterSinks
from kernel.storage.database import Database
from kernel.storage.journal import Journal
from kernel.storage.lease import Lease
from kernel.storage.sealed import Sealer
from orders.commands.advance import Advanced, AdvanceOrder
from orders.decisions import Decide, on_report
from orders.room import Room
from orders.services import PaymentOrders
from orders.tracked import FIRST_FENCE, Claim
from plugins.ledger.accounts.internal import internal_account_id
from plugins.ledger.accounts.openings import AccountOpening, Holder, Right
from plugins.ledger.documents import Identity, Narrative
from plugins.ledger.ledger import Ledger
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line
from plugins.ledger.postings.poster import Poster
from plugins.rails.choice import Rails
from plugins.rails.faster_payments.rules import FASTER_PAYMENTS
from plugins.rails.simulated.client import SimulatedRail
from plugins.sinks.memory import MemorySink
from plugins.upstreams.built_in_payments import BuiltInPayments

BRAND = Brand(
    "payments", "Bench", "https://bench.test", "https://mtls.bench.test", ZoneInfo("UTC"), (), "https://mtls.bench.test"
)
LODGED_AS = "uk_obie/v4.0"
SINK = "bench"
ACCOUNTS = 200
PAYMENTS = 600  # of one round
ROUNDS = 3  # of each measurement; the best counts, as the least disturbed
AT_ONCE = 16  # payments under way: fewer than the pool has connections
FUNDS = 10**9
TPP = Caller(organisation_id="tpp", name="TPP", roles=frozenset({Role.PISP}), client_id="tpp")


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    server: float
    client: float

    @property
    def seconds(self) -> float:
        return self.server + self.client


class LaterWorker:
    """Takes an order as a server's worker does, and carries it on when its stage is measured."""

    free = AT_ONCE

    def begin(self, _claim: Claim, _known: Advanced) -> None: ...


@dataclass(frozen=True, slots=True)
class InsertConsents:
    name = "insert_consents"
    locks = ()
    store: ConsentStore
    consents: Sequence[Consent]

    async def handle(self, unit: UnitOfWork) -> None:
        for consent in self.consents:
            await insert_consent(unit, self.store, consent, actor="bench")


@dataclass(frozen=True, slots=True)
class PaymentsBench:
    server_pid: int
    room: Room
    store: ConsentStore
    bank: BuiltInPayments

    @classmethod
    def of(cls, database: Database, poster: Poster, server_pid: int, sealer: Sealer, clock: ManualClock) -> "PaymentsBench":
        commands = Commands(
            database=database, clock=clock, journal=Journal(journal, outbox), locks=locks, idempotency_keys=idempotency_keys
        )
        ids = RandomIds()
        store = ConsentStore(commands=commands, clock=clock, ids=ids, sealer=sealer)
        bank = BuiltInPayments(database, sealer, clock, poster, Rails.of(SimulatedRail(FASTER_PAYMENTS, _no_scheme)))
        room = Room(commands=commands, clock=clock, ids=ids, sealer=sealer, consents=store, reserve=bank)
        return cls(server_pid, room, store, bank)

    async def prepare(self) -> None:
        """Customers with funds, each a payee too."""
        ledger = Ledger(self.room.sealer, self.room.clock)
        at, world = self.room.clock.now(), internal_account_id("world", "GBP")

        async def work(connection: AsyncConnection) -> None:
            funds = []
            for number in range(ACCOUNTS):
                await ledger.open_account(connection, BRAND.name, _opening(number, at))
                line = Line(id=f"funds-{number}", booked_at=at, narrative=Narrative("Funds"))
                legs = (Leg(f"customer-{number}", Money("GBP", FUNDS), line), Leg(world, Money("GBP", -FUNDS)))
                funds.append(LedgerEntry(f"funds-{number}", legs))
            await ledger.post(connection, BRAND.name, funds)

        await self.room.database.write(work)

    async def measure(self) -> dict[str, Any]:
        rounds = [await self._round(number) for number in range(ROUNDS)]
        best = min(rounds, key=lambda stages: sum(stage.seconds for stage in stages))
        total = sum(stage.seconds for stage in best)
        return {
            "payments_per_cpu_second": round(PAYMENTS / total),
            "server_us": round(sum(stage.server for stage in best) / PAYMENTS * 1e6),
            "client_us": round(sum(stage.client for stage in best) / PAYMENTS * 1e6),
            "shares": {stage.name: round(stage.seconds / total, 3) for stage in best},
        }

    async def _round(self, number: int) -> list[Stage]:
        consents = [_consent(f"{number}-{each}", each, self.room) for each in range(PAYMENTS)]
        await self.room.commands.run(InsertConsents(self.store, consents))
        await self._deliver(await self._hold_lease())  # the events of the consents
        orders: list[PaymentOrder] = []
        stages = [await self._spend("place", consents, lambda consent: self._place(consent, orders))]
        assert {order.state for order in orders} == {OrderState.SUBMITTED}
        decisions: dict[str, Decide] = {}
        stages += [
            await self._spend("submit and post", orders, lambda order: self._carry_out(order, decisions)),
            await self._spend("settle", orders, lambda order: self._advance(order, decisions[order.id])),
            await self._spend("events", [await self._hold_lease()], self._deliver),
        ]
        return stages

    async def _hold_lease(self) -> Lease:
        held = Lease(self.room.database, lease, self.room.clock, self.room.ids, brand=BRAND.name, name=self.room.ids.uuid())
        assert await held.acquire()
        return held

    async def _deliver(self, held: Lease) -> None:
        """All events that were published, by the planner and the dispatcher of a server."""
        await self.room.commands.run(RegisterSinks(outbox=OUTBOX, brand=BRAND.name, sinks=(SINK,), now=self.room.clock.wall()))
        parts: dict[str, Any] = {"outboxes": (OUTBOX,), "commands": self.room.commands, "clock": self.room.clock, "brand": BRAND}
        await Planner(**parts).run(held)
        await Dispatcher(**parts, sink=MemorySink(SINK)).run(held)

    async def _spend(self, name: str, items: Sequence[Any], act: Callable[[Any], Awaitable[None]]) -> Stage:
        server, client = tree_seconds(self.server_pid), own_seconds()
        await in_turns(items, act, at_once=AT_ONCE)
        return Stage(name, tree_seconds(self.server_pid) - server, own_seconds() - client)

    async def _place(self, consent: Consent, orders: list[PaymentOrder]) -> None:
        assert isinstance(consent.terms, PaymentTerms)
        request = OrderRequest(consent_id=consent.id, terms=consent.terms, lodged_as=LODGED_AS, document=b"{}")
        use = Idempotency(
            brand=BRAND.name, client_id=TPP.id, endpoint="place_order", key=consent.id, fingerprint=fingerprint_of(b"", {})
        )
        workers: Any = {BRAND.name: LaterWorker()}
        orders.append(await PaymentOrders(room=self.room, workers=workers).place(BRAND, TPP, request, use))

    async def _advance(self, order: PaymentOrder, decide: Decide) -> None:
        claim = Claim(order_id=order.id, fence=FIRST_FENCE, until=self.room.clock.wall() + timedelta(minutes=1))
        await self.room.commands.run(AdvanceOrder(room=self.room, brand=BRAND, claim=claim, decide=decide))

    async def _carry_out(self, order: PaymentOrder, decisions: dict[str, Decide]) -> None:
        while order.id not in decisions:
            with suppress(UpstreamTimedOut):  # a busy machine: the same question again carries out nothing twice
                decisions[order.id] = partial(on_report, progress=await self.bank.submit(BRAND, order.transfer))


def _no_scheme() -> tuple[str, int]:
    raise OSError("every payee is of this bank")


def _number(number: int) -> AccountIdentifier:
    return AccountIdentifier(Scheme.SORT_CODE, f"009971{number:08}", f"Customer {number}")


def _opening(number: int, at: Any) -> AccountOpening:
    return AccountOpening(
        id=f"customer-{number}",
        currency="GBP",
        type=AccountType.CURRENT,
        category=AccountCategory.PERSONAL,
        product="Current account",
        opened_at=at,
        identity=Identity((_number(number),)),
        holders=(Holder("customer", Right.APPROVE),),
    )


def _consent(name: str, number: int, room: Room) -> Consent:
    payer, payee, at = number % ACCOUNTS, (number + 1) % ACCOUNTS, room.clock.now()
    terms = PaymentTerms(
        amount=Money("GBP", 100), creditor_name=f"Customer {payee}", creditor_account=_number(payee), end_to_end_id=name
    )
    access = AccountAccess(AccountReference(f"account-{payer}", f"customer-{payer}"), frozenset())
    return Consent(
        id=f"bench-{name}",
        brand=BRAND.name,
        version=1,
        kind=ConsentKind.PAYMENT,
        state=ConsentState.AUTHORISED,
        terms=terms,
        access=(access,),
        psu_id="psu",
        created_at=at,
        state_changed_at=at,
        authorised_at=at,
        lodged_as=LODGED_AS,
        client_id=TPP.client_id or "",
        organisation_id=TPP.organisation_id,
    )
