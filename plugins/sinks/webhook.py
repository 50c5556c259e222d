"""POST each event to an https address, signed so that its receiver can tell whose it is and that it is whole.

Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, and `webhook-signature` with HMAC-SHA256 (`v1`) over id, timestamp and body. Two
secrets while one succeeds the other: a receiver believes a request whose signatures include one that it can make. The address is asked
by the guarded fetcher: public, or listed in the configuration, and never redirected.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import msgspec

from kernel.config import ConfigurationRefused
from kernel.http.outbound.fetcher import URL_CHARACTERS_MAX, Unanswered
from kernel.outbox.envelopes import MEDIA_TYPE
from kernel.outbox.ports import Envelope, SinkRefused, SinkUnanswered
from plugins.sinks.parts import Parts

PREFIX = "whsec_"
SECRET_BYTES_MIN = 24  # of a webhook's secret: Standard Webhooks, "Signature scheme"
SECRET_BYTES_MAX = 64  # of a webhook's secret: as above
SECRETS_MAX = 2  # of a webhook at a time: the one in use, and its successor
AT_ONCE_MAX = 4  # requests to one webhook at the same time
TRY_LATER = frozenset({408, 425, 429})  # and every 5xx: these say nothing about the event


class WebhookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="webhook"):
    """`url` is an https address; `secrets` are `whsec_` and base64, one or two. Without `brands`, the events of all."""

    name: str
    url: str
    secrets: tuple[str, ...]
    brands: tuple[str, ...] = ()

    def check(self) -> None:
        """Raises ConfigurationRefused, which repeats no secret."""
        url = urlsplit(self.url)
        if url.scheme != "https" or not url.hostname or "@" in url.netloc or url.fragment or len(self.url) > URL_CHARACTERS_MAX:
            raise ConfigurationRefused("sinks.url: must be https://host[:port][/path], without a user or a fragment")
        if not 1 <= len(self.secrets) <= SECRETS_MAX:
            raise ConfigurationRefused(f"sinks.secrets: must be 1 to {SECRETS_MAX}: the one in use, and its successor")
        for secret in self.secrets:
            read_secret(secret)


class WebhookSink:
    Settings = WebhookSettings
    at_once = AT_ONCE_MAX

    def __init__(self, settings: WebhookSettings, parts: Parts) -> None:
        self.name = settings.name
        self._url = settings.url
        self._keys = tuple(map(read_secret, settings.secrets))
        self._parts = parts

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: WebhookSettings, parts: Parts) -> AsyncIterator["WebhookSink"]:
        """The address is asked nothing yet."""
        yield cls(settings, parts)

    async def deliver(self, envelope: Envelope) -> None:
        """Raises SinkRefused or SinkUnanswered."""
        stamp = str(int(self._parts.clock.wall().timestamp()))
        headers = {
            "Content-Type": MEDIA_TYPE,
            "webhook-id": envelope.id,
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join(sign(key, envelope.id, stamp, envelope.content) for key in self._keys),
        }
        try:
            status = await self._parts.notify.notify(self._url, envelope.content, headers)
        except Unanswered as error:
            raise SinkUnanswered(str(error)) from None
        if 200 <= status < 300:
            return
        if status in TRY_LATER or status >= 500:
            raise SinkUnanswered(f"status {status}")
        raise SinkRefused(f"status {status}")


def sign(key: bytes, event_id: str, stamp: str, body: bytes) -> str:
    mac = hmac.new(key, b".".join((event_id.encode(), stamp.encode(), body)), hashlib.sha256)
    return f"v1,{base64.b64encode(mac.digest()).decode()}"


def read_secret(text: str) -> bytes:
    """The key in a secret. Raises ConfigurationRefused."""
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(PREFIX) or not SECRET_BYTES_MIN <= len(key) <= SECRET_BYTES_MAX:
        raise ConfigurationRefused(
            f"sinks.secrets: each must be {PREFIX} and the base64 of {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes"
        )
    return key
