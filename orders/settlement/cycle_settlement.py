"""Settlement of the cycles of a rail: deferred, and by the net of what its payments made of the clearing account.

A cycle that has closed is settled by one entry, and its clearing is zero afterwards. A payment that becomes known later, such as one
whose end was unknown, gets a further settlement of its own cycle. A run reads a page of movements at a time, from the first that is not
settled on: it costs what is new, not what there ever was.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
import structlog

from kernel.brand import Brand
from kernel.commands.runner import Guard
from orders.room import Room
from orders.rows.orders import find_order
from orders.settlement.commands import CompleteReturn, CompleteSettlement, FixSettlement, PassSettled, TakeReturn
from orders.settlement.ports import MOVEMENTS_MAX, Calendar, Cycle, HouseBooks, OwnItem, SettlementAccount
from orders.settlement.returned import Returned
from orders.settlement.rows import find_settled, load_mark, load_open_returns, load_returns, load_settlements
from orders.settlement.settled import OPEN_SETTLEMENTS, Settlement

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Unsettled:
    """The movements that are not settled and whose cycles have closed, by cycle, in the order of their booking. `passed` is the number of
    the movement up to which all are settled once these are."""

    passed: int
    closed: dict[str, list[OwnItem]] = field(default_factory=dict)
    _waits: bool = field(default=False, init=False)

    def take(self, item: OwnItem, cycle: str, *, is_settled: bool, is_closed: bool) -> None:
        if is_closed and not is_settled:
            self.closed.setdefault(cycle, []).append(item)
        self._waits = self._waits or not (is_settled or is_closed)
        if not self._waits:
            self.passed = item.number


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleSettlement:
    """One rail in one currency. `page` is the number of movements that it reads at a time."""

    room: Room
    books: HouseBooks
    calendar: Calendar
    account: SettlementAccount
    page: int = MOVEMENTS_MAX

    async def run(self, brand: Brand, guard: Guard | None = None) -> tuple[Settlement, ...]:
        """Settle every cycle that has closed: what was settled now. A repeat settles nothing. `guard` comes first in each transaction."""
        async with self.room.database.read() as connection:
            mark = await load_mark(connection, brand.name, self.account)
        now = self.room.clock.wall()
        found = await self.find_unsettled(brand, mark, now)
        for cycle, items in sorted(found.closed.items()):
            command = FixSettlement(
                brand=brand, account=self.account, cycle=cycle, calendar=self.calendar.version, items=items, now=now
            )
            await self.room.commands.run(command, guard=guard)
        if found.passed > mark:
            await self.room.commands.run(PassSettled(brand=brand, account=self.account, number=found.passed), guard=guard)
        return await self._complete(brand, guard)

    async def complete_returns(self, brand: Brand) -> None:
        """Book those that were written down and are not known to be booked. One that fails holds up no other, and no cycle: it is tried again at
        the next look."""
        async with self.room.database.read() as connection:
            returns = await load_open_returns(connection, brand.name, self.account)
        for returned in returns:
            try:
                await self.take_return(brand, returned)
            except Exception:
                log.exception("return_not_booked", return_id=returned.id)

    async def take_return(self, brand: Brand, returned: Returned) -> None:
        """A repeat changes nothing. Raises FieldInvalid for another return with its id."""
        now = self.room.clock.wall()
        returned = msgspec.structs.replace(returned, cycle=self._cycle_by(returned.cycle, now).id)
        command = TakeReturn(brand=brand, sealer=self.room.sealer, rail=self.account.rail, returned=returned, now=now)
        order_id, entry_id = await self.room.commands.run(command)
        await self.books.take_return(brand, self.account, entry_id, returned, order_id)
        await self.room.commands.run(CompleteReturn(brand=brand, entry_id=entry_id, now=now))

    async def rail_of(self, brand: Brand, uetr: str) -> str | None:
        """The rail that carried the payment; None for one that is not known here."""
        async with self.room.database.read() as connection:
            order_id = await find_order(connection, brand.name, uetr)
        return None if order_id is None else await self.books.rail_of(brand, order_id)

    async def items(self, brand: Brand, after: int = 0) -> tuple[OwnItem, ...]:
        """All that payments made of the clearing account after movement `after`, each with its cycle."""
        return tuple([item async for found, _ in self._pages(brand, after) for item in found])

    async def find_unsettled(self, brand: Brand, mark: int, now: datetime) -> Unsettled:
        """After movement `mark`: the same for every size of the page."""
        found = Unsettled(mark)
        async for items, settled in self._pages(brand, mark):
            for item in items:
                cycle = self.calendar.find(item.cycle or "")
                assert cycle is not None
                found.take(item, cycle.id, is_settled=item.entry_id in settled, is_closed=cycle.closes_at <= now)
        return found

    async def _pages(self, brand: Brand, after: int) -> AsyncIterator[tuple[Sequence[OwnItem], Mapping[str, str]]]:
        """Each with the cycles of those that are settled."""
        is_last = False
        while not is_last:
            found = await self.books.cleared(brand, self.account, after=after, most=self.page)
            is_last = len(found) < self.page
            after = found[-1].number if found else after
            async with self.room.database.read() as connection:
                came_back = await load_returns(connection, brand.name, [item.entry_id for item in found if item.order_id is None])
                settled = await find_settled(connection, brand.name, self.account, found)
            yield [self._with_cycle(item, came_back, settled) for item in found], settled

    def _with_cycle(self, item: OwnItem, came_back: Mapping[str, Returned], settled: Mapping[str, str]) -> OwnItem:
        returned = came_back.get(item.entry_id)
        if returned is not None:
            item = msgspec.structs.replace(item, uetr=returned.uetr, cycle=returned.cycle)
        cycle = settled.get(item.entry_id)
        named = self.calendar.find(cycle or "") or self._cycle_by(item.cycle, item.at)
        return msgspec.structs.replace(item, cycle=named.id)

    def _cycle_by(self, named: str | None, at: datetime) -> Cycle:
        """That which the rail names, unless it closes later than the one that is open at that instant: what is not settled by then would wait
        where no statement is compared with it."""
        latest, cycle = self.calendar.cycle_of(at), self.calendar.find(named or "")
        return latest if cycle is None or cycle.closes_at > latest.closes_at else cycle

    async def _complete(self, brand: Brand, guard: Guard | None) -> tuple[Settlement, ...]:
        async with self.room.database.read() as connection:
            fixed = await load_settlements(connection, brand.name, self.account, states=OPEN_SETTLEMENTS)
        for settlement in fixed:
            net = settlement.position.net
            if net.minor:
                await self.books.settle(brand, self.account, settlement.entry_id, net, settlement.cause)
            command = CompleteSettlement(brand=brand, entry_id=settlement.entry_id, now=self.room.clock.wall())
            await self.room.commands.run(command, guard=guard)
        return fixed
