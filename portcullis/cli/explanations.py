"""Messages for failed starts that are not a fault of the program. Each names what the operator must change."""

import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import asyncpg
import sqlalchemy.exc

from kernel.config import ConfigurationRefused
from kernel.errors import Overloaded
from kernel.storage.key_store import KeyStoreFailed
from kernel.storage.sealed import SealBroken
from portcullis.cli.control_client import ServerRefused

KEYS_DO_NOT_FIT = (
    "sealing_keys: these keys do not open this database. Restore the keys that it was made with (a sandbox keeps them in keys/), "
    "or start the sandbox afresh: stop it, then delete its state directory"
)
NO_URL = "database_url: is not a URL that can be read; write postgresql://user@host/name or sqlite:////path/to/file.db"
TOO_LATE = "database_url: the server did not answer in time"
UNREACHABLE = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})


def explain(error: BaseException) -> str | None:
    """One line for a failure whose cause lies outside the program, None for any other. No secret of a URL is in it."""
    for cause in _causes(error):
        for kinds, word in WORDINGS:
            if isinstance(cause, kinds) and (reason := word(cause)) is not None:
                return reason
    return None


def _word_os_error(error: OSError) -> str | None:
    if error.errno in UNREACHABLE:
        return f"database_url: the server cannot be reached ({error.strerror})"
    if isinstance(error.filename, str):
        return f"state_dir: {error.filename} cannot be used ({error.strerror})"
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The failure and what stands behind it; of a group, each member's."""
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _causes(member)
        return
    yield error
    if error.__cause__ is not None:
        yield from _causes(error.__cause__)


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


Kinds = type[BaseException] | tuple[type[BaseException], ...]

WORDINGS: tuple[tuple[Kinds, Callable[[Any], str | None]], ...] = (  # the first that fits
    ((ConfigurationRefused, ServerRefused, KeyStoreFailed), str),
    (SealBroken, lambda _: KEYS_DO_NOT_FIT),
    (sqlalchemy.exc.ArgumentError, lambda _: NO_URL),
    (
        sqlalchemy.exc.DBAPIError,
        lambda error: f"database_url: the database cannot be used ({_first_line(error.orig or error)})",
    ),
    (asyncpg.PostgresError, lambda error: f"database_url: PostgreSQL refused ({_first_line(error)})"),
    (asyncpg.InterfaceError, lambda error: f"database_url: the database cannot be used ({_first_line(error)})"),
    (socket.gaierror, lambda error: f"database_url: no such host ({error.strerror})"),
    (ssl.SSLError, lambda error: f"database_url: no TLS with the server ({error.reason or _first_line(error)})"),
    (Overloaded, lambda error: None if error.__cause__ else TOO_LATE),  # what stands behind it says more
    (TimeoutError, lambda _: TOO_LATE),
    (ConnectionError, lambda error: f"database_url: the server cannot be reached ({_first_line(error)})"),
    (OSError, _word_os_error),
)
