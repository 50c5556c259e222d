"""A run reads what is new, a page at a time; each payment is settled once, for any size of the page and wherever a process dies."""

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from orders.settlement.tables import settlements
from tests.unit.orders.settlement.test_cycle_settlement import CLEARING, NOSTRO
from tests.world.brands import BRAND
from tests.world.settled_money import SettledMoney

PAGES = (1, 2, 3, 1_000)


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_records_are_the_same_for_every_size_of_the_page(money: SettledMoney, seed: int) -> None:
    draw, net = random.Random(seed), {}
    for _ in range(4):
        for _ in range(draw.randint(0, 4)):
            money.world.pass_time(timedelta(minutes=draw.randint(0, 200)))
            minor = draw.randint(1, 900)
            order = await money.pay(minor)
            cycle = next(item.cycle for item in await money.settlement.items(BRAND) if item.entry_id == order.id)
            net[cycle] = net.get(cycle, 0) - minor
        if draw.random() < 0.5:
            money.pass_cycle()
        now = money.world.clock.wall()
        found = [await replace(money.settlement, page=page).find_unsettled(BRAND, 0, now) for page in PAGES]
        assert all(each == found[0] for each in found)
        await replace(money.settlement, page=draw.choice(PAGES)).run(BRAND)
    money.pass_cycle()
    await replace(money.settlement, page=1).run(BRAND)
    assert (await money.booked(CLEARING), await money.booked(NOSTRO)) == (0, -sum(net.values()))
    rows = await money.world.rows(settlements)
    assert {(row.cycle, row.number): row.sum_in_minor - row.sum_out_minor for row in rows} == {
        (cycle, 1): minor for cycle, minor in net.items()
    }
    await money.check_books()


@dataclass
class Mortal:
    """Parts of a process that dies before its step number `dies_at`, or right after it."""

    dies_at: int
    after: bool
    steps: int = field(default=0)

    def of(self, part: Any, *names: str) -> Any:
        return _Dying(part, names, self)


class Death(Exception):
    """The process is no more."""


class _Dying:
    def __init__(self, part: Any, names: tuple[str, ...], mortal: Mortal) -> None:
        self._part, self._names, self._mortal = part, names, mortal

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        return self._step(found) if name in self._names else found

    def _step(self, act: Any) -> Any:
        async def step(*arguments: Any, **named: Any) -> Any:
            self._mortal.steps += 1
            dies = self._mortal.steps == self._mortal.dies_at
            if dies and not self._mortal.after:
                raise Death
            made = await act(*arguments, **named)
            if dies:
                raise Death
            return made

        return step


@pytest.mark.parametrize("after", [False, True])
async def test_a_run_that_is_killed_anywhere_repeats_nothing(money: SettledMoney, after: bool) -> None:
    paid = 0
    for dies_at in count(1):
        await money.pay(dies_at)
        paid += dies_at
        money.pass_cycle()
        mortal, room = Mortal(dies_at, after), money.settlement.room
        dying = replace(
            money.settlement,
            page=1,
            room=replace(room, commands=mortal.of(room.commands, "run")),
            books=mortal.of(money.settlement.books, "cleared", "settle"),
        )
        try:
            await dying.run(BRAND)
        except Death:
            await money.settlement.run(BRAND)
        assert (await money.booked(CLEARING), await money.booked(NOSTRO)) == (0, paid)
        if mortal.steps < dies_at:
            break
    assert dies_at > 6
    kinds = [kind for kind, _ in (await money.world.records()).journal if kind.startswith("settlement.")]
    assert kinds == ["settlement.fixed", "settlement.booked"] * dies_at
    await money.check_books()


async def test_a_run_costs_what_is_new(money: SettledMoney) -> None:
    """No more statements after many settled days; the first run of all opens accounts."""
    costs = []
    settlement = replace(money.settlement, page=2)
    for _ in range(5):
        for _ in range(3):
            await money.pay(50)
        money.pass_cycle()
        before = money.world.database.statements
        await settlement.run(BRAND)
        costs.append(money.world.database.statements - before)
    assert costs[1:] == [costs[1]] * 4
