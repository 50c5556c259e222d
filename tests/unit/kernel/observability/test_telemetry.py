"""kernel/observability/telemetry.py: what is counted is rendered, and each child is bound once."""

from kernel.observability.telemetry import Telemetry


def test_renders_what_was_counted():
    telemetry = Telemetry()
    meter = telemetry.operation("gateway", "list_accounts")
    meter.observe(200, 0.004)
    meter.observe(200, 0.2)
    meter.observe(403, 0.001)
    telemetry.refused("gateway", "consent_expired")
    telemetry.upstream_defect("built_in", "statements", "upstream_timed_out")
    telemetry.gauge("hot_state_connected", "Whether the hot state answers.").set(1)
    text = telemetry.render().decode()
    assert 'portcullis_requests_total{operation="list_accounts",status="200",surface="gateway"} 2.0' in text
    assert 'portcullis_requests_total{operation="list_accounts",status="403",surface="gateway"} 1.0' in text
    assert 'portcullis_request_seconds_bucket{le="0.005",operation="list_accounts",surface="gateway"} 2.0' in text
    assert 'portcullis_refusals_total{code="consent_expired",surface="gateway"} 1.0' in text
    assert 'portcullis_upstream_defects_total{code="upstream_timed_out",operation="statements",upstream="built_in"} 1.0' in text
    assert "portcullis_hot_state_connected 1.0" in text


def test_the_same_names_are_the_same_meter_and_two_processes_parts_do_not_mix():
    telemetry = Telemetry()
    assert telemetry.operation("a", "b") is telemetry.operation("a", "b")
    assert telemetry.gauge("x", "X.") is telemetry.gauge("x", "X.")
    Telemetry().operation("a", "b").observe(200, 1)
    assert 'status="200"' not in telemetry.render().decode()


def test_a_watched_gauge_is_read_when_the_metrics_are():
    telemetry, waiting = Telemetry(), []
    telemetry.watch("records_waiting", "Waiting.", waiting.__len__, queue="a")
    telemetry.watch("records_waiting", "Waiting.", lambda: 7, queue="b")
    telemetry.watch("trusted", "Trusted.", lambda: True)
    waiting.append("one")
    text = telemetry.render().decode()
    assert 'portcullis_records_waiting{queue="a"} 1.0' in text
    assert 'portcullis_records_waiting{queue="b"} 7.0' in text
    assert "portcullis_trusted 1.0" in text
