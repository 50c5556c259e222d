"""The calls that one worker has in flight, in units of their cost: what is too much is refused at once and never waits.

A client holds a bounded part of the places, and only some of its calls are worked on at once, so that its own haste stays its own. Of
the last places it may take a smaller part still: they are for those who hold few or none. So it is with an organisation, which may
register any number of clients: together they have twice what one of them has. One that is known by its certificate alone counts as one
client. Calls for public data count by address, and together take a quarter of the places.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final

from gateway.pipeline.client_turns import ClientTurns
from kernel.errors import Overloaded, RateExceeded

UNITS_MAX = 320  # units in flight of all clients, in each process
UNITS_PER_CLIENT_MAX = 32  # units in flight of one client, in each process
RUNNING_PER_CLIENT_MAX = 8  # units that run at once: two pages of transactions or eight balances, so that others wait briefly
ONE_CALL_SHARE = 2  # the part of its client's units that one call may take: a half
ORGANISATION_FACTOR = 2  # how many times the calls of one client its organisation may have in flight
UNITS_PER_ADDRESS_MAX = 8  # units in flight of one address that asks for public data
STRANGERS_SHARE = 4  # the part of all units that calls for public data may take: a quarter
STRANGERS = "all"
LAST_PLACES_SHARE = 4  # the part of all units kept for clients that hold little: a quarter
RULE = "calls-in-flight"


@dataclass(frozen=True, slots=True)
class InFlightLimits:
    """At most `units` of all calls together, and `units_per_client` of one client's; of these, `running_per_client` are worked on at once
    and the others wait for them. Of calls that name no caller at most `units_per_address` come from one address."""

    units: int = UNITS_MAX
    units_per_client: int = UNITS_PER_CLIENT_MAX
    running_per_client: int = RUNNING_PER_CLIENT_MAX
    units_per_address: int = UNITS_PER_ADDRESS_MAX

    @property
    def units_per_call(self) -> int:
        return max(1, self.units_per_client // ONE_CALL_SHARE)


DEFAULT_LIMITS: Final = InFlightLimits()


@dataclass(slots=True)
class Holders:
    """Clients, or organisations: the units that each has in flight, and its turns. At most `limit` units of one, `running` at once."""

    limit: int
    running: int
    held: Counter[str] = field(default_factory=Counter)
    turns: dict[str, ClientTurns] = field(default_factory=dict)

    def check(self, name: str, cost: int) -> None:
        """Raises RateExceeded when one holds too much."""
        if self.held.get(name, 0) + cost > self.limit:
            raise RateExceeded(f"{name} has {self.held[name]} units in flight", rule=RULE)

    def hold(self, name: str, cost: int) -> None:
        self.held[name] += cost
        if name not in self.turns:
            self.turns[name] = ClientTurns(self.running)

    def release(self, name: str, cost: int) -> None:
        self.held[name] -= cost
        if not self.held[name]:
            del self.held[name], self.turns[name]


@dataclass(slots=True)
class Call:
    """One call, from its arrival to its answer."""

    cost: int
    _calls: "CallsInFlight"
    holders: tuple[tuple[Holders, str], ...] = ()

    def claim(self, client: str, organisation: str) -> None:
        """Count the call as `client`'s and its organisation's; once. Raises RateExceeded when one of them holds too much, Overloaded when
        only the last places are left and the client holds more than its part of them."""
        if not self.holders:
            holders = ((self._calls.clients, client), (self._calls.organisations, organisation))
            for kind, name in holders:
                kind.check(name, self.cost)
            self._calls.check_last_places(client, self.cost)
            for kind, name in holders:
                kind.hold(name, self.cost)
            self.holders = holders

    def claim_for_address(self, address: str) -> None:
        """Count the call as that of an address, which shows no more of itself; once. Raises RateExceeded when the address holds too much,
        Overloaded when such calls together do."""
        if not self.holders:
            addresses, strangers = self._calls.addresses, self._calls.strangers
            addresses.check(address, self.cost)
            if strangers.held[STRANGERS] + self.cost > strangers.limit:
                raise Overloaded(f"{strangers.held[STRANGERS]} units are in flight for strangers")
            self.holders = ((addresses, address), (strangers, STRANGERS))
            for kind, name in self.holders:
                kind.hold(name, self.cost)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The client's turn to have work done, and its organisation's. Waits for their own calls, and no one else's."""
        if not self.holders:
            yield
            return
        own, shared = (kind.turns[name] for kind, name in self.holders)
        async with own.turn(self.cost), shared.turn(self.cost):
            yield


class CallsInFlight:
    def __init__(self, limits: InFlightLimits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.clients = Holders(limits.units_per_client, limits.running_per_client)
        self.organisations = Holders(
            limits.units_per_client * ORGANISATION_FACTOR, limits.running_per_client * ORGANISATION_FACTOR
        )
        strangers = max(1, limits.units // STRANGERS_SHARE)
        self.strangers = Holders(strangers, strangers)
        self.addresses = Holders(min(limits.units_per_address, strangers), limits.running_per_client)
        self.total = 0

    def check_last_places(self, client: str, cost: int) -> None:
        """As Call.claim says. The call's own units are part of the total already."""
        held, left = self.clients.held.get(client, 0), self.limits.units - self.total
        is_last = left < self.limits.units // LAST_PLACES_SHARE
        if is_last and held and held + cost > self.clients.limit // LAST_PLACES_SHARE:
            raise Overloaded(f"{client} has {held} units in flight, and {left} are left")

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
            for kind, name in call.holders:
                kind.release(name, cost)
