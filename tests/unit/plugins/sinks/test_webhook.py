"""Webhooks: signed as Standard Webhooks says, read here by its own package, and judged by their status."""

import base64

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from kernel.clock import SystemClock
from kernel.config import ConfigurationRefused
from kernel.http.outbound.fetcher import Unanswered
from kernel.outbox.ports import Envelope, SinkRefused, SinkUnanswered
from plugins.sinks.parts import Parts
from plugins.sinks.webhook import WebhookSettings, WebhookSink

SECRET, NEXT, FOREIGN = ("whsec_" + base64.b64encode(bytes([byte]) * 32).decode() for byte in b"abc")
ENVELOPE = Envelope(
    id="6f1c", brand="main", kind="consent.revoked", aggregate_id="c-1", aggregate_version=2, content='{"note":"ü"}'.encode()
)


class Answering:
    def __init__(self, answer: int | Exception) -> None:
        self.answer = answer
        self.asked = []

    async def notify(self, url, body, headers):
        self.asked.append((url, body, headers))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def sink_of(notify: Answering, *secrets: str) -> WebhookSink:
    settings = WebhookSettings(name="hook", url="https://receiver.example/events", secrets=secrets or (SECRET,))
    return WebhookSink(settings, Parts(notify=notify, clock=SystemClock()))


async def test_the_receiver_can_verify_it_with_either_secret_and_with_no_other():
    notify = Answering(204)
    await sink_of(notify, SECRET, NEXT).deliver(ENVELOPE)
    ((url, body, headers),) = notify.asked
    assert url == "https://receiver.example/events"
    assert headers["webhook-id"] == ENVELOPE.id
    assert headers["Content-Type"] == "application/cloudevents+json"
    for secret in (SECRET, NEXT):
        assert Webhook(secret).verify(body, headers) == {"note": "ü"}
    with pytest.raises(WebhookVerificationError):
        Webhook(FOREIGN).verify(body, headers)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp"])
async def test_no_part_of_it_can_be_exchanged(changed: str):
    notify = Answering(204)
    await sink_of(notify).deliver(ENVELOPE)
    ((_, body, headers),) = notify.asked
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, headers | {changed: str(int(headers["webhook-timestamp"]) + 1)})
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"note", b"nope"), headers)


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_a_receiver_that_has_it_says_so(status: int):
    await sink_of(Answering(status)).deliver(ENVELOPE)


@pytest.mark.parametrize("status", [301, 302, 400, 401, 404, 410, 413, 422])
async def test_a_refusal_is_of_the_event(status: int):
    with pytest.raises(SinkRefused, match=f"^status {status}$"):
        await sink_of(Answering(status)).deliver(ENVELOPE)


@pytest.mark.parametrize("answer", [408, 425, 429, 500, 502, 503, 504, Unanswered("receiver.example: TimeoutError")])
async def test_silence_and_the_receivers_own_trouble_say_nothing_about_the_event(answer):
    with pytest.raises(SinkUnanswered):
        await sink_of(Answering(answer)).deliver(ENVELOPE)


@pytest.mark.parametrize(
    "url", ["http://receiver.example/", "https://", "https://user:word@receiver.example/", "https://r.example/#x"]
)
def test_an_address_that_is_not_plain_https_is_refused(url: str):
    with pytest.raises(ConfigurationRefused, match=r"sinks\.url"):
        WebhookSettings(name="hook", url=url, secrets=(SECRET,)).check()


@pytest.mark.parametrize(
    "secrets",
    [(), (SECRET, NEXT, FOREIGN), ("hunter2",), (SECRET.removeprefix("whsec_"),), ("whsec_c2hvcnQ=",), ("whsec_no base64!",)],
)
def test_a_secret_that_could_be_guessed_or_misread_is_refused_and_not_repeated(secrets: tuple[str, ...]):
    with pytest.raises(ConfigurationRefused, match=r"sinks\.secrets") as refusal:
        WebhookSettings(name="hook", url="https://receiver.example/", secrets=secrets).check()
    assert not any(secret in str(refusal.value) for secret in secrets)
