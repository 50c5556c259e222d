"""Every accepted payment is settled or rejected once, and orders, ledger and rail agree to the penny, however often each of their processes dies.

The real parts: the orders' workers, the built-in bank's ledger in the orders' database, in one of its own or behind a core over HTTP, and
the rail as a process with books of its own. `make simulate` runs the long form, with PORTCULLIS_SIMULATE_ORDERS.
"""

import logging
import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
import structlog

from kernel.banking.orders import OrderState
from orders.pace import Pace
from tests.harness.databases import KINDS, migrate
from tests.simulation.money_crashes import HTTP, SEPARATE, SHARED, consent_to, open_money
from tests.simulation.order_crashes import Chance, Simulation
from tests.world.orders import orders_world
from tests.world.whole_orders import check_whole

ORDERS = int(os.environ.get("PORTCULLIS_SIMULATE_ORDERS", "12"))  # of each run
SEED = int(os.environ.get("PORTCULLIS_SIMULATE_SEED", "4"))
BATCH = 500  # orders at once
FAULTY = 0.5  # of all points


@pytest.fixture
def quiet() -> Iterator[None]:
    """A line for each of the many failures takes longer than the failure."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(wrapper_class=before)


async def simulate(simulation, bank):
    """The first orders are on their way when some accounts are closed."""
    simulation.follow(bank.upstream)
    for first in range(0, ORDERS, BATCH):
        count = min(BATCH, ORDERS - first)
        await simulation.place(count // 2, lambda number: consent_to(SEED, number))
        await simulation.turn()
        if not first:
            await bank.close_accounts()
        await simulation.place(count - count // 2, lambda number: consent_to(SEED, number))
        await simulation.run()


@pytest.mark.usefixtures("quiet")
@pytest.mark.timeout(int(os.environ.get("PORTCULLIS_SIMULATE_TIMEOUT", "120")))
@pytest.mark.parametrize("setup", [SHARED, SEPARATE, HTTP])
@pytest.mark.parametrize("kind", KINDS)
async def test_orders_ledger_and_rail_agree_to_the_penny(kind, setup, databases, tmp_path):
    with databases.database(kind, tmp_path, migrate) as url, databases.database(kind, tmp_path, migrate) as ledger_url:
        async with (
            orders_world(url, pace=Pace(submissions_max=3)) as world,
            open_money(setup, world, ledger_url, tmp_path, Chance(SEED, FAULTY), ORDERS) as bank,
        ):
            if setup == SHARED:
                world.room = replace(world.room, reserve=bank.payments)
            simulation = Simulation(world, SEED, FAULTY)
            await simulate(simulation, bank)
            states = await check_whole(world)
            uetrs = await world.uetrs()
            amounts = {order_id: consent.terms.amount.minor for order_id, consent in simulation.consents.items()}
            await bank.check_books(states, amounts, uetrs)
            for order_id in simulation.numbers:
                await simulation.retry(order_id)
    assert states.keys() == simulation.numbers.keys()
    assert set(states.values()) >= {OrderState.SETTLED, OrderState.REJECTED}
    assert simulation.upstream.blind == []
    print(kind, setup, dict(bank.rail.met), dict(simulation.deaths), dict(simulation.upstream.met))
