"""The start of work for callers without a certificate: one after another, by turns of their shares.

An event loop does everything that is ready before it looks again, so a hundred handshakes that are ready at one moment delay every
other answer by their sum. Here one starts each time the loop has gone round. While callers with a certificate are being answered, each
start is followed by a rest as long as the work that it caused: strangers have half of the time, and no more. Nor have they less: each
answer to a caller with a certificate starts one of them, however long the loop takes to go round for those. Shares take turns, so an
address that queues a thousand starts delays its own. Every other start is one of a share from which a caller with a certificate was answered
not long ago, if one waits: such a caller who connects once more waits for one stranger, however many addresses are queued.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from kernel.clock import monotonic as system_monotonic

ROUNDS: Final = 3  # turns of the event loop in which a new call does most of its work
REST_SECONDS_MAX: Final = 0.05  # between two calls of newcomers while known callers are served
KNOWN_SECONDS: Final = 0.2  # after its last answer, a known caller counts as likely to ask again
RECENT_SECONDS: Final = 600.0  # after its last answer to a certificate, a share's starts are those of a known caller
RECENT_SHARES_MAX: Final = 1_024  # that are remembered so; the one answered longest ago is forgotten

Queues = OrderedDict[str, dict[asyncio.Future[None], None]]  # starts by share; shares in the order of their turns

Later = Callable[[float, Callable[[], None]], object]


def call_later(seconds: float, callback: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(seconds, callback)


class Newcomers:
    """One queue of a process, bounded by its connections. `monotonic` is a clock in seconds that never jumps; `later` is its timer."""

    def __init__(self, monotonic: Callable[[], float] = system_monotonic, later: Later = call_later) -> None:
        self._monotonic = monotonic
        self._later = later
        self._known_shares: Queues = OrderedDict()
        self._strangers: Queues = OrderedDict()
        self._is_strangers_turn = False
        self._recent: OrderedDict[str, float] = OrderedDict()  # share -> when a certificate of it was last answered
        self._is_pacing = False
        self._known = 0
        self._known_until = float("-inf")
        self.waiting = 0

    async def turn(self, share: str) -> None:
        """Wait for the turn of `share`; returns at once where none is under way. The caller bounds the wait."""
        if not self._is_pacing:
            self._is_pacing = True
            self._begin()
            return
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queues = self._known_shares if self._is_recent(share) else self._strangers
        queues.setdefault(share, {})[called] = None
        self.waiting += 1
        try:
            await called
        finally:
            self.waiting -= 1
            _forget(queues, share, called)

    @contextmanager
    def known(self, share: str) -> Iterator[None]:
        """Around the answer to a caller with a certificate, who came from an address of `share`."""
        self._known += 1
        try:
            yield
        finally:
            self._known -= 1
            self._known_until = self._monotonic() + KNOWN_SECONDS
            self._remember(share)
            self._call_first()

    def _begin(self) -> None:
        asyncio.get_running_loop().call_soon(self._go_round, ROUNDS, self._monotonic())

    def _go_round(self, rounds: int, started: float) -> None:
        if rounds > 1:
            asyncio.get_running_loop().call_soon(self._go_round, rounds - 1, started)
        elif self._known or started < self._known_until:
            self._later(min(self._monotonic() - started, REST_SECONDS_MAX), self._call_next)
        else:
            self._call_next()

    def _call_next(self) -> None:
        self._is_pacing = self._call_first()
        if self._is_pacing:
            self._begin()

    def _call_first(self) -> bool:
        """Start one whose turn it is. False where no one waits."""
        both = (self._strangers, self._known_shares) if self._is_strangers_turn else (self._known_shares, self._strangers)
        for queues in both:
            if _call_first(queues):
                self._is_strangers_turn = queues is self._known_shares
                return True
        return False

    def _remember(self, share: str) -> None:
        self._recent[share] = self._monotonic()
        self._recent.move_to_end(share)
        if len(self._recent) > RECENT_SHARES_MAX:
            self._recent.popitem(last=False)

    def _is_recent(self, share: str) -> bool:
        return self._monotonic() - self._recent.get(share, float("-inf")) < RECENT_SECONDS


def _call_first(queues: Queues) -> bool:
    """Start the first of the share whose turn it is, and let that share wait for the others. False where no one waits."""
    while queues:
        share, queue = queues.popitem(last=False)
        called = next(iter(queue))
        del queue[called]
        if queue:
            queues[share] = queue
        if not called.done():  # else its caller has gone
            called.set_result(None)
            return True
    return False


def _forget(queues: Queues, share: str, called: asyncio.Future[None]) -> None:
    """A caller who goes while waiting leaves nothing behind."""
    queue = queues.get(share, {})
    queue.pop(called, None)
    if not queue:
        queues.pop(share, None)
