"""Statements compiled once for all databases of a process: each world opens engines of its own, and SQLAlchemy would compile every
statement for each, which takes longer than to run it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.util import LRUCache

STATEMENTS_MAX = 2_000  # kept of each kind of database: twice what the dearest file runs


class CompiledOnce:
    """A cache that engines share. Their dialects differ in nothing but identity, by which SQLAlchemy's key begins."""

    def __init__(self) -> None:
        self._kept: LRUCache[Any, Any] = LRUCache(STATEMENTS_MAX)

    def get(self, key: tuple[Any, ...]) -> Any:
        return self._kept.get(key[1:])

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        self._kept[key[1:]] = compiled


_caches: dict[type[sa.Dialect], CompiledOnce] = {}


def compile_once() -> None:
    """For every connection of this process from now on."""
    sa.event.listen(sa.Engine, "engine_connect", _share)


def _share(connection: sa.Connection) -> None:
    cache = _caches.setdefault(type(connection.dialect), CompiledOnce())
    connection.execution_options(compiled_cache=cache)
