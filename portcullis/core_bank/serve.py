"""`portcullis core-bank serve`: the synthetic bank of a state directory over the core-bank contract, in a process of its own.

On loopback, plain HTTP, with a bearer token. It reads the books that a sandbox writes, and makes the bank if there is none.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

from rich.console import Console

from kernel.brand import Brand
from kernel.errors import Overloaded
from kernel.http.admission.limits import CONNECTIONS_MAX, Limits
from kernel.http.message import Request, Response
from kernel.http.server.listener import serve
from kernel.ids import RandomIds
from kernel.observability import log
from kernel.storage.database import Database
from plugins.cut_offs.configured import ConfiguredCutOffs
from plugins.psu_identity.built_in import BuiltInIdentity
from plugins.upstreams.built_in import BuiltInBank
from plugins.upstreams.own_accounts import OwnNumbers
from portcullis.compose.contexts import upgrade_contexts
from portcullis.compose.keys.sealing_keys import ensure_sealing_keys, load_sealer
from portcullis.compose.payments import Books, open_sandbox_payments
from portcullis.core_bank.server import CoreBankServer
from portcullis.serving.banner import seed_progress
from portcullis.settings.schema import Settings
from portcullis.shutdown import cancel, catch_stop
from sandbox.bank.authenticators import simulated_authenticators
from sandbox.bank.catalogue.numbers import SORT_CODE
from sandbox.bank.source import settle_source
from sandbox.clock import MovedClock
from sandbox.printer.printer import Printer

Handler = Callable[[Request], Awaitable[Response]]

HOST = "127.0.0.1"
SPECIMENS = ("alice", "erin")  # whose accounts a conformance check may read
LIMITS = Limits(connections_per_address=CONNECTIONS_MAX)  # all that ask are on this machine
CLOCK_SECONDS = 1.0  # how often the books' own clock is looked at


async def serve_core_bank(settings: Settings, seed: int | None, console: Console, *, attached: bool) -> None:
    """Serve until stopped; if `attached`, also until standard input closes, which happens when the parent process ends in any way."""
    async with open_core_bank(settings, seed, console) as port:
        stopped = catch_stop()
        if attached:
            await _follow_input(stopped)
        console.print(f"The bank answers at {bank_url(port)}, and shows nothing without its token.", soft_wrap=True)
        await stopped.wait()


def bank_url(port: int) -> str:
    return f"http://{HOST}:{port}/core-bank/v1"


@asynccontextmanager
async def open_core_bank(settings: Settings, seed: int | None, console: Console) -> AsyncIterator[int]:
    """Listening while the context is open; yields the port."""
    async with AsyncExitStack() as stack:
        keys = settings.state_dir.resolve() / "keys" / "sealing.keys"
        await asyncio.to_thread(ensure_sealing_keys, keys)
        sealer = load_sealer(keys)
        database = await stack.enter_async_context(Database.open(settings.database()))
        await upgrade_contexts(database, sandbox=True)
        brands = settings.resolved_brands()
        moved = MovedClock(database, brands[0].name)
        await moved.load()
        log.configure(moved.clock, level=settings.log_threshold())
        source = await settle_source(database, brands[0], seed, None)
        with seed_progress(console) as progress:
            for brand in brands:
                await source.make(database, sealer, moved.clock, brand, progress=progress)
        ids = RandomIds()
        identity = BuiltInIdentity(database, sealer, moved.clock, ids, **simulated_authenticators(ids))
        specimens = {brand.name: await _specimens(identity, brand) for brand in brands}
        printer = Printer()
        stack.push_async_callback(printer.close)
        bank = BuiltInBank(database, sealer, moved.clock, printer)
        books = Books(database, sealer, moved.clock)
        payments = await open_sandbox_payments(
            stack, settings.state_dir.resolve(), books, brands, OwnNumbers(frozenset({SORT_CODE}))
        )
        server = CoreBankServer(bank, brands, settings.core_bank_token, specimens, payments, cut_offs=ConfiguredCutOffs())
        stack.push_async_callback(cancel, asyncio.create_task(_follow_clock(moved), name="the books' clock"))
        yield await stack.enter_async_context(
            serve(
                answered_in_time(moved, server.handle),
                refuse=server.refuse,
                host=HOST,
                port=settings.core_bank_port,
                ssl_context=None,
                listener="public",
                limits=LIMITS,
            )
        )


async def _specimens(identity: BuiltInIdentity, brand: Brand) -> tuple[str, ...]:
    found = [await identity.check_password(brand, name, f"{name}-pw") for name in SPECIMENS]
    return tuple(psu.customer_id for psu in found if psu is not None)


def answered_in_time(moved: MovedClock, handle: Handler) -> Handler:
    """Each question is answered at the time that its asker has: a rate that binds until the end of a day must not be late when it comes."""

    async def answer(request: Request) -> Response:
        with suppress(Overloaded):  # then the time that was read last counts
            await moved.load()
        return await handle(request)

    return answer


async def _follow_clock(moved: MovedClock) -> None:
    """Another process moves it."""
    while True:
        await asyncio.sleep(CLOCK_SECONDS)
        await moved.load()


async def _follow_input(stopped: asyncio.Event) -> None:
    class Ending(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            stopped.set()

    await asyncio.get_running_loop().connect_read_pipe(Ending, sys.stdin)
