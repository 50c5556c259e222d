"""Calls that a test made and what was answered, kept raw: what is volatile is left out when two recordings are compared."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

BARE = "CONNECT"  # the method of a bare connection, whose answers come whenever they come
ASIDE: ContextVar[str] = ContextVar("recorded_aside", default="")


@contextmanager
def aside(name: str) -> Iterator[None]:
    """The calls within make something that several tests share: which of them comes first is chance, so they are recorded under this
    name and not under the test's."""
    token = ASIDE.set(name)
    try:
        yield
    finally:
        ASIDE.reset(token)


@dataclass
class Call:
    """One call. `status` 0: no answer came; `body` None: the test left it unread."""

    method: str
    url: str
    listener: str
    sent_type: str = ""
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | None = None

    def row(self) -> dict[str, Any]:
        """The call as JSON; a body that is no text in base64."""
        try:
            body = {"text": self.body.decode()} if self.body is not None else {}
        except UnicodeDecodeError:
            body = {"base64": base64.b64encode(self.body or b"").decode()}
        named = {"method": self.method, "url": self.url, "listener": self.listener, "type": self.sent_type, "status": self.status}
        return {**named, "headers": self.headers, **body}


@dataclass
class Bucket:
    """The calls of one test, or of what tests share, in the order in which they began."""

    name: str
    is_shared: bool
    calls: list[Call] = field(default_factory=list)
    overlap: bool = False  # a call began while another was under way: their order is chance

    def row(self, listeners: dict[str, str]) -> dict[str, Any]:
        """The bucket as JSON, with those ports of servers that occur in it."""
        return {
            "name": self.name,
            "shared": self.is_shared,
            "overlap": self.overlap,
            "listeners": listeners,
            "calls": [call.row() for call in self.calls],
        }


Begin = Callable[[str, str], Call]
