"""The death of a process at a named point: before a commit, within its transaction, after it, before a question and after its answer.

Each life of a process has one point at which it ends, and the number of times that it passes the point before: both are drawn from the
seed, the process's name and the number of the life.
"""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from kernel.commands.runner import Commands
from kernel.storage.database import Database
from tests.simulation.fleet.notes import DIED, HANDED_IN, NEVER_CAME, Notes


def _around(commands: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{when} {name}" for name in commands for when in ("before", "within", "after"))


QUESTIONS = ("reserve", "submit", "status", "release", "quote")
WORKING_POINTS = (
    *_around(("claim_due", "advance_order")),
    *(f"{when} {name}" for name in QUESTIONS for when in ("before", "after")),
)
PLACING_POINTS = _around(("upload_file", "place_order", "place_instruction"))  # passed while orders are placed
TURNING_POINTS = _around(("turn_waiting", "turn_instructions"))  # passed as the days of what is planned come
SERVER_POINTS = (*PLACING_POINTS, *TURNING_POINTS, *WORKING_POINTS)
BANK_POINTS = (
    *("before ledger", "within ledger", "after ledger", "before entry", "after entry"),
    *("before rail submit", "after rail submit", "before rail status", "after rail status"),
)
HOUSE_POINTS = (
    *_around(("fix_settlement", "pass_settled", "complete_settlement", "take_return", "complete_return")),
    *_around(("keep_statements", "record_findings")),
    *("before entry", "after entry"),
)
RARE = (
    *("reserve", "status", "release", "quote"),
    *("upload_file", "place_instruction", "turn_waiting", "turn_instructions"),
)  # a point of these is passed by few orders
RARE_SHARE = 10


@dataclass
class Death:
    """`orders` is about how many a process lives for."""

    notes: Notes
    point: str
    passes: int

    @classmethod
    def drawn(cls, notes: Notes, seed: int, name: str, life: int, points: tuple[str, ...], orders: int) -> "Death":
        draw = random.Random(f"{seed}/{name}/death/{life}")
        order = random.Random(f"{seed}/{name}/points").sample(points, len(points))
        point = order[life % len(order)]
        most = orders // RARE_SHARE if point.split()[-1] in RARE else orders
        return cls(notes, point, draw.randint(1, max(1, most)))

    def pass_by(self, point: str) -> None:
        if point != self.point:
            return
        self.passes -= 1
        if not self.passes:
            self.notes.write(DIED, point)
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class _MortalCommand:
    command: Any
    death: Death

    @property
    def name(self) -> str:
        return self.command.name

    @property
    def locks(self) -> Any:
        return self.command.locks

    async def handle(self, unit: Any) -> Any:
        done = await self.command.handle(unit)
        self.death.pass_by(f"within {self.name}")
        return done


@dataclass(frozen=True)
class MortalCommands:
    commands: Commands
    death: Death

    @property
    def database(self) -> Database:
        return self.commands.database

    async def run(self, command: Any, **options: Any) -> Any:
        return await self._run(command, lambda mortal: self.commands.run(mortal, **options))

    async def run_once(self, command: Any, use: Any, **options: Any) -> Any:
        return await self._run(command, lambda mortal: self.commands.run_once(mortal, use, **options))

    async def find_earlier(self, use: Any) -> Any:
        return await self.commands.find_earlier(use)

    async def _run(self, command: Any, run: Callable[[Any], Awaitable[Any]]) -> Any:
        self.death.pass_by(f"before {command.name}")
        done = await run(_MortalCommand(command, self.death))
        self.death.pass_by(f"after {command.name}")
        return done


@dataclass(frozen=True)
class MortalDatabase:
    """Of the ledger."""

    database: Database
    death: Death

    def read(self) -> Any:
        return self.database.read()

    async def write(self, work: Callable[..., Awaitable[Any]]) -> Any:
        async def mortal(connection: Any) -> Any:
            done = await work(connection)
            self.death.pass_by("within ledger")
            return done

        self.death.pass_by("before ledger")
        done = await self.database.write(mortal)
        self.death.pass_by("after ledger")
        return done


@dataclass(frozen=True)
class MortalPoster:
    poster: Any
    death: Death

    async def post(self, brand: str, entry: Any, *transfer: Any) -> int:
        self.death.pass_by("before entry")
        posted = await self.poster.post(brand, entry, *transfer)
        self.death.pass_by("after entry")
        return posted


def _asker() -> str:
    """The one who asks the rail just now: a question follows another within one task."""
    task = asyncio.current_task()
    return f"{os.getpid()}/{task and task.get_name()}"


@dataclass
class MortalRail:
    """Notes each payment that is handed in, each answer that the rail never had one, and who asked."""

    rail: Any
    death: Death
    notes: Notes

    def __post_init__(self) -> None:
        self.name, self.pace = self.rail.name, self.rail.pace

    def refuses(self, amount: Any) -> Any:
        return self.rail.refuses(amount)

    async def submit(self, payment: Any) -> Any:
        self.notes.write(HANDED_IN, payment.uetr, _asker())
        return await self._ask("submit", self.rail.submit(payment))

    async def status(self, uetr: str) -> Any:
        report = await self._ask("status", self.rail.status(uetr))
        if report is None:
            self.notes.write(NEVER_CAME, uetr, _asker())
        return report

    async def _ask(self, question: str, answer: Awaitable[Any]) -> Any:
        self.death.pass_by(f"before rail {question}")
        given = await answer
        self.death.pass_by(f"after rail {question}")
        return given
