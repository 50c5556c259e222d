"""Payments by processes that are killed: every accepted one is settled or rejected once, and orders, ledger and rail agree to the penny.

The processes are the product's own parts: servers that place orders and work on them, the core of a bank, the rail, the database server.
Each is ended by SIGKILL at points of its own and at random moments, and started again. `make simulate` runs the long form, with
PORTCULLIS_SIMULATE_FLEET orders a run; docs/simulations.md.
"""

import asyncio
import logging
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
import structlog

from bench.processes import tree_seconds
from consent.store.changes import insert_consent
from consent.store.consents import ConsentStore
from kernel.banking.consents import Consent
from kernel.banking.orders import OrderState
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import ConsentNotAuthorised
from kernel.storage.database import Database
from openapi.core_bank.v1.operations import BASE_PATH
from plugins.rails.simulated.process import SchemeProcess
from tests.harness.databases import POSTGRESQL, SQLITE, Databases, migrate
from tests.harness.mortal_postgresql import MortalPostgreSQL, mortal_postgresql
from tests.harness.server import free_ports
from tests.harness.upstream_books import BuiltInBooks
from tests.simulation.fleet.campaign import Campaign
from tests.simulation.fleet.checks import check_money, check_settled, load_ended
from tests.simulation.fleet.death import BANK_POINTS, HOUSE_POINTS, SERVER_POINTS
from tests.simulation.fleet.notes import DIED, FAULT, PLACED, WRONG, blind_payments, blind_submissions, counted
from tests.simulation.fleet.products import VRP, kind_of
from tests.simulation.fleet.setting import PACE, Setting, open_bank
from tests.simulation.fleet.shared_clock import SharedClock
from tests.simulation.money_crashes import HTTP, SEPARATE, SHARED, FaultyRail, MoneyBank
from tests.simulation.order_crashes import Chance
from tests.world.brands import START
from tests.world.orders import OrdersWorld, orders_world
from tests.world.whole_orders import check_whole

ORDERS = int(os.environ.get("PORTCULLIS_SIMULATE_FLEET", "24"))  # of each run
DISK = os.environ.get("PORTCULLIS_SIMULATE_DISK")  # a folder, for the runs that shall not be in memory
SEED = int(os.environ.get("PORTCULLIS_SIMULATE_SEED", "4"))
TIMEOUT_SECONDS = int(os.environ.get("PORTCULLIS_SIMULATE_TIMEOUT", "300"))
IS_LONG = ORDERS >= 5_000  # long enough to meet almost everything that can happen
MET = 0.8  # of all points, by a long run
SPEED = 10  # of the clock: a lease of half a minute lasts three seconds
RUNS = [(SQLITE, SHARED), (SQLITE, SEPARATE), (SQLITE, HTTP), (POSTGRESQL, SHARED), (POSTGRESQL, SEPARATE), (POSTGRESQL, HTTP)]
SHORT_RUNS = [(SQLITE, SEPARATE), (POSTGRESQL, HTTP)]
SERVERS = {SQLITE: 1, POSTGRESQL: 2}  # an embedded database has one server
FAULTY = 0.05  # of all questions
LIFE_MIN, LIFE_MAX = 125, 300  # orders of all servers, and of one, for which a process lives, about
DAYS = 20 if IS_LONG else 2  # on which what is planned falls due
LIVES = min(40, max(2, ORDERS // LIFE_MIN))  # of each process, about
BLOWS, BLOW_EVERY_MIN = 60, 15  # in a run, and orders between two
CONSENTS_AT_ONCE = 500
RETRIED = 500  # orders that are placed again in the end


@pytest.fixture
def quiet() -> Iterator[None]:
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(wrapper_class=before)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    if DISK is None:
        yield tmp_path
        return
    home = Path(DISK).resolve()
    home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=home) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as a user of its own
        yield Path(folder)


@dataclass(frozen=True)
class InsertConsents:
    name = "insert_consents"
    locks = ()
    store: ConsentStore
    consents: list[Consent]

    async def handle(self, unit: UnitOfWork) -> None:
        for consent in self.consents:
            await insert_consent(unit, self.store, consent, actor="test")


@contextmanager
def opened_databases(kind: str, folder: Path) -> Iterator[tuple[str, str, MortalPostgreSQL | None]]:
    """The URLs of the orders' and of a ledger's, and the server that is killed."""
    with ExitStack() as stack:
        server = stack.enter_context(mortal_postgresql(folder if DISK else None)) if kind == POSTGRESQL else None
        databases = Databases(folder, postgresql=lambda: server.url if server is not None else "")
        urls = [stack.enter_context(databases.database(kind, folder, migrate)) for _ in range(2)]
        yield urls[0], urls[1], server


@asynccontextmanager
async def opened_bank(setting: Setting, database: Database, scheme: SchemeProcess) -> AsyncIterator[MoneyBank]:
    """The bank as the test sees it: its parts do not die."""
    async with open_bank(setting, database, None) as payments:
        rail = FaultyRail(scheme, Chance(SEED, 0), Counter())
        ledger: Any = BuiltInBooks(database, payments.sealer, setting.clock, payments)  # type: ignore[arg-type]
        yield MoneyBank(database, payments, payments, rail, ledger)


class Moment(NamedTuple):
    """By the machine's clock, with the CPU seconds of all processes so far, those that died included."""

    at: float
    spent: float


def moment(server: MortalPostgreSQL | None) -> Moment:
    return Moment(time.monotonic(), tree_seconds(os.getpid()) + (0 if server is None else server.spent))


def sampled(placed: Mapping[int, str]) -> list[int]:
    return [*placed][:: max(1, len(placed) // RETRIED)]


async def check_repeats(campaign: Campaign, world: OrdersWorld, bank: MoneyBank) -> None:
    """Within the day, each repeat names what the first placement made."""
    placed = {int(note.facts[0]): note.facts[1] for note in campaign.notes if note.kind == PLACED}
    assert placed
    for number in sampled(placed):
        assert await campaign.setting.products.place(number, world.orders, bank.payments) == placed[number]


async def check(
    setting: Setting, campaign: Campaign, world: OrdersWorld, bank: MoneyBank, scheme: SchemeProcess
) -> dict[str, OrderState]:
    states = await check_whole(world)
    ended = await load_ended(setting, world, campaign.notes)
    ended.check_placed()
    ended.check_executions()
    ended.check_amounts()
    ended.check_limits()
    await check_money(ended, bank, scheme)
    print(await check_settled(setting, world, bank), "payments and returns on statements;", end=" ")
    assert [note.facts for note in campaign.notes if note.kind == WRONG] == []
    assert blind_submissions(campaign.notes, PACE.arrival_max.total_seconds(), PACE.lease.total_seconds()) == []
    assert blind_payments(campaign.notes) == []
    for number in [each for each in sampled(ended.placed) if kind_of(each) is not VRP]:  # their keys are forgotten
        with pytest.raises(ConsentNotAuthorised):
            await setting.products.place(number, world.orders, bank.payments)
    return states


def check_met(setting: Setting, campaign: Campaign, states: dict[str, OrderState]) -> None:
    """A long run met almost all that can happen."""
    assert set(states.values()) >= {OrderState.SETTLED, OrderState.REJECTED}
    died = counted(campaign.notes, DIED)
    assert died
    if IS_LONG:
        assert len(died) >= MET * len(SERVER_POINTS + BANK_POINTS + HOUSE_POINTS)


def setting_of(kind: str, setup: str, place: Path, url: str, ledger_url: str) -> Setting:
    SharedClock.create(place / "clock", SPEED, START)
    return Setting(
        setup=setup,
        seed=SEED,
        orders=ORDERS,
        days=DAYS,
        servers=SERVERS[kind],
        life=min(LIFE_MAX, ORDERS // SERVERS[kind] // LIVES + 1),
        faulty=FAULTY,
        url=url,
        ledger_url=url if setup == SHARED else ledger_url,
        core_url=f"http://127.0.0.1:{free_ports(1)[0]}{BASE_PATH}",
        folder=place,
    )


async def prepare(setting: Setting, world: OrdersWorld, bank: MoneyBank) -> None:
    """Accounts with money, and an authorised consent for each order."""
    await bank.open_accounts()
    inserted: set[str] = set()
    for first in range(0, setting.orders, CONSENTS_AT_ONCE):
        numbers = range(first, min(first + CONSENTS_AT_ONCE, setting.orders))
        consents = {each.id: each for each in map(setting.products.lodged_of, numbers)}
        fresh = [consent for consent_id, consent in consents.items() if consent_id not in inserted]
        inserted |= consents.keys()
        await world.room.commands.run(InsertConsents(world.store, fresh))


@pytest.mark.usefixtures("quiet")
@pytest.mark.timeout(TIMEOUT_SECONDS)
@pytest.mark.parametrize(("kind", "setup"), RUNS if "PORTCULLIS_SIMULATE_FLEET" in os.environ else SHORT_RUNS)
async def test_processes_die_and_no_payment_is_lost_doubled_or_stuck(kind, setup, place):
    with opened_databases(kind, place) as (url, ledger_url, server):
        moments = [moment(server)]
        setting = setting_of(kind, setup, place, url, ledger_url)
        scheme = setting.scheme_process()
        async with (
            orders_world(url) as world,
            Database.open(setting.ledger_url) as ledger,
            opened_bank(setting, ledger, scheme) as bank,
        ):
            await prepare(setting, world, bank)
            restart = None if server is None else (lambda: asyncio.to_thread(server.restart))
            campaign = Campaign(
                setting,
                world,
                scheme,
                restart,
                max(BLOW_EVERY_MIN, ORDERS // BLOWS),
                bank.close_accounts,
                lambda campaign: check_repeats(campaign, world, bank),
            )
            moments.append(moment(server))
            try:
                await campaign.run()
                moments.append(moment(server))
                states = await check(setting, campaign, world, bank, scheme)
            finally:
                await scheme.kill()
        moments.append(moment(server))
    check_met(setting, campaign, states)
    print(kind, setup, ORDERS, "orders:", dict(Counter(states.values())), "; lives, blows, deaths and faults:")
    print(dict(campaign.lives), dict(campaign.blows), dict(counted(campaign.notes, DIED)), dict(counted(campaign.notes, FAULT)))
    for act, (before, after) in zip(("prepared", "ran", "checked"), pairwise(moments), strict=True):
        print(f"{act} in {after.at - before.at:.0f} s, {after.spent - before.spent:.1f} CPU s;", end=" ")
    print(f"{ORDERS / (moments[2].spent - moments[1].spent):.1f} orders ran for each CPU second")
