"""The sinks of events there are, and the settings of each: `kind` says which one a table of `[[sinks]]` is for."""

from typing import TypeAlias

from plugins.sinks.jetstream import JetStreamSettings, JetStreamSink
from plugins.sinks.memory import MemorySettings, MemorySink
from plugins.sinks.webhook import WebhookSettings, WebhookSink

SINKS = (JetStreamSink, MemorySink, WebhookSink)
SinkSettings: TypeAlias = JetStreamSettings | MemorySettings | WebhookSettings
