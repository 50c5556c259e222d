"""The wholeness of every order in a database: its row, its history, its attempts and its events say one and the same."""

from collections import Counter, defaultdict
from itertools import pairwise

import sqlalchemy as sa

from kernel.banking.orders import TERMINAL_STATES, OrderState, RailStatus, follows
from orders.machine import TRANSITIONS, OrderEvent
from orders.tables import order_attempts, order_events, orders
from tests.world.orders import OrdersWorld


async def check_whole(world: OrdersWorld) -> dict[str, OrderState]:
    """The state of each order, once nothing is due any more."""
    published = Counter(
        aggregate_id for kind, aggregate_id, _version in (await world.records()).outbox if kind.startswith("order.")
    )
    states = {}
    events, attempts = _by_order(await world.rows(order_events)), _by_order(await world.rows(order_attempts))
    for row in await world.rows(orders):
        state = OrderState(row.state)
        assert row.due_at is None
        assert state in TERMINAL_STATES
        assert published[row.id] == row.version
        _check_history(row, events[row.id])
        _check_attempts(row, attempts[row.id])
        states[row.id] = state
    return states


def _check_history(row: sa.Row, events: list[sa.Row]) -> None:
    events.sort(key=lambda event: event.version)
    assert [event.version for event in events] == list(range(1, row.version + 1))
    assert (events[0].event, events[0].from_state) == ("receive", None)
    for before, after in pairwise(events):
        assert after.from_state == before.to_state
        assert TRANSITIONS[OrderState(after.from_state), OrderEvent(after.event)].value == after.to_state
        statuses = RailStatus(before.rail_status), RailStatus(after.rail_status)
        assert statuses[0] is statuses[1] or follows(*statuses)
    assert (events[-1].to_state, events[-1].rail_status) == (row.state, row.rail_status)


def _check_attempts(row: sa.Row, attempts: list[sa.Row]) -> None:
    attempts.sort(key=lambda attempt: attempt.number)
    assert [attempt.number for attempt in attempts] == list(range(1, row.submissions + 1))
    assert {attempt.uetr for attempt in attempts} <= {row.uetr}
    assert {attempt.outcome for attempt in attempts[:-1]} <= {"missing"}


def _by_order(rows: list[sa.Row]) -> defaultdict[str, list[sa.Row]]:
    found = defaultdict(list)
    for row in rows:
        found[row.order_id].append(row)
    return found
