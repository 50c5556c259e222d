"""The version of an operation that a request chooses, where its dialect has them in a header."""

from collections.abc import Sequence

from kernel.errors import Problem
from kernel.http.message import Request
from openapi.dialect import Dialect, Row


def chosen_of(dialect: Dialect, rows: Sequence[Row], request: Request) -> tuple[Row, tuple[int, ...]]:
    """The row, and the versions that the operation has. A request that chooses none of them is judged as one for the newest, until
    policies/version.py refuses it in its turn."""
    if dialect.versions is None or rows[0].version is None:
        return rows[0], ()
    by_version = {row.version: row for row in rows if row.version is not None}
    served = tuple(sorted(by_version))
    try:
        return by_version[dialect.versions.choose(request, served)], served
    except Problem:
        return by_version[served[-1]], served
