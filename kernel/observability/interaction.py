"""The interaction id of the request being served, for log lines and journal entries. Set by each surface's boundary."""

import re
from contextvars import ContextVar

from kernel.http.message import Request

HEADER = "x-fapi-interaction-id"
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)

interaction_id: ContextVar[str] = ContextVar("interaction_id", default="")


def sent_interaction_id(request: Request) -> str | None:
    """The caller's own id; None where it sends none, several, or one that is not a UUID, which is no reason to refuse a call."""
    values = request.headers.getall(HEADER, [])
    return values[0] if len(values) == 1 and _UUID.fullmatch(values[0]) else None
