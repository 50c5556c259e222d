"""Statuses of rails: they go up, and never back. ISO 20022 ExternalPaymentTransactionStatus1Code."""

from itertools import permutations, product

import pytest

from kernel.banking.orders import OPEN_STATES, PAID_STATUSES, REFUSED_STATUSES, OrderState, RailStatus, contradicts, follows

ON_THE_WAY = frozenset(RailStatus) - PAID_STATUSES - REFUSED_STATUSES


def test_a_state_is_open_or_terminal():
    assert frozenset(OrderState) - OPEN_STATES == {OrderState.SETTLED, OrderState.REJECTED, OrderState.CANCELLED}


@pytest.mark.parametrize("status", RailStatus)
def test_no_status_follows_itself(status):
    assert not follows(status, status)


def test_no_two_statuses_follow_each_other():
    assert not [pair for pair in permutations(RailStatus, 2) if follows(*pair) and follows(*pair[::-1])]


def test_whichever_of_two_statuses_on_the_way_comes_first_one_of_them_is_the_later():
    assert all(follows(*pair) or follows(*pair[::-1]) for pair in permutations(ON_THE_WAY | PAID_STATUSES, 2))


def test_a_paid_payment_is_never_refused_and_a_refused_one_never_anything_else():
    assert not any(follows(paid, refused) for paid, refused in product(PAID_STATUSES, REFUSED_STATUSES))
    assert not any(follows(refused, after) for refused, after in product(REFUSED_STATUSES, RailStatus))


def test_a_payment_on_its_way_may_be_paid_or_refused():
    assert all(follows(*pair) for pair in product(ON_THE_WAY, PAID_STATUSES | REFUSED_STATUSES))


def test_a_payee_may_be_credited_after_the_payer_was_debited():
    assert follows(RailStatus.SETTLED, RailStatus.CREDITED)
    assert not follows(RailStatus.CREDITED, RailStatus.SETTLED)


def test_paid_and_refused_contradict_each_other_whichever_came_first():
    contradictions = {pair for pair in product(RailStatus, repeat=2) if contradicts(*pair)}
    assert contradictions == {*product(PAID_STATUSES, REFUSED_STATUSES), *product(REFUSED_STATUSES, PAID_STATUSES)}
