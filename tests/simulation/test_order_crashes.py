"""Every order ends once, at the bank as with us, however often its workers die and however many of the bank's answers go astray.

DESIGN section 10: any process may be killed at any moment, and no payment is lost, doubled or stuck. `make simulate` runs the long form,
with PORTCULLIS_SIMULATE_ORDERS.
"""

import logging
import os
from collections.abc import Iterator

import pytest
import structlog

from kernel.banking.orders import PAID_STATUSES, OrderState
from orders.pace import Pace
from tests.harness.databases import KINDS, migrate
from tests.simulation.order_crashes import FAULTS, Simulation
from tests.world.orders import orders_world
from tests.world.payments_bank import FakeLedger
from tests.world.whole_orders import check_whole

ORDERS = int(os.environ.get("PORTCULLIS_SIMULATE_ORDERS", "16"))  # of each run
SEED = int(os.environ.get("PORTCULLIS_SIMULATE_SEED", "4"))
TIMEOUT_SECONDS = int(os.environ.get("PORTCULLIS_SIMULATE_TIMEOUT", "300"))
BATCH = 100  # orders at once
SETUPS = {"apart": None, "shared": FakeLedger()}  # where the ledger stands


def check_ended(simulation, bank, states):
    """Each order as the bank has it: paid once, or not at all; and nothing is held any more."""
    for order_id, state in states.items():
        entry = bank.books.get(order_id)
        is_paid = entry is not None and entry.status in PAID_STATUSES
        assert is_paid is (state is OrderState.SETTLED), simulation.numbers[order_id]
        assert bank.carried_out[order_id] <= 1
    assert bank.held == {}
    assert simulation.upstream.blind == []


@pytest.fixture
def quiet() -> Iterator[None]:
    """A traceback for each of the many garbled answers takes longer than the answer."""
    before = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(wrapper_class=before)


@pytest.mark.timeout(TIMEOUT_SECONDS)
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("setup", SETUPS)
@pytest.mark.parametrize("kind", KINDS)
async def test_every_order_ends_once(kind, setup, databases, tmp_path):
    with databases.database(kind, tmp_path, migrate) as url:
        async with orders_world(url, reserve=SETUPS[setup], pace=Pace(submissions_max=3)) as world:
            simulation = Simulation(world, SEED)
            bank = simulation.planned_bank()
            for first in range(0, ORDERS, BATCH):
                await simulation.place(min(BATCH, ORDERS - first))
                await simulation.run()
            states = await check_whole(world)
    assert len(states) == ORDERS
    check_ended(simulation, bank, states)
    assert len(simulation.upstream.met) > len(FAULTS) // 2  # the run met most of what can go wrong, a longer one all of it
    assert set(states.values()) >= {OrderState.SETTLED, OrderState.REJECTED}
    print(kind, setup, world.database.statements, dict(simulation.upstream.met), dict(simulation.deaths))
