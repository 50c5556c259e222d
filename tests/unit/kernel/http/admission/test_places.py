"""kernel/http/admission/places.py: who has a place, and whose it is that a newcomer takes."""

import random
from collections import Counter

from structlog.testing import capture_logs

from kernel.http.admission.greediest import Greediest
from kernel.http.admission.limits import Limits
from kernel.http.admission.places import LOG_SECONDS, Place, Places
from kernel.http.client_cert import TrustedProxies


class House:
    """Places, and the names of those that were cut off."""

    def __init__(self, **options) -> None:
        limits = {"connections": 6, "connections_per_address": 3, "connections_per_organisation": 2}
        self.places = Places("mtls", Limits(**limits), **options)
        self.ended: list[str] = []

    def take(self, address: str, name: str = "", *, busy: bool = False) -> Place | None:
        place = self.places.take(address, lambda: self.ended.append(name or address))
        if place is not None and busy:
            self.places.set_waiting(place, is_waiting=False)
        return place


def test_an_address_that_is_full_gives_up_its_own_oldest_connection_that_waits():
    house = House()
    oldest, second, _ = (house.take("192.0.2.1", name) for name in ("oldest", "second", "third"))
    house.places.set_waiting(oldest, is_waiting=False)
    assert house.take("192.0.2.1")
    assert house.ended == ["second"]
    house.places.set_waiting(oldest, is_waiting=True)  # answered: the last in the queue again
    assert house.take("192.0.2.1")
    assert house.ended == ["second", "third"]
    house.places.leave(second)  # as the socket closes after the place was taken
    assert house.places.open == 3


def test_what_is_being_answered_is_never_cut_off():
    house = House()
    for _ in range(3):
        assert house.take("192.0.2.1", busy=True)
    assert house.take("192.0.2.1") is None
    for _ in range(3):
        assert house.take("192.0.2.2", busy=True)
    assert house.take("192.0.2.3") is None
    assert house.ended == []
    assert (house.places.refused["address"], house.places.refused["listener"]) == (1, 1)


def test_every_address_of_one_ipv6_network_is_one_share():
    house = House()
    for host in range(1, 4):
        house.take(f"2001:db8::{host}", busy=True)
    assert house.take("2001:db8::ffff:4") is None
    assert house.take("2001:db8:0:1::4")


def test_an_organisation_counts_by_itself_at_any_address():
    """A TPP behind one address with others is not starved by them, and does not have everything."""
    house = House()
    for _ in range(2):
        assert house.places.move(house.take("192.0.2.1", "acme", busy=True), "PSDGB-FCA-1")
    for name in ("oldest", "second", "third"):
        assert house.take("192.0.2.1", name)
    another = house.take("192.0.2.1")  # in the place of one that never shook hands
    assert house.ended == ["oldest"]
    assert house.places.move(another, "PSDGB-FCA-2")
    third = house.take("192.0.2.9")
    assert house.places.move(third, "PSDGB-FCA-1")
    assert house.ended == ["oldest", "acme"]


def test_an_organisation_that_is_full_of_requests_has_no_more():
    house = House()
    for _ in range(2):
        place = house.take("192.0.2.1")
        assert house.places.move(place, "PSDGB-FCA-1")
        house.places.set_waiting(place, is_waiting=False)
    assert not house.places.move(house.take("192.0.2.2"), "PSDGB-FCA-1")
    assert house.places.refused["organisation"] == 1


def test_a_full_listener_gives_up_the_oldest_stranger_before_any_tpp():
    house = House()
    for organisation in ("PSDGB-FCA-1", "PSDGB-FCA-2"):
        house.places.move(house.take("192.0.2.1", organisation), organisation)
    for host in range(2, 6):
        house.take(f"192.0.2.{host}")
    assert house.take("192.0.2.6")
    assert house.ended == ["192.0.2.2"]
    for host in range(7, 11):
        assert house.take(f"192.0.2.{host}", busy=True)
    assert house.ended == [f"192.0.2.{host}" for host in range(2, 7)][: len(house.ended)]
    assert house.take("192.0.2.20")
    assert house.ended[-1] == "PSDGB-FCA-1"


def test_a_peer_that_opens_connections_without_end_takes_only_its_own_places():
    """From however many addresses: someone whose network is slow would else be the oldest that waits."""
    house = House()
    slow = [house.take("198.51.100.1", "slow"), house.take("198.51.100.2", "slow")]
    for number in range(100):
        house.take(f"192.0.2.{number % 2}", "greedy")
    assert house.ended == ["greedy"] * 96
    for place in slow:
        house.places.set_waiting(place, is_waiting=False)
    assert house.places.open == 6


def test_the_share_with_the_most_waiting_is_known_at_every_step():
    greediest, order, waiting = Greediest[str](), random.Random(5), Counter[str]()
    for _ in range(5000):
        share, step = order.choice("abcdefgh"), order.choice((1, -1))
        before = waiting[share]
        waiting[share] = max(before + step, 0)
        greediest.note(share, before, waiting[share])
        first = greediest.first()
        assert (waiting[first] if first else 0) == max(waiting.values())


def test_proxies_and_balancers_count_for_no_address():
    house = House(proxies=TrustedProxies.parse(["10.0.0.1"]), balancers=TrustedProxies.parse(["10.0.1.0/24"]))
    proxied = house.take("10.0.0.1", busy=True)
    assert house.places.move(proxied, "the proxy's own certificate")
    for _ in range(3):
        assert house.take("10.0.0.1", busy=True)
    balanced = house.take("10.0.1.7")
    assert house.places.move(balanced, "PSDGB-FCA-1")
    house.places.set_waiting(balanced, is_waiting=False)
    assert house.take("10.0.1.7", busy=True)
    assert house.take("10.0.1.7") is None
    assert house.places.refused["listener"] == 1


def test_a_connection_that_is_closed_leaves_room_and_nothing_behind():
    house = House()
    places = [house.take("192.0.2.1", busy=True) for _ in range(3)]
    assert house.take("192.0.2.1") is None
    house.places.leave(places[0])
    house.places.leave(places[0])
    assert house.places.open == 2
    assert house.take("192.0.2.1")
    assert house.ended == []


def test_a_cap_that_bites_is_logged_once_a_minute_and_counted_each_time(monkeypatch):
    now = 0.0
    monkeypatch.setattr("kernel.http.admission.places.monotonic", lambda: now)
    house = House()
    with capture_logs() as lines:
        for _ in range(50):
            house.take("192.0.2.1")
        now = LOG_SECONDS
        house.take("192.0.2.1")
    assert house.places.displaced["address"] == 48
    assert [(line["event"], line["cap"], line["share"], line["displaced"]) for line in lines] == [
        ("connections_capped", "address", "192.0.2.1", 1),
        ("connections_capped", "address", "192.0.2.1", 48),
    ]
