"""The life of an order as one table: in any sequence of events an order never leaves it, and an end stays an end."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.banking.orders import (
    OPEN_STATES,
    PAID_STATUSES,
    REFUSED_STATUSES,
    TERMINAL_STATES,
    OrderState,
    RailStatus,
    contradicts,
    follows,
)
from orders.changes import FACTS
from orders.machine import REPORTED_STATES, TRANSITIONS, OrderEvent, TransitionRefused, judge, next_state, next_status

MOVES = {pair: state for pair, state in TRANSITIONS.items() if pair[1] is not OrderEvent.NOTE}


@pytest.mark.parametrize("pair", [pair for pair in product(OrderState, OrderEvent) if pair not in TRANSITIONS], ids=str)
def test_refuses_every_pair_that_the_table_lacks(pair):
    with pytest.raises(TransitionRefused):
        next_state(*pair)


def test_nothing_leads_away_from_a_terminal_state():
    assert {state for (state, _event), after in TRANSITIONS.items() if state in TERMINAL_STATES and after is not state} == set()


def test_evidence_never_moves_an_order():
    assert {state: TRANSITIONS[state, OrderEvent.NOTE] for state in OrderState} == {state: state for state in OrderState}


@pytest.mark.parametrize("state", sorted(OPEN_STATES))
def test_every_open_state_has_a_way_to_an_end(state):
    reached, left = {state}, [state]
    while left:
        before = left.pop()
        following = {after for (start, _event), after in MOVES.items() if start is before} - reached
        reached |= following
        left += following
    assert reached & TERMINAL_STATES


def test_only_a_report_or_a_decision_settles_an_order_and_never_before_its_money_was_held():
    settling = {state for (state, _event), after in TRANSITIONS.items() if after is OrderState.SETTLED}
    assert settling - {OrderState.SETTLED} == REPORTED_STATES


def test_every_event_has_a_fact():
    assert set(FACTS) == set(OrderEvent)
    assert {event for _state, event in TRANSITIONS} | {OrderEvent.RECEIVE} == set(OrderEvent)


@given(st.lists(st.sampled_from(OrderEvent), max_size=30))
def test_no_sequence_of_events_leaves_the_table(events):
    state, is_over = OrderState.RECEIVED, False
    for event in events:
        try:
            after = next_state(state, event)
        except TransitionRefused:
            continue
        assert TRANSITIONS[state, event] is after
        assert not is_over or after is state
        state, is_over = after, after in TERMINAL_STATES


@given(st.sampled_from(sorted(REPORTED_STATES)), st.lists(st.sampled_from(RailStatus), max_size=30))
def test_no_sequence_of_reports_moves_a_status_down_or_an_end_away(state, reports):
    status = RailStatus.IN_PROCESS
    for reported in reports:
        event = judge(state, status, reported)
        if event is None:
            continue
        after = next_state(state, event), next_status(status, event, reported)
        assert after[1] is status or follows(status, after[1])
        if state in TERMINAL_STATES:
            assert after[0] is state
            assert event is (OrderEvent.NOTE if contradicts(status, reported) else OrderEvent.PROGRESS)
        state, status = after
    assert (status in PAID_STATUSES) is (state is OrderState.SETTLED)
    assert (status in REFUSED_STATUSES) is (state in {OrderState.REJECTED, OrderState.CANCELLED})


@given(st.sampled_from(sorted(REPORTED_STATES)), st.permutations(list(RailStatus)))
def test_of_reports_in_any_order_the_first_end_counts(state, reports):
    """A late "paid" never revives what was refused, nor a late "refused" what was paid."""
    ends = PAID_STATUSES | REFUSED_STATUSES
    first = next(each for each in reports if each in ends)
    status, notes = RailStatus.RECEIVED, 0
    for reported in reports:
        event = judge(state, status, reported)
        if event is not None:
            notes += event is OrderEvent.NOTE
            state, status = next_state(state, event), next_status(status, event, reported)
    assert (state is OrderState.SETTLED) is (first in PAID_STATUSES)
    assert notes == len(REFUSED_STATUSES if first in PAID_STATUSES else PAID_STATUSES)


@pytest.mark.parametrize("state", sorted(OPEN_STATES - REPORTED_STATES))
def test_a_report_about_what_was_never_handed_on_is_evidence_at_most(state):
    assert {judge(state, RailStatus.RECEIVED, reported) for reported in RailStatus} == {None, OrderEvent.NOTE}
