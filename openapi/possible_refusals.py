"""The refusals that an operation can answer with, for the published document: what its row rules out is not listed."""

from kernel.errors import (
    BodyTooLarge,
    CallerGone,
    IdempotencyConflict,
    MediaTypeUnsupported,
    MethodNotAllowed,
    OperationUnknown,
    Problem,
)
from openapi.dialect import Dialect, Row
from openapi.pages import NumberedPages, PageSizeInvalid, PageUnknown
from openapi.versions import VersionInvalid, VersionUnsupported

_NOT_OF_AN_OPERATION = {OperationUnknown, MethodNotAllowed, CallerGone}  # before an operation is found, or when no one reads it
_OF_A_BODY = {MediaTypeUnsupported, BodyTooLarge}
_OF_VERSIONS = {VersionInvalid, VersionUnsupported}
_OF_NUMBERED_PAGES = {PageSizeInvalid, PageUnknown}


def may_refuse(dialect: Dialect, row: Row, kind: type[Problem]) -> bool:
    if kind in _OF_A_BODY:
        return row.request is not None
    if kind in _OF_VERSIONS:
        return row.version is not None
    if kind in _OF_NUMBERED_PAGES:
        return isinstance(dialect.paging, NumberedPages) and dialect.paging.parameter in {each.name for each in row.query}
    if kind is IdempotencyConflict:
        return row.idempotent
    return kind not in _NOT_OF_AN_OPERATION
