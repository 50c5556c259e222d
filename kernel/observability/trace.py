"""The trace that the request being served belongs to, to be passed on to whomever it makes us ask. W3C Trace Context section 3.2.

We take part without spans of our own: a well-formed `traceparent` goes on as it came, any other is as if it were absent.
"""

import re
from contextvars import ContextVar

HEADER = "traceparent"
traceparent: ContextVar[str] = ContextVar("traceparent", default="")

_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)


def parse_traceparent(value: str | None) -> str:
    """The value, or nothing."""
    return value if value is not None and _FORM.fullmatch(value) else ""
