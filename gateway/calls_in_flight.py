"""The calls that one worker has in flight, in units of their cost: what is too much is refused at once and never waits.

A client holds a bounded part of the places, and only some of its calls are worked on at once, so that its own haste stays its own. Of
the last places it may take a smaller part still: they are for those who hold few or none.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from gateway.client_turns import ClientTurns
from kernel.errors import Overloaded, RateExceeded

UNITS_MAX = 320
UNITS_PER_CLIENT_MAX = 32
RUNNING_PER_CLIENT_MAX = 8  # two pages of transactions, or eight balances: what others then wait for is short
ONE_CALL_SHARE = 2  # one call takes at most half of what its client may hold
LAST_PLACES_SHARE = 4  # a quarter of all places is for clients that hold at most a quarter of what one may
RULE = "calls-in-flight"


@dataclass(frozen=True, slots=True)
class InFlightLimits:
    """At most `units` of all calls together, and `units_per_client` of one client's; of these, `running_per_client` are worked on at once
    and the others wait for them."""

    units: int = UNITS_MAX
    units_per_client: int = UNITS_PER_CLIENT_MAX
    running_per_client: int = RUNNING_PER_CLIENT_MAX

    @property
    def units_per_call(self) -> int:
        return max(1, self.units_per_client // ONE_CALL_SHARE)


@dataclass(slots=True)
class Call:
    """One call, from its arrival to its answer."""

    cost: int
    _calls: "CallsInFlight"
    client: str | None = None

    def claim(self, client: str) -> None:
        """Count the call as `client`'s; once. Raises RateExceeded when the client holds too much, Overloaded when only the last
        places are left and it holds more than its part of them."""
        if self.client is None:
            self._calls.check_share(client, self.cost)
            self._calls.hold(client, self.cost)
            self.client = client

    def turn(self) -> AbstractAsyncContextManager[None]:
        """The client's turn to have work done. Waits for its own calls, and no one else's."""
        return nullcontext() if self.client is None else self._calls.turns[self.client].turn(self.cost)


@dataclass(slots=True)
class CallsInFlight:
    limits: InFlightLimits = field(default_factory=InFlightLimits)
    held: Counter[str] = field(default_factory=Counter)  # units by client
    turns: dict[str, ClientTurns] = field(default_factory=dict)  # by client
    total: int = 0

    @contextmanager
    def call(self, cost: int) -> Iterator[Call]:
        """A place for one call. Raises Overloaded when none is left."""
        cost = min(cost, self.limits.units_per_call)
        if self.total + cost > self.limits.units:
            raise Overloaded(f"{self.total} units are in flight")
        call = Call(cost, self)
        self.total += cost
        try:
            yield call
        finally:
            self.total -= cost
            if call.client is not None:
                self._release(call.client, cost)

    def check_share(self, client: str, cost: int) -> None:
        """As Call.claim says. The call's own units are part of the total already."""
        held, limit = self.held.get(client, 0), self.limits.units_per_client
        if held + cost > limit:
            raise RateExceeded(f"{client} has {held} units in flight", rule=RULE)
        last = self.total > self.limits.units - self.limits.units // LAST_PLACES_SHARE
        if last and held and held + cost > limit // LAST_PLACES_SHARE:
            raise Overloaded(f"{client} has {held} units in flight, and {self.limits.units - self.total} are left")

    def hold(self, client: str, cost: int) -> None:
        self.held[client] += cost
        if client not in self.turns:
            self.turns[client] = ClientTurns(self.limits.running_per_client)

    def _release(self, client: str, cost: int) -> None:
        self.held[client] -= cost
        if not self.held[client]:
            del self.held[client], self.turns[client]
