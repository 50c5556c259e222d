"""kernel/http/admission/byte_budget.py: one budget, a share for each peer, and room for those who send less than the greedy."""

import random

import pytest

from kernel.errors import Overloaded
from kernel.http.admission.byte_budget import ByteBudget, Holding

TOTAL = 1_000_000
BODY = 65_536
STEP = 4096


class Crowd:
    """Peers that send bodies in steps and never end them; a body that is given up is begun again."""

    def __init__(self, budget: ByteBudget, peers: int) -> None:
        self.budget = budget
        self.peers = [f"peer {number}" for number in range(peers)]
        self.given_up = 0

    def open(self, share: str) -> Holding:
        return self.budget.open(share, self._give_up)

    def _give_up(self) -> None:
        self.given_up += 1

    def fill(self, share: str) -> int:
        """As much as a peer is given."""
        taken = 0
        while True:
            holding = self.open(share)
            try:
                for _ in range(BODY // STEP):
                    self.budget.take(holding, STEP)
                    taken += STEP
            except Overloaded:
                return taken


def test_one_peer_holds_no_more_than_its_share():
    budget = ByteBudget(total=TOTAL, per_peer=2 * BODY)
    crowd = Crowd(budget, 1)
    assert crowd.fill("greedy") == 2 * BODY
    assert budget.held == 2 * BODY
    assert crowd.given_up == 0


@pytest.mark.parametrize("peers", [1, 2, 10, 50, 300])
def test_however_many_peers_are_greedy_a_small_body_of_another_finds_room(peers):
    budget = ByteBudget(total=TOTAL, per_peer=TOTAL // 2)
    crowd, order = Crowd(budget, peers), random.Random(4)
    for _ in range(3):
        for share in order.sample(crowd.peers, peers):
            crowd.fill(share)
            assert budget.held <= TOTAL
    honest = crowd.open("honest")
    for _ in range(min(BODY, TOTAL // peers // 2) // 1000):
        budget.take(honest, 1000)
    assert honest.held  # and was not given up for the others
    for share in crowd.peers:
        crowd.fill(share)
    assert honest.held


def test_who_holds_as_much_as_any_other_is_refused_and_nothing_is_given_up_for_it():
    budget = ByteBudget(total=2 * BODY, per_peer=2 * BODY)
    crowd = Crowd(budget, 2)
    one, two = crowd.open("one"), crowd.open("two")
    budget.take(one, BODY)
    budget.take(two, BODY)
    with pytest.raises(Overloaded):
        budget.take(one, STEP)
    assert (one.held, two.held, crowd.given_up) == (BODY, BODY, 0)


def test_a_body_that_is_whole_gives_way_to_no_other():
    budget = ByteBudget(total=BODY, per_peer=BODY)
    crowd = Crowd(budget, 2)
    whole = crowd.open("one")
    budget.take(whole, BODY)
    budget.settle(whole)
    with pytest.raises(Overloaded):
        budget.take(crowd.open("two"), STEP)
    budget.close(whole)
    budget.take(crowd.open("two"), STEP)


def test_what_is_closed_is_free_and_its_peer_forgotten():
    budget = ByteBudget(total=TOTAL, per_peer=TOTAL)
    crowd = Crowd(budget, 1)
    holding = crowd.open("one")
    budget.take(holding, STEP)
    budget.close(holding)
    assert (budget.held, len(budget._shares)) == (0, 0)


def test_a_body_that_holds_nothing_is_closed_at_any_act_of_its_peer():
    """An empty one, of a request that is still being answered, while another request of its peer ends."""
    budget = ByteBudget(total=TOTAL, per_peer=TOTAL)
    empty, other = budget.open("one", lambda: None), budget.open("one", lambda: None)
    budget.settle(empty)
    budget.close(other)
    budget.close(empty)
    assert len(budget._shares) == 0
