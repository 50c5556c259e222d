"""kernel/http/admission/body_room.py: strangers have a part of the room for bodies, and each of their addresses a part of that."""

import pytest

from kernel.errors import Overloaded
from kernel.http.admission.body_room import BodyRoom
from kernel.http.admission.byte_budget import ByteBudget
from kernel.http.admission.limits import BUFFERED_BYTES_MAX, BUFFERED_BYTES_PER_PEER_MAX, CONNECTIONS_MAX

FORM_BYTES = 60_000


def fill(budget: ByteBudget, peers: int) -> int:
    """As many forms of as many peers as find room: the bytes that they hold."""
    for peer in range(peers):
        try:
            while True:
                budget.take(budget.open(str(peer), lambda: None), FORM_BYTES)
        except Overloaded:
            continue
    return budget.held


def test_all_strangers_together_hold_a_quarter_and_callers_with_a_certificate_all_the_rest():
    room = BodyRoom.split(BUFFERED_BYTES_MAX, BUFFERED_BYTES_PER_PEER_MAX)
    most = fill(room.strangers, 50)
    assert 0 < most <= BUFFERED_BYTES_MAX // 4
    assert most // CONNECTIONS_MAX < 4096  # of each, where they fill a listener: less than their connections take
    assert room.of(None) is room.strangers
    assert fill(room.known, 50) + most == room.held <= BUFFERED_BYTES_MAX
    assert room.known.held > 2 * most


@pytest.mark.parametrize("total", [2 << 20, BUFFERED_BYTES_MAX], ids=["the least that may be configured", "the default"])
def test_each_address_of_strangers_finds_room_for_a_form(total):
    room = BodyRoom.split(total, total // 4)
    assert room.strangers.most >= 65_536
    assert fill(room.strangers, 1) <= room.strangers.most
