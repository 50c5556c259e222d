"""The setting of one run, which each of its processes is given, and the parts that a process opens from it."""

import random
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from consent.store.consents import ConsentStore
from kernel.clock import monotonic
from kernel.ids import RandomIds
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from orders.pace import Pace
from orders.room import Room
from plugins.ledger.postings.poster import Poster
from plugins.rails.choice import Rails
from plugins.rails.faster_payments.rules import FASTER_PAYMENTS
from plugins.rails.files.rail import FileRail
from plugins.rails.files.rules import BatchRule, soon
from plugins.rails.international.rules import INTERNATIONAL
from plugins.rails.sepa.credit_transfer import SEPA_CREDIT_TRANSFER
from plugins.rails.sepa.instant import SEPA_INSTANT
from plugins.rails.simulated.client import SimulatedRail
from plugins.rails.simulated.process import SchemeProcess
from plugins.rails.simulated.scheme import HOST
from plugins.upstreams.built_in_payments import BuiltInPayments
from plugins.upstreams.circuit import Circuit, CircuitLimits
from plugins.upstreams.core_bank_payments import CoreBankPayments
from portcullis.compose.payments import FILES, SENDER
from tests.harness.paper_bank import TOKEN
from tests.simulation.fleet.death import Death, MortalCommands, MortalDatabase, MortalPoster, MortalRail
from tests.simulation.fleet.notes import Notes
from tests.simulation.fleet.products import Products
from tests.simulation.fleet.shared_clock import SharedClock
from tests.simulation.money_crashes import HTTP, RAIL_SECONDS, SHARED
from tests.world.orders import KEYS, commands_of

PACE = Pace(
    submissions_max=3,
    pause_max=timedelta(seconds=60),
    final_within=timedelta(minutes=20),
    reserved_within=timedelta(minutes=30),
)
SCHEMES = (FASTER_PAYMENTS, SEPA_INSTANT, SEPA_CREDIT_TRANSFER, INTERNATIONAL)  # in one process
BATCHES = BatchRule(soon, transfers_max=20)
SCHEME_PORTS = "scheme.ports"  # the file with the ports at which the schemes listen now, in their order
SCHEME_COMMAND = (sys.executable, "-P", "-m", "tests.simulation.fleet.scheme")


@dataclass(frozen=True)
class Setting:
    """`servers` share `orders` by number: each places those of its own remainder. `life` is about how many orders a process lives for, `days` on
    how many days what is planned falls due."""

    setup: str
    seed: int
    orders: int
    days: int
    servers: int
    life: int
    faulty: float
    url: str
    ledger_url: str
    core_url: str
    folder: Path

    @property
    def notes(self) -> Notes:
        return Notes(self.folder / "notes")

    @property
    def clock(self) -> SharedClock:
        return SharedClock(self.folder / "clock")

    def draw(self, name: str, life: int) -> random.Random:
        return random.Random(f"{self.seed}/{name}/{life}")

    @property
    def products(self) -> Products:
        return Products(self.seed, self.days)

    def scheme_process(self) -> SchemeProcess:
        """By the shared clock."""
        return SchemeProcess(self.folder, *SCHEMES, command=(*SCHEME_COMMAND, str(self.folder / "clock")))

    def scheme_address(self, place: int) -> tuple[str, int]:
        """Raises OSError while it does not listen."""
        return HOST, int((self.folder / SCHEME_PORTS).read_text().split()[place])


def open_room(setting: Setting, database: Database, death: Death | None) -> Room:
    commands: Any = commands_of(database, setting.clock)
    if death is not None:
        commands = MortalCommands(commands, death)
    clock, ids, sealer = setting.clock, RandomIds(), Sealer(KEYS)
    store = ConsentStore(commands=commands, clock=clock, ids=ids, sealer=sealer)
    return Room(commands=commands, clock=clock, ids=ids, sealer=sealer, consents=store, pace=PACE)


@asynccontextmanager
async def open_bank(setting: Setting, database: Database, death: Death | None) -> AsyncIterator[BuiltInPayments]:
    """The built-in bank's payments, over the ledger in `database`."""
    sealer, clock = Sealer(KEYS), setting.clock
    rails: list[Any] = [
        SimulatedRail(rules, partial(setting.scheme_address, place), RAIL_SECONDS) for place, rules in enumerate(SCHEMES)
    ]
    mortal: Any = database if death is None else MortalDatabase(database, death)
    async with (
        Poster.lifetime(mortal, sealer, clock) as poster,
        FileRail.opened(setting.folder / FILES, BATCHES, SENDER, clock) as files,
    ):
        rails.append(files)
        if death is None:
            yield BuiltInPayments(database, sealer, clock, poster, Rails.of(*rails))
        else:
            mortals: list[Any] = [MortalRail(rail, death, setting.notes) for rail in rails]
            parts: Any = MortalPoster(poster, death), Rails.of(*mortals)
            yield BuiltInPayments(mortal, sealer, clock, *parts)


@asynccontextmanager
async def open_upstream(setting: Setting, database: Database, death: Death) -> AsyncIterator[Any]:
    """The bank that the workers of a server ask."""
    async with AsyncExitStack() as stack:
        if setting.setup == HTTP:
            circuit = Circuit(monotonic, CircuitLimits(calls_min=10**9))
            core = CoreBankPayments.open(setting.core_url, circuit=circuit, token=TOKEN)
            yield await stack.enter_async_context(core)
            return
        if setting.setup != SHARED:
            database = await stack.enter_async_context(Database.open(setting.ledger_url))
        yield await stack.enter_async_context(open_bank(setting, database, death))
