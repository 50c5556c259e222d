"""A process is killed at any statement of any of its transactions, over and over: no payment of an instruction is lost, none is made twice."""

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from kernel.banking.orders import OrderState
from kernel.banking.planned.instructions import InstructionState
from kernel.cut_offs import start_of
from orders.tables import orders
from tests.unit.orders.instructions.test_instructions import place, read
from tests.world.brands import BRAND
from tests.world.planned import FIRST_ON

INSTRUCTIONS = 4
STEPS = 160  # days that pass, with a look or a crash on each
SEEDS = range(5)


class Killed(BaseException):
    """The process is gone: nothing after the statement was done, and nothing is handled."""


class Killer:
    """Kills before the n-th statement from now on."""

    def __init__(self):
        self.left = None
        sa.event.listen(sa.Engine, "before_cursor_execute", self.count)

    def end(self):
        sa.event.remove(sa.Engine, "before_cursor_execute", self.count)

    def count(self, *_):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed


@pytest.fixture
def killer():
    killer = Killer()
    yield killer
    killer.end()


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_kill_at_any_statement_loses_and_doubles_nothing(world, killer, seed):
    draw = random.Random(seed)
    placed = [await place(world, f"key-{n}") for n in range(INSTRUCTIONS)]
    kills = 0
    world.pass_time(start_of(FIRST_ON, BRAND.zone) - world.clock.now() - timedelta(days=2))
    for _ in range(STEPS):
        world.pass_time(timedelta(hours=draw.randint(1, 24)))
        killer.left = draw.randint(0, 40) if draw.random() < 0.5 else None
        try:
            await world.look()
        except Killed:
            kills += 1
        killer.left = None
    for instruction in placed:
        for order in (await read(world, instruction)).executions:
            await world.work_out(order.id)
        details = await read(world, instruction)
        assert details.instruction.state is InstructionState.COMPLETED
        assert [(each.execution, each.state) for each in details.executions] == [(n, OrderState.SETTLED) for n in (1, 2, 3)]
    assert set(world.bank.carried_out.values()) == {1}
    assert len(await world.rows(orders)) == len(world.bank.carried_out) == 3 * INSTRUCTIONS
    assert kills, "a simulation that kills nothing proves nothing"
