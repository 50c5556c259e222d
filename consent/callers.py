"""The caller of the request at hand: unknown until it has proven to be a client, or to hold a token (consent/admission.py counts it)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class Caller:
    is_known: bool = False


_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


@contextmanager
def bind_caller(caller: Caller) -> Iterator[None]:
    """Around one request of this caller."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)


def note_known() -> None:
    """The caller has proven who they are."""
    caller = _caller.get()
    if caller is not None:
        caller.is_known = True
