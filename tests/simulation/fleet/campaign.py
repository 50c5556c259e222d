"""One run with processes that die: until every order that was accepted has ended."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from typing import Any

from plugins.rails.simulated.messages import Effect, SetEffects
from plugins.rails.simulated.process import SchemeProcess
from tests.harness.forked import FORKS
from tests.harness.patience import PATIENCE_SECONDS
from tests.simulation.fleet.house import give_back
from tests.simulation.fleet.notes import BREACHED, PLACED, Note
from tests.simulation.fleet.processes import live
from tests.simulation.fleet.setting import SCHEME_PORTS, Setting
from tests.simulation.money_crashes import EFFECTS, HTTP
from tests.world.orders import OrdersWorld

STEP_SECONDS = 0.05  # between two looks at the processes
IDLE_STEPS_MAX = 6  # for which the next order that is due stays the same
DAILY = (
    *("kill a server", "kill the core", "kill the scheme", "kill the house", "kill the bureau"),
    *("step back", "database"),
)  # one each day
RETURNED_MAX = 2  # payments that come back each day
BLOWS = (
    "kill a server",
    "kill the core",
    "kill the scheme",
    "kill the bureau",
    "stop a server",
    "jump",
    "jump",
    "step back",
    "database",
)
JUMP_SECONDS = (5, 31, 61)  # of the shared clock: over a lease, over all that may be under way
STEP_BACK_SECONDS = 2
PAUSED_SECONDS = 40  # of the shared clock, for a process that is stopped: longer than its leases last
MIDWAY_SHARE = 3  # a third of the orders was placed
EFFECTS_AT_ONCE = 40  # faults of the scheme that are still to come


@dataclass
class Campaign:
    """`restart_database` kills the database server and starts it again; None: there is none. A blow falls every `blow_every` orders."""

    setting: Setting
    world: OrdersWorld
    scheme: SchemeProcess
    restart_database: Callable[[], Awaitable[None]] | None
    blow_every: int
    midway: Callable[[], Awaitable[None]]  # done once a part of the orders was placed
    evening: Callable[["Campaign"], Awaitable[None]]  # done before the first of the days that follow
    is_midway: bool = False
    struck: int = 0
    days: int = 0
    notes: list[Note] = field(default_factory=list)
    placed: int = 0
    lives: Counter[str] = field(default_factory=Counter)
    running: dict[str, BaseProcess] = field(default_factory=dict)
    blows: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.clock, self._file = self.setting.clock, self.setting.notes
        self._idle, self._due = 0, None
        self.draw = random.Random(f"{self.setting.seed}/blows")

    @property
    def names(self) -> list[str]:
        servers = [str(number) for number in range(self.setting.servers)]
        return [*servers, "house", "bureau", *(["core"] if self.setting.setup == HTTP else [])]

    async def run(self) -> None:
        await self._start_scheme()
        try:
            while not await self._is_over():
                self._start_dead()
                await self._strike()
                await asyncio.sleep(STEP_SECONDS)
        finally:
            for process in self.running.values():
                process.kill()
                process.join(PATIENCE_SECONDS)
            self._take_notes()

    def _start_dead(self) -> None:
        for name in self.names:
            process = self.running.get(name)
            if process is not None and process.is_alive():
                continue
            if process is not None:
                assert process.exitcode == -signal.SIGKILL, (self.setting.folder / f"{name}.log").read_text()[-4000:]
                process.close()
            made: Any = FORKS.Process(target=live, args=(self.setting, name, self.lives[name]), daemon=True)
            made.start()
            self.lives[name] += 1
            self.running[name] = made

    def _take_notes(self) -> None:
        added = list(self._file.read())
        self.notes += added
        self.placed += sum(note.kind in (PLACED, BREACHED) for note in added)

    async def _is_over(self) -> bool:
        """Once all are placed, and no process seems to be at work, the clock is moved to the order that is due next, or to the next day on
        which anything is."""
        self._take_notes()
        if not self.is_midway and self.placed > self.setting.orders // MIDWAY_SHARE:
            self.is_midway = True
            await self.midway()
        if self.placed < self.setting.orders:
            return False
        turns_at = await self.world.next_turn()  # first: what turns is due then
        due = await self.world.next_due()
        if due is None:
            if turns_at is not None and turns_at > self.clock.wall():
                await self._begin_day(turns_at)
            return turns_at is None
        self._idle = self._idle + 1 if due == self._due else 0
        self._due = due
        if self._idle > IDLE_STEPS_MAX:
            self._idle = 0
            self.clock.move(min(max(timedelta(), due - self.clock.wall()), timedelta(seconds=max(JUMP_SECONDS))))
        return False

    async def _begin_day(self, at: datetime) -> None:
        """Payments that settled come back, the day comes, and a blow falls."""
        if not self.days:
            await self.evening(self)
        self.days += 1
        settled, returned = await self.world.settled_uetrs(), 0
        self.draw.shuffle(settled)
        while settled and returned < RETURNED_MAX:
            returned += await asyncio.to_thread(give_back, self.setting, settled.pop())
        self.blows["return"] += returned
        self.clock.move(at - self.clock.wall())
        await self._fall(self.draw.choice(DAILY))

    async def _strike(self) -> None:
        """The blows that are due, by how many orders were placed."""
        while self.struck < self.placed // self.blow_every:
            self.struck += 1
            await self._fall(self.draw.choice(BLOWS))

    async def _fall(self, blow: str) -> None:
        self.blows[blow] += 1
        match blow:
            case "kill a server":
                self._blow_at(self.draw.randrange(self.setting.servers), signal.SIGKILL)
            case "stop a server":
                number = self.draw.randrange(self.setting.servers)
                self._blow_at(number, signal.SIGSTOP)
                asyncio.get_running_loop().call_later(self.clock.seconds(PAUSED_SECONDS), self._blow_at, number, signal.SIGCONT)
            case "kill the core" if self.setting.setup == HTTP:
                self._blow_at("core", signal.SIGKILL)
            case "kill the house":
                self._blow_at("house", signal.SIGKILL)
            case "kill the bureau":
                self._blow_at("bureau", signal.SIGKILL)
            case "kill the scheme":
                await self.scheme.kill()
                await self._start_scheme()
            case "jump":
                self.clock.move(timedelta(seconds=self.draw.choice(JUMP_SECONDS)))
            case "step back":
                self.clock.move(-timedelta(seconds=STEP_BACK_SECONDS))
            case "database" if self.restart_database is not None:
                await self.restart_database()

    def _blow_at(self, name: object, blow: signal.Signals) -> None:
        process = self.running.get(str(name))
        if process is not None and process.is_alive() and process.pid is not None:
            os.kill(process.pid, blow)

    async def _start_scheme(self) -> None:
        """With faults for some of the submissions to come."""
        ports = self.setting.folder / SCHEME_PORTS
        ports.unlink(missing_ok=True)
        await self.scheme.start()
        made = ports.with_suffix(".new")
        made.write_text(" ".join(str(port) for port in self.scheme.ports))
        made.rename(ports)
        between = round(1 / self.setting.faulty)
        effects = [
            effect
            for _ in range(EFFECTS_AT_ONCE)
            for effect in (Effect(name="none", times=self.draw.randint(1, 2 * between)), self.draw.choice([*EFFECTS.values()]))
        ]
        for rail in self.scheme.rails:
            await rail.ask(SetEffects(tuple(effects)))
