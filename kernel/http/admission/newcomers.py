"""The start of work for callers without a certificate: one after another, by turns of their shares.

An event loop does everything that is ready before it looks again, so a hundred handshakes that are ready at one moment delay every
other answer by their sum. Here one starts each time the loop has gone round. While callers with a certificate are being answered, each
start is followed by a rest twice as long as the work that it caused, and waits for the answers that are under way: strangers have a third of the
time, and no more. Nor are they kept out: each answer to a caller with a certificate starts one of them, and so does a pause that is too long. Shares take turns, so an
address that queues a thousand starts delays its own. Shares from which a caller with a certificate was answered not long ago have a lane of
their own, with as many starts as the strangers': such a caller who connects once more waits for no stranger, however many are queued.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from kernel.clock import monotonic as system_monotonic

ROUNDS: Final = 3  # turns of the event loop in which a new call does most of its work
REST_FACTOR: Final = 2  # by which a rest is longer than the work before it
REST_SECONDS_MAX: Final = 0.05  # between two calls of newcomers while known callers are served
KNOWN_SECONDS: Final = 0.2  # after its last answer, a known caller counts as likely to ask again
RECENT_SECONDS: Final = 600.0  # after its last answer to a certificate, a share's starts are those of a known caller
RECENT_SHARES_MAX: Final = 1_024  # that are remembered so; the one answered longest ago is forgotten

Queues = OrderedDict[str, dict[asyncio.Future[None], None]]  # starts by share; shares in the order of their turns

Later = Callable[[float, Callable[[], None]], object]


@dataclass(slots=True, eq=False)
class _Lane:
    """Starts of which one is under way at a time."""

    queues: Queues = field(default_factory=OrderedDict)
    is_pacing: bool = False


def call_later(seconds: float, callback: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(seconds, callback)


class Newcomers:
    """One queue of a process, bounded by its connections. `monotonic` is a clock in seconds that never jumps; `later` is its timer."""

    def __init__(self, monotonic: Callable[[], float] = system_monotonic, later: Later = call_later) -> None:
        self._monotonic = monotonic
        self._later = later
        self._known_shares = _Lane()
        self._strangers = _Lane()
        self._recent: OrderedDict[str, float] = OrderedDict()  # share -> when a certificate of it was last answered
        self._known = 0
        self._known_until = float("-inf")
        self.waiting = 0

    async def turn(self, share: str) -> None:
        """Wait for the turn of `share`; returns at once where none is under way. The caller bounds the wait."""
        lane = self._known_shares if self.is_recent(share) else self._strangers
        if not lane.is_pacing:
            lane.is_pacing = True
            self._begin(lane)
            return
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        lane.queues.setdefault(share, {})[called] = None
        self.waiting += 1
        try:
            await called
        finally:
            self.waiting -= 1
            _forget(lane.queues, share, called)

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
            for lane in (self._known_shares, self._strangers):
                _call_first(lane.queues)

    def is_known_answered(self) -> bool:
        """A caller with a certificate is being answered now."""
        return self._known > 0

    def has_known_callers(self) -> bool:
        """One is being answered, or was so lately that it is likely to ask again."""
        return self._known > 0 or self._monotonic() < self._known_until

    def is_recent(self, share: str) -> bool:
        """A caller with a certificate was answered there not long ago."""
        return self._monotonic() - self._recent.get(share, float("-inf")) < RECENT_SECONDS

    def _begin(self, lane: _Lane) -> None:
        asyncio.get_running_loop().call_soon(self._go_round, lane, ROUNDS, self._monotonic())

    def _go_round(self, lane: _Lane, rounds: int, started: float) -> None:
        if rounds > 1:
            asyncio.get_running_loop().call_soon(self._go_round, lane, rounds - 1, started)
        elif self._known or started < self._known_until:
            self._later(min(REST_FACTOR * (self._monotonic() - started), REST_SECONDS_MAX), lambda: self._call_when_free(lane))
        else:
            self._call_next(lane)

    def _call_when_free(self, lane: _Lane) -> None:
        """An answer to a known caller takes several turns of the loop: none of them waits for a handshake, unless answers never end."""
        if self._known:
            self._later(REST_SECONDS_MAX, lambda: self._call_next(lane))
        else:
            self._call_next(lane)

    def _call_next(self, lane: _Lane) -> None:
        lane.is_pacing = _call_first(lane.queues)
        if lane.is_pacing:
            self._begin(lane)

    def _remember(self, share: str) -> None:
        self._recent[share] = self._monotonic()
        self._recent.move_to_end(share)
        if len(self._recent) > RECENT_SHARES_MAX:
            self._recent.popitem(last=False)


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
