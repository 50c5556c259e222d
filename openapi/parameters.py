"""The parameters of an operation, for the published document and for those who judge them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class QueryParameter:
    """A query parameter of an operation, for the published document; the row's `decode` reads and judges it."""

    name: str
    summary: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"}, hash=False)
    required: bool = False


@dataclass(frozen=True, slots=True)
class HeaderParameter:
    """A header of a request: of every one of a standard (the header face reads and judges it), or of one operation (`Row.headers`: its
    `decode` does)."""

    name: str
    summary: str
    required: bool = False
    format: str | None = None
    only_with_consent: bool = False  # only of operations that a PSU's consent opens


@dataclass(frozen=True, slots=True)
class AnswerHeader:
    """A header that a success of an operation carries in addition to those of every answer, for the published document."""

    name: str
    summary: str
