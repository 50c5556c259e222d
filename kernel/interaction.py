"""The interaction id of the request being served, for log lines and journal entries. Set by each surface's boundary."""

from contextvars import ContextVar

interaction_id: ContextVar[str] = ContextVar("interaction_id", default="")
