"""Publish each event to a stream of NATS JetStream, and count it as delivered once the stream has acknowledged it.

`Nats-Msg-Id` is the event's id: within its window a stream keeps the first copy alone (JetStream, "Message Deduplication"). The subject is
`<subject>.<brand>.<type>`. The stream is the bank's: it is made by those who operate it, and nothing is made here. The client is an
optional extra, `portcullis[nats]`, and connects with the first event.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from kernel.config import ConfigurationRefused
from kernel.outbox.envelopes import MEDIA_TYPE
from kernel.outbox.ports import Envelope, SinkRefused, SinkUnanswered
from plugins.sinks.parts import Parts

CONNECT_SECONDS_MAX = 3.0  # for a connection to NATS
PUBLISH_SECONDS_MAX = 4.0  # for a stream to acknowledge an event
AT_ONCE_MAX = 64  # events on their way to a stream, each of another aggregate
REASON_CHARACTERS_MAX = 120  # of the stream's own reason for a refusal
KIND_ASKED_FOR = "consent.authorised"  # an event's, to find the stream of all
LOOPBACK = ("127.0.0.1", "::1", "localhost")
SUBJECT = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
STREAM = re.compile(r"[A-Za-z0-9_-]{0,128}")


class JetStreamSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="jetstream"):
    """`url` is tls://host[:port], or nats:// on this machine; `stream`, if it is set, is the only one that may take the events; `token` is
    what NATS knows us by; `authorities` is a PEM file (none: the machine's own trust)."""

    name: str
    url: str
    subject: str = "portcullis"
    stream: str = ""
    token: str = ""
    authorities: Path | None = None
    brands: tuple[str, ...] = ()

    def check(self) -> None:
        """Raises ConfigurationRefused."""
        url = urlsplit(self.url)
        if url.scheme not in ("nats", "tls") or not url.hostname or url.path or url.query or url.fragment or "@" in url.netloc:
            raise ConfigurationRefused("sinks.url: must be tls://host[:port] and nothing more; a token stands in sinks.token")
        if url.scheme == "nats" and url.hostname not in LOOPBACK:
            raise ConfigurationRefused("sinks.url: must be tls://, because who consents to what travels on it")
        if not SUBJECT.fullmatch(self.subject):
            raise ConfigurationRefused("sinks.subject: must be words of letters, digits, `_` and `-`, with a dot between two")
        if not STREAM.fullmatch(self.stream):
            raise ConfigurationRefused("sinks.stream: must be the name of a stream, letters, digits, `_` and `-`")
        if find_spec("nats") is None:
            raise ConfigurationRefused("sinks.kind: jetstream needs the client of NATS; install portcullis[nats]")

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.token,) if self.token else ()


class JetStreamSink:
    Settings = JetStreamSettings
    at_once = AT_ONCE_MAX

    def __init__(self, settings: JetStreamSettings, tls: ssl.SSLContext | None) -> None:
        self.name = settings.name
        self._settings = settings
        self._tls = tls
        self._client: Any = None
        self._connecting = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: JetStreamSettings, _parts: Parts) -> AsyncIterator["JetStreamSink"]:
        """NATS is asked nothing yet. Raises ConfigurationRefused for authorities that cannot be read."""
        sink = cls(settings, await asyncio.to_thread(_load_tls, settings))
        try:
            yield sink
        finally:
            await sink._close()

    async def deliver(self, envelope: Envelope) -> None:
        """Raises SinkRefused or SinkUnanswered."""
        import nats.errors  # noqa: PLC0415  an optional extra

        headers = {"Nats-Msg-Id": envelope.id, "Content-Type": MEDIA_TYPE}
        subject = f"{self._settings.subject}.{envelope.brand}.{envelope.kind}"
        try:
            stream = (await self._connected()).jetstream(timeout=PUBLISH_SECONDS_MAX)
            await stream.publish(subject, envelope.content, stream=self._settings.stream or None, headers=headers)
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise _failure(error) from None

    async def find_stream(self, brand: str) -> str:
        """The stream that takes the events of a brand; nothing is published. Raises SinkRefused or SinkUnanswered, in words for a person."""
        import nats.errors  # noqa: PLC0415  an optional extra
        from nats.js.errors import NotFoundError  # noqa: PLC0415  an optional extra

        subject = f"{self._settings.subject}.{brand}.{KIND_ASKED_FOR}"
        try:
            manager = (await self._connected()).jsm(timeout=PUBLISH_SECONDS_MAX)
            found: str = await manager.find_stream_name_by_subject(subject)
        except NotFoundError:
            raise SinkRefused(f"no stream takes the subject {subject}; make one for {self._settings.subject}.>") from None
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise SinkUnanswered(f"{self._settings.url} does not answer as JetStream ({type(error).__name__})") from None
        if self._settings.stream not in ("", found):
            raise SinkRefused(f"the subject {subject} belongs to the stream {found}, not to {self._settings.stream}")
        return found

    async def _connected(self) -> Any:
        """The client, connected again if it lost its connection: the circuit says how often that is tried, not the client."""
        from nats.aio.client import Client  # noqa: PLC0415  an optional extra

        async with self._connecting:
            if self._client is None or not self._client.is_connected:
                await self._close()
                self._client = Client()
                async with asyncio.timeout(CONNECT_SECONDS_MAX):
                    await self._client.connect(
                        self._settings.url,
                        name="portcullis",
                        allow_reconnect=False,
                        max_reconnect_attempts=1,  # of a first connection too, which is tried for two minutes otherwise
                        reconnect_time_wait=0,
                        token=self._settings.token or None,
                        tls=self._tls,
                        error_cb=_ignore,
                    )
            return self._client

    async def _close(self) -> None:
        if self._client is not None:
            await self._client.close()


async def _ignore(_error: Exception) -> None:
    """Each failure is raised to the caller that delivers."""


def _failure(error: Exception) -> SinkRefused | SinkUnanswered:
    from nats.errors import MaxPayloadError  # noqa: PLC0415  an optional extra
    from nats.js.errors import APIError, NoStreamResponseError  # noqa: PLC0415  an optional extra

    if isinstance(error, MaxPayloadError):
        return SinkRefused("larger than NATS takes")
    if isinstance(error, APIError):
        reason = f"{error.err_code} {error.description}"[:REASON_CHARACTERS_MAX]
        return SinkRefused(reason) if (error.code or 500) < 500 else SinkUnanswered(reason)
    if isinstance(error, NoStreamResponseError):
        return SinkUnanswered("no stream takes this subject")
    return SinkUnanswered(type(error).__name__)


def _load_tls(settings: JetStreamSettings) -> ssl.SSLContext | None:
    if urlsplit(settings.url).scheme != "tls":
        return None
    try:
        return ssl.create_default_context(cafile=settings.authorities)
    except OSError as error:
        raise ConfigurationRefused(f"sinks.authorities: {settings.authorities} cannot be used ({error})") from None
