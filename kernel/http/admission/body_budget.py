"""The memory that bodies may take while they arrive and are answered: one budget for the process, and a share of it for each peer.

A byte counts when it has arrived, never when it is announced. Where the budget is spent, the greediest peer gives way: the oldest body
that it still sends is given up. However many peers are greedy, one that sends less than they do finds room.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from kernel.errors import Overloaded

BUFFERED_BYTES_MAX: Final = 33_554_432
BUFFERED_BYTES_PER_PEER_MAX: Final = 4_194_304


@dataclass(slots=True, eq=False)
class Holding:
    """What one body holds. `share` is the organisation of a certificate, or the share of an address (kernel/http/admission/peer_share.py);
    `give_up` ends a body that is still arriving."""

    share: str
    give_up: Callable[[], None]
    held: int = 0


@dataclass(slots=True)
class _Share:
    bodies: int = 0  # until they are closed, also those that hold nothing
    held: int = 0
    arriving: dict[Holding, None] = field(default_factory=dict)  # oldest first


class BodyBudget:
    def __init__(self, total: int = BUFFERED_BYTES_MAX, per_peer: int = BUFFERED_BYTES_PER_PEER_MAX) -> None:
        self._total = total
        self._per_peer = per_peer
        self._shares: dict[str, _Share] = {}
        self._held = 0

    @property
    def held(self) -> int:
        """The bytes of all bodies that are in memory."""
        return self._held

    def open(self, share: str, give_up: Callable[[], None]) -> Holding:
        """The holding of a body that begins to arrive."""
        holding = Holding(share, give_up)
        mine = self._shares.setdefault(share, _Share())
        mine.bodies += 1
        mine.arriving[holding] = None
        return holding

    def take(self, holding: Holding, count: int) -> None:
        """Count bytes that have arrived. Raises Overloaded, and then counts none of them."""
        share = self._shares[holding.share]
        wanted = share.held + count
        if wanted > self._per_peer:
            raise Overloaded(f"bodies of {holding.share} would hold {wanted} bytes, {self._per_peer} are allowed")
        while self._held + count > self._total:
            self._make_room(wanted)
        share.held += count
        holding.held += count
        self._held += count

    def settle(self, holding: Holding) -> None:
        """The body is whole: from now on it gives way to no other."""
        self._shares[holding.share].arriving.pop(holding, None)

    def close(self, holding: Holding) -> None:
        """The body is answered, or refused: what it held is free. Once for each that was opened."""
        share = self._shares[holding.share]
        share.bodies -= 1
        share.arriving.pop(holding, None)
        share.held -= holding.held
        self._held -= holding.held
        holding.held = 0
        if not share.bodies:
            del self._shares[holding.share]

    def _make_room(self, wanted: int) -> None:
        greedier = [share for share in self._shares.values() if share.held > wanted]
        for share in sorted(greedier, key=lambda share: share.held, reverse=True):
            for holding in share.arriving:
                if holding.held:
                    holding.give_up()
                    share.held -= holding.held
                    self._held -= holding.held
                    holding.held = 0
                    return
        raise Overloaded(f"bodies hold {self._held} bytes, {self._total} are allowed, and no peer holds more than this one")
