"""Failures of the database and what each of them means: that the same work may succeed at once, that the database cannot do it now, or that it refuses
a value.

Only the second is an Overloaded: the server was lost or cannot be reached, a statement or a lock took too long, connections or other
resources have run out, or other writers were in the way each time that the work was run.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from kernel.errors import Overloaded, RequestMalformed

SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"
_RETRYABLE_SQLSTATES = {SERIALIZATION_FAILURE, DEADLOCK}
_VALUE_CLASSES = {"22", "23"}  # of SQLSTATE: data exception, integrity constraint violation
_OUTAGE_CLASSES = {"08", "40", "53", "57"}  # connection, transaction rollback, insufficient resources, operator intervention
_OUTAGE_SQLSTATES = {"55P03", "25P03", "25006"}  # lock not available, idle in a transaction, a standby's "read only"
_LOCKED = "database is locked"  # SQLite, after its busy timeout
_DRIVER = "asyncpg"  # of PostgreSQL; not imported, for an embedded database has no use for it


def sqlstate_of(error: BaseException) -> str:
    """PostgreSQL's code of the failure, "" where there is none."""
    original = getattr(error, "orig", None) or error
    return str(getattr(original, "sqlstate", None) or getattr(original, "pgcode", None) or "")


def is_retryable(error: DBAPIError) -> bool:
    """Would the same work, run once more, have a chance?"""
    return sqlstate_of(error) in _RETRYABLE_SQLSTATES or _LOCKED in str(error.orig)


def is_outage(error: BaseException) -> bool:
    """Is it the database's state, and neither the statement nor its values, that failed?"""
    if isinstance(error, OSError) or _comes_of_opening(error):  # refused, reset, no such host or socket
        return True
    sqlstate = sqlstate_of(error)
    if sqlstate[:2] in _OUTAGE_CLASSES or sqlstate in _OUTAGE_SQLSTATES:
        return True
    return isinstance(error, DBAPIError) and (error.connection_invalidated or _LOCKED in str(error.orig))


def _comes_of_opening(error: BaseException) -> bool:
    """True of the driver's own error: SQLAlchemy wraps each that a statement raises, so the connection was lost while it was set up."""
    return type(error).__module__.partition(".")[0] == _DRIVER


def refuses_values(error: Exception) -> bool:
    """Was it what was to be written that the database, or its driver, refused? Then writing it again is in vain."""
    if not isinstance(error, StatementError):
        return isinstance(error, TypeError | ValueError | OverflowError | RequestMalformed)  # a driver's, or an encoder's
    if not isinstance(error, DBAPIError) or isinstance(error, DataError | IntegrityError):
        return True  # a value that has no column type; or what the database says of it
    return sqlstate_of(error)[:2] in _VALUE_CLASSES or isinstance(getattr(error.orig, "__cause__", None), ValueError)


def asks_for_unstorable(error: Exception) -> bool:
    """Was it a question, and a value in it (a NUL, half a surrogate pair, a number out of range) that was refused?"""
    if isinstance(error, UnicodeEncodeError):  # of SQLite's driver, which does not name the statement
        return True
    return isinstance(error, StatementError) and str(error.statement or "").startswith("SELECT") and refuses_values(error)


@contextmanager
def failures_are_problems() -> Iterator[None]:
    """Raises Overloaded for a deadline of the pool's or the driver's, and for every other outage; RequestMalformed where something was
    looked up by a text that no row can hold: it came from outside, and should have been judged there."""
    try:
        yield
    except PoolTimeoutError:
        raise Overloaded("no database connection was free in time") from None
    except TimeoutError as error:
        raise Overloaded("the database did not answer in time") from error
    except Exception as error:
        if asks_for_unstorable(error):
            raise RequestMalformed("looked up by a value that the database cannot hold") from None
        if not is_outage(error):
            raise
        raise Overloaded(f"the database cannot do it now: {type(error).__name__} {sqlstate_of(error)}".rstrip()) from error
