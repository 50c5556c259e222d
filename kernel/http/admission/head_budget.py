"""The memory that unfinished heads may take: one budget for all of a listener's, and a share of it for each peer.

A byte counts when it has arrived. A share grows only while it holds no more than is still free: however many peers fill the budget, the
next one finds as much room as the greediest of them holds. A head is small and soon over, so none gives way to another, as bodies do
(kernel/http/admission/body_budget.py).
"""

from kernel.errors import Overloaded


class HeadBudget:
    """Bytes by share (kernel/http/admission/peer_share.py)."""

    def __init__(self, total: int, per_peer: int) -> None:
        self._total = total
        self._per_peer = per_peer
        self._shares: dict[str, int] = {}
        self._held = 0

    @property
    def held(self) -> int:
        """All bytes that are in memory."""
        return self._held

    def take(self, share: str, count: int) -> None:
        """Count bytes that have arrived. Raises Overloaded, and then counts none of them."""
        mine, free = self._shares.get(share, 0) + count, self._total - self._held - count
        if mine > min(self._per_peer, free):
            raise Overloaded(f"{share or 'peers without an address'} would hold {mine} bytes, {max(free, 0)} are free")
        self._shares[share] = mine
        self._held += count

    def give_back(self, share: str, count: int) -> None:
        """The bytes are no longer held."""
        self._held -= count
        left = self._shares.get(share, 0) - count
        if left > 0:
            self._shares[share] = left
        else:
            self._shares.pop(share, None)
