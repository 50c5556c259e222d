"""Trials of the sinks of events: each is asked whether it would take them. No event is sent.

A webhook's address is judged as its events would be (public, or listed) and connected to; a stream is asked for by its subject.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from kernel.clock import SystemClock
from kernel.http.outbound.fetcher import Fetcher, Unanswered
from kernel.outbox.ports import SinkRefused, SinkUnanswered
from plugins.sinks.jetstream import JetStreamSettings, JetStreamSink
from plugins.sinks.memory import MemorySettings
from plugins.sinks.parts import Parts
from plugins.sinks.webhook import WebhookSettings
from portcullis.compose.outbound import open_fetcher
from portcullis.safety.finding import Finding, refuse
from portcullis.settings.schema import Settings

SINK_SECONDS_MAX = 4.0  # for the trial of one sink
HTTPS_PORT = 443

SinkTrial = Callable[[Any, Settings, Fetcher], Awaitable[None]]  # raises what keeps the sink from taking events


async def try_sinks(settings: Settings) -> list[Finding]:
    """One finding for each sink that would take no events, under its name."""
    async with open_fetcher(settings) as fetcher:
        found = await asyncio.gather(*(_try(sink, settings, fetcher) for sink in settings.sinks))
    return [finding for finding in found if finding is not None]


async def _try(sink: Any, settings: Settings, fetcher: Fetcher) -> Finding | None:
    key = f"sinks.{sink.name}"
    try:
        async with asyncio.timeout(SINK_SECONDS_MAX):
            await SINK_TRIALS[type(sink)](sink, settings, fetcher)
    except (SinkRefused, SinkUnanswered, Unanswered) as problem:
        return refuse(key, str(problem))
    except TimeoutError:
        return refuse(key, f"no answer within {SINK_SECONDS_MAX:.0f} s")
    except OSError as error:
        return refuse(key, f"{sink.url} cannot be connected to ({error.strerror or type(error).__name__})")
    return None


async def _try_webhook(sink: WebhookSettings, settings: Settings, fetcher: Fetcher) -> None:
    """An address that may be asked, and a certificate that is believed: no request is made."""
    await fetcher.judge(sink.url)
    url, tls = urlsplit(sink.url), ssl.create_default_context()
    if settings.outbound_authorities is not None:
        await asyncio.to_thread(tls.load_verify_locations, settings.outbound_authorities)
    try:
        _, writer = await asyncio.open_connection(url.hostname, url.port or HTTPS_PORT, ssl=tls)
    except ssl.SSLError as error:
        raise Unanswered(f"no TLS with {url.netloc} ({error.reason or error})") from None
    writer.close()


async def _try_stream(sink: JetStreamSettings, settings: Settings, fetcher: Fetcher) -> None:
    names = [brand.name for brand in settings.resolved_brands() if not sink.brands or brand.name in sink.brands]
    async with JetStreamSink.open(sink, Parts(notify=fetcher, clock=SystemClock())) as opened:
        for name in names:
            await opened.find_stream(name)


async def _try_memory(_sink: MemorySettings, _settings: Settings, _fetcher: Fetcher) -> None:
    """It is there."""


SINK_TRIALS: Mapping[type, SinkTrial] = {
    WebhookSettings: _try_webhook,
    JetStreamSettings: _try_stream,
    MemorySettings: _try_memory,
}
