"""A process full of attackers: they come from fifty addresses, do what one attack says, and hold what they got until they are stopped.

In a process of its own, so that their work does not slow the clock of the honest caller next to them.
"""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import resource
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from tests.drills.site import Target

ADDRESSES = tuple(f"127.0.0.{number}" for number in range(2, 52))
AT_ONCE = 100  # attackers that are busy at the same moment
OPEN_SECONDS_MAX = 20.0
COUNT_SECONDS = 0.2  # between two counts of the connections that stand
ANSWER_SECONDS_MAX = 40.0
CALL_SECONDS_MAX = 600.0
NICENESS = 19  # attackers have machines of their own: here they take of the cores what server and honest caller leave


@dataclass
class Tally:
    """The fate of the connections that were tried."""

    counts: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))


@dataclass(frozen=True, slots=True)
class Struck:
    """The outcome of a strike: `standing` connections are held at its end, and `most` stood at one moment of it."""

    tally: Tally
    standing: int
    most: int


class Enemy:
    """The means of an attack: ways to connect, and a tally."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.tally = Tally()
        self.held: list[asyncio.StreamWriter] = []
        self.most = 0  # connections that stood at one moment
        self._trust = ssl.create_default_context(cafile=target.ca)

    async def connect(
        self, number: int, *, tls: bool = True, mtls: bool = False
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Held until the end. Raises OSError or TimeoutError where the server admits no one."""
        port = self.target.mtls if mtls else self.target.public
        options: dict[str, Any] = {"ssl": self._trust, "server_hostname": "localhost"} if tls else {}
        source = (ADDRESSES[number % len(ADDRESSES)], 0)
        async with asyncio.timeout(OPEN_SECONDS_MAX):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=source, **options)
        self.held.append(writer)
        return reader, writer

    async def answer(self, reader: asyncio.StreamReader) -> int:
        """The status of the next answer, which is read whole; 0 if none came."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                await reader.readexactly(int(lengths[0]) if lengths else 0)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            return 0
        return int(head.split()[1])

    async def count(self) -> None:
        """Note how many connections stand, until cancelled."""
        while True:
            self.most = max(self.most, self.admitted())
            await asyncio.sleep(COUNT_SECONDS)

    def admitted(self) -> int:
        """Connections that the server has not ended."""
        return sum(not writer.transport.is_closing() for writer in self.held)


Attack = Callable[[Enemy, int], Awaitable[None]]


async def _attack(attack: Attack, target: Target, count: int, pipe: Connection) -> None:
    enemy, room = Enemy(target), asyncio.Semaphore(AT_ONCE)
    pipe.send("ready")
    await asyncio.to_thread(pipe.recv)

    async def one(number: int) -> None:
        async with room:
            enemy.tally.counts["tried"] += 1
            try:
                await attack(enemy, number)
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                enemy.tally.counts[f"turned away ({type(error).__name__})"] += 1

    counting = asyncio.create_task(enemy.count())
    await asyncio.gather(*(one(number) for number in range(count)))
    counting.cancel()
    pipe.send(Struck(enemy.tally, enemy.admitted(), max(enemy.most, enemy.admitted())))
    await asyncio.to_thread(pipe.recv)
    for writer in enemy.held:
        with contextlib.suppress(Exception):
            writer.transport.abort()


def _yield_cores() -> None:
    """Niceness counts among the processes of one session alone, where Linux shares the cores by session (sched(7), autogroup); the server has
    a session of its own. So these have one too, and the session is nice."""
    os.setsid()
    os.nice(NICENESS)
    session = Path("/proc/self/autogroup")
    if session.exists():
        session.write_text(str(NICENESS))


def _main(attack: Attack, target: Target, count: int, pipe: Connection) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    _yield_cores()
    gc.disable()
    asyncio.run(_attack(attack, target, count, pipe))


@dataclass
class Attackers:
    """A process of them, which has started and waits for its word."""

    process: SpawnProcess
    pipe: Connection
    has_left: bool = False

    async def strike(self) -> Struck:
        """Until every attacker has done its worst. The connections that stand then are held until the attackers leave."""
        self.pipe.send("strike")
        struck: Struck = await self.hear()
        return struck

    async def leave(self) -> None:
        """All at one moment."""
        if not self.has_left:
            self.has_left = True
            self.pipe.send("leave")
            await asyncio.to_thread(self.process.join, 15)
            self.process.kill()

    async def hear(self) -> Any:
        """The next word of the process."""
        while not self.pipe.poll():
            if not self.process.is_alive():
                raise AssertionError(f"the attackers' process ended with {self.process.exitcode}")
            await asyncio.sleep(0.1)
        return self.pipe.recv()


@asynccontextmanager
async def attacking(attack: Attack, target: Target, count: int) -> AsyncIterator[Attackers]:
    """Attackers of one kind. Starting their process takes a core for a second, which is no attack: it is over when the context begins."""
    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(target=_main, args=(attack, target, count, theirs), daemon=True)
    process.start()
    attackers = Attackers(process, ours)
    try:
        await attackers.hear()
        yield attackers
    finally:
        await attackers.leave()
