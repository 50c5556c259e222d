"""The places of one listener: a connection has one from accept until its socket is closed, and no share of the world has them all.

A share is an address (IPv6: its /64), and after the handshake the organisation that the client's certificate names. A newcomer whose
share is full takes the place of the share's own oldest connection that waits for its client; where the listener is full, that of the
stranger who has most of them waiting. What is being answered is never cut off for a newcomer.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Final, Literal

import structlog

from kernel.http.admission.greediest import Greediest
from kernel.http.admission.limits import Limits
from kernel.http.admission.peer_share import share_of
from kernel.http.client_cert import TrustedProxies
from kernel.http.message import Listener

LOG_SECONDS: Final = 60.0  # between two log lines about connections refused for the same limit
NO_PROXIES: Final = TrustedProxies()

Cap = Literal["listener", "address", "organisation"]
CAPS: Final[tuple[Cap, ...]] = ("listener", "address", "organisation")
Queue = OrderedDict["Place", None]  # connections that wait for their clients, the longest first

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Share:
    """The connections that count together; `cap` says which of the limits is theirs."""

    name: str
    cap: Cap
    limit: int
    held: int = 0
    waiting: Queue = field(default_factory=OrderedDict)


@dataclass(slots=True, eq=False)
class Place:
    """One connection's. `end` cuts it off at once; `is_proxys` says that its certificate and address are those of a proxy of ours."""

    share: Share
    end: Callable[[], object]
    is_proxys: bool
    is_left: bool = False


class Places:
    """Of one listener. Connections of `proxies` and `balancers` share the listener's limit alone."""

    def __init__(
        self,
        listener: Listener | Literal["ops"],
        limits: Limits,
        *,
        proxies: TrustedProxies = NO_PROXIES,
        balancers: TrustedProxies = NO_PROXIES,
    ) -> None:
        self._listener = listener
        self._limits = limits
        self._proxies = proxies
        self._balancers = balancers
        self._shares: dict[tuple[Cap, str], Share] = {}
        self._strangers: Greediest[Share] = Greediest()
        self._others: Queue = OrderedDict()
        self._silent_until = 0.0
        self.open = 0
        self.ended = 0
        self.refused: Counter[Cap] = Counter()
        self.displaced: Counter[Cap] = Counter()

    def take(self, address: str, end: Callable[[], object]) -> Place | None:
        """For a connection that was accepted just now. None if it has no place."""
        is_proxys = address in self._proxies
        share = (
            self._share("listener", "") if is_proxys or address in self._balancers else self._share("address", share_of(address))
        )
        if not self._has_room_in(share):
            return None
        if self.open >= self._limits.connections and not self._displace(self._first_to_leave(), "listener"):
            self._note_refused("listener", share)
            return None
        place = Place(share, end, is_proxys)
        self.open += 1
        self._join(place, share)
        return place

    def move(self, place: Place, organisation: str) -> bool:
        """Count the connection as its organisation's from now on. False if that has no room: the connection must end."""
        if place.is_left or place.is_proxys:
            return not place.is_left
        share = self._share("organisation", organisation)
        if not self._has_room_in(share):
            return False
        self._part(place)
        self._join(place, share)
        return True

    def set_waiting(self, place: Place, *, is_waiting: bool) -> None:
        """Note if the connection waits for its client: for a handshake, a request, the rest of a body."""
        if place.is_left:
            return
        share = place.share
        before = len(share.waiting)
        _put(share.waiting, place, is_waiting=is_waiting)
        if share.cap == "address":
            self._strangers.note(share, before, len(share.waiting))
        else:
            _put(self._others, place, is_waiting=is_waiting)

    def leave(self, place: Place) -> None:
        """The connection is closed. Twice is as good as once."""
        if not place.is_left:
            self._part(place)
            self.open -= 1
            self.ended += 1
            place.is_left = True

    def _share(self, cap: Cap, name: str) -> Share:
        found = self._shares.get((cap, name))
        return found or Share(name, cap, self._limit_of(cap))

    def _limit_of(self, cap: Cap) -> int:
        match cap:
            case "listener":
                return self._limits.connections
            case "address":
                return self._limits.connections_per_address
            case "organisation":
                return self._limits.connections_per_organisation

    def _has_room_in(self, share: Share) -> bool:
        if share.held < share.limit or self._displace(share.waiting, share.cap):
            return True
        self._note_refused(share.cap, share)
        return False

    def _displace(self, queue: Queue, cap: Cap) -> bool:
        if not queue:
            return False
        oldest = next(iter(queue))
        self.displaced[cap] += 1
        self._note(cap, oldest.share)
        self.leave(oldest)
        oldest.end()
        return True

    def _join(self, place: Place, share: Share) -> None:
        place.share = share
        share.held += 1
        self._shares[share.cap, share.name] = share
        self.set_waiting(place, is_waiting=True)

    def _part(self, place: Place) -> None:
        share = place.share
        self.set_waiting(place, is_waiting=False)
        share.held -= 1
        if not share.held:
            del self._shares[share.cap, share.name]

    def _first_to_leave(self) -> Queue:
        greediest = self._strangers.first()
        return self._others if greediest is None else greediest.waiting

    def _note_refused(self, cap: Cap, share: Share) -> None:
        self.refused[cap] += 1
        self._note(cap, share)

    def _note(self, cap: Cap, share: Share) -> None:
        """A line for the first, and then one a minute at the most, with how many there have been since the start."""
        now = monotonic()
        if now >= self._silent_until:
            self._silent_until = now + LOG_SECONDS
            log.warning(
                "connections_capped",
                listener=self._listener,
                cap=cap,
                share=share.name,
                open=self.open,
                refused=self.refused.total(),
                displaced=self.displaced.total(),
            )


def _put(queue: Queue, place: Place, *, is_waiting: bool) -> None:
    if is_waiting:
        queue[place] = None
        queue.move_to_end(place)
    else:
        queue.pop(place, None)
