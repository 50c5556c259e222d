"""The server's own figures, as drills read them."""

import pytest

from kernel.observability.telemetry import Telemetry
from tests.drills.inside import DELAY, READ, Inside, percentile, read_histograms


def test_reads_the_histograms_that_a_server_shows():
    telemetry = Telemetry()
    telemetry.operation("gateway", "list_accounts").observe(200, 0.004)
    telemetry.loop_delay.observe(0.0015)
    found = read_histograms(telemetry.render().decode())
    assert found[READ][0.005] == 1
    assert found[READ][0.0025] == 0
    assert percentile(found[DELAY], 1.0) == pytest.approx(0.002)


def test_a_percentile_lies_within_the_bucket_that_holds_it():
    assert percentile({0.001: 50.0, 0.002: 100.0, float("inf"): 100.0}, 0.75) == pytest.approx(0.0015)
    assert percentile({0.001: 0.0, float("inf"): 10.0}) == pytest.approx(0.001), "no bound is known above"
    assert percentile({}) == 0.0


def test_a_while_is_what_came_since_it_began():
    before, now = Inside({1.0: 2.0}, {}, 1.0, 0.5), Inside({1.0: 5.0}, {1.0: 1.0}, 3.0, 0.75)
    assert now.since(before) == Inside({1.0: 3.0}, {1.0: 1.0}, 2.0, 0.25)
