"""Structured logs: one JSON line per event on stderr, with the interaction id, and with nothing in it that must not leave.

Everything, also what libraries log through the standard library, passes `kernel.observability.redaction` after exceptions have become text.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import msgspec
import structlog
from structlog.typing import Processor

from kernel.clock import Clock
from kernel.observability import answer_log
from kernel.observability.interaction import interaction_id
from kernel.observability.redaction import redact, redact_text

_OURS = frozenset({"timestamp", "level", "logger", "interaction_id"})  # written here, never by a caller
_QUIET = {"aiohttp.access": logging.CRITICAL + 1, "authlib": logging.INFO, "asyncio": logging.WARNING, "aiosqlite": logging.INFO}


def configure(clock: Clock, *, stream: TextIO | None = None, console: bool | None = None, level: int = logging.INFO) -> None:
    """Send all logs of the process to `stream` (stderr), as JSON lines, or for people if it is a terminal or `console` says so.
    `level` debug adds a line for each answer, and nothing of what libraries say to their own developers."""
    stream = stream or sys.stderr
    for_people = stream.isatty() if console is None else console
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        _stamp(clock),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _redact_event,
            _for_people() if for_people else structlog.processors.JSONRenderer(serializer=_json),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(level, logging.INFO))
    logging.getLogger(answer_log.NAME).setLevel(level)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, level))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _stamp(clock: Clock) -> Processor:
    def stamp(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["timestamp"] = clock.wall().isoformat()
        if current := interaction_id.get():
            event["interaction_id"] = current
        return event

    return stamp


def _redact_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in event.items() if name in _OURS} | {
        redact_text(name): redact(value, name) for name, value in event.items() if name not in _OURS
    }


def _for_people() -> Processor:
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)


def _json(event: Mapping[str, Any], **_: Any) -> str:
    return msgspec.json.encode(event).decode()
