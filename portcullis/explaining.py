"""What a person must change, said for the ways in which a start can fail that are not a mistake of the program."""

import socket
from collections.abc import Iterator

import asyncpg
import sqlalchemy.exc

from kernel.config import ConfigurationRefused
from kernel.key_store import KeyStoreFailed
from kernel.sealed import SealBroken
from portcullis.control_client import ServerRefused

KEYS_DO_NOT_FIT = (
    "sealing_keys: these keys do not open this database. Restore the keys that it was made with (a sandbox keeps them in keys/), "
    "or start the sandbox afresh: stop it, then delete its state directory"
)


def explain(error: BaseException) -> str | None:
    """One line for a failure whose cause lies outside the program, None for any other. No secret of a URL is in it."""
    for cause in _causes(error):
        match cause:
            case ConfigurationRefused() | ServerRefused() | KeyStoreFailed():
                return str(cause)
            case SealBroken():
                return KEYS_DO_NOT_FIT
            case sqlalchemy.exc.ArgumentError():
                return (
                    "database_url: is not a URL that can be read; write postgresql://user@host/name or sqlite:////path/to/file.db"
                )
            case sqlalchemy.exc.DBAPIError():
                return f"database_url: the database cannot be used ({_first_line(cause.orig or cause)})"
            case asyncpg.PostgresError():
                return f"database_url: PostgreSQL refused ({_first_line(cause)})"
            case socket.gaierror():
                return f"database_url: no such host ({cause.strerror})"
            case ConnectionError() | TimeoutError():
                return f"database_url: the server cannot be reached ({_first_line(cause)})"
            case OSError(filename=str() as name):
                return f"state_dir: {name} cannot be used ({cause.strerror})"
            case _:
                continue
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
