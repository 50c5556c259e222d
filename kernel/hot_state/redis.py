"""The hot state that many workers share: Redis or Valkey (7.0 or later), one function call for each `decide`.

The functions are one library (`library.lua`) whose name carries the hash of its text, so that old and new workers can run side
by side; it is loaded at connect and again should the server have lost it. Every connection learns which run of the server it is
bound to, and `on_restart` is awaited with that before the connection is used: a restarted or failed-over server may hold an old
snapshot. An outage is noticed at the first unanswered call; until a probe succeeds every question is answered `Unavailable` at once.

Keys begin with `portcullis:`: `subject:`, `rate:`, `count:` and `first_use:` with the check's own name, `share:` with that of a share
of the first uses, and `memory`. All are declared with the call. On one server that is all; a cluster would need a hash tag around brand and subject group. Run the server
with `maxmemory-policy noeviction`: an evicted first use could be used again.
"""

import asyncio
import hashlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from itertools import count
from typing import Any

import structlog

from kernel.hot_state.checks import CLOSED_SECONDS, FILL_SECONDS, VERSION_SECONDS, Check, Unavailable, Verdict
from kernel.hot_state.redis_connection import Address, RedisConnection, ServerRefused, TooManyCalls, Word
from kernel.hot_state.words import ask, parse_verdicts, subject_key
from kernel.ids import Ids

PROBE_SECONDS = 0.25  # between two attempts to reach a lost server
TRUST_SECONDS_MAX = 15.0  # for `on_restart`, which commits in the database

OnRestart = Callable[[str], Awaitable[None]]

log = structlog.get_logger(__name__)


def _write_library() -> tuple[str, str]:
    """The library's text and the suffix of its name and of its functions' names."""
    limits = {"VERSION_MS": VERSION_SECONDS, "FILL_MS": FILL_SECONDS, "CLOSED_MS": CLOSED_SECONDS}
    constants = " ".join(f"local {name} = {seconds * 1000};" for name, seconds in limits.items())
    body = files(__package__).joinpath("library.lua").read_text("utf-8")
    suffix = hashlib.sha256((constants + body).encode()).hexdigest()[:12]
    return f"#!lua name=portcullis_{suffix}\nlocal SUFFIX = '{suffix}'; {constants}\n{body}", suffix


LIBRARY, SUFFIX = _write_library()
MEMORY = "portcullis:memory"


class RedisHotState:
    """Use inside `async with hot_state.lifetime()`. `on_restart` may raise: then the server is not trusted, and asked again later."""

    def __init__(self, url: str, ids: Ids, *, on_restart: OnRestart | None = None) -> None:
        self._address = Address.parse(url)
        self._on_restart = on_restart
        self._token_prefix = ids.secret()
        self._tokens = count()
        self._connection: RedisConnection | None = None
        self._run_id = ""
        self._available = asyncio.Event()

    @property
    def is_available(self) -> bool:
        return self._available.is_set()

    async def wait_until_available(self) -> None:
        await self._available.wait()

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Keeps the connection. Entered once the first attempt to connect has succeeded or failed."""
        tried = asyncio.Event()
        # not in a task group: it never fails, and the body's own errors stay as they are
        keeping = asyncio.create_task(self._keep_connected(tried))
        try:
            await tried.wait()
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def decide(self, checks: Sequence[Check], *, spend: bool = True) -> tuple[Verdict, ...]:
        # nothing is awaited before the call is written: it goes to the server that its caller trusts now
        keys: list[Word] = [MEMORY]
        arguments: list[Word] = [self._run_id, "1" if spend else "0", f"{self._token_prefix}.{next(self._tokens)}"]
        for check in checks:
            for key, question in ask(check):
                keys.append(key)
                arguments += question
        reply = await self._call("decide", keys, arguments)
        return (Unavailable(),) * len(checks) if reply is None else tuple(parse_verdicts(checks, reply))

    async def fill(self, subject: str, version: int, fill_token: str) -> None:
        await self._call("fill", [subject_key(subject)], [version, fill_token])

    async def close(self, subjects: Sequence[str]) -> bool:
        return await self._call("close", [subject_key(subject) for subject in subjects], []) is not None

    async def publish(self, versions: Mapping[str, int]) -> bool:
        keys: list[Word] = [subject_key(subject) for subject in versions]
        return await self._call("publish", keys, list(versions.values())) is not None

    async def born_at(self) -> float:
        reply = await self._call("born", [MEMORY], [self._run_id])
        return math.inf if reply is None else int(reply) / 1_000_000

    async def _call(self, function: str, keys: Sequence[Word], arguments: Sequence[Word]) -> Any:
        """The function's answer, or None for an outage."""
        connection = self._connection
        if connection is None:
            return None
        words = ("FCALL", f"portcullis_{function}_{SUFFIX}", len(keys), *keys, *arguments)
        try:
            try:
                return await connection.call(*words)
            except ServerRefused as error:
                if "Function not found" not in str(error):
                    raise
            await _load_library(connection)
            return await connection.call(*words)
        except ServerRefused as error:  # out of memory, turned replica, loading: no server for us until a probe says otherwise
            log.warning("hot_state_refused", error=str(error))
            self._drop(connection)
        except TooManyCalls:
            pass  # the others are still being answered
        except OSError:
            self._drop(connection)
        return None

    def _drop(self, connection: RedisConnection) -> None:
        connection.abort()
        if self._connection is connection:
            self._connection = None
            self._available.clear()

    async def _keep_connected(self, tried: asyncio.Event) -> None:
        failing = False
        while True:
            try:
                connection, self._run_id = await self._connect()
            except Exception as error:  # on any error the server cannot be used
                if not failing:
                    log.warning("hot_state_lost", error=repr(error))
                failing = True
            else:
                log.info("hot_state_connected", run_id=self._run_id)
                failing = False
                tried.set()
                await self._serve(connection)
            tried.set()
            await asyncio.sleep(PROBE_SECONDS)

    async def _serve(self, connection: RedisConnection) -> None:
        """Until the connection is lost."""
        self._connection = connection
        self._available.set()
        try:
            await connection.lost.wait()
        finally:
            self._drop(connection)

    async def _connect(self) -> tuple[RedisConnection, str]:
        """A connection to be trusted, and the run of the server that it is bound to."""
        connection = await RedisConnection.open(self._address)
        try:
            await _load_library(connection)
            run_id = _parse_run_id(await connection.call("INFO", "server"))
            if self._on_restart is not None:
                async with asyncio.timeout(TRUST_SECONDS_MAX):
                    await self._on_restart(run_id)
            await connection.call("FCALL", f"portcullis_born_{SUFFIX}", 1, MEMORY, run_id)  # first uses count from here on
        except BaseException:
            connection.abort()
            raise
        return connection, run_id


async def _load_library(connection: RedisConnection) -> None:
    try:
        await connection.call("FUNCTION", "LOAD", LIBRARY)
    except ServerRefused as error:
        if "already exists" not in str(error):
            raise


def _parse_run_id(info: bytes) -> str:
    for line in info.decode().splitlines():
        name, _, value = line.partition(":")
        if name == "run_id" and value:
            return value
    raise ServerRefused("the server does not say its run_id")
