"""The processes that die: servers that place orders and work on them, the core of a bank, the one that settles and reconciles, and the bureau of files. Each is
forked, and lives until it is killed."""

import asyncio
import logging
import os
import random
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import structlog
import uvloop

from consent.store.changes import change_consent
from consent.store.consents import ConsentStore
from consent.store.files import ConsentFiles
from consent.store.lifecycle import ConsentEvent
from consent.store.locks import CONSENT
from consent.store.rows.snapshots import load_consent
from kernel.banking.consents import ConsentState
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import LimitBreached, Problem
from kernel.hot_state.subjects import consent_subject
from kernel.http.server.listener import serve
from kernel.storage.database import Database
from orders.ages import Ages
from orders.services import PaymentOrders
from orders.submitter import Submitter
from orders.worker import Worker
from plugins.ledger.postings.poster import Poster
from plugins.ledger.settlement.house_books import LedgerHouseBooks
from plugins.rails.files.simulated_bureau import SimulatedBureau
from portcullis.compose.payments import FILES
from portcullis.core_bank.server import CoreBankServer
from tests.harness.paper_bank import CUSTOMER, TOKEN, PaperBank
from tests.simulation.fleet.death import (
    BANK_POINTS,
    HOUSE_POINTS,
    PLACING_POINTS,
    TURNING_POINTS,
    WORKING_POINTS,
    Death,
    MortalPoster,
)
from tests.simulation.fleet.faults import FaultyLine
from tests.simulation.fleet.house import House, accounts_of
from tests.simulation.fleet.notes import BREACHED, PLACED, WRONG, Notes, counted
from tests.simulation.fleet.products import FILE, kind_of
from tests.simulation.fleet.setting import Setting, open_bank, open_room, open_upstream
from tests.simulation.money_crashes import HTTP, SHARED
from tests.world.brands import BRAND
from tests.world.orders import ACME, signature_of, use_of

PLACED_AT_ONCE = 8  # of one server
REPEATED = 0.1  # of all orders, by a server that has placed them
LOOK_SECONDS = 0.2  # before a worker that found nothing looks again
HOUSE_PASSES_MAX = 10  # of the point of a house: it passes each one a few times a day
FILE_BYTES = b'{"Data": {}}'  # as it came: it is kept, and never read again here
AGAIN_SECONDS = 0.1  # before an order is placed again that was not answered


@dataclass(frozen=True)
class Placer:
    """Places the orders of one server, each until it is answered, and some again."""

    setting: Setting
    orders: PaymentOrders
    bank: FaultyLine
    notes: Notes
    draw: random.Random

    async def run(self, left: list[int]) -> None:
        await asyncio.gather(*(self._take(left) for _ in range(PLACED_AT_ONCE)))

    async def _take(self, left: list[int]) -> None:
        while left:
            number = left.pop()
            order_id = await self._place(number)
            if order_id is None:
                self.notes.write(BREACHED, number)
                continue
            self.notes.write(PLACED, number, order_id)
            if self.draw.random() < REPEATED and (again := await self._place(number)) != order_id:
                self.notes.write(WRONG, f"the repeat of {number} named {again}, not {order_id}")

    async def _place(self, number: int) -> str | None:
        """None: a limit of its consent has no room for it."""
        while True:
            try:
                if kind_of(number) is FILE:
                    await self._upload(number)
                return await self.setting.products.place(number, self.orders, self.bank)
            except LimitBreached:
                return None
            except (Problem, OSError, ValueError):  # the database is away, or the answer to its quote could not be read
                await asyncio.sleep(AGAIN_SECONDS)

    async def _upload(self, number: int) -> None:
        """The file, as often as its TPP is not answered, and then its customer's agreement."""
        consents = self.orders.room.consents
        consent, payments = self.setting.products.lodged_of(number), self.setting.products.file_of(number)
        use = use_of(f"file-{number}", ACME)
        await ConsentFiles(store=consents).upload(BRAND, ACME, consent.id, use, data=FILE_BYTES, payments=payments)
        await consents.commands.run(Agree(consents, consent.id), closing=(consent_subject(BRAND.name, consent.id),))


@dataclass(frozen=True)
class Agree:
    """A customer agrees to what was uploaded, once."""

    name = "agree"
    store: ConsentStore
    consent_id: str

    @property
    def locks(self) -> Sequence[Lock]:
        return (CONSENT.of(BRAND.name, self.consent_id),)

    async def handle(self, unit: UnitOfWork) -> None:
        found = await load_consent(unit.connection, self.store.sealer, BRAND.name, self.consent_id)
        if found is not None and found.state is ConsentState.AWAITING:
            signed = {"signatures": (signature_of("erin"),), "authorised_at": self.store.clock.now()}
            await change_consent(unit, self.store, found, ConsentEvent.AUTHORISE, actor="test", details={}, **signed)


async def work(worker: Worker) -> None:
    while True:
        found = 0
        with suppress(Problem, OSError):
            found = await worker.look()
        if not found:
            await asyncio.sleep(LOOK_SECONDS)


async def run_server(setting: Setting, number: int, life: int) -> None:
    name, notes = f"server-{number}", setting.notes
    noted = list(notes.read())
    answered = counted(noted, PLACED) + counted(noted, BREACHED)
    left = [each for each in range(number, setting.orders, setting.servers) if str(each) not in answered]
    left.reverse()
    points = (*(PLACING_POINTS if left else TURNING_POINTS), *WORKING_POINTS)
    points = points if setting.setup == HTTP else points + BANK_POINTS
    death = Death.drawn(notes, setting.seed, name, life, points, setting.life)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database.open(setting.url))
        bank = await stack.enter_async_context(open_upstream(setting, database, death))
        room = open_room(setting, database, death)
        if setting.setup == SHARED:
            room = replace(room, reserve=bank)
        draw = setting.draw(name, life)
        line = FaultyLine(bank, setting.clock, notes, death, draw, setting.faulty)
        submitter = Submitter(
            room=room, brand=BRAND, upstream=line, count_defect=lambda _question, _code: None, count_unsigned=lambda: None
        )
        ages = Ages(database=database, clock=room.clock, brand=BRAND)
        worker = Worker(submitter=submitter, ages=ages, count_unreadable=lambda: None)
        orders = PaymentOrders(room=room, workers={BRAND.name: worker})
        await asyncio.gather(work(worker), Placer(setting, orders, line, notes, draw).run(left))


async def run_core(setting: Setting, life: int) -> None:
    death = Death.drawn(setting.notes, setting.seed, "core", life, BANK_POINTS, setting.life)
    port = urlsplit(setting.core_url).port
    async with Database.open(setting.ledger_url) as database, open_bank(setting, database, death) as payments:
        server = CoreBankServer(PaperBank(), (BRAND,), TOKEN, {BRAND.name: (CUSTOMER,)}, payments)
        async with serve(
            server.handle, refuse=server.refuse, host="127.0.0.1", port=port or 0, ssl_context=None, listener="public"
        ):
            await asyncio.Event().wait()


async def run_bureau(setting: Setting, _life: int) -> None:
    """It dies by blows alone."""
    async with SimulatedBureau.opened(setting.folder / FILES, setting.clock):
        await asyncio.Event().wait()


async def run_house(setting: Setting, life: int) -> None:
    death = Death.drawn(setting.notes, setting.seed, "house", life, HOUSE_POINTS, HOUSE_PASSES_MAX)
    async with Database.open(setting.url) as database, Database.open(setting.ledger_url) as ledger:
        room = open_room(setting, database, death)
        async with Poster.lifetime(ledger, room.sealer, room.clock) as poster:
            mortal: Any = MortalPoster(poster, death)
            await House(setting, accounts_of(room, LedgerHouseBooks(ledger, room.sealer, room.clock, mortal))).run()


def live(setting: Setting, name: str, life: int) -> None:
    """The whole life of the process `name`: the core, the house, the bureau of files, or a server by its number."""
    said = os.open(setting.folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(said, stream.fileno())
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    others = {"core": run_core, "house": run_house, "bureau": run_bureau}
    uvloop.run(others[name](setting, life) if name in others else run_server(setting, int(name), life))
