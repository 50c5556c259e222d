"""The path parameter of an operation that names an account, in the spelling of any standard."""

import re
from functools import lru_cache

from openapi.dialect import Row

_ACCOUNT = re.compile(r"\{(account[-_]?id)\}", re.IGNORECASE | re.ASCII)


def account_parameter(row: Row) -> str | None:
    """`AccountId`, `account-id` and the like; None if the operation's path names no account."""
    return _parameter_in(row.path)


@lru_cache(maxsize=1024)
def _parameter_in(path: str) -> str | None:
    found = _ACCOUNT.search(path)
    return found[1] if found else None
