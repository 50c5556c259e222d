"""The memory that something may take while it arrives: one budget for all of it, and a share of it for each peer.

A byte counts when it has arrived, never when it is announced. Where the budget is spent, the greediest peer gives way: the oldest of
what it still sends is given up. However many peers are greedy, one that sends less than they do finds room. Bodies have one budget
(kernel/http/server/incoming_body.py), spooled or not; unfinished heads another (kernel/http/server/bounded_parser.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from kernel.errors import Overloaded


@dataclass(slots=True, eq=False)
class Holding:
    """The bytes that one body or head holds. `share` is the organisation of a certificate, or the share of an address
    (kernel/http/admission/peer_share.py); `give_up` ends what is still arriving; it calls the budget later, not at once."""

    share: str
    give_up: Callable[[], None]
    held: int = 0


@dataclass(slots=True)
class _Share:
    holdings: int = 0  # until they are closed, also those that hold nothing
    held: int = 0
    arriving: dict[Holding, None] = field(default_factory=dict)  # oldest first


class ByteBudget:
    """Limits in bytes."""

    def __init__(self, total: int, per_peer: int) -> None:
        self._total = total
        self._per_peer = per_peer
        self._shares: dict[str, _Share] = {}
        self._held = 0

    @property
    def most(self) -> int:
        """The most that one body or head can ever hold."""
        return min(self._total, self._per_peer)

    @property
    def held(self) -> int:
        """All bytes that are in memory, or spooled."""
        return self._held

    def open(self, share: str, give_up: Callable[[], None]) -> Holding:
        """The holding of what begins to arrive."""
        holding = Holding(share, give_up)
        mine = self._shares.setdefault(share, _Share())
        mine.holdings += 1
        mine.arriving[holding] = None
        return holding

    def take(self, holding: Holding, count: int) -> None:
        """Count bytes that have arrived. Raises Overloaded, and then counts none of them."""
        share = self._shares[holding.share]
        wanted = share.held + count
        if wanted > self._per_peer:
            raise Overloaded(f"{holding.share} would hold {wanted} bytes, {self._per_peer} are allowed")
        while self._held + count > self._total:
            self._make_room(wanted)
        self._add(share, holding, count)

    def settle(self, holding: Holding) -> None:
        """All of it has arrived: from now on it gives way to no other."""
        self._shares[holding.share].arriving.pop(holding, None)

    def close(self, holding: Holding) -> None:
        """It is answered, or refused: what it held is free. Once for each that was opened."""
        share = self._shares[holding.share]
        share.holdings -= 1
        share.arriving.pop(holding, None)
        self._add(share, holding, -holding.held)
        if not share.holdings:
            del self._shares[holding.share]

    def _add(self, share: _Share, holding: Holding, count: int) -> None:
        share.held += count
        holding.held += count
        self._held += count

    def _make_room(self, wanted: int) -> None:
        greedier = [share for share in self._shares.values() if share.held > wanted]
        for share in sorted(greedier, key=lambda share: share.held, reverse=True):
            for holding in share.arriving:
                if holding.held:
                    self._add(share, holding, -holding.held)
                    holding.give_up()
                    return
        raise Overloaded(f"{self._held} bytes are held, {self._total} are allowed, and no peer holds more than this one")
