"""`portcullis config check --connect` tries the sinks: would each take events? No event is sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.sinks import SINKS
from plugins.sinks.jetstream import JetStreamSettings
from plugins.sinks.webhook import WebhookSettings
from portcullis.safety.sink_trials import SINK_TRIALS, try_sinks
from portcullis.safety.trials import TRIALS
from tests.harness.nats_server import NatsServer
from tests.harness.server import free_ports
from tests.unit.portcullis.safety.installed import installed

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="


@pytest.fixture(scope="module")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.kill()


def webhook(url: str) -> WebhookSettings:
    return WebhookSettings(name="warehouse", url=url, secrets=(SECRET,))


async def found(folder: Path, *sinks: object, **changes: object) -> list[str]:
    return [str(finding) for finding in await try_sinks(installed(folder, sinks=sinks, **changes))]


def test_every_sink_there_is_has_a_trial_which_is_run():
    assert set(SINK_TRIALS) == {sink.Settings for sink in SINKS}
    assert try_sinks in [trial for _, _, trial in TRIALS]


async def test_without_sinks_there_is_nothing_to_try(tmp_path: Path):
    assert await found(tmp_path) == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://127.0.0.1/events", "an address or port that no host uses for this"),
        ("https://events.example:8443/", "an address or port that no host uses for this"),
        ("https://localhost/events", "leads to an address that is not public"),
    ],
)
async def test_a_webhook_at_an_inside_address_is_refused(tmp_path: Path, url: str, said: str):
    (finding,) = await found(tmp_path, webhook(url))
    assert finding.startswith("sinks.warehouse: ")
    assert said in finding


async def test_a_listed_webhook_is_connected_to(tmp_path: Path):
    (port,) = free_ports(1)
    (finding,) = await found(tmp_path, webhook(f"https://localhost:{port}/"), outbound_hosts=(f"localhost:{port}",))
    assert f"https://localhost:{port}/ cannot be connected to" in finding


async def test_a_stream_that_takes_the_events_is_found(tmp_path: Path, nats: NatsServer):
    await nats.make_stream("bank", "portcullis.>")
    sink = JetStreamSettings(name="stream", url=nats.url, token=nats.token)
    assert await found(tmp_path, sink) == []
    other = JetStreamSettings(name="stream", url=nats.url, token=nats.token, stream="another")
    (finding,) = await found(tmp_path, other)
    assert finding == ("sinks.stream: the subject portcullis.main.consent.authorised belongs to the stream bank, not to another")


async def test_a_stream_that_is_not_there_a_token_that_is_not_known_and_a_server_that_is_away(tmp_path: Path, nats: NatsServer):
    (port,) = free_ports(1)
    sinks = (
        JetStreamSettings(name="one", url=nats.url, token=nats.token, subject="nowhere"),
        JetStreamSettings(name="two", url=nats.url, token="another token, not of this server"),
        JetStreamSettings(name="three", url=f"nats://127.0.0.1:{port}"),
    )
    one, two, three = await found(tmp_path, *sinks)
    assert one == "sinks.one: no stream takes the subject nowhere.main.consent.authorised; make one for nowhere.>"
    assert two.startswith(f"sinks.two: {nats.url} does not answer as JetStream")
    assert three.startswith(f"sinks.three: nats://127.0.0.1:{port} ")
