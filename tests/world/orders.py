"""Payment orders on a real database, with consents that are authorised already and a bank that does as it is asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from consent.store.changes import insert_consent
from consent.store.consents import ConsentStore
from consent.store.tables import idempotency_keys, journal, locks, outbox
from kernel.access import Caller, Role
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import AccountAccess, AccountReference, Consent, ConsentKind, ConsentState
from kernel.banking.money import Money
from kernel.banking.orders import OrderRequest, OrderState, PaymentOrder
from kernel.banking.payments import PaymentTerms
from kernel.banking.signers import Signature, SigningRule
from kernel.clock import Clock, ManualClock
from kernel.commands.idempotency import Idempotency, fingerprint_of
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.ids import SeededIds
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from kernel.storage.journal import Event, Journal
from kernel.storage.sealed import Sealer
from orders.ages import Ages
from orders.commands.claim import ClaimDue
from orders.pace import Pace
from orders.ports import PaymentsUpstream, SharedReserve
from orders.room import Room
from orders.rows.orders import load_order
from orders.services import PaymentOrders
from orders.submitter import Submitter
from orders.tables import inbox, instructions, orders
from orders.tracked import Claim, Tracked
from orders.worker import Worker
from tests.harness.lock_order import keeping_lock_order
from tests.world.brands import BRAND, START
from tests.world.payments_bank import FakeBank

LODGED_AS = "uk_obie/v4.0"
ACME = Caller(organisation_id="org-acme", name="Acme", roles=frozenset({Role.PISP}), client_id="acme")
BOROUGH = Caller(organisation_id="org-borough", name="Borough", roles=frozenset({Role.PISP}), client_id="borough")
TERMS = PaymentTerms(
    amount=Money("GBP", 16_588),
    creditor_name="ACME Inc",
    creditor_account=AccountIdentifier(Scheme.SORT_CODE, "08080021325698"),
    remittance="FRESCO-101",
    end_to_end_id="FRESCO.21302.GFX.20",
)
PAYER = AccountReference("account-1", "up-1")
TWO_OF_TWO = SigningRule(("c-erin", "c-frank"), 2)
KEYS = {1: b"k" * 32}


def signature_of(name: str) -> Signature:
    return Signature(customer_id=f"c-{name}", psu_id=f"psu-{name}", authorisation_id=f"sca-{name}", at=START)


def authorised(id: str, **facts) -> Consent:  # noqa: A002
    """A consent to a payment that Erin authorised."""
    given = {
        "kind": ConsentKind.PAYMENT,
        "state": ConsentState.AUTHORISED,
        "terms": TERMS,
        "access": (AccountAccess(PAYER, frozenset()),),
        "signatures": (signature_of("erin"),),
        "psu_id": "psu-erin",
        "authorised_at": START,
        "lodged_as": LODGED_AS,
        "client_id": "acme",
        "organisation_id": "org-acme",
    }
    return Consent(id=id, brand=BRAND.name, version=1, created_at=START, state_changed_at=START, **{**given, **facts})


@dataclass(frozen=True)
class InsertConsent:
    name = "insert_consent"
    locks = ()
    store: ConsentStore
    consent: Consent

    async def handle(self, unit: UnitOfWork) -> None:
        await insert_consent(unit, self.store, self.consent, actor="test")


@dataclass(frozen=True)
class Records:
    """The records that commands left: kinds of facts with the ids of their aggregates, and the number of idempotency keys."""

    journal: list[tuple[str, str]]
    outbox: list[tuple[str, str, int]]
    keys: int


@dataclass(kw_only=True)
class OrdersWorld:
    room: Room
    store: ConsentStore
    bank: FakeBank
    clock: ManualClock
    defects: list[tuple[str, str]] = field(default_factory=list)
    telemetry: Telemetry = field(default_factory=Telemetry)
    serial: int = 0
    unsigned: int = 0
    unreadable: int = 0

    @property
    def database(self) -> Database:
        return self.room.database

    @property
    def orders(self) -> PaymentOrders:
        return PaymentOrders(room=self.room)

    def submitter(self, upstream: PaymentsUpstream | None = None, room: Room | None = None) -> Submitter:
        def count(question: str, code: str) -> None:
            self.defects.append((question, code))

        def count_unsigned() -> None:
            self.unsigned += 1

        return Submitter(
            room=room or self.room,
            brand=BRAND,
            upstream=upstream or self.bank,
            count_defect=count,
            count_unsigned=count_unsigned,
        )

    def worker(self) -> Worker:
        def count_unreadable() -> None:
            self.unreadable += 1

        ages = Ages(database=self.database, clock=self.clock, brand=BRAND)
        return Worker(submitter=self.submitter(), ages=ages, count_unreadable=count_unreadable)

    async def consent(self, **facts) -> Consent:
        """An authorised one, unless `facts` say otherwise."""
        self.serial += 1
        consent = authorised(**{"id": f"consent-{self.serial}", **facts})
        await self.room.commands.run(InsertConsent(self.store, consent))
        return consent

    async def place(
        self,
        consent: Consent | None = None,
        caller: Caller = ACME,
        key: str | None = None,
        orders: PaymentOrders | None = None,
        **facts,
    ) -> PaymentOrder:
        consent = consent or await self.consent()
        return await (orders or self.orders).place(BRAND, caller, request_of(consent, **facts), use_of(key or consent.id, caller))

    async def half_signed(self, **facts) -> PaymentOrder:
        """An order that Erin signed, and that waits for Frank."""
        return await self.place(await self.consent(signing_rules=(TWO_OF_TWO,)), **facts)

    async def tracked(self, order_id: str) -> Tracked:
        async with self.database.read() as connection:
            found = await load_order(connection, self.room.sealer, BRAND.name, order_id)
        assert found is not None
        return found

    async def claim(self, most: int = 100, room: Room | None = None) -> tuple[Claim, ...]:
        room = room or self.room
        return await room.commands.run(ClaimDue(room=room, brand=BRAND, most=most))

    async def look(self) -> int:
        """One look of a worker, and all that it begins: how many orders."""
        worker = self.worker()
        found = await worker.look()
        await worker.finish()
        return found

    async def work(self, submitter: Submitter | None = None) -> None:
        """Advance what is due now, by one worker, one after the other."""
        for claim in await self.claim():
            await (submitter or self.submitter()).advance(claim)

    async def work_out(self, order_id: str) -> PaymentOrder:
        """Work for as long as anything is due for the order, however long that takes by the clock."""
        while (tracked := await self.tracked(order_id)).due_at is not None:
            self.pass_time(max(timedelta(), tracked.due_at - self.clock.wall()))
            await self.work()
        return tracked.order

    async def next_due(self) -> datetime | None:
        """In protocol time."""
        async with self.database.read() as connection:
            return (await connection.execute(sa.select(sa.func.min(orders.c.due_at, type_=orders.c.due_at.type)))).scalar()

    async def next_turn(self) -> datetime | None:
        """Of what only waits by business time."""
        async with self.database.read() as connection:
            found = [
                (await connection.execute(sa.select(sa.func.min(table.c.turns_at, type_=table.c.turns_at.type)))).scalar()
                for table in (orders, instructions)
            ]
        return min((at for at in found if at is not None), default=None)

    async def settled_uetrs(self) -> list[str]:
        async with self.database.read() as connection:
            mine = sa.select(orders.c.uetr).where(orders.c.state == OrderState.SETTLED.value).order_by(orders.c.uetr)
            return [*await connection.scalars(mine)]

    def pass_time(self, by: timedelta) -> None:
        self.clock.advance(by)

    async def rows(self, table: sa.Table) -> list[sa.Row]:
        async with self.database.read() as connection:
            return list(await connection.execute(sa.select(table)))

    async def messages(self) -> list[sa.Row]:
        """Those that were received."""
        return await self.rows(inbox)

    async def uetrs(self) -> dict[str, str]:
        """Of every order, by its id."""
        return {row.id: row.uetr for row in await self.rows(orders)}

    async def consents_used(self) -> dict[str, str]:
        """The id of the consent of every order, by the order's id."""
        return {row.id: row.consent_id for row in await self.rows(orders)}

    async def records(self) -> "Records":
        written = sa.select(journal.c.kind, journal.c.aggregate_id).order_by(journal.c.id)
        published = sa.select(outbox.c.kind, outbox.c.aggregate_id, outbox.c.aggregate_version)
        async with self.database.read() as connection:
            return Records(
                journal=[tuple(row) for row in await connection.execute(written)],
                outbox=[tuple(row) for row in await connection.execute(published)],
                keys=len((await connection.execute(sa.select(idempotency_keys))).all()),
            )

    async def bodies(self, order_id: str) -> list[dict[str, Any]]:
        """Of the events of an order, oldest first."""
        published = sa.select(outbox.c.body).where(outbox.c.aggregate_id == order_id).order_by(outbox.c.aggregate_version)
        async with self.database.read() as connection:
            return [msgspec.json.decode(body) for body in await connection.scalars(published)]

    async def events(self) -> list[Event]:
        """Of orders, instructions and consents, those of each oldest first."""
        async with self.database.read() as connection:
            rows = await connection.execute(sa.select(outbox).order_by(outbox.c.aggregate_id, outbox.c.aggregate_version))
            return [event_of(row) for row in rows]

    async def history(self, order_id: str) -> list[str]:
        return [each.event.value for each in await self.orders.history(BRAND, order_id)]


def event_of(row: sa.Row[Any]) -> Event:
    body = msgspec.json.decode(row.body)
    facts = {name: getattr(row, name) for name in Event.__struct_fields__ if name != "body"}
    return Event(**facts, body=body)


def request_of(consent: Consent, **facts) -> OrderRequest:
    request = OrderRequest(consent_id=consent.id, terms=TERMS, lodged_as=LODGED_AS, document=b'{"Data": {}}')
    return msgspec.structs.replace(request, **facts)


def use_of(key: str, caller: Caller = ACME, body: object = "body") -> Idempotency:
    fingerprint = fingerprint_of(msgspec.json.encode(body), {})
    return Idempotency(brand=BRAND.name, client_id=caller.id, endpoint="place_order", key=key, fingerprint=fingerprint)


def commands_of(database: Database, clock: Clock) -> Commands:
    """The runner of the commands of consents and orders."""
    return Commands(
        database=database,
        clock=clock,
        journal=Journal(journal, outbox),
        locks=locks,
        idempotency_keys=idempotency_keys,
    )


@asynccontextmanager
async def orders_world(
    url: str, *, bank: FakeBank | None = None, reserve: SharedReserve | None = None, pace: Pace | None = None
) -> AsyncIterator[OrdersWorld]:
    clock, ids, sealer = ManualClock(START), SeededIds("orders"), Sealer(KEYS)
    async with Database.open(url) as database:
        commands = commands_of(database, clock)
        store = ConsentStore(commands=commands, clock=clock, ids=ids, sealer=sealer)
        room = Room(commands=commands, clock=clock, ids=ids, sealer=sealer, consents=store, reserve=reserve, pace=pace or Pace())
        with keeping_lock_order(database):
            yield OrdersWorld(room=room, store=store, bank=bank or FakeBank(clock), clock=clock)
