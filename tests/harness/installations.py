"""Whole installations for journeys: the embedded default with the bank within, and one as in production, on PostgreSQL and Valkey with
the bank in another process, reached over HTTP. So what runs on both kinds runs on both upstreams, and the kind's name says which.

Seeding the bank takes longer than most journeys, so it is done once per kind and run: later installations start from a copy of the
first one's state directory and database. Its market trader has a few thousand transactions, not a hundred thousand: who checks that
all books are whole reads each line (test_killed_while_the_bank_is_first_made makes them all).
"""

import asyncio
import fcntl
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from kernel.clock import SystemClock
from kernel.storage.database import Database
from plugins.upstreams.core_bank import CoreBank
from portcullis.compose.contexts import upgrade_contexts
from portcullis.compose.keys.sealing_keys import ensure_sealing_keys, load_sealer
from portcullis.settings.schema import Settings
from sandbox.bank.seed import USUAL_SEED, seed_bank
from tests.harness.apart import run_apart
from tests.harness.server import Server, free_ports
from tests.harness.valkey import Valkey, started_valkey

# storage, hot state if it is a process, and upstream
EMBEDDED = "embedded+built_in"
PRODUCTION_LIKE = "postgresql+valkey+core_bank"
KINDS = (EMBEDDED, PRODUCTION_LIKE)
BANK_WITHIN = "postgresql+valkey+built_in"  # for who kills the server over and over: each start of its bank costs a second
BANK_APART = "embedded+core_bank"
TEMPLATE_DATABASE = "sandbox_template"
TRADES = 4_000  # transactions of the market trader
TRANSIENT = ("server.log", "ready.json", "*.lock")

MakeDirectory = Callable[[str], Path]


@dataclass
class Installations:
    """`shared` is a folder that all workers of a run share; `postgresql` gives the URL of a maintenance database; `trades` are the
    transactions of the market trader."""

    shared: Path
    make_directory: MakeDirectory
    postgresql: Callable[[], str]
    serial: Iterator[int] = field(default_factory=itertools.count)
    trades: int = TRADES

    @contextmanager
    def installation(self, kind: str, *, seeded: bool = True) -> Iterator[Server]:
        """A server that is not started yet, on a state directory and database of its own; stopped at the end. Without `seeded`
        its state directory and database are empty."""
        storage, upstream = kind.rsplit("+", 1)
        state_dir = self.make_directory(kind.replace("+", "-"))
        if seeded:
            shutil.copytree(self._template(storage), state_dir, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*TRANSIENT))
        with self._around(storage, TEMPLATE_DATABASE if seeded else None) as (environment, valkey):
            server = Server(state_dir, environment, valkey=valkey)
            if upstream == CoreBank.name:
                server.arguments = ("sandbox", "--core-bank")
                server.environment["PORTCULLIS_CORE_BANK_PORT"] = str(free_ports(1)[0])
            try:
                yield server
            finally:
                server.stop()

    @contextmanager
    def _around(self, storage: str, template: str | None) -> Iterator[tuple[dict[str, str], Valkey | None]]:
        """The settings that the server needs as well as its state directory."""
        if storage == "embedded":
            yield {}, None
            return
        with started_valkey() as valkey, self._database(template) as database_url:
            yield {"PORTCULLIS_DATABASE_URL": database_url, "PORTCULLIS_REDIS_URL": valkey.url}, valkey

    def _template(self, storage: str) -> Path:
        """The state directory of a sandbox that was seeded and stopped. Made by the first worker that asks; the others wait."""
        folder = self.shared / f"template-{storage}"
        with locked(folder.with_suffix(".lock")):
            if not (folder / "ready-made").exists():
                shutil.rmtree(folder, ignore_errors=True)
                environment = {} if storage == "embedded" else {"PORTCULLIS_DATABASE_URL": self._make_template_database()}
                server = Server(folder, environment, by_hand=True)
                run_apart(lambda: asyncio.run(seed(server, self.trades)))
                assert server.start().stop() == 0
                (folder / "ready-made").touch()
        return folder

    def _make_template_database(self) -> str:
        self._execute(f'DROP DATABASE IF EXISTS "{TEMPLATE_DATABASE}"', f'CREATE DATABASE "{TEMPLATE_DATABASE}"')
        return self._url_of(TEMPLATE_DATABASE)

    @contextmanager
    def _database(self, template: str | None) -> Iterator[str]:
        name = f"j_{os.getpid()}_{next(self.serial)}"
        self._execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        try:
            yield self._url_of(name)
        finally:
            self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _url_of(self, database: str) -> str:
        base, _, query = self.postgresql().partition("?")
        return f"{base.rsplit('/', 1)[0]}/{database}?{query}"

    def _execute(self, *statements: str) -> None:
        url = self.postgresql()

        async def work() -> None:
            connection = await asyncpg.connect(url)
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        run_apart(lambda: asyncio.run(work()))


async def seed(server: Server, trades: int) -> None:
    """Makes the bank in a place where its server has never been: what else is missing, the first start makes."""
    keys = server.state_dir / "keys" / "sealing.keys"
    ensure_sealing_keys(keys)
    (brand,) = Settings().resolved_brands()
    async with Database.open(server.database_url) as database:
        await upgrade_contexts(database, sandbox=True)
        await seed_bank(database, load_sealer(keys), SystemClock(), str(USUAL_SEED), brand, heavy_transactions=trades)


MakeInstallation = Callable[..., AbstractContextManager[Server]]


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time. The lock ends with its holder."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def save_log(server: Server, directory: Path) -> None:
    """Keep what a server said where a failed run can be read."""
    if (server.state_dir / "server.log").exists():
        shutil.copy(server.state_dir / "server.log", directory)
